//! What a plan for a release unit rests on beside its target.

use serde_json::Value;

use crate::{
    cluster::{Client, client::encoded},
    domain::{Kind, WorkloadKey},
    operation::{Object, ObjectKind, Objects, Operation, present_run},
};

use super::{
    Error, exchange,
    facts::{autoscalers, items, past, read_object, read_target},
};

/// Reads what belongs to a Rollout.
pub(super) async fn rollout(
    client: &Client,
    key: &WorkloadKey,
    operation: &Operation,
    objects: &mut Objects,
) -> Result<(), Error> {
    match operation {
        Operation::Scale(_) => autoscalers(client, key, objects).await,
        Operation::SetImage(_) => {
            let rollout = read_target(client, key).await?;
            objects.template = template(client, key, &rollout).await?;
        }
        Operation::Undo { .. } => {
            let rollout = read_target(client, key).await?;
            objects.template = template(client, key, &rollout).await?;
            // One that refers to a Deployment may leave the selector to it.
            let own = rollout.pointer("/spec/selector").is_some();
            let selecting = objects.template.clone().filter(|_| !own).unwrap_or(rollout);
            past(client, key, &selecting, objects).await?;
        }
        Operation::Terminate { kind, name } => {
            let run = match ObjectKind::named(kind).filter(|_| !name.is_empty()) {
                Some(kind) => Some((kind, name.clone())),
                None => present_run(&read_target(client, key).await?, kind),
            };
            if let Some((kind, name)) = run {
                objects.run = there(client, Object::new(kind, key.namespace.clone(), name)).await?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Reads what belongs to a Canary of Flagger.
pub(super) async fn canary(
    client: &Client,
    key: &WorkloadKey,
    operation: &Operation,
    objects: &mut Objects,
) -> Result<(), Error> {
    let both = matches!(
        operation,
        Operation::Undo { .. }
            | Operation::SetImage(_)
            | Operation::Retry
            | Operation::Restart
            | Operation::Scale(_)
            | Operation::DeletePod { .. }
    );
    if !both {
        return Ok(());
    }
    let canary = read_target(client, key).await?;
    let target = canary.pointer("/spec/targetRef/name").and_then(Value::as_str).unwrap_or_default();
    for name in [target.to_owned(), format!("{target}-primary")] {
        let member = WorkloadKey::new(Kind::Deployment, key.namespace.clone(), name.as_str());
        let Some(value) = there(client, (&member).into()).await? else { continue };
        if matches!(operation, Operation::Undo { .. } | Operation::DeletePod { .. }) {
            past(client, &member, &value, objects).await?;
        }
        objects.deployments.push(value);
    }
    if matches!(operation, Operation::Scale(_)) {
        autoscalers(client, key, objects).await;
    }
    Ok(())
}

/// Reads among which Deployments and Services a pair of Deployments is to be found.
pub(super) async fn pair(client: &Client, key: &WorkloadKey, objects: &mut Objects) -> Result<(), Error> {
    let namespace = encoded(&key.namespace);
    let path = format!("{}/namespaces/{namespace}/{}", Kind::Deployment.base(), Kind::Deployment.plural());
    objects.deployments = items(exchange::get(client, &path, "list deployments").await?);
    let path = format!("{}/namespaces/{namespace}/{}", ObjectKind::Service.base(), ObjectKind::Service.plural());
    objects.services = items(exchange::get(client, &path, "list services").await?);
    autoscalers(client, key, objects).await;
    Ok(())
}

/// Reads the same for a change any Deployment may have: where it may not be read the Deployment stands alone.
pub(super) async fn perhaps_pair(client: &Client, key: &WorkloadKey, objects: &mut Objects) {
    let mut found = Objects::default();
    if pair(client, key, &mut found).await.is_ok() {
        // An autoscaler matters here only if it is seen.
        *objects = Objects { unseen: Vec::new(), ..found };
    }
}

/// Reads what a Rollout refers to for its template.
async fn template(client: &Client, key: &WorkloadKey, rollout: &Value) -> Result<Option<Value>, Error> {
    let refers = |word: &str| rollout.pointer(&format!("/spec/workloadRef/{word}")).and_then(Value::as_str);
    let (Some(kind), Some(name)) = (refers("kind").and_then(ObjectKind::named), refers("name")) else {
        return Ok(None);
    };
    there(client, Object::new(kind, key.namespace.clone(), name)).await
}

/// Reads an object that may be gone.
async fn there(client: &Client, object: Object) -> Result<Option<Value>, Error> {
    match read_object(client, &object).await {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.code() == Some(404) => Ok(None),
        Err(error) => Err(error),
    }
}
