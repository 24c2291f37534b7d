//! A plan, and what the server says it would do.

use serde_json::{Value, json};

use super::{Change, Object, Patch, Plan, Send, Write, diff};

/// What a plan would change.
#[derive(Clone, Debug, PartialEq)]
pub enum Preview {
    /// The server's dry-run: exactly the fields that would change. Those of another object than the target begin with
    /// its name: `service/search: spec.selector.slot`.
    DryRun(Vec<Change>),
    /// What changes no field of an object, in words.
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

/// What the server's dry-run of one write said.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried<'a> {
    /// The write as it was tried.
    pub write: &'a Write,
    /// Its object before.
    pub before: &'a Value,
    /// The server's answer.
    pub answer: &'a Value,
}

impl Preview {
    /// Compares the objects read with the dry-runs' answers, leaving out what the server keeps for itself.
    pub fn of(plan: &Plan, tried: &[Tried<'_>]) -> Self {
        if !plan.writes.iter().any(|write| matches!(write.send, Send::Patch(_))) {
            let words: Vec<&str> = plan.writes.iter().map(|write| write.words.as_str()).collect();
            return Self::Described(words.join("; "));
        }
        let target = Object::from(&plan.target);
        let named = |write: &Write, mut change: Change| {
            if write.object != target {
                change.label = format!("{}: {}", write.object, change.label);
            }
            change
        };
        let changes = tried.iter().flat_map(|one| changes(one).into_iter().map(|change| named(one.write, change)));
        Self::DryRun(changes.collect())
    }
}

fn changes(tried: &Tried<'_>) -> Vec<Change> {
    let (before, answer) = (tried.before, tried.answer);
    match &tried.write.send {
        Send::Patch(Patch { subresource: Some("scale"), .. }) => diff(&replicas(before), &replicas(answer)),
        Send::Patch(Patch { subresource: Some(_), .. }) => diff(&status(before), &status(answer)),
        // Where there is no status subresource the status is a field like any other.
        Send::Patch(Patch { subresource: None, body, .. }) if body.get("status").is_some() => {
            diff(&shown(before, true), &shown(answer, true))
        }
        Send::Patch(_) => diff(&shown(before, false), &shown(answer, false)),
        Send::Evict | Send::Post(_) => Vec::new(),
    }
}

/// An object without bookkeeping: managed fields, generation, resourceVersion, and mostly status.
fn shown(object: &Value, with_status: bool) -> Value {
    let mut object = object.clone();
    if let Some(map) = object.as_object_mut() {
        // Items of a list come without these two.
        for name in ["kind", "apiVersion"] {
            map.remove(name);
        }
        if !with_status {
            map.remove("status");
        }
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

fn status(object: &Value) -> Value {
    json!({"status": object.pointer("/status")})
}
