//! One patch or eviction.

use http::Method;
use serde_json::{Value, json};

use crate::{
    cluster::{Client, client::encoded},
    operation::{Plan, Write},
};

use super::{Error, exchange, facts::workload_path};

/// The field manager under which the program's changes stand.
const MANAGER: &str = "rolltop";

/// Sends a plan's write and returns the object the server answered with. The server refuses it with a
/// conflict when the target is no longer at `resource_version`; a dry run changes nothing.
pub async fn write(client: &Client, plan: &Plan, resource_version: &str, dry_run: bool) -> Result<Value, Error> {
    let mut query = format!("fieldManager={MANAGER}");
    if dry_run {
        // In the query: an eviction's own deleteOptions are not where every server looks.
        query.push_str("&dryRun=All");
    }
    match &plan.write {
        Write::Patch { subresource, kind, body } => {
            let sub = subresource.map(|name| format!("/{name}")).unwrap_or_default();
            let uri = format!("{}{sub}?{query}", workload_path(&plan.target));
            let body = kind.guarded(body, resource_version);
            exchange::send(client, (Method::PATCH, &uri), (kind.content_type(), &body), &plan.summary).await
        }
        Write::Evict { pod, uid } => {
            let namespace = &plan.target.namespace;
            let uri = format!("/api/v1/namespaces/{}/pods/{}/eviction?{query}", encoded(namespace), encoded(pod));
            let mut body = json!({
                "apiVersion": "policy/v1",
                "kind": "Eviction",
                "metadata": {"name": &**pod, "namespace": &**namespace},
                "deleteOptions": {"preconditions": {"uid": &**uid}},
            });
            if dry_run && let Some(options) = body.pointer_mut("/deleteOptions").and_then(Value::as_object_mut) {
                options.insert("dryRun".to_owned(), json!(["All"]));
            }
            exchange::send(client, (Method::POST, &uri), ("application/json", &body), &plan.summary).await
        }
    }
}
