//! Which object a write goes to.

use std::fmt;

use crate::domain::{Kind, Text, WorkloadKey};

/// A kind of object the program writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// A workload.
    Workload(Kind),
    /// `v1` Service.
    Service,
    /// `v1` Pod.
    Pod,
    /// `v1` `PodTemplate`: what a Rollout may refer to.
    PodTemplate,
    /// `apps/v1` ReplicaSet: what a Rollout may refer to.
    ReplicaSet,
    /// `argoproj.io/v1alpha1` AnalysisRun.
    AnalysisRun,
    /// `argoproj.io/v1alpha1` Experiment.
    Experiment,
}

impl ObjectKind {
    /// Returns the kind as it stands in a manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Workload(kind) => kind.name(),
            Self::Service => "Service",
            Self::Pod => "Pod",
            Self::PodTemplate => "PodTemplate",
            Self::ReplicaSet => "ReplicaSet",
            Self::AnalysisRun => "AnalysisRun",
            Self::Experiment => "Experiment",
        }
    }

    /// Finds a kind by its name in a manifest.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Service, Self::Pod, Self::PodTemplate, Self::ReplicaSet, Self::AnalysisRun, Self::Experiment]
            .into_iter()
            .chain(Kind::ALL.map(Self::Workload))
            .find(|kind| kind.name() == name)
    }

    /// Returns the API's plural.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Workload(kind) => kind.plural(),
            Self::Service => "services",
            Self::Pod => "pods",
            Self::PodTemplate => "podtemplates",
            Self::ReplicaSet => "replicasets",
            Self::AnalysisRun => "analysisruns",
            Self::Experiment => "experiments",
        }
    }

    /// Returns the API group; empty for the core group.
    pub fn group(self) -> &'static str {
        match self {
            Self::Workload(kind) => kind.group(),
            Self::Service | Self::Pod | Self::PodTemplate => "",
            Self::ReplicaSet => Kind::Deployment.group(),
            Self::AnalysisRun | Self::Experiment => Kind::Rollout.group(),
        }
    }

    /// Returns where its objects are served.
    pub fn base(self) -> &'static str {
        match self {
            Self::Workload(kind) => kind.base(),
            Self::Service | Self::Pod | Self::PodTemplate => "/api/v1",
            Self::ReplicaSet => Kind::Deployment.base(),
            Self::AnalysisRun | Self::Experiment => Kind::Rollout.base(),
        }
    }
}

/// One object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its kind.
    pub kind: ObjectKind,
    /// Namespace.
    pub namespace: Text,
    /// Name.
    pub name: Text,
}

impl Object {
    /// Names an object.
    pub fn new(kind: ObjectKind, namespace: impl Into<Text>, name: impl Into<Text>) -> Self {
        Self { kind, namespace: namespace.into(), name: name.into() }
    }
}

impl From<&WorkloadKey> for Object {
    fn from(key: &WorkloadKey) -> Self {
        Self::new(ObjectKind::Workload(key.kind), key.namespace.clone(), key.name.clone())
    }
}

impl fmt::Display for Object {
    /// Writes `service/name`, as kubectl does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.name().to_ascii_lowercase(), self.name)
    }
}
