//! What a workload was: its ReplicaSets and ControllerRevisions.

use super::{Condition, Meta, Template, Text};

/// A ReplicaSet of a Deployment: one revision of its template.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicaSet {
    /// Metadata; the owner is the Deployment.
    pub meta: Meta,
    /// Annotation `deployment.kubernetes.io/revision`; 0 when absent.
    pub revision: i64,
    /// Label `pod-template-hash`.
    pub hash: Text,
    /// `spec.replicas`.
    pub desired: i32,
    /// Pods there are.
    pub replicas: i32,
    /// Ready pods.
    pub ready: i32,
    /// Available pods.
    pub available: i32,
    /// Newest generation its controller has acted on.
    pub observed_generation: i64,
    /// The pod template.
    pub template: Template,
    /// Its conditions (`ReplicaFailure`).
    pub conditions: Vec<Condition>,
}

/// A ControllerRevision of a StatefulSet or DaemonSet.
#[derive(Clone, Debug, PartialEq)]
pub struct ControllerRevision {
    /// Metadata; the owner is the workload.
    pub meta: Meta,
    /// Its number.
    pub revision: i64,
    /// The pod template of its data.
    pub template: Template,
}
