//! A plan, and what the server says it would do.

use serde_json::Value;

use super::{Change, Plan, diff};

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
    pub fn of(before: &Value, answer: &Value) -> Self {
        Self::DryRun(diff(&shown(before), &shown(answer)))
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
