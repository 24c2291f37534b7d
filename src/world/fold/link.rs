//! Folds the connection, permissions and the states of sources.

use jiff::Timestamp;

use crate::domain::{Deed, Delta, Family, Link, Permission, SourceState, Text, Verdict, Workload};

use super::super::{Changed, World};

impl World {
    /// Another id is another cluster, user or scope: nothing seen before holds.
    pub(in crate::world) fn fold_link(&mut self, link: Link) -> Changed {
        let same = self.link.as_ref().is_some_and(|known| known.id == link.id);
        let mut changed = Changed { link: self.link.as_ref() != Some(&link), ..Changed::default() };
        if !same {
            changed.reset = true;
            changed.workloads = self.workloads().map(Workload::key).collect();
            // The audit speaks of UIDs, whatever the connection.
            let (deeds, aborts) = (std::mem::take(&mut self.deeds), std::mem::take(&mut self.aborts));
            *self = Self { deeds, aborts, ..Self::default() };
        }
        self.link = Some(link);
        changed
    }

    pub(in crate::world) fn fold_deeds(&mut self, deeds: Vec<Deed>) -> Changed {
        let mut changed = Changed::default();
        for deed in deeds {
            let known = self.workloads().find(|workload| workload.meta.uid == deed.uid).map(Workload::key);
            let kept = if deed.aborts { &mut self.aborts } else { &mut self.deeds };
            if kept.insert(deed.uid.clone(), deed.clone()) != Some(deed) {
                changed.workloads.extend(known);
            }
        }
        changed
    }

    pub(in crate::world) fn fold_access(&mut self, permission: Permission, verdict: Verdict) -> Changed {
        let differs = self.access.verdict(&permission) != Some(&verdict);
        self.access.learn(permission, verdict);
        Changed { access: differs, ..Changed::default() }
    }

    /// A lost source keeps what it gave last; an absent one has nothing to give, so what it gave goes.
    pub(in crate::world) fn fold_source(
        &mut self,
        family: Family,
        namespace: Option<Text>,
        state: SourceState,
        at: Timestamp,
    ) -> Changed {
        if !self.sources.set(family, namespace.clone(), state.clone(), at) {
            return Changed::default();
        }
        // What is not known yet, or no longer, is judged too.
        let judged = self
            .workloads()
            .filter(|workload| namespace.as_ref().is_none_or(|only| *only == workload.meta.namespace))
            .map(Workload::key);
        let mut changed = Changed { workloads: judged.collect(), families: [family].into(), ..Changed::default() };
        if matches!(state, SourceState::Absent(_)) {
            changed.merge(self.empty(family, namespace.as_ref(), at));
            // Emptying counts as a list; the source's own word stands.
            self.sources.set(family, namespace, state, at);
        }
        changed
    }

    fn empty(&mut self, family: Family, namespace: Option<&Text>, at: Timestamp) -> Changed {
        fn none<T>(namespace: Option<&Text>) -> Delta<T> {
            Delta::Reset { namespace: namespace.cloned(), items: Vec::new() }
        }
        match family {
            Family::Workloads(kind) => self.fold_workloads(kind, none(namespace), at),
            Family::ReplicaSets => self.fold_replica_sets(none(namespace), at),
            Family::ControllerRevisions => self.fold_controller_revisions(none(namespace), at),
            Family::Pods => self.fold_pods(none(namespace), at),
            Family::Autoscalers => self.fold_autoscalers(none(namespace), at),
            Family::Events => self.fold_events(none(namespace), at),
            Family::Services => self.fold_services(none(namespace), at),
            Family::AnalysisRuns => self.fold_analysis_runs(none(namespace), at),
            Family::Experiments => self.fold_experiments(none(namespace), at),
            Family::Routes(kind) => self.fold_routes(kind, none(namespace), at),
            Family::PodUsage => self.fold_pod_usage(namespace, Vec::new(), at),
            Family::NodeUsage => {
                self.node_usage.clear();
                Changed::default()
            }
        }
    }
}
