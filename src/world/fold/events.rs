//! Folds events; the oldest by arrival go when there are too many.

use jiff::Timestamp;

use crate::domain::{Delta, Event, Family, ObjectRef, WorkloadKey};

use super::{
    super::{Changed, World},
    autoscalers::workload_named,
};

/// Events kept at most; a busy cluster makes more in its hour than anyone reads.
pub(in crate::world) const MOST_EVENTS: usize = 10_000;

impl World {
    pub(in crate::world) fn fold_events(&mut self, delta: Delta<Event>, at: Timestamp) -> Changed {
        self.hear(Family::Events, &delta, at);
        let mut changed = Changed::default();
        for change in self.events.apply(delta) {
            changed.families.insert(Family::Events);
            let now = self.events.get(&change.namespace, &change.name);
            let about = now.or(change.old.as_ref()).map(|event| &event.about);
            changed.workloads.extend(about.and_then(|about| self.workload_about(about)));
            if change.old.is_none() {
                self.events_by_age.push_back((change.namespace, change.name));
            }
        }
        self.forget_old_events();
        changed
    }

    /// The queue may name events that are gone already; what is left over is bounded with it.
    fn forget_old_events(&mut self) {
        while self.events.len() > MOST_EVENTS || self.events_by_age.len() > 2 * MOST_EVENTS {
            let Some((namespace, name)) = self.events_by_age.pop_front() else { return };
            self.events.take(&namespace, &name);
        }
    }

    /// Returns the workload an event's subject belongs to.
    fn workload_about(&self, about: &ObjectRef) -> Option<WorkloadKey> {
        match &*about.kind {
            "Pod" => self.pods.get(&about.namespace, &about.name).and_then(|pod| self.workload_of(&pod.meta)),
            "ReplicaSet" => {
                self.replica_sets.get(&about.namespace, &about.name).and_then(|set| self.workload_of(&set.meta))
            }
            "HorizontalPodAutoscaler" => self
                .autoscalers
                .get(&about.namespace, &about.name)
                .and_then(|autoscaler| workload_named(&autoscaler.target)),
            _ => workload_named(about),
        }
    }
}
