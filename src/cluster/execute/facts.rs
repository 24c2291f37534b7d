//! The raw target and what belongs to it.

use serde_json::Value;

use crate::{
    cluster::{Client, client::encoded},
    domain::{Kind, Link, Selector, WorkloadKey},
    operation::{Facts, Object, Objects, Operation, Request},
};

use super::{Error, delivery, exchange};

/// Reads the target alone.
pub async fn read_target(client: &Client, key: &WorkloadKey) -> Result<Value, Error> {
    read_object(client, &key.into()).await
}

/// Reads one object.
pub async fn read_object(client: &Client, object: &Object) -> Result<Value, Error> {
    exchange::get(client, &object_path(object), &format!("read {object}")).await
}

/// Reads everything a plan of this request rests on. The target comes last, so that what is sent with its
/// resourceVersion is as fresh as can be.
pub async fn read_facts(client: &Client, link: &Link, request: &Request) -> Result<Facts, Error> {
    let (key, operation) = (&request.target, &request.operation);
    let mut objects = Objects::default();
    match key.kind {
        Kind::Rollout => delivery::rollout(client, key, operation, &mut objects).await?,
        Kind::Canary => delivery::canary(client, key, operation, &mut objects).await?,
        Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet => plain(client, key, operation, &mut objects).await?,
    }
    if let Operation::DeletePod { pod, .. } = operation {
        budgets(client, key, &mut objects).await;
        objects.pod = pod_of(client, key, pod).await?;
    }
    let target = read_target(client, key).await?;
    Ok(Facts {
        connection: link.id,
        context: link.context.clone(),
        user: link.user.clone(),
        key: key.clone(),
        target,
        objects,
    })
}

/// The path of an object, without a query.
pub(super) fn object_path(object: &Object) -> String {
    let (namespace, name) = (encoded(&object.namespace), encoded(&object.name));
    format!("{}/namespaces/{namespace}/{}/{name}", object.kind.base(), object.kind.plural())
}

/// Reads what belongs to a workload of a kind every cluster has.
async fn plain(client: &Client, key: &WorkloadKey, operation: &Operation, objects: &mut Objects) -> Result<(), Error> {
    if key.kind == Kind::Deployment && matches!(operation, Operation::Undo { .. } | Operation::SetImage(_)) {
        delivery::perhaps_pair(client, key, objects).await;
    }
    match operation {
        Operation::Undo { .. } => past(client, key, &read_target(client, key).await?, objects).await,
        Operation::DeletePod { .. } if key.kind == Kind::Deployment => {
            past(client, key, &read_target(client, key).await?, objects).await
        }
        Operation::Scale(_) => {
            autoscalers(client, key, objects).await;
            Ok(())
        }
        _ if operation.is_delivery() && key.kind == Kind::Deployment => delivery::pair(client, key, objects).await,
        _ => Ok(()),
    }
}

/// Adds the past of a workload, found by the selector of an object.
pub(super) async fn past(
    client: &Client,
    key: &WorkloadKey,
    selecting: &Value,
    objects: &mut Objects,
) -> Result<(), Error> {
    let selector = encoded(&selector(selecting).to_query());
    let (plural, into) = match key.kind {
        Kind::Deployment | Kind::Rollout | Kind::Canary => ("replicasets", &mut objects.replica_sets),
        Kind::StatefulSet | Kind::DaemonSet => ("controllerrevisions", &mut objects.controller_revisions),
    };
    let path = format!("/apis/apps/v1/namespaces/{}/{plural}?labelSelector={selector}", encoded(&key.namespace));
    into.extend(items(exchange::get(client, &path, &format!("list the {plural} of {key}")).await?));
    Ok(())
}

pub(super) async fn autoscalers(client: &Client, key: &WorkloadKey, objects: &mut Objects) {
    let path = |version| {
        format!("/apis/autoscaling/{version}/namespaces/{}/horizontalpodautoscalers", encoded(&key.namespace))
    };
    let mut answer = exchange::get(client, &path("v2"), "list autoscalers").await;
    if matches!(&answer, Err(error) if error.code() == Some(404)) {
        answer = exchange::get(client, &path("v1"), "list autoscalers").await;
    }
    match answer {
        Ok(list) => objects.autoscalers = items(list),
        Err(error) => objects.unseen.push(format!("autoscalers cannot be read, one may own the count: {error}")),
    }
}

async fn budgets(client: &Client, key: &WorkloadKey, objects: &mut Objects) {
    let path = format!("/apis/policy/v1/namespaces/{}/poddisruptionbudgets", encoded(&key.namespace));
    // The server weighs the budgets itself; a look at them only says so earlier.
    if let Ok(list) = exchange::get(client, &path, "list disruption budgets").await {
        objects.budgets = items(list);
    }
}

async fn pod_of(client: &Client, key: &WorkloadKey, pod: &str) -> Result<Option<Value>, Error> {
    let path = format!("/api/v1/namespaces/{}/pods/{}", encoded(&key.namespace), encoded(pod));
    match exchange::get(client, &path, &format!("read pod {pod}")).await {
        Ok(pod) => Ok(Some(pod)),
        Err(error) if error.code() == Some(404) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn items(mut list: Value) -> Vec<Value> {
    match list.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

fn selector(target: &Value) -> Selector {
    let mut selector = Selector::default();
    let labels = target.pointer("/spec/selector/matchLabels").and_then(Value::as_object);
    for (name, value) in labels.into_iter().flatten() {
        selector.labels.insert(name.as_str().into(), value.as_str().unwrap_or_default().into());
    }
    let sets = target.pointer("/spec/selector/matchExpressions").and_then(Value::as_array);
    for set in sets.into_iter().flatten() {
        let word = |key| set.get(key).and_then(Value::as_str).unwrap_or_default().into();
        let values = set.get("values").and_then(Value::as_array);
        let values = values.into_iter().flatten().filter_map(Value::as_str).map(Into::into).collect();
        selector.expressions.push((word("key"), word("operator"), values));
    }
    selector
}
