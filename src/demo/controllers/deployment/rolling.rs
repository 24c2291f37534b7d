//! The two strategies: replace step by step, or stop everything first.

use jiff::Timestamp;
use serde_json::Value;

use super::arithmetic::{new_size, old_sizes};
use super::sets::Sets;
use super::{asked, resize, size, status, wanted};
use crate::demo::controllers::cluster::{Cluster, Kind};
use crate::demo::controllers::object::{text, uid};

/// One step of a rolling update: grow the new set, or else shrink the old ones.
pub(super) fn rolling(cluster: &mut Cluster, deployment: &mut Value, sets: &mut Sets, now: Timestamp) {
    sets.sync_revision(cluster, deployment, now);
    sets.ensure_new(cluster, deployment, now);
    if !grow_new(cluster, deployment, sets) && !shrink_old(cluster, deployment, sets) && status::complete(deployment) {
        sets.clean_up(cluster, deployment);
    }
    status::sync_rollout(cluster, deployment, sets, now);
}

/// One step of a Recreate: everything old goes away before anything new starts.
pub(super) fn recreate(cluster: &mut Cluster, deployment: &mut Value, sets: &mut Sets, now: Timestamp) {
    sets.sync_revision(cluster, deployment, now);
    let mut shrunk = false;
    for set in sets.old.iter_mut().filter(|set| asked(set) > 0) {
        shrunk |= resize(cluster, deployment, set, 0);
    }
    if !shrunk && !old_pods_run(cluster, sets) {
        sets.ensure_new(cluster, deployment, now);
        if !grow_new(cluster, deployment, sets) && status::complete(deployment) {
            sets.clean_up(cluster, deployment);
        }
    }
    status::sync_rollout(cluster, deployment, sets, now);
}

fn grow_new(cluster: &mut Cluster, deployment: &Value, sets: &mut Sets) -> bool {
    let total = sets.all().map(|set| asked(set)).sum();
    let recreate = text(deployment, &["spec", "strategy", "type"]) == "Recreate";
    let wanted = wanted(deployment);
    let Some(new) = &mut sets.new else { return false };
    let to = if recreate { wanted.replicas } else { new_size(wanted, asked(new), total) };
    // Only a change of size is written here; stale annotations alone are the business of scaling.
    to != asked(new) && resize(cluster, deployment, new, to)
}

fn shrink_old(cluster: &mut Cluster, deployment: &Value, sets: &mut Sets) -> bool {
    let Some(new) = &sets.new else { return false };
    let new = size(new);
    sets.old.sort_by(|a, b| {
        let created = |set: &Value| text(set, &["metadata", "creationTimestamp"]).to_owned();
        created(a).cmp(&created(b))
    });
    let sizes: Vec<_> = sets.old.iter().map(|set| size(set)).collect();
    let targets = old_sizes(wanted(deployment), new, &sizes);
    let mut shrunk = false;
    for (set, to) in sets.old.iter_mut().zip(targets) {
        if to < asked(set) {
            shrunk |= resize(cluster, deployment, set, to);
        }
    }
    shrunk
}

fn old_pods_run(cluster: &Cluster, sets: &Sets) -> bool {
    sets.old.iter().any(|set| {
        cluster
            .owned(uid(set), Kind::Pod)
            .iter()
            .any(|pod| !matches!(text(pod, &["status", "phase"]), "Succeeded" | "Failed"))
    })
}
