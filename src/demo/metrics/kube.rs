//! The state of the cluster as kube-state-metrics sees it; plain data, filled by the simulation.

use jiff::Timestamp;

/// Everything that is reported of the cluster.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KubeState {
    /// Nodes.
    pub nodes: Vec<NodeState>,
    /// Pods that exist, whatever their phase.
    pub pods: Vec<PodState>,
    /// Deployments, `StatefulSets` and `DaemonSets`.
    pub workloads: Vec<WorkloadState>,
    /// `ReplicaSets`.
    pub replica_sets: Vec<ReplicaSetState>,
    /// `HorizontalPodAutoscalers`.
    pub autoscalers: Vec<AutoscalerState>,
}

/// A node.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeState {
    /// Its name.
    pub name: String,
    /// Whether it is ready.
    pub ready: bool,
    /// Allocatable CPU in cores.
    pub cpu: f64,
    /// Allocatable memory in bytes.
    pub memory: f64,
}

/// A pod.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PodState {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its UID.
    pub uid: String,
    /// The node it is on, empty while it has none.
    pub node: String,
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    pub phase: String,
    /// Whether its condition `Ready` is true.
    pub ready: bool,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// Kind of its controller, empty for none.
    pub owner_kind: String,
    /// Name of its controller, empty for none.
    pub owner_name: String,
    /// Its labels.
    pub labels: Vec<(String, String)>,
    /// Its containers.
    pub containers: Vec<ContainerState>,
}

/// A container of a pod.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContainerState {
    /// Its name.
    pub name: String,
    /// Its image as the pod's spec has it.
    pub image: String,
    /// Whether it is ready.
    pub ready: bool,
    /// Whether it runs.
    pub running: bool,
    /// How often it was restarted.
    pub restarts: u32,
    /// Why it waits, `CrashLoopBackOff` for example.
    pub waiting_reason: Option<String>,
    /// Why its last run ended, `OOMKilled` for example.
    pub last_terminated_reason: Option<String>,
    /// CPU request in cores.
    pub cpu_request: Option<f64>,
    /// CPU limit in cores.
    pub cpu_limit: Option<f64>,
    /// Memory request in bytes.
    pub memory_request: Option<f64>,
    /// Memory limit in bytes.
    pub memory_limit: Option<f64>,
}

/// What kind a workload is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkloadKind {
    /// A Deployment.
    Deployment,
    /// A `StatefulSet`.
    StatefulSet,
    /// A `DaemonSet`.
    DaemonSet,
}

/// A workload's counts.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkloadState {
    /// Its kind.
    pub kind: WorkloadKind,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Replicas that its spec wants.
    pub desired: u32,
    /// Pods there are.
    pub current: u32,
    /// Pods of the newest template.
    pub updated: u32,
    /// Pods that are ready.
    pub ready: u32,
    /// Pods that are available.
    pub available: u32,
    /// Generation of its spec.
    pub generation: i64,
    /// Generation its controller has seen.
    pub observed_generation: i64,
    /// Whether its rollout is paused.
    pub paused: bool,
}

/// A `ReplicaSet`'s counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplicaSetState {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Name of the Deployment that owns it, empty for none.
    pub deployment: String,
    /// Replicas that its spec wants.
    pub desired: u32,
    /// Pods that are ready.
    pub ready: u32,
}

/// A `HorizontalPodAutoscaler`'s counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AutoscalerState {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Fewest replicas.
    pub min: u32,
    /// Most replicas.
    pub max: u32,
    /// Replicas there are.
    pub current: u32,
    /// Replicas it wants.
    pub desired: u32,
}
