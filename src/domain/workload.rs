//! Workloads of every kind, as far as a release needs them.

use std::{collections::BTreeMap, fmt, sync::Arc};

use super::{ArgoRollout, Condition, Container, FlaggerCanary, Kind, Meta, Text, WorkloadKey};

/// A workload as last seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// Kind.
    pub kind: Kind,
    /// Metadata.
    pub meta: Meta,
    /// Which pods are its own.
    pub selector: Selector,
    /// `spec.paused` (Deployments).
    pub paused: bool,
    /// `spec.replicas`; `None` for DaemonSets, whose wish is [`WorkloadStatus::desired`].
    pub replicas: Option<i32>,
    /// Seconds a pod must be ready to count as available.
    pub min_ready_seconds: i32,
    /// `spec.progressDeadlineSeconds` (Deployments).
    pub progress_deadline_seconds: Option<i32>,
    /// How pods are replaced.
    pub strategy: Strategy,
    /// The pod template.
    pub template: Template,
    /// What its controller reported.
    pub status: WorkloadStatus,
    /// Its conditions.
    pub conditions: Vec<Condition>,
    /// What it says of progressive delivery; Rollouts and Canaries only.
    pub delivery: Option<Arc<Delivery>>,
}

/// What a workload of a delivery controller says beside what every workload does.
#[derive(Clone, Debug, PartialEq)]
pub enum Delivery {
    /// Kind `Rollout`.
    Argo(ArgoRollout),
    /// Kind `Canary`: its template, counts and selector are those of its members, so they are empty here.
    Flagger(FlaggerCanary),
}

impl Workload {
    /// Returns its key.
    pub fn key(&self) -> WorkloadKey {
        WorkloadKey { kind: self.kind, namespace: self.meta.namespace.clone(), name: self.meta.name.clone() }
    }

    /// Returns what an Argo Rollout says beside what every workload does.
    pub fn argo(&self) -> Option<&ArgoRollout> {
        match self.delivery.as_deref()? {
            Delivery::Argo(rollout) => Some(rollout),
            Delivery::Flagger(_) => None,
        }
    }

    /// Returns what a Flagger Canary says.
    pub fn flagger(&self) -> Option<&FlaggerCanary> {
        match self.delivery.as_deref()? {
            Delivery::Flagger(canary) => Some(canary),
            Delivery::Argo(_) => None,
        }
    }

    /// Tells whether its controller has yet to act on what was last asked for: a new spec, a new template of what it
    /// refers to, the end of a pause, an abort.
    pub fn is_unseen(&self) -> bool {
        if self.meta.generation > self.status.observed_generation {
            return true;
        }
        let Some(argo) = self.argo() else { return false };
        let going_on = argo.status.controller_pause && argo.status.pauses.is_empty();
        let referred = self.meta.annotation("rollout.argoproj.io/workload-generation");
        let status = &argo.status;
        let giving_up =
            status.aborted && status.aborted_at.is_none() && matches!(&*status.phase, "Progressing" | "Paused");
        going_on || giving_up || referred.is_some_and(|generation| *generation != *argo.status.workload_generation)
    }

    /// Returns how many pods its spec wants: `spec.replicas`, or for a DaemonSet the nodes it fits.
    pub fn desired(&self) -> i32 {
        match self.kind {
            Kind::DaemonSet => self.status.desired,
            Kind::Deployment | Kind::StatefulSet | Kind::Rollout | Kind::Canary => self.replicas.unwrap_or(1),
        }
    }

    /// Returns a condition by type.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| &*condition.kind == kind)
    }
}

/// How a controller replaces pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Step by step.
    Rolling {
        /// Pods allowed above the wish.
        max_surge: Option<IntOrPercent>,
        /// Pods allowed to be missing.
        max_unavailable: Option<IntOrPercent>,
        /// StatefulSets: ordinals below it keep the old revision.
        partition: Option<i32>,
        /// `rollingUpdate` stands in the spec (kubectl words a StatefulSet's end by it).
        declared: bool,
    },
    /// All at once, with a gap.
    Recreate,
    /// Only as a person deletes pods.
    OnDelete,
}

/// A count or a share of the replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntOrPercent {
    /// Pods.
    Int(i32),
    /// Percent of the replicas.
    Percent(i32),
}

impl fmt::Display for IntOrPercent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => write!(f, "{value}"),
            Self::Percent(value) => write!(f, "{value}%"),
        }
    }
}

/// The pod template, as far as it is shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Template {
    /// Labels.
    pub labels: BTreeMap<Text, Text>,
    /// Annotations.
    pub annotations: BTreeMap<Text, Text>,
    /// Main and sidecar containers, then init containers (see [`Container::role`]); shared between equal templates.
    pub containers: Arc<[Container]>,
}

/// What a controller reported; kinds leave at 0 what they have not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkloadStatus {
    /// Newest generation the controller has acted on.
    pub observed_generation: i64,
    /// Pods of all revisions.
    pub replicas: i32,
    /// Pods of the target revision (`updatedReplicas`, `updatedNumberScheduled`).
    pub updated: i32,
    /// Ready pods (`readyReplicas`, `numberReady`).
    pub ready: i32,
    /// Available pods (`availableReplicas`, `numberAvailable`).
    pub available: i32,
    /// `desiredNumberScheduled` (DaemonSets).
    pub desired: i32,
    /// Pods on nodes they should not run on (DaemonSets).
    pub misscheduled: i32,
    /// `currentRevision` (StatefulSets).
    pub current_revision: Text,
    /// `updateRevision` (StatefulSets).
    pub update_revision: Text,
}

/// A label selector: all parts must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selector {
    /// Labels that must equal.
    pub labels: BTreeMap<Text, Text>,
    /// Set-based requirements: key, operator (`In`, `NotIn`, `Exists`, `DoesNotExist`), values.
    pub expressions: Vec<(Text, Text, Vec<Text>)>,
}

impl Selector {
    /// Tells whether labels match; an empty selector matches nothing.
    pub fn matches(&self, labels: &BTreeMap<Text, Text>) -> bool {
        if self.labels.is_empty() && self.expressions.is_empty() {
            return false;
        }
        self.labels.iter().all(|(name, value)| labels.get(name) == Some(value))
            && self.expressions.iter().all(|(name, operator, values)| {
                let value = labels.get(name);
                match &**operator {
                    "In" => value.is_some_and(|value| values.contains(value)),
                    "NotIn" => value.is_none_or(|value| !values.contains(value)),
                    "Exists" => value.is_some(),
                    "DoesNotExist" => value.is_none(),
                    _ => false,
                }
            })
    }

    /// Writes it as kubectl's `-l` takes it.
    pub fn to_query(&self) -> String {
        let equal = self.labels.iter().map(|(name, value)| format!("{name}={value}"));
        let sets = self.expressions.iter().map(|(name, operator, values)| match &**operator {
            "In" => format!("{name} in ({})", values.join(",")),
            "NotIn" => format!("{name} notin ({})", values.join(",")),
            "DoesNotExist" => format!("!{name}"),
            _ => name.to_string(),
        });
        equal.chain(sets).collect::<Vec<_>>().join(",")
    }
}
