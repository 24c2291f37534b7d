//! The world itself: what is kept, and the one way in.

use std::collections::{BTreeMap, HashMap, VecDeque};

use jiff::Timestamp;

use crate::domain::{
    Access, AnalysisRun, Autoscaler, ControllerRevision, Deed, Event, Experiment, Family, Kind, Link, NodeUsage,
    Observation, Pod, PodUsage, ReplicaSet, Route, RouteKind, Service, Text, Workload, WorkloadKey,
};

use super::{
    Changed,
    history::{PodHistory, WorkloadHistory},
    sources::Sources,
    store::Store,
    units::Units,
};

/// Everything known of one connection's cluster.
#[derive(Default)]
pub struct World {
    pub(super) link: Option<Link>,
    pub(super) access: Access,
    pub(super) sources: Sources,
    pub(super) workloads: BTreeMap<Kind, Store<Workload>>,
    pub(super) replica_sets: Store<ReplicaSet>,
    pub(super) controller_revisions: Store<ControllerRevision>,
    pub(super) pods: Store<Pod>,
    pub(super) autoscalers: Store<Autoscaler>,
    pub(super) events: Store<Event>,
    pub(super) services: Store<Service>,
    pub(super) routes: BTreeMap<RouteKind, Store<Route>>,
    pub(super) analysis_runs: Store<AnalysisRun>,
    pub(super) experiments: Store<Experiment>,
    pub(super) units: Units,
    /// Events by arrival, oldest first; bounds them.
    pub(super) events_by_age: VecDeque<(Text, Text)>,
    pub(super) usage: BTreeMap<Text, BTreeMap<Text, PodUsage>>,
    pub(super) node_usage: Vec<NodeUsage>,
    /// The newest recorded change of a template, by the UID of its workload.
    pub(super) deeds: HashMap<Text, Deed>,
    /// The newest abort on record, by UID.
    pub(super) aborts: HashMap<Text, Deed>,
    pub(super) workload_history: BTreeMap<WorkloadKey, WorkloadHistory>,
    /// By pod UID.
    pub(super) pod_history: HashMap<Text, PodHistory>,
}

impl World {
    /// Makes an empty world.
    pub fn new() -> Self {
        Self::default()
    }

    /// Folds an observation made at `at` in, and tells what changed.
    pub fn apply(&mut self, observation: Observation, at: Timestamp) -> Changed {
        let mut changed = self.fold(observation, at);
        self.regroup(&mut changed);
        changed
    }

    fn fold(&mut self, observation: Observation, at: Timestamp) -> Changed {
        match observation {
            Observation::Link(link) => self.fold_link(link),
            Observation::Deeds(deeds) => self.fold_deeds(deeds),
            Observation::Access(permission, verdict) => self.fold_access(permission, verdict),
            Observation::Source { family, namespace, state } => self.fold_source(family, namespace, state, at),
            Observation::Workloads(kind, delta) => self.fold_workloads(kind, delta, at),
            Observation::ReplicaSets(delta) => self.fold_replica_sets(delta, at),
            Observation::ControllerRevisions(delta) => self.fold_controller_revisions(delta, at),
            Observation::Pods(delta) => self.fold_pods(delta, at),
            Observation::Autoscalers(delta) => self.fold_autoscalers(delta, at),
            Observation::Events(delta) => self.fold_events(delta, at),
            Observation::Services(delta) => self.fold_services(delta, at),
            Observation::Routes(kind, delta) => self.fold_routes(kind, delta, at),
            Observation::AnalysisRuns(delta) => self.fold_analysis_runs(delta, at),
            Observation::Experiments(delta) => self.fold_experiments(delta, at),
            Observation::PodUsage { namespace, items } => self.fold_pod_usage(namespace.as_ref(), items, at),
            Observation::NodeUsage(items) => {
                self.hear_all(Family::NodeUsage, None, at);
                if self.node_usage == items {
                    return Changed::default();
                }
                self.node_usage = items;
                Changed { families: [Family::NodeUsage].into(), ..Changed::default() }
            }
        }
    }
}
