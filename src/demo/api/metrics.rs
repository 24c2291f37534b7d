//! `metrics.k8s.io`: what pods and nodes use, as the metrics server would tell it.

use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::backends::{NodeUsage, PodUsage};
use super::handle::{Call, authorize};
use super::rbac::Attributes;
use super::resources::not_allowed;
use super::respond::{self, Answer};
use crate::demo::store::resource::{NODES, PODS};
use crate::demo::store::{ApiError, LabelSelector, timestamp};

pub(super) const PREFIX: &str = "/apis/metrics.k8s.io/v1beta1/";

/// What a metrics path names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    nodes: bool,
    namespace: String,
    name: Option<String>,
}

/// Reads a path of the metrics API.
pub(super) fn locate(path: &str) -> Option<Place> {
    let parts: Vec<&str> = path.strip_prefix(PREFIX)?.split('/').collect();
    let place = |nodes, namespace: &str, name: Option<&str>| Place {
        nodes,
        namespace: namespace.to_owned(),
        name: name.map(str::to_owned),
    };
    match parts.as_slice() {
        ["nodes"] => Some(place(true, "", None)),
        ["nodes", name] => Some(place(true, "", Some(name))),
        ["pods"] => Some(place(false, "", None)),
        ["namespaces", namespace, "pods"] => Some(place(false, namespace, None)),
        ["namespaces", namespace, "pods", name] => Some(place(false, namespace, Some(name))),
        _ => None,
    }
}

/// What the aggregation layer says of a group whose server is away.
pub(super) fn unavailable() -> Answer {
    respond::text(503, "service unavailable\n")
}

/// Answers with usage.
pub(super) fn answer(call: &Call, place: &Place) -> Result<Answer, ApiError> {
    if call.method != Method::GET {
        return Err(not_allowed(&call.method));
    }
    let faults = call.server.chaos.faults();
    if faults.without_metrics {
        return Ok(respond::text(404, "404 page not found\n"));
    }
    if faults.failing_metrics {
        return Ok(unavailable());
    }
    let resource = if place.nodes { "nodes" } else { "pods" };
    let verb = if place.name.is_some() { "get" } else { "list" };
    authorize(
        call,
        &Attributes {
            verb: verb.to_owned(),
            group: "metrics.k8s.io".to_owned(),
            resource: resource.to_owned(),
            namespace: place.namespace.clone(),
            name: place.name.clone().unwrap_or_default(),
            ..Attributes::default()
        },
    )?;
    let selector = LabelSelector::parse(call.query.get("labelSelector").unwrap_or_default())?;
    let kind = if place.nodes { "NodeMetrics" } else { "PodMetrics" };
    let mut items = if place.nodes { nodes(call, &selector) } else { pods(call, &selector, &place.namespace) };
    if let Some(name) = &place.name {
        items.retain(|item| item["metadata"]["name"] == *name);
        let Some(mut item) = items.pop() else {
            let what = if place.nodes {
                format!("nodemetrics.metrics.k8s.io {name:?}")
            } else {
                format!("podmetrics.metrics.k8s.io \"{}/{name}\"", place.namespace)
            };
            return Err(ApiError::new(404, "NotFound", format!("{what} not found")));
        };
        item["kind"] = json!(kind);
        item["apiVersion"] = json!("metrics.k8s.io/v1beta1");
        return Ok(respond::json(200, &item));
    }
    let list =
        json!({"kind": format!("{kind}List"), "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}, "items": items});
    let body = serde_json::to_vec(&list).unwrap_or_default().into();
    Ok(respond::compress(body, &call.headers, |body| respond::json_bytes(200, body)))
}

fn quantities(cpu_nanocores: u64, memory_bytes: u64) -> Value {
    json!({"cpu": format!("{cpu_nanocores}n"), "memory": format!("{}Ki", memory_bytes / 1024)})
}

fn item(metadata: &Value, at: Timestamp, window: Duration) -> Value {
    let window = jiff::SignedDuration::try_from(window).unwrap_or_default();
    json!({"metadata": metadata, "timestamp": timestamp(at), "window": format!("{}s", window.as_secs_f64())})
}

fn pods(call: &Call, selector: &LabelSelector, namespace: &str) -> Vec<Value> {
    let usage = call.server.backends.usage().pods;
    call.with(|store| {
        let one = |pod: &PodUsage| {
            let object = store.get(&PODS, &pod.namespace, &pod.name)?;
            let labels = &object["metadata"]["labels"];
            if !selector.matches(labels) || !(namespace.is_empty() || namespace == pod.namespace) {
                return None;
            }
            let mut metadata = json!({"name": pod.name, "namespace": pod.namespace, "creationTimestamp": timestamp(pod.timestamp)});
            if labels.is_object() {
                metadata["labels"] = labels.clone();
            }
            let mut item = item(&metadata, pod.timestamp, pod.window);
            let containers = pod.containers.iter();
            item["containers"] =
                containers.map(|container| json!({"name": container.name, "usage": quantities(container.cpu_nanocores, container.memory_bytes)})).collect();
            Some(item)
        };
        usage.iter().filter_map(one).collect()
    })
}

fn nodes(call: &Call, selector: &LabelSelector) -> Vec<Value> {
    let usage = call.server.backends.usage().nodes;
    call.with(|store| {
        let one = |node: &NodeUsage| {
            let labels = &store.get(&NODES, "", &node.name)?["metadata"]["labels"];
            if !selector.matches(labels) {
                return None;
            }
            let mut metadata = json!({"name": node.name, "creationTimestamp": timestamp(node.timestamp)});
            if labels.is_object() {
                metadata["labels"] = labels.clone();
            }
            let mut item = item(&metadata, node.timestamp, node.window);
            item["usage"] = quantities(node.cpu_nanocores, node.memory_bytes);
            Some(item)
        };
        usage.iter().filter_map(one).collect()
    })
}
