//! Folds ReplicaSets and ControllerRevisions.

use jiff::Timestamp;

use crate::domain::{ControllerRevision, Delta, Family, ReplicaSet};

use super::super::{Changed, World};

impl World {
    pub(in crate::world) fn fold_replica_sets(&mut self, delta: Delta<ReplicaSet>, at: Timestamp) -> Changed {
        self.hear(Family::ReplicaSets, &delta, at);
        let changes = self.replica_sets.apply(delta);
        self.owners(Family::ReplicaSets, &self.replica_sets, &changes)
    }

    pub(in crate::world) fn fold_controller_revisions(
        &mut self,
        delta: Delta<ControllerRevision>,
        at: Timestamp,
    ) -> Changed {
        self.hear(Family::ControllerRevisions, &delta, at);
        let changes = self.controller_revisions.apply(delta);
        self.owners(Family::ControllerRevisions, &self.controller_revisions, &changes)
    }
}
