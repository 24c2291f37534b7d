//! The Deployment controller: which `ReplicaSet` is the new one, how big each is, what the status says.
//!
//! ```text
//! sync ─▶ paused conditions ─▶ paused, or replicas changed? ──▶ scale (deployment/scale) ─▶ status only
//!            │ no                                          └▶ Recreate | RollingUpdate (deployment/rolling)
//!            ▼                                                    ├ sizes: deployment/arithmetic
//!         sets: new and old, revisions, annotations               ├ history limit: deployment/sets
//!         (deployment/sets)                                       └ status and Progressing: deployment/status
//! ```

mod arithmetic;
mod rolling;
mod scale;
mod sets;
mod status;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::cluster::{Cluster, Key, Kind, Object};
use super::object::{dig, flag, int, int_or, name, namespace, text};
use super::rounding;
use arithmetic::{Size, Wanted};
use sets::Sets;

pub use sets::{DESIRED, MAX, REVISION};

const MANAGER: &str = "kube-controller-manager";
const COMPONENT: &str = "deployment-controller";

/// Brings one Deployment a step closer to its spec.
pub fn sync(cluster: &mut Cluster, key: &Key, now: Timestamp) {
    let Some(found) = cluster.get(Kind::Deployment, &key.namespace, &key.name) else { return };
    let mut deployment = (*found).clone();
    if super::object::deleting(&deployment) {
        let sets = Sets::find(cluster, &deployment);
        status::sync_plain(cluster, &deployment, &sets, now);
        return;
    }
    status::paused_conditions(cluster, &mut deployment, now);
    let mut sets = Sets::find(cluster, &deployment);
    if flag(&deployment, &["spec", "paused"]) || scale::happened(&deployment, &sets) {
        sets.sync_revision(cluster, &mut deployment, now);
        scale::apply(cluster, &deployment, &mut sets);
        if flag(&deployment, &["spec", "paused"]) {
            sets.clean_up(cluster, &deployment);
        }
        status::sync_plain(cluster, &deployment, &sets, now);
    } else if text(&deployment, &["spec", "strategy", "type"]) == "Recreate" {
        rolling::recreate(cluster, &mut deployment, &mut sets, now);
    } else {
        rolling::rolling(cluster, &mut deployment, &mut sets, now);
    }
}

/// Returns what a Deployment asks for, percentages resolved.
fn wanted(deployment: &Value) -> Wanted {
    let replicas = int_or(deployment, &["spec", "replicas"], 1);
    if text(deployment, &["spec", "strategy", "type"]) == "Recreate" {
        return Wanted { replicas, surge: 0, unavailable: 0 };
    }
    let rolling = dig(deployment, &["spec", "strategy", "rollingUpdate"]);
    let quarter = json!("25%");
    let part = |key| Some(rolling.and_then(|all| all.get(key)).unwrap_or(&quarter));
    let (surge, unavailable) = rounding::fenceposts(part("maxSurge"), part("maxUnavailable"), replicas);
    Wanted { replicas, surge, unavailable: unavailable.min(replicas) }
}

fn size(set: &Value) -> Size {
    Size {
        asked: asked(set),
        available: int(set, &["status", "availableReplicas"]),
        max_then: super::object::annotation(set, MAX).and_then(|text| text.parse().ok()),
    }
}

fn asked(set: &Value) -> i64 {
    int_or(set, &["spec", "replicas"], 1)
}

/// Sets the size of a `ReplicaSet`, brings its annotations up to date and tells it in an event.
fn resize(cluster: &mut Cluster, deployment: &Value, set: &mut Object, to: i64) -> bool {
    let from = asked(set);
    let wanted = wanted(deployment);
    let annotated = |key, value: i64| super::object::annotation(set, key) == Some(value.to_string().as_str());
    if from == to && annotated(DESIRED, wanted.replicas) && annotated(MAX, wanted.replicas + wanted.surge) {
        return false;
    }
    let (space, set_name) = (namespace(set).to_owned(), name(set).to_owned());
    let updated = cluster.modify(Kind::ReplicaSet, &space, &set_name, MANAGER, |set| {
        super::object::put(set, &["spec", "replicas"], json!(to));
        sets::annotate_size(set, wanted);
    });
    if let Some(updated) = updated {
        *set = updated;
    }
    if from != to {
        let way = if to > from { "up" } else { "down" };
        let message = format!("Scaled {way} replica set {set_name} from {from} to {to}");
        cluster.event(deployment, "Normal", "ScalingReplicaSet", &message, COMPONENT);
    }
    from != to
}
