//! The node lifecycle controller: a node that stops reporting is tainted, and its pods are evicted.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::cluster::{Cluster, Key, Kind};
use super::object::{deleting, dig, int_or, list, name, namespace, put, stamp, text};
use super::pods;
use super::scheduler::tolerates;

const MANAGER: &str = "kube-controller-manager";
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
/// Seconds without a report before a node counts as lost, at speed 1.
const SILENCE: f64 = 40.0;

/// Looks at a node; `lost` says since when its kubelet is silent.
pub fn sync(cluster: &mut Cluster, key: &Key, lost: Option<Timestamp>, now: Timestamp) {
    let Some(node) = cluster.get(Kind::Node, "", &key.name) else { return };
    let marked = list(&node, &["spec", "taints"]).iter().any(|taint| text(taint, &["key"]) == UNREACHABLE);
    match lost {
        Some(since) if now < since + cluster.scaled(SILENCE) => {
            let at = since + cluster.scaled(SILENCE);
            cluster.wake(key.clone(), at);
        }
        Some(_) if !marked => mark_lost(cluster, &node, key, now),
        Some(_) => evict(cluster, &node, key, now),
        None if marked => mark_back(cluster, &node, key, now),
        None => {}
    }
}

fn mark_lost(cluster: &mut Cluster, node: &Value, key: &Key, now: Timestamp) {
    let taints: Vec<Value> = ["NoSchedule", "NoExecute"]
        .iter()
        .map(|effect| json!({"key": UNREACHABLE, "effect": effect, "timeAdded": stamp(now)}))
        .collect();
    cluster.modify(Kind::Node, "", &key.name, MANAGER, |node| {
        let mut all = list(node, &["spec", "taints"]).to_vec();
        all.extend(taints);
        put(node, &["spec", "taints"], json!(all));
    });
    set_ready(cluster, key, ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."), now);
    cluster.event(
        node,
        "Normal",
        "NodeNotReady",
        &format!("Node {} status is now: NodeNotReady", key.name),
        "node-controller",
    );
    for pod in pods_on(cluster, &key.name) {
        let key = Key::new(Kind::Pod, namespace(&pod), name(&pod));
        cluster.modify_status(Kind::Pod, &key.namespace, &key.name, MANAGER, |pod| unready(pod, now));
        cluster.event(&pod, "Warning", "NodeNotReady", "Node is not ready", "node-controller");
    }
    cluster.wake(key.clone(), now);
}

fn mark_back(cluster: &mut Cluster, node: &Value, key: &Key, now: Timestamp) {
    cluster.modify(Kind::Node, "", &key.name, MANAGER, |node| {
        let mut all = list(node, &["spec", "taints"]).to_vec();
        all.retain(|taint| text(taint, &["key"]) != UNREACHABLE);
        if all.is_empty() {
            super::object::remove(node, &["spec", "taints"]);
        } else {
            put(node, &["spec", "taints"], json!(all));
        }
    });
    set_ready(cluster, key, ("True", "KubeletReady", "kubelet is posting ready status"), now);
    cluster.event(node, "Normal", "NodeReady", &format!("Node {} status is now: NodeReady", key.name), "kubelet");
    for pod in pods_on(cluster, &key.name) {
        cluster.enqueue(Key::new(Kind::Pod, namespace(&pod), name(&pod)));
    }
}

/// Deletes pods whose toleration of the taint has run out, and comes back for the next one.
fn evict(cluster: &mut Cluster, node: &Value, key: &Key, now: Timestamp) {
    let Some(taint) = list(node, &["spec", "taints"])
        .iter()
        .find(|taint| text(taint, &["key"]) == UNREACHABLE && text(taint, &["effect"]) == "NoExecute")
    else {
        return;
    };
    let since = super::object::time(taint, &["timeAdded"]).unwrap_or(now);
    let mut next: Option<Timestamp> = None;
    for pod in pods_on(cluster, &key.name) {
        let Some(toleration) = list(&pod, &["spec", "tolerations"]).iter().find(|each| tolerates(each, taint)) else {
            continue;
        };
        let seconds = int_or(toleration, &["tolerationSeconds"], i64::MAX);
        if seconds == i64::MAX || deleting(&pod) {
            continue;
        }
        let at = since + SignedDuration::from_secs(seconds);
        if at <= now {
            let message = format!("Marking for deletion Pod {}/{}", namespace(&pod), name(&pod));
            cluster.event(&pod, "Normal", "TaintManagerEviction", &message, "taint-eviction-controller");
            cluster.delete(Kind::Pod, namespace(&pod), name(&pod));
        } else {
            next = Some(next.map_or(at, |next| next.min(at)));
        }
    }
    if let Some(at) = next {
        cluster.wake(key.clone(), at);
    }
}

fn pods_on(cluster: &Cluster, node: &str) -> Vec<super::cluster::Object> {
    let here = |pod: &super::cluster::Object| text(pod, &["spec", "nodeName"]) == node && !pods::finished(pod);
    cluster.list(Kind::Pod, None).into_iter().filter(here).collect()
}

fn set_ready(cluster: &mut Cluster, key: &Key, (status, reason, message): (&str, &str, &str), now: Timestamp) {
    cluster.modify_status(Kind::Node, "", &key.name, MANAGER, |node| {
        let mut conditions = list(node, &["status", "conditions"]).to_vec();
        for condition in &mut conditions {
            if text(condition, &["type"]) == "Ready" {
                put(condition, &["status"], json!(status));
                put(condition, &["reason"], json!(reason));
                put(condition, &["message"], json!(message));
                put(condition, &["lastTransitionTime"], stamp(now));
            }
        }
        put(node, &["status", "conditions"], json!(conditions));
    });
}

fn unready(pod: &mut Value, now: Timestamp) {
    let mut conditions = dig(pod, &["status", "conditions"]).and_then(Value::as_array).cloned().unwrap_or_default();
    for condition in &mut conditions {
        if text(condition, &["type"]) == "Ready" && text(condition, &["status"]) == "True" {
            put(condition, &["status"], json!("False"));
            put(condition, &["lastTransitionTime"], stamp(now));
        }
    }
    put(pod, &["status", "conditions"], json!(conditions));
}
