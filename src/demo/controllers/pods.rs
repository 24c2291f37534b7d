//! What all controllers ask of a pod, and how they make one from a template.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::cluster::{Cluster, Object};
use super::object::{condition, deleting, dig, holds, list, name, namespace, owned_by, put, text, time};

/// Says whether a pod counts for its controller: neither finished nor on its way out.
pub fn active(pod: &Value) -> bool {
    !deleting(pod) && !finished(pod)
}

/// Says whether a pod has ended for good.
pub fn finished(pod: &Value) -> bool {
    matches!(text(pod, &["status", "phase"]), "Succeeded" | "Failed")
}

/// Says whether a pod's Ready condition holds.
pub fn ready(pod: &Value) -> bool {
    holds(pod, "Ready")
}

/// Returns since when a pod is ready.
pub fn ready_since(pod: &Value) -> Option<Timestamp> {
    let ready = condition(pod, "Ready").filter(|each| text(each, &["status"]) == "True")?;
    time(ready, &["lastTransitionTime"])
}

/// Says whether a pod has been ready for `min_ready` seconds.
pub fn available(pod: &Value, min_ready: i64, now: Timestamp) -> bool {
    ready_since(pod).is_some_and(|since| min_ready == 0 || since + SignedDuration::from_secs(min_ready) <= now)
}

/// Returns when the next ready pod becomes available, where one is still waiting.
pub fn next_available(pods: &[Object], min_ready: i64, now: Timestamp) -> Option<Timestamp> {
    if min_ready == 0 {
        return None;
    }
    let due = pods.iter().filter_map(|pod| ready_since(pod)).map(|since| since + SignedDuration::from_secs(min_ready));
    due.filter(|at| *at > now).min()
}

/// Seconds, at speed 1, that a pod stays on a node that is not ready (the `DefaultTolerationSeconds` admission).
const TOLERATED: f64 = 300.0;

/// Makes a pod from the template in an owner's spec.
pub fn from_template(owner: &Value, pod_name: &str, cluster: &Cluster) -> Value {
    let template = dig(owner, &["spec", "template"]).cloned().unwrap_or_default();
    let mut metadata = dig(&template, &["metadata"]).cloned().unwrap_or_else(|| json!({}));
    super::object::remove(&mut metadata, &["creationTimestamp"]);
    put(&mut metadata, &["name"], json!(pod_name));
    put(&mut metadata, &["generateName"], json!(format!("{}-", name(owner))));
    put(&mut metadata, &["namespace"], json!(namespace(owner)));
    put(&mut metadata, &["ownerReferences"], owned_by(owner));
    let mut spec = dig(&template, &["spec"]).cloned().unwrap_or_default();
    if list(&spec, &["tolerations"]).iter().all(|each| text(each, &["key"]) != "node.kubernetes.io/not-ready") {
        let mut tolerations = list(&spec, &["tolerations"]).to_vec();
        let seconds = cluster.scaled(TOLERATED).as_secs().max(1);
        for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
            tolerations
                .push(json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": seconds}));
        }
        put(&mut spec, &["tolerations"], json!(tolerations));
    }
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec,
        "status": {"phase": "Pending", "qosClass": quality(&template)},
    })
}

/// Returns the quality-of-service class that a pod's requests and limits give it.
pub fn quality(holder: &Value) -> &'static str {
    let containers = list(holder, &["spec", "containers"]);
    let part = |container: &Value, side: &str, what: &str| dig(container, &["resources", side, what]).cloned();
    let set = |side: &str, what: &str| containers.iter().all(|container| part(container, side, what).is_some());
    let same = |what: &str| {
        containers
            .iter()
            .all(|each| part(each, "requests", what).is_none_or(|asked| Some(asked) == part(each, "limits", what)))
    };
    let any = containers.iter().any(|container| {
        ["requests", "limits"].iter().any(|side| {
            dig(container, &["resources", side]).and_then(Value::as_object).is_some_and(|all| !all.is_empty())
        })
    });
    match (any, set("limits", "cpu") && set("limits", "memory") && same("cpu") && same("memory")) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

/// Returns the sum that a pod's containers request of a resource, in base units.
pub fn requested(pod: &Value, what: &str) -> f64 {
    list(pod, &["spec", "containers"])
        .iter()
        .map(|container| super::object::amount(dig(container, &["resources", "requests", what])))
        .sum()
}
