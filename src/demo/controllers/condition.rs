//! Conditions in a status: set, renew and drop as the controllers' own helpers do.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::object::{list, stamp, text};

/// A condition before it has times.
#[derive(Debug, Clone)]
pub struct Condition {
    kind: String,
    status: String,
    reason: String,
    message: String,
}

impl Condition {
    /// Makes a condition from its four texts.
    pub fn new(kind: &str, status: &str, reason: &str, message: &str) -> Self {
        Self { kind: kind.into(), status: status.into(), reason: reason.into(), message: message.into() }
    }

    /// Takes over another object's condition.
    pub fn of(value: &Value) -> Self {
        let part = |key| text(value, &[key]);
        Self::new(part("type"), part("status"), part("reason"), part("message"))
    }

    fn value(&self, since: &Value, now: Timestamp) -> Value {
        json!({
            "type": self.kind, "status": self.status, "lastUpdateTime": stamp(now),
            "lastTransitionTime": since, "reason": self.reason, "message": self.message,
        })
    }
}

/// Returns a condition of a status by its type.
pub fn get<'a>(status: &'a Value, kind: &str) -> Option<&'a Value> {
    list(status, &["conditions"]).iter().find(|each| text(each, &["type"]) == kind)
}

/// Sets a condition; one with the same status and reason stays as it is, messages and times included.
pub fn set(status: &mut Value, new: &Condition, now: Timestamp) {
    if let Some(current) = get(status, &new.kind)
        && text(current, &["status"]) == new.status
        && text(current, &["reason"]) == new.reason
    {
        return;
    }
    renew(status, new, now);
}

/// Sets a condition and its update time even where status and reason are the same.
pub fn renew(status: &mut Value, new: &Condition, now: Timestamp) {
    let since = get(status, &new.kind)
        .filter(|current| text(current, &["status"]) == new.status)
        .and_then(|current| current.get("lastTransitionTime").cloned())
        .unwrap_or_else(|| stamp(now));
    drop(status, &new.kind);
    let value = new.value(&since, now);
    if let Some(map) = status.as_object_mut()
        && let Some(all) = map.entry("conditions").or_insert_with(|| json!([])).as_array_mut()
    {
        all.push(value);
    }
}

/// Removes a condition by its type.
pub fn drop(status: &mut Value, kind: &str) {
    if let Some(all) = status.get_mut("conditions").and_then(Value::as_array_mut) {
        all.retain(|each| text(each, &["type"]) != kind);
    }
}
