//! Folds autoscalers.

use jiff::Timestamp;

use crate::domain::{Autoscaler, Delta, Family, Kind, ObjectRef, WorkloadKey};

use super::super::{Changed, World};

impl World {
    pub(in crate::world) fn fold_autoscalers(&mut self, delta: Delta<Autoscaler>, at: Timestamp) -> Changed {
        self.hear(Family::Autoscalers, &delta, at);
        let mut changed = Changed::default();
        for change in self.autoscalers.apply(delta) {
            changed.families.insert(Family::Autoscalers);
            let now = self.autoscalers.get(&change.namespace, &change.name);
            let targets = change.old.iter().chain(now).filter_map(|autoscaler| workload_named(&autoscaler.target));
            changed.workloads.extend(targets);
        }
        changed
    }
}

/// Returns the workload a reference names, if it is of a kind rolltop models.
pub(super) fn workload_named(object: &ObjectRef) -> Option<WorkloadKey> {
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == &*object.kind)?;
    Some(WorkloadKey::new(kind, object.namespace.clone(), object.name.clone()))
}
