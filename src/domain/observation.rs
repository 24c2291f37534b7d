//! Everything a source can report.

use jiff::Timestamp;

use super::{
    Absence, AnalysisRun, Autoscaler, ControllerRevision, Deed, Event, Experiment, Kind, Link, NodeUsage, Permission,
    Pod, PodUsage, ReplicaSet, Route, Service, Text, Verdict, Workload,
};

/// A family of objects watched together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// Workloads of one kind.
    Workloads(Kind),
    /// ReplicaSets.
    ReplicaSets,
    /// ControllerRevisions.
    ControllerRevisions,
    /// Pods.
    Pods,
    /// HorizontalPodAutoscalers.
    Autoscalers,
    /// Events.
    Events,
    /// Services.
    Services,
    /// AnalysisRuns of Argo Rollouts.
    AnalysisRuns,
    /// Experiments of Argo Rollouts.
    Experiments,
    /// Routes that split traffic.
    Routes(RouteKind),
    /// metrics.k8s.io pods.
    PodUsage,
    /// metrics.k8s.io nodes.
    NodeUsage,
}

impl Family {
    /// What is watched in every namespace of the scope, and what the picture needs to be whole.
    pub const WATCHED: [Self; 9] = [
        Self::Workloads(Kind::Deployment),
        Self::Workloads(Kind::StatefulSet),
        Self::Workloads(Kind::DaemonSet),
        Self::ReplicaSets,
        Self::ControllerRevisions,
        Self::Pods,
        Self::Autoscalers,
        Self::Events,
        Self::Services,
    ];

    /// Tells whether workloads can be judged without it, if less exactly.
    pub fn is_detail(self) -> bool {
        matches!(self, Self::Services | Self::Routes(_) | Self::AnalysisRuns | Self::Experiments)
    }
}

/// A kind of route that can split traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RouteKind {
    /// `gateway.networking.k8s.io` HTTPRoute.
    HttpRoute,
    /// `networking.istio.io` VirtualService.
    VirtualService,
    /// `networking.k8s.io` Ingress with nginx' canary annotations.
    Ingress,
}

/// How one family's source is, in one namespace or in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceState {
    /// Its first list is under way.
    Listing,
    /// Its list is in and changes arrive.
    Synced,
    /// It failed and is tried again; what was seen last stays.
    Lost {
        /// What went wrong.
        why: Text,
        /// When it is tried again.
        retry_at: Timestamp,
    },
    /// It has nothing to give, and why.
    Absent(Absence),
}

/// A change of a family's objects.
#[derive(Clone, Debug, PartialEq)]
pub enum Delta<T> {
    /// A complete list: it replaces all of that namespace (`None`: of all namespaces).
    Reset {
        /// The namespace listed.
        namespace: Option<Text>,
        /// Every object there is.
        items: Vec<T>,
    },
    /// Added or modified.
    Applied(T),
    /// Gone.
    Deleted {
        /// Namespace.
        namespace: Text,
        /// Name.
        name: Text,
        /// UID; a newer object of that name stays.
        uid: Text,
    },
}

/// Everything a source can report.
#[derive(Clone, Debug, PartialEq)]
pub enum Observation {
    /// The connection changed. Another id means another cluster, user or scope: nothing seen before holds.
    Link(Link),
    /// A family's source changed.
    Source {
        /// Which family.
        family: Family,
        /// Which namespace; `None`: all.
        namespace: Option<Text>,
        /// How it is.
        state: SourceState,
    },
    /// Workloads of one kind.
    Workloads(Kind, Delta<Workload>),
    /// ReplicaSets.
    ReplicaSets(Delta<ReplicaSet>),
    /// ControllerRevisions.
    ControllerRevisions(Delta<ControllerRevision>),
    /// Pods.
    Pods(Delta<Pod>),
    /// Autoscalers.
    Autoscalers(Delta<Autoscaler>),
    /// Events.
    Events(Delta<Event>),
    /// Services.
    Services(Delta<Service>),
    /// AnalysisRuns.
    AnalysisRuns(Delta<AnalysisRun>),
    /// Experiments.
    Experiments(Delta<Experiment>),
    /// Routes of one kind.
    Routes(RouteKind, Delta<Route>),
    /// What the pods of a namespace (`None`: all) consume; pods not named are not scraped yet.
    PodUsage {
        /// Which namespace was asked.
        namespace: Option<Text>,
        /// What they consume.
        items: Vec<PodUsage>,
    },
    /// What the nodes consume.
    NodeUsage(Vec<NodeUsage>),
    /// Changes of templates the audit holds, oldest first; they add to those told before.
    Deeds(Vec<Deed>),
    /// The API server answered a question of permission.
    Access(Permission, Verdict),
}
