//! The two versions as they stand: pods, restarts, version.

use crate::{
    domain::{Pod, ReplicaSet, WorkloadKey},
    world::World,
};

use super::{super::version, Side};

/// One version held by a ReplicaSet.
pub(super) fn of_set(world: &World, set: &ReplicaSet, role: &'static str) -> Side {
    Side {
        role,
        name: set.meta.name.clone(),
        deployment: None,
        owners: vec![set.meta.uid.clone()],
        version: version::of(&set.template),
        revision: set.revision,
        desired: set.desired,
        ready: set.ready,
        available: set.available,
        restarts: world.pods_of_owner(&set.meta.uid).map(Pod::restarts).sum(),
    }
}

/// One version held by a Deployment; empty but for its name where that is not there.
pub(super) fn of_deployment(world: &World, key: &WorkloadKey, role: &'static str) -> Side {
    let none = Side { role, name: key.name.clone(), ..Side::default() };
    let Some(workload) = world.workload(key) else { return none };
    let sets = world.own_replica_sets_of(key).filter(|set| set.replicas > 0 || set.desired > 0);
    let owned = sets.map(|set| set.meta.uid.clone()).collect::<Vec<_>>();
    let numbered = workload.meta.annotation("deployment.kubernetes.io/revision");
    Side {
        deployment: Some(key.clone()),
        // A DaemonSet holds its pods itself.
        owners: if owned.is_empty() { vec![workload.meta.uid.clone()] } else { owned },
        version: version::of(&workload.template),
        revision: numbered.and_then(|text| text.parse().ok()).unwrap_or_default(),
        desired: workload.desired(),
        ready: workload.status.ready,
        available: workload.status.available,
        restarts: world.own_pods_of(key).into_iter().map(Pod::restarts).sum(),
        ..none
    }
}
