//! What people do to a delivery that is under way: the patches of Argo's plugin, gates, slots.

use serde_json::json;

use crate::demo::company::PRODUCTION;
use crate::demo::controllers::cluster::{Cluster, Kind};
use crate::demo::controllers::object::{dig, list, put, remove, text};

/// Who writes as Argo's plugin for kubectl does.
const PLUGIN: &str = "kubectl-argo-rollouts";

/// Lets a Rollout go on from where it waits, or past all of its steps.
pub(super) fn promote(cluster: &mut Cluster, workload: &str, full: bool) {
    let Some(rollout) = cluster.get(Kind::Rollout, PRODUCTION, workload) else { return };
    if full {
        if dig(&rollout, &["status", "currentPodHash"]) != dig(&rollout, &["status", "stableRS"]) {
            write(cluster, workload, |rollout| put(rollout, &["status", "promoteFull"], json!(true)));
        }
        return;
    }
    if dig(&rollout, &["spec", "paused"]).is_some() {
        cluster.modify(Kind::Rollout, PRODUCTION, workload, PLUGIN, |rollout| remove(rollout, &["spec", "paused"]));
    }
    if !list(&rollout, &["status", "pauseConditions"]).is_empty() {
        write(cluster, workload, |rollout| remove(rollout, &["status", "pauseConditions"]));
    } else if let Some(index) = dig(&rollout, &["status", "currentStepIndex"]).and_then(serde_json::Value::as_u64)
        && usize::try_from(index)
            .is_ok_and(|index| index < list(&rollout, &["spec", "strategy", "canary", "steps"]).len())
    {
        write(cluster, workload, |rollout| put(rollout, &["status", "currentStepIndex"], json!(index + 1)));
    }
}

/// Aborts the update of a Rollout, or tries an aborted one again.
pub(super) fn abort(cluster: &mut Cluster, workload: &str, abort: bool) {
    write(cluster, workload, |rollout| put(rollout, &["status", "abort"], json!(abort)));
}

fn write(cluster: &mut Cluster, workload: &str, change: impl FnOnce(&mut serde_json::Value)) {
    cluster.modify_status(Kind::Rollout, PRODUCTION, workload, PLUGIN, change);
}

/// Points a Service at the pods of another slot.
pub(super) fn switch(cluster: &mut Cluster, service: &str, slot: &str) {
    cluster.modify(Kind::Service, PRODUCTION, service, "kubectl-patch", |service| {
        if text(service, &["spec", "selector", "slot"]) != slot {
            put(service, &["spec", "selector", "slot"], json!(slot));
        }
    });
}
