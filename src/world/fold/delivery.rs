//! Folds what progressive delivery looks at: analyses, experiments, Services, routes.

use jiff::Timestamp;

use crate::domain::{AnalysisRun, Delta, Experiment, Family, Kind, Route, RouteKind, Service, Workload};

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
        for change in self.services.apply(delta) {
            changed.families.insert(Family::Services);
            let new = self.services.get(&change.namespace, &change.name);
            if new.map(|new| &new.selector) != change.old.as_ref().map(|old| &old.selector) {
                self.units.touch(&change.namespace);
            }
            changed.workloads.extend(self.units.within(&change.namespace).cloned());
        }
        changed
    }

    pub(in crate::world) fn fold_routes(&mut self, kind: RouteKind, delta: Delta<Route>, at: Timestamp) -> Changed {
        self.hear(Family::Routes(kind), &delta, at);
        let mut changed = Changed::default();
        for change in self.routes.entry(kind).or_default().apply(delta) {
            changed.families.insert(Family::Routes(kind));
            // Whose weights they are is told by the Services they name; deliveries are few.
            for of in [Kind::Rollout, Kind::Canary] {
                let store = self.workloads.get(&of).into_iter();
                changed.workloads.extend(store.flat_map(|store| store.within(&change.namespace)).map(Workload::key));
            }
        }
        changed
    }
}
