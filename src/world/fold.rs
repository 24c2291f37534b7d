//! One fold per family of observations.

mod autoscalers;
mod delivery;
mod events;
mod link;
mod pods;
mod revisions;
mod usage;
mod workloads;

#[cfg(test)]
pub(super) use events::MOST_EVENTS;

use jiff::Timestamp;

use crate::domain::{Delta, Family, Kind, Meta, SourceState, Text, WorkloadKey};

use super::{
    Changed, World,
    store::{Change, Indexed, Store},
};

impl World {
    /// Notes that a delta of a family came: a list makes its source synced.
    fn hear<T: Indexed>(&mut self, family: Family, delta: &Delta<T>, at: Timestamp) {
        match delta {
            Delta::Reset { namespace, .. } => self.hear_all(family, namespace.clone(), at),
            Delta::Applied(item) => self.sources.heard(family, &item.meta().namespace, at),
            Delta::Deleted { namespace, .. } => self.sources.heard(family, namespace, at),
        }
    }

    pub(super) fn hear_all(&mut self, family: Family, namespace: Option<Text>, at: Timestamp) {
        self.sources.set(family, namespace, SourceState::Synced, at);
    }

    /// Returns the workload that owns an object, directly, by a ReplicaSet or by an Experiment.
    pub(super) fn workload_of(&self, meta: &Meta) -> Option<WorkloadKey> {
        let owner = meta.owner.as_ref()?;
        if &*owner.kind == "Experiment" {
            return self.experiments.get(&meta.namespace, &owner.name).and_then(|one| self.workload_of(&one.meta));
        }
        if &*owner.kind != "ReplicaSet" {
            return Kind::parse(&owner.kind)
                .map(|kind| WorkloadKey::new(kind, meta.namespace.clone(), owner.name.clone()));
        }
        match self.replica_sets.get(&meta.namespace, &owner.name) {
            Some(set) => self.workload_of(&set.meta),
            // Pods may arrive before their ReplicaSet; its name is its owner's and the hash.
            None => workload_by_name(meta).map(|(kind, name)| WorkloadKey::new(kind, meta.namespace.clone(), name)),
        }
    }

    /// Collects the owners of changed objects, before and after.
    fn owners<T: Indexed>(&self, family: Family, store: &Store<T>, differing: &[Change<T>]) -> Changed {
        let mut changed = Changed::default();
        if !differing.is_empty() {
            changed.families.insert(family);
        }
        for change in differing {
            let before = change.old.as_ref().and_then(|old| self.workload_of(old.meta()));
            let after = store.get(&change.namespace, &change.name).and_then(|new| self.workload_of(new.meta()));
            changed.workloads.extend(before.into_iter().chain(after));
        }
        changed
    }
}

/// Returns the Deployment or Rollout a pod's ReplicaSet belongs to, by the naming rule of their controllers.
pub(super) fn workload_by_name(meta: &Meta) -> Option<(Kind, &str)> {
    let by = |kind: Kind, label: &str| {
        let hash = meta.label(label)?;
        Some((kind, meta.owner.as_ref()?.name.strip_suffix(hash)?.strip_suffix('-')?))
    };
    by(Kind::Deployment, "pod-template-hash").or_else(|| by(Kind::Rollout, "rollouts-pod-template-hash"))
}
