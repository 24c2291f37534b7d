//! Which pods go first when a `ReplicaSet` shrinks (`controller.ActivePodsWithRanks` of Kubernetes).

use std::cmp::Ordering;
use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::Value;

use super::cluster::Object;
use super::object::{annotation, int, list, text, time};
use super::pods;

const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// Orders pods from the first to delete to the last; `crowd` counts the related pods on each node.
pub fn by_usefulness<'a>(mine: &'a [Object], crowd: &HashMap<String, usize>, now: Timestamp) -> Vec<&'a Value> {
    let mut ordered: Vec<&Value> = mine.iter().map(|pod| pod.value()).collect();
    ordered.sort_by(|a, b| compare(a, b, crowd, now));
    ordered
}

fn compare(a: &Value, b: &Value, crowd: &HashMap<String, usize>, now: Timestamp) -> Ordering {
    let assigned = |pod| !text(pod, &["spec", "nodeName"]).is_empty();
    let phase = |pod| match text(pod, &["status", "phase"]) {
        "Pending" | "" => 0,
        "Unknown" => 1,
        _ => 2,
    };
    let cost = |pod| annotation(pod, DELETION_COST).and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
    let rank = |pod| crowd.get(text(pod, &["spec", "nodeName"])).copied().unwrap_or(0);
    let restarts =
        |pod| list(pod, &["status", "containerStatuses"]).iter().map(|each| int(each, &["restartCount"])).max();
    let born = |pod| time(pod, &["metadata", "creationTimestamp"]);
    assigned(a)
        .cmp(&assigned(b))
        .then(phase(a).cmp(&phase(b)))
        .then(pods::ready(a).cmp(&pods::ready(b)))
        .then(cost(a).cmp(&cost(b)))
        .then(rank(b).cmp(&rank(a)))
        .then_with(|| magnitude(pods::ready_since(a), now).cmp(&magnitude(pods::ready_since(b), now)))
        .then(restarts(b).cmp(&restarts(a)))
        .then_with(|| magnitude(born(a), now).cmp(&magnitude(born(b), now)))
        .then_with(|| text(a, &["metadata", "uid"]).cmp(text(b, &["metadata", "uid"])))
}

/// Ages are compared by their order of magnitude (powers of two), so that zones are not emptied in turn.
fn magnitude(since: Option<Timestamp>, now: Timestamp) -> u32 {
    let Some(since) = since else { return 0 };
    let nanos = u128::try_from(now.duration_since(since).as_nanos()).unwrap_or(0);
    128 - nanos.leading_zeros()
}
