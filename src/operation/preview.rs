//! A plan, and what the server says it would do.

use serde_json::{Value, json};

use super::{Change, Plan, Write, diff};

/// What a write would change.
#[derive(Clone, Debug, PartialEq)]
pub enum Preview {
    /// The server's dry-run: exactly the fields that would change.
    DryRun(Vec<Change>),
    /// A write that changes no field of the object, in words; the server was asked and would allow it.
    Described(String),
}

/// A plan ready to be shown, and to be confirmed.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// What it would change.
    pub preview: Preview,
}

impl Preview {
    /// Compares the object read with the dry-run's answer, leaving out what the server keeps for itself.
    pub fn of(plan: &Plan, before: &Value, answer: &Value) -> Self {
        match plan.write {
            Write::Evict { .. } => Self::Described(plan.summary.clone()),
            Write::Patch { subresource: Some(_), .. } => Self::DryRun(diff(&replicas(before), &replicas(answer))),
            Write::Patch { subresource: None, .. } => Self::DryRun(diff(&shown(before), &shown(answer))),
        }
    }
}

/// An object without bookkeeping: managed fields, generation, resourceVersion, status.
fn shown(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(map) = object.as_object_mut() {
        map.remove("status");
        if let Some(meta) = map.get_mut("metadata").and_then(Value::as_object_mut) {
            for name in ["managedFields", "generation", "resourceVersion"] {
                meta.remove(name);
            }
        }
    }
    object
}

/// A Scale object has its own metadata; the count is all it shares with the workload.
fn replicas(object: &Value) -> Value {
    json!({"spec": {"replicas": object.pointer("/spec/replicas")}})
}
