//! The raw objects a plan rests on.

use serde_json::Value;

use crate::domain::{Kind, Text, WorkloadKey};

use super::{
    Object, ObjectKind,
    json::{self, at},
};

/// Everything read from the cluster for one plan, as the API server wrote it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Objects {
    /// ReplicaSets the workload's selector finds (Deployments and Rollouts).
    pub replica_sets: Vec<Value>,
    /// ControllerRevisions the workload's selector finds (StatefulSets, DaemonSets).
    pub controller_revisions: Vec<Value>,
    /// HorizontalPodAutoscalers of the namespace; empty too when they may not be read.
    pub autoscalers: Vec<Value>,
    /// PodDisruptionBudgets of the namespace; read for an eviction only.
    pub budgets: Vec<Value>,
    /// The pod to be evicted; `None` when it is gone or none is asked for.
    pub pod: Option<Value>,
    /// Deployments that belong to the release unit, or may: those of the namespace for one that is told by labels, target
    /// and primary of a Flagger Canary.
    pub deployments: Vec<Value>,
    /// Services of the namespace, for a unit that is told by labels.
    pub services: Vec<Value>,
    /// What a Rollout refers to for its template; `None` where the Rollout holds it.
    pub template: Option<Value>,
    /// The AnalysisRun or Experiment asked for.
    pub run: Option<Value>,
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

    /// Names the target as an object.
    pub fn object(&self) -> Object {
        Object::from(&self.key)
    }

    /// Finds an object that was read.
    pub fn find(&self, object: &Object) -> Option<&Value> {
        let among: &[Value] = match object.kind {
            _ if *object == self.object() => return Some(&self.target),
            ObjectKind::Workload(Kind::Deployment) => &self.objects.deployments,
            ObjectKind::Service => &self.objects.services,
            _ => &[],
        };
        let Objects { pod, template, run, .. } = &self.objects;
        let named = |value: &&Value| json::text(value, "/metadata/name") == &*object.name;
        let of_kind = |value: &&Value| json::text(value, "/kind") == object.kind.name();
        let alone = pod.iter().chain(template).chain(run).filter(of_kind).find(named);
        among.iter().find(named).or(alone)
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

    /// Makes the facts of a Deployment that belongs to the release unit, with what belongs to it.
    pub(super) fn member(&self, key: &WorkloadKey) -> Option<Self> {
        let target = self.find(&key.into())?.clone();
        Some(Self { key: key.clone(), target, ..self.clone() })
    }

    /// Returns objects of a list whose controlling owner is the target.
    pub(super) fn owned<'a>(&self, list: &'a [Value]) -> Vec<&'a Value> {
        list.iter().filter(|object| json::controlled_by(object, self.uid())).collect()
    }
}
