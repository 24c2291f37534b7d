//! Units of progressive delivery: what is read of each system, and what it means for a person.

mod argo;
mod flagger;
mod pairs;

use std::sync::Arc;

use crate::{
    domain::{
        ArgoRollout, ArgoStatus, ArgoStrategy, Delivery as Says, Delta, FlaggerCanary, Kind, ObjectRef, Observation,
        Pod, ReplicaSet, Route, RouteKind, Service, Workload, WorkloadKey,
    },
    release::{Assessment, Assessments, Delivery, Proposal, State, Wait, WeightSource, assess},
    world::{
        Changed, World,
        fixtures::{at, condition, deployment, meta, owned, pod, replica_set, template},
    },
};

fn key(kind: Kind, name: &str) -> WorkloadKey {
    WorkloadKey::new(kind, "shop", name)
}

fn put(world: &mut World, observation: Observation, second: i64) -> Changed {
    world.apply(observation, at(second))
}

fn workload(world: &mut World, workload: Workload) {
    put(world, Observation::Workloads(workload.kind, Delta::Applied(workload)), 0);
}

/// Puts a ReplicaSet and as many ready pods as are available.
fn set(world: &mut World, set: &ReplicaSet) {
    put(world, Observation::ReplicaSets(Delta::Applied(set.clone())), 0);
    for number in 0..set.available {
        put(world, Observation::Pods(Delta::Applied(pod(set, &number.to_string()))), 0);
    }
}

/// A ReplicaSet with so many pods, all available.
fn sized(of: &str, hash: &str, revision: i64, pods: i32) -> ReplicaSet {
    let set = replica_set(of, hash, revision);
    ReplicaSet { desired: pods, replicas: pods, ready: pods, available: pods, ..set }
}

/// A pod that crashes.
fn crashing(set: &ReplicaSet) -> Pod {
    let mut pod = pod(set, "crash");
    pod.conditions = vec![condition("Ready", "False", "")];
    pod.statuses[0].ready = false;
    pod.statuses[0].restarts = 4;
    pod.statuses[0].state =
        crate::domain::ContainerState::Waiting { reason: "CrashLoopBackOff".into(), message: "".into() };
    pod
}

fn delivery(judged: &Assessment) -> &Delivery {
    judged.delivery.as_deref().unwrap()
}
