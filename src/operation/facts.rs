//! The raw objects a plan rests on.

use serde_json::Value;

use crate::domain::{Text, WorkloadKey};

use super::json::{self, at};

/// Everything read from the cluster for one plan, as the API server wrote it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Objects {
    /// ReplicaSets the workload's selector finds (Deployments).
    pub replica_sets: Vec<Value>,
    /// ControllerRevisions the workload's selector finds (StatefulSets, DaemonSets).
    pub controller_revisions: Vec<Value>,
    /// HorizontalPodAutoscalers of the namespace; empty too when they may not be read.
    pub autoscalers: Vec<Value>,
    /// PodDisruptionBudgets of the namespace; read for an eviction only.
    pub budgets: Vec<Value>,
    /// The pod to be evicted; `None` when it is gone or none is asked for.
    pub pod: Option<Value>,
    /// What could not be read, one sentence each; a warning of the plan, because less can be foreseen.
    pub unseen: Vec<String>,
}

/// The target of an operation as it is now, and what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// Id of the connection that read it; a plan is executed on no other.
    pub connection: u64,
    /// Context name of the kubeconfig.
    pub context: Text,
    /// The kube user.
    pub user: Text,
    /// Which workload.
    pub key: WorkloadKey,
    /// The workload.
    pub target: Value,
    /// What belongs to it.
    pub objects: Objects,
}

impl Facts {
    /// Returns the target's UID.
    pub fn uid(&self) -> &str {
        json::text(&self.target, "/metadata/uid")
    }

    /// Returns the target's resourceVersion.
    pub fn resource_version(&self) -> &str {
        json::text(&self.target, "/metadata/resourceVersion")
    }

    /// Tells whether the target is a paused Deployment.
    pub fn paused(&self) -> bool {
        at(&self.target, "/spec/paused").and_then(Value::as_bool).unwrap_or(false)
    }

    /// Returns `spec.replicas`, whose default is 1.
    pub fn replicas(&self) -> i64 {
        at(&self.target, "/spec/replicas").and_then(Value::as_i64).unwrap_or(1)
    }

    /// Returns the pod template.
    pub fn template(&self) -> &Value {
        at(&self.target, "/spec/template").unwrap_or(&Value::Null)
    }

    /// Returns the autoscaler that owns the replica count, if there is one.
    pub fn autoscaler(&self) -> Option<&Value> {
        self.objects.autoscalers.iter().find(|autoscaler| {
            json::text(autoscaler, "/spec/scaleTargetRef/kind") == self.key.kind.name()
                && json::text(autoscaler, "/spec/scaleTargetRef/name") == &*self.key.name
        })
    }

    /// Writes the rolltop command that does something to the target.
    pub(super) fn command(&self, verb: &str, rest: &str) -> String {
        format!("rolltop -n {} {verb} {} {rest}", self.key.namespace, self.key).trim_end().to_owned()
    }

    /// Returns objects of a list whose controlling owner is the target.
    pub(super) fn owned<'a>(&self, list: &'a [Value]) -> Vec<&'a Value> {
        list.iter().filter(|object| json::controlled_by(object, self.uid())).collect()
    }
}
