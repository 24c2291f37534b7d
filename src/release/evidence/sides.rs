//! Whose requests are counted, and what is known of each side besides: its pods, their restarts, how full they are.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::{
    domain::{Pod, Text, Traffic, WorkloadKey},
    release::{Delivery, Side},
    world::World,
};

/// The two sides of a release whose requests are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sides {
    /// Of which workload.
    pub key: WorkloadKey,
    /// The ReplicaSets that make stable's pods, by name.
    pub stable: BTreeSet<Text>,
    /// Those that make the canary's.
    pub canary: BTreeSet<Text>,
    /// Since when there are both.
    pub since: Option<Timestamp>,
}

impl Sides {
    /// Returns the sides of a workload's release; `None` while one of them has no pods.
    pub fn of(world: &World, key: &WorkloadKey, delivery: &Delivery) -> Option<Self> {
        let tried = delivery.tried()?;
        let sets = |side: &Side| -> BTreeSet<Text> {
            let pods = pods(world, side).into_iter();
            pods.filter_map(|pod| pod.meta.owner.as_ref()).map(|owner| owner.name.clone()).collect()
        };
        let (stable, canary) = (sets(&delivery.stable), sets(tried));
        if stable.is_empty() || canary.is_empty() {
            return None;
        }
        Some(Self { key: key.clone(), stable, canary, since: began(world, tried) })
    }
}

/// What was observed of one side.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// Its requests; or why they are not known.
    pub traffic: Result<Traffic, String>,
    /// Pods that are not going.
    pub pods: i32,
    /// Restarts of its pods since the canary began.
    pub restarts: i32,
    /// CPU used as a share of the limit; `None` without a limit or a reading.
    pub cpu: Option<f64>,
    /// Memory used as a share of the limit.
    pub memory: Option<f64>,
}

/// Returns the pods of a side, by ReplicaSet and name, those on their way out too.
pub fn pods<'a>(world: &'a World, side: &Side) -> Vec<&'a Pod> {
    side.owners.iter().flat_map(|owner| world.pods_of_owner(owner)).collect()
}

/// Returns when a side's first pod was made: from then on the two can be compared.
pub fn began(world: &World, side: &Side) -> Option<Timestamp> {
    pods(world, side).into_iter().filter_map(|pod| pod.meta.created).min()
}

/// Observes a side; restarts count from `since` on.
pub fn observed(
    world: &World,
    namespace: &Text,
    side: &Side,
    traffic: Result<Traffic, String>,
    since: Option<Timestamp>,
) -> Observed {
    let pods = pods(world, side);
    let staying: Vec<&Pod> = pods.iter().copied().filter(|pod| !pod.is_terminating()).collect();
    let usage = world.usage_of_pods(namespace, &pods).ok();
    let share = |used: f64, limit: Option<f64>| limit.filter(|limit| *limit > 0.0).map(|limit| used / limit);
    Observed {
        traffic,
        pods: i32::try_from(staying.len()).unwrap_or(i32::MAX),
        restarts: staying.iter().map(|pod| restarts_since(pod, since)).sum(),
        cpu: usage.and_then(|usage| share(usage.cpu.as_f64(), usage.limits.cpu.map(crate::domain::Cores::as_f64))),
        memory: usage
            .and_then(|usage| share(usage.memory.as_f64(), usage.limits.memory.map(crate::domain::Bytes::as_f64))),
    }
}

/// Restarts of a pod from an instant on: all of a pod that is younger, one for each container of an older pod that
/// ended later (Kubernetes keeps the last end only).
fn restarts_since(pod: &Pod, since: Option<Timestamp>) -> i32 {
    let Some(since) = since else { return pod.restarts() };
    if pod.meta.created.is_none_or(|created| created >= since) {
        return pod.restarts();
    }
    let late = |end: &crate::domain::Terminated| end.finished.is_some_and(|finished| finished >= since);
    let ended = pod.statuses.iter().filter(|status| status.restarts > 0 && status.last.as_ref().is_some_and(late));
    i32::try_from(ended.count()).unwrap_or(i32::MAX)
}
