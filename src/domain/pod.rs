//! A pod and its containers.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Bytes, Condition, Cores, Meta, Text};

/// A pod as last seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pod {
    /// Metadata; the owner is its ReplicaSet, StatefulSet or DaemonSet.
    pub meta: Meta,
    /// Node; empty before it is scheduled.
    pub node: Text,
    /// `Pending`, `Running`, `Succeeded`, `Failed`, `Unknown`.
    pub phase: Text,
    /// `status.reason`, e.g. `Evicted`, `NodeLost`.
    pub reason: Text,
    /// `status.message`.
    pub message: Text,
    /// When the kubelet took it.
    pub started: Option<Timestamp>,
    /// What its spec asks for; shared between pods of one template.
    pub containers: Arc<[Container]>,
    /// How its containers are, in the order of the spec; init containers first.
    pub statuses: Vec<ContainerStatus>,
    /// Its conditions.
    pub conditions: Vec<Condition>,
    /// `spec.readinessGates[].conditionType`.
    pub readiness_gates: Vec<Text>,
}

impl Pod {
    /// Tells whether the Ready condition is `True`.
    pub fn is_ready(&self) -> bool {
        self.condition("Ready").is_some_and(Condition::is_true)
    }

    /// Tells whether deletion was asked for.
    pub fn is_terminating(&self) -> bool {
        self.meta.deleting.is_some()
    }

    /// Returns a condition by type.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| &*condition.kind == kind)
    }

    /// Returns restarts of main and sidecar containers.
    pub fn restarts(&self) -> i32 {
        self.statuses.iter().filter(|status| status.role != ContainerRole::Init).map(|status| status.restarts).sum()
    }

    /// Returns the label that names its revision: `pod-template-hash`, that of Argo Rollouts, or
    /// `controller-revision-hash`.
    pub fn revision_hash(&self) -> Option<&str> {
        ["pod-template-hash", "rollouts-pod-template-hash", "controller-revision-hash"]
            .into_iter()
            .find_map(|name| self.meta.label(name))
    }
}

/// What part a container plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContainerRole {
    /// Serves.
    #[default]
    Main,
    /// Runs to its end before the main ones.
    Init,
    /// An init container that restarts always.
    Sidecar,
}

/// A container as a pod's spec or a template asks for it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Container {
    /// Name.
    pub name: Text,
    /// Image reference.
    pub image: Text,
    /// Its part.
    pub role: ContainerRole,
    /// Requests.
    pub requests: Resources,
    /// Limits.
    pub limits: Resources,
    /// Readiness probe.
    pub readiness: Option<Probe>,
    /// Startup probe; readiness is not asked before it has passed.
    pub startup: Option<Probe>,
}

/// CPU and memory asked for; `None` is "not said", never zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// CPU.
    pub cpu: Option<Cores>,
    /// Memory.
    pub memory: Option<Bytes>,
}

/// Timing of a probe, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Before the first try.
    pub initial_delay: i32,
    /// Between tries.
    pub period: i32,
    /// Failures in a row that count.
    pub failure_threshold: i32,
}

/// How a container is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContainerStatus {
    /// Name.
    pub name: Text,
    /// Its part.
    pub role: ContainerRole,
    /// Image reference as the runtime resolved it.
    pub image: Text,
    /// Passed its readiness probe.
    pub ready: bool,
    /// Passed its startup probe.
    pub started: bool,
    /// Times it was restarted.
    pub restarts: i32,
    /// What it does now.
    pub state: ContainerState,
    /// How the run before ended.
    pub last: Option<Terminated>,
}

/// What a container does now.
#[derive(Clone, Debug, PartialEq)]
pub enum ContainerState {
    /// Not running yet, or again.
    Waiting {
        /// `CrashLoopBackOff`, `ImagePullBackOff`, `ContainerCreating` …; may be empty.
        reason: Text,
        /// Sentence.
        message: Text,
    },
    /// Running.
    Running {
        /// Since when.
        since: Option<Timestamp>,
    },
    /// Ended.
    Terminated(Terminated),
}

impl Default for ContainerState {
    fn default() -> Self {
        Self::Waiting { reason: Text::default(), message: Text::default() }
    }
}

/// How a run of a container ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Terminated {
    /// Exit code.
    pub exit_code: i32,
    /// Signal, 0 when none.
    pub signal: i32,
    /// `OOMKilled`, `Error`, `Completed` …; may be empty.
    pub reason: Text,
    /// Sentence.
    pub message: Text,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
}
