//! What one pass adds to and takes from pauses and aborts, and what the status says of them then.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::object::{dig, flag, list, put, remove, stamp, text};

/// Changes of a pass.
#[derive(Debug, Default)]
pub(super) struct Pause {
    add: Vec<&'static str>,
    remove: Vec<&'static str>,
    /// All pauses end.
    pub(super) clear: bool,
    abort: Option<String>,
    /// An abort is lifted.
    pub(super) remove_abort: bool,
}

impl Pause {
    pub(super) fn add(&mut self, reason: &'static str) {
        self.add.push(reason);
    }

    pub(super) fn remove(&mut self, reason: &'static str) {
        self.remove.push(reason);
    }

    pub(super) fn adds(&self) -> bool {
        !self.add.is_empty()
    }

    pub(super) fn abort(&mut self, why: String) {
        self.abort = Some(why);
    }

    /// Returns why this pass aborted the update; empty where it did not.
    pub(super) fn abort_message(&self) -> &str {
        self.abort.as_deref().unwrap_or("")
    }

    pub(super) fn is_aborted(&self, rollout: &Value) -> bool {
        !self.remove_abort && (self.abort.is_some() || flag(rollout, &["status", "abort"]))
    }

    /// Writes pauses and aborts into a new status.
    pub(super) fn settle(&self, rollout: &Value, status: &mut Value, now: Timestamp) {
        for key in ["abort", "abortedAt", "controllerPause", "pauseConditions"] {
            remove(status, &[key]);
        }
        if self.is_aborted(rollout) {
            let since = dig(rollout, &["status", "abortedAt"]).filter(|at| !at.is_null()).cloned();
            put(status, &["abort"], json!(true));
            put(status, &["abortedAt"], since.unwrap_or_else(|| stamp(now)));
            return;
        }
        if self.clear {
            return;
        }
        let before = list(rollout, &["status", "pauseConditions"]);
        let is = |condition: &Value, reason: &str| text(condition, &["reason"]) == reason;
        let mut conditions: Vec<Value> = before
            .iter()
            .filter(|condition| !self.remove.iter().any(|reason| is(condition, reason)))
            .cloned()
            .collect();
        let mut by_controller = flag(rollout, &["status", "controllerPause"]);
        for reason in &self.add {
            if !before.iter().any(|condition| is(condition, reason)) {
                conditions.push(json!({"reason": reason, "startTime": stamp(now)}));
                by_controller = true;
            }
        }
        if conditions.is_empty() {
            return;
        }
        if by_controller {
            put(status, &["controllerPause"], json!(true));
        }
        put(status, &["pauseConditions"], json!(conditions));
    }
}
