//! A change of `spec.replicas`: the active `ReplicaSet`, or all of them in proportion.

use serde_json::Value;

use super::arithmetic::proportional;
use super::sets::Sets;
use super::{DESIRED, asked, resize, size, wanted};
use crate::demo::controllers::cluster::{Cluster, Object};
use crate::demo::controllers::object::{annotation, int, text};

/// Says whether an active `ReplicaSet` was last sized for another `spec.replicas`.
pub(super) fn happened(deployment: &Value, sets: &Sets) -> bool {
    let replicas = wanted(deployment).replicas;
    sets.all().filter(|set| asked(set) > 0).any(|set| {
        annotation(set, DESIRED).and_then(|text| text.parse::<i64>().ok()).is_some_and(|then| then != replicas)
    })
}

/// Gives the `ReplicaSets` the sizes that a changed `spec.replicas` asks for.
pub(super) fn apply(cluster: &mut Cluster, deployment: &Value, sets: &mut Sets) {
    let replicas = wanted(deployment).replicas;
    if let Some(only) = sets.active_or_latest() {
        if asked(only) != replicas {
            resize(cluster, deployment, only, replicas);
        }
        return;
    }
    if saturated(deployment, sets) {
        for set in sets.old.iter_mut().filter(|set| asked(set) > 0) {
            resize(cluster, deployment, set, 0);
        }
        return;
    }
    if text(deployment, &["spec", "strategy", "type"]) != "Recreate" {
        spread(cluster, deployment, sets);
    }
}

/// The new `ReplicaSet` has everything that the Deployment asks for.
fn saturated(deployment: &Value, sets: &Sets) -> bool {
    let replicas = wanted(deployment).replicas;
    sets.new.as_ref().is_some_and(|new| {
        let annotated = annotation(new, DESIRED).and_then(|text| text.parse::<i64>().ok());
        asked(new) == replicas && annotated == Some(replicas) && int(new, &["status", "availableReplicas"]) == replicas
    })
}

fn spread(cluster: &mut Cluster, deployment: &Value, sets: &mut Sets) {
    let wanted = wanted(deployment);
    let mut active: Vec<&mut Object> = sets.all_mut().filter(|set| asked(set) > 0).collect();
    let total: i64 = active.iter().map(|set| asked(set)).sum();
    let grows = wanted.replicas > 0 && wanted.replicas + wanted.surge > total;
    active.sort_by(|a, b| {
        let created = |set: &Value| text(set, &["metadata", "creationTimestamp"]).to_owned();
        let by_age = if grows { created(b).cmp(&created(a)) } else { created(a).cmp(&created(b)) };
        asked(b).cmp(&asked(a)).then(by_age)
    });
    let sizes: Vec<_> = active.iter().map(|set| size(set)).collect();
    let new_sizes = proportional(wanted, &sizes, int(deployment, &["status", "replicas"]));
    for (set, to) in active.into_iter().zip(new_sizes) {
        resize(cluster, deployment, set, to);
    }
}
