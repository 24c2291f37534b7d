//! Folds what progressive delivery looks at: analyses, experiments, Services, routes.

use jiff::Timestamp;

use crate::domain::{AnalysisRun, Delta, Experiment, Family, Route, RouteKind, Service};

use super::super::{Changed, World};

impl World {
    pub(in crate::world) fn fold_analysis_runs(&mut self, delta: Delta<AnalysisRun>, at: Timestamp) -> Changed {
        self.hear(Family::AnalysisRuns, &delta, at);
        let changes = self.analysis_runs.apply(delta);
        self.owners(Family::AnalysisRuns, &self.analysis_runs, &changes)
    }

    pub(in crate::world) fn fold_experiments(&mut self, delta: Delta<Experiment>, at: Timestamp) -> Changed {
        self.hear(Family::Experiments, &delta, at);
        let changes = self.experiments.apply(delta);
        self.owners(Family::Experiments, &self.experiments, &changes)
    }

    pub(in crate::world) fn fold_services(&mut self, delta: Delta<Service>, at: Timestamp) -> Changed {
        self.hear(Family::Services, &delta, at);
        let mut changed = Changed::default();
        if !self.services.apply(delta).is_empty() {
            changed.families.insert(Family::Services);
        }
        changed
    }

    pub(in crate::world) fn fold_routes(&mut self, kind: RouteKind, delta: Delta<Route>, at: Timestamp) -> Changed {
        self.hear(Family::Routes(kind), &delta, at);
        let mut changed = Changed::default();
        if !self.routes.entry(kind).or_default().apply(delta).is_empty() {
            changed.families.insert(Family::Routes(kind));
        }
        changed
    }
}
