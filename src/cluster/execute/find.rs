//! Which workloads there are, by name alone.

use serde_json::Value;

use crate::{
    cluster::{Client, client::encoded},
    domain::{Kind, WorkloadKey},
};

use super::{Error, exchange};

/// Lists the workloads of a kind in a namespace, or in all; metadata only.
pub async fn list_keys(client: &Client, kind: Kind, namespace: Option<&str>) -> Result<Vec<WorkloadKey>, Error> {
    let within = namespace.map(|name| format!("/namespaces/{}", encoded(name))).unwrap_or_default();
    let path = format!("{}{within}/{}", kind.base(), kind.plural());
    let list = exchange::metadata(client, &path, &format!("list {}", kind.plural())).await?;
    let items = list.get("items").and_then(Value::as_array);
    let word = |item: &Value, pointer: &str| item.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let key =
        |item: &Value| Some(WorkloadKey::new(kind, word(item, "/metadata/namespace")?, word(item, "/metadata/name")?));
    Ok(items.into_iter().flatten().filter_map(key).collect())
}
