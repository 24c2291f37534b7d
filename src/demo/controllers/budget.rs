//! `PodDisruptionBudgets` and `ResourceQuotas`: how much may go, how much is used.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::cluster::{Cluster, Key, Kind, Object};
use super::condition::{self, Condition};
use super::object::{controller_uid, dig, int, int_or, name, namespace, put, selects};
use super::{pods, rounding};
use crate::demo::store::quota;

const MANAGER: &str = "kube-controller-manager";

/// Counts how many pods a budget lets go.
pub fn sync_disruptions(cluster: &mut Cluster, key: &Key, now: Timestamp) {
    let Some(budget) = cluster.get(Kind::PodDisruptionBudget, &key.namespace, &key.name) else { return };
    let Some(selector) = dig(&budget, &["spec", "selector"]) else { return };
    let selected = |pod: &Object| selects(selector, dig(pod, &["metadata", "labels"]).unwrap_or(&Value::Null));
    let mine: Vec<Object> = cluster
        .list(Kind::Pod, Some(&key.namespace))
        .into_iter()
        .filter(|pod| selected(pod) && !pods::finished(pod))
        .collect();
    let expected = expected(cluster, &mine);
    let desired = match dig(&budget, &["spec", "maxUnavailable"]) {
        Some(most) => (expected - rounding::scaled(Some(most), expected, true)).max(0),
        None => rounding::scaled(dig(&budget, &["spec", "minAvailable"]), expected, true),
    };
    let healthy = mine.iter().filter(|pod| pods::active(pod) && pods::ready(pod)).count();
    let healthy = i64::try_from(healthy).unwrap_or(0);
    let allowed = (healthy - desired).max(0);
    let mut status = json!({
        "disruptionsAllowed": allowed, "currentHealthy": healthy, "desiredHealthy": desired, "expectedPods": expected,
        "observedGeneration": int(&budget, &["metadata", "generation"]),
    });
    if let Some(conditions) = dig(&budget, &["status", "conditions"]) {
        put(&mut status, &["conditions"], conditions.clone());
    }
    let (holds, reason) = if allowed > 0 { ("True", "SufficientPods") } else { ("False", "InsufficientPods") };
    condition::set(&mut status, &Condition::new("DisruptionAllowed", holds, reason, ""), now);
    for condition in status["conditions"].as_array_mut().into_iter().flatten() {
        // Conditions of this newer form carry the time of their last transition alone.
        drop(condition.as_object_mut().and_then(|fields| fields.shift_remove("lastUpdateTime")));
    }
    if dig(&budget, &["status"]) != Some(&status) {
        cluster.modify_status(Kind::PodDisruptionBudget, namespace(&budget), name(&budget), MANAGER, |budget| {
            put(budget, &["status"], status);
        });
    }
}

/// Sums what the controllers of the pods ask for: the number a percentage refers to.
fn expected(cluster: &Cluster, mine: &[Object]) -> i64 {
    let mut scales: Vec<(String, i64)> = Vec::new();
    for pod in mine {
        let Some(owner) = super::object::controller(pod) else { continue };
        let kind = match super::object::text(owner, &["kind"]) {
            "ReplicaSet" => Kind::ReplicaSet,
            "StatefulSet" => Kind::StatefulSet,
            _ => continue,
        };
        let Some(object) = cluster.get(kind, namespace(pod), super::object::text(owner, &["name"])) else { continue };
        let object = match (kind, super::object::controller(&object)) {
            (Kind::ReplicaSet, Some(top)) => {
                cluster.get(Kind::Deployment, namespace(pod), super::object::text(top, &["name"])).unwrap_or(object)
            }
            _ => object,
        };
        let id = super::object::uid(&object).to_owned();
        if !scales.iter().any(|(known, _)| *known == id) {
            scales.push((id, int_or(&object, &["spec", "replicas"], 1)));
        }
    }
    let bare = mine.iter().filter(|pod| controller_uid(pod).is_none()).count();
    scales.iter().map(|(_, replicas)| replicas).sum::<i64>() + i64::try_from(bare).unwrap_or(0)
}

/// Writes what a quota's namespace uses.
pub fn sync_quota(cluster: &mut Cluster, key: &Key, _now: Timestamp) {
    let Some(found) = cluster.get(Kind::ResourceQuota, &key.namespace, &key.name) else { return };
    let hard = dig(&found, &["spec", "hard"]).cloned().unwrap_or_default();
    let limits = hard.as_object().cloned().unwrap_or_default();
    let used = cluster.store().with(|store| quota::used(store, &key.namespace, &limits));
    let status = json!({ "hard": hard, "used": used });
    if dig(&found, &["status"]) != Some(&status) {
        cluster.modify_status(Kind::ResourceQuota, &key.namespace, &key.name, MANAGER, |quota| {
            put(quota, &["status"], status);
        });
    }
}
