//! What controllers look after, and how one thing of it is named.

use crate::demo::store::resource::{self, Resource};

/// The kinds that controllers look after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the API's kinds")]
pub enum Kind {
    Node,
    Deployment,
    ReplicaSet,
    StatefulSet,
    DaemonSet,
    ControllerRevision,
    Pod,
    Service,
    Endpoints,
    EndpointSlice,
    PodDisruptionBudget,
    ResourceQuota,
    HorizontalPodAutoscaler,
    Event,
    ConfigMap,
    Namespace,
    Secret,
    ServiceAccount,
    Lease,
    Rollout,
    AnalysisRun,
    AnalysisTemplate,
    ClusterAnalysisTemplate,
    Experiment,
    Canary,
    MetricTemplate,
    HttpRoute,
    CustomResourceDefinition,
}

pub(super) const KINDS: [(Kind, &Resource); 28] = [
    (Kind::Node, &resource::NODES),
    (Kind::Deployment, &resource::DEPLOYMENTS),
    (Kind::ReplicaSet, &resource::REPLICA_SETS),
    (Kind::StatefulSet, &resource::STATEFUL_SETS),
    (Kind::DaemonSet, &resource::DAEMON_SETS),
    (Kind::ControllerRevision, &resource::CONTROLLER_REVISIONS),
    (Kind::Pod, &resource::PODS),
    (Kind::Service, &resource::SERVICES),
    (Kind::Endpoints, &resource::ENDPOINTS),
    (Kind::EndpointSlice, &resource::ENDPOINT_SLICES),
    (Kind::PodDisruptionBudget, &resource::POD_DISRUPTION_BUDGETS),
    (Kind::ResourceQuota, &resource::RESOURCE_QUOTAS),
    (Kind::HorizontalPodAutoscaler, &resource::HORIZONTAL_POD_AUTOSCALERS),
    (Kind::Event, &resource::EVENTS),
    (Kind::ConfigMap, &resource::CONFIG_MAPS),
    (Kind::Namespace, &resource::NAMESPACES),
    (Kind::Secret, &resource::SECRETS),
    (Kind::ServiceAccount, &resource::SERVICE_ACCOUNTS),
    (Kind::Lease, &resource::LEASES),
    (Kind::Rollout, &resource::ROLLOUTS),
    (Kind::AnalysisRun, &resource::ANALYSIS_RUNS),
    (Kind::AnalysisTemplate, &resource::ANALYSIS_TEMPLATES),
    (Kind::ClusterAnalysisTemplate, &resource::CLUSTER_ANALYSIS_TEMPLATES),
    (Kind::Experiment, &resource::EXPERIMENTS),
    (Kind::Canary, &resource::CANARIES),
    (Kind::MetricTemplate, &resource::METRIC_TEMPLATES),
    (Kind::HttpRoute, &resource::HTTP_ROUTES),
    (Kind::CustomResourceDefinition, &resource::CUSTOM_RESOURCE_DEFINITIONS),
];

impl Kind {
    /// Returns the store's entry for this kind.
    pub fn resource(self) -> &'static Resource {
        KINDS.iter().find(|(kind, _)| *kind == self).map_or(&resource::PODS, |(_, resource)| resource)
    }

    pub(super) fn of(resource: &Resource) -> Option<Self> {
        KINDS.iter().find(|(_, known)| known.qualified == resource.qualified).map(|(kind, _)| *kind)
    }

    pub(super) fn owner(kind: &str) -> Option<Self> {
        match kind {
            "Deployment" => Some(Self::Deployment),
            "ReplicaSet" => Some(Self::ReplicaSet),
            "StatefulSet" => Some(Self::StatefulSet),
            "DaemonSet" => Some(Self::DaemonSet),
            "Rollout" => Some(Self::Rollout),
            "Experiment" => Some(Self::Experiment),
            "Canary" => Some(Self::Canary),
            _ => None,
        }
    }
}

/// One piece of work: look at this object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// What it is.
    pub kind: Kind,
    /// Where it is; empty for cluster-wide kinds.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Key {
    /// Names an object.
    pub fn new(kind: Kind, namespace: &str, name: &str) -> Self {
        Self { kind, namespace: namespace.to_owned(), name: name.to_owned() }
    }
}
