//! The controller of the mesh: it accepts every `HTTPRoute`, and says so in its status.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::cluster::{Cluster, Key, Kind};
use super::object::{int, list, put, stamp, text, time};

const MANAGER: &str = "mambogo-mesh";

/// Brings the status of one route up to date.
pub fn sync(cluster: &mut Cluster, key: &Key, now: Timestamp) {
    let Some(route) = cluster.get(Kind::HttpRoute, &key.namespace, &key.name) else { return };
    let generation = int(&route, &["metadata", "generation"]);
    let backends = list(&route, &["spec", "rules"]).iter().flat_map(|rule| list(rule, &["backendRefs"]));
    let mut services = backends.filter(|backend| matches!(text(backend, &["kind"]), "" | "Service"));
    let missing = services
        .find(|backend| cluster.get(Kind::Service, &key.namespace, text(backend, &["name"])).is_none())
        .map(|backend| text(backend, &["name"]).to_owned());
    let since = |kind: &str, status: &str| {
        let known = list(&route, &["status", "parents"]).first();
        let known =
            known.and_then(|parent| list(parent, &["conditions"]).iter().find(|each| text(each, &["type"]) == kind));
        known.filter(|each| text(each, &["status"]) == status).and_then(|each| time(each, &["lastTransitionTime"]))
    };
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        json!({
            "type": kind, "status": status, "reason": reason, "message": message, "observedGeneration": generation,
            "lastTransitionTime": stamp(since(kind, status).unwrap_or(now)),
        })
    };
    let resolved = match &missing {
        None => condition("ResolvedRefs", "True", "ResolvedRefs", ""),
        Some(service) => condition("ResolvedRefs", "False", "BackendNotFound", &format!("Service {service} not found")),
    };
    let parents: Vec<Value> = list(&route, &["spec", "parentRefs"])
        .iter()
        .map(|parent| {
            json!({
                "parentRef": parent, "controllerName": "mambogo.example/mesh",
                "conditions": [condition("Accepted", "True", "Accepted", ""), resolved],
            })
        })
        .collect();
    let status = json!({"parents": parents});
    if route.get("status") != Some(&status) {
        cluster.modify_status(Kind::HttpRoute, &key.namespace, &key.name, MANAGER, |route| {
            put(route, &["status"], status);
        });
    }
}
