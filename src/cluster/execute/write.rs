//! One write.

use http::Method;
use serde_json::{Value, json};

use crate::{
    cluster::{Client, client::encoded},
    operation::{Object, Patch, Post, Send, Write},
};

use super::{Error, exchange, facts::object_path};

/// The field manager under which the program's changes stand.
const MANAGER: &str = "rolltop";

/// Sends a write and returns what the server answered: the object, as far as there is one. The server refuses a patch
/// with a conflict when the object is no longer at the write's version; a dry run changes nothing, and of what knows
/// no dry run nothing is sent.
pub async fn write(client: &Client, write: &Write, dry_run: bool) -> Result<Value, Error> {
    let Write { object, words, .. } = write;
    let mut query = format!("fieldManager={MANAGER}");
    if dry_run {
        // In the query: an eviction's own deleteOptions are not where every server looks.
        query.push_str("&dryRun=All");
    }
    match &write.send {
        Send::Patch(Patch { subresource, kind, body, .. }) => {
            let sub = subresource.map(|name| format!("/{name}")).unwrap_or_default();
            let uri = format!("{}{sub}?{query}", object_path(object));
            let body = kind.guarded(body, &write.version);
            exchange::send(client, (Method::PATCH, &uri), (kind.content_type(), &body), words).await
        }
        Send::Evict => {
            let Object { namespace, name, .. } = object;
            let uri = format!("{}/eviction?{query}", object_path(object));
            let mut body = json!({
                "apiVersion": "policy/v1",
                "kind": "Eviction",
                "metadata": {"name": &**name, "namespace": &**namespace},
                "deleteOptions": {"preconditions": {"uid": &*write.uid}},
            });
            if dry_run && let Some(options) = body.pointer_mut("/deleteOptions").and_then(Value::as_object_mut) {
                options.insert("dryRun".to_owned(), json!(["All"]));
            }
            exchange::send(client, (Method::POST, &uri), ("application/json", &body), words).await
        }
        Send::Post(_) if dry_run => Ok(Value::Null),
        Send::Post(Post { endpoint, path, body }) => {
            let namespace = encoded(&object.namespace);
            let uri = format!("/api/v1/namespaces/{namespace}/services/{endpoint}/proxy{path}");
            exchange::post(client, &uri, body, words).await
        }
    }
}
