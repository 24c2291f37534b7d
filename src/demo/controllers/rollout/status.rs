//! The status: counts, promotion to stable, and the one place where it is written.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::cluster::{Cluster, Kind, Object};
use super::super::condition::{self, Condition};
use super::super::object::{dig, flag, int, label, list, name, namespace, put, remove, text, time, uid};
use super::sets::available;
use super::{HASH, MANAGER, Pass, phase, revision_of};

/// Says that the spec is not one the controller can work with.
pub(super) fn refuse(cluster: &mut Cluster, rollout: &Object, why: &str, now: Timestamp) {
    let mut status = rollout.get("status").filter(|status| status.is_object()).cloned().unwrap_or_else(|| json!({}));
    let before = condition::get(&status, "InvalidSpec").map(|each| text(each, &["message"]).to_owned());
    if before.as_deref() != Some(why) {
        condition::drop(&mut status, "InvalidSpec");
        condition::set(&mut status, &Condition::new("InvalidSpec", "True", "InvalidSpec", why), now);
        cluster.event(rollout, "Warning", "InvalidSpec", why, MANAGER);
    }
    put(&mut status, &["observedGeneration"], json!(generation(rollout)));
    phase::write(rollout, &mut status);
    write(cluster, rollout, status);
}

/// Writes a status, unless somebody wrote another since it was read: then the next pass begins from that.
fn write(cluster: &mut Cluster, rollout: &Value, status: Value) {
    if rollout.get("status") == Some(&status) {
        return;
    }
    let read = rollout.get("status").cloned();
    cluster.modify_status(Kind::Rollout, namespace(rollout), name(rollout), MANAGER, |now| {
        if now.get("status").cloned() == read && uid(now) == uid(rollout) {
            put(now, &["status"], status);
        }
    });
}

fn generation(rollout: &Value) -> String {
    int(rollout, &["metadata", "generation"]).to_string()
}

impl Pass<'_> {
    /// Writes `Paused`, `Resumed` or `Retry` into the conditions where that just happened; says whether it did.
    pub(super) fn note_pauses(&mut self) -> bool {
        if self.status_text(&["observedGeneration"]) != generation(&self.rollout) {
            return false;
        }
        let mut status = self.rollout.get("status").cloned().unwrap_or_else(|| json!({}));
        let reason = |kind| condition::get(&status, kind).map(|each| text(each, &["reason"]).to_owned());
        let progress = reason("Progressing");
        let marked = progress.as_deref() == Some("RolloutPaused");
        let was_aborted = progress.as_deref() == Some("RolloutAborted");
        let paused =
            flag(&self.rollout, &["spec", "paused"]) || !list(&self.rollout, &["status", "pauseConditions"]).is_empty();
        let was_paused = condition::get(&status, "Paused").is_some_and(|each| text(each, &["status"]) == "True");
        let mut new = Vec::new();
        if paused != marked && !was_aborted && !super::conditions::is_completed(&status) {
            new.push(if paused {
                Condition::new("Progressing", "Unknown", "RolloutPaused", "Rollout is paused")
            } else {
                Condition::new("Progressing", "Unknown", "RolloutResumed", "Rollout is resumed")
            });
        }
        if was_aborted && !flag(&self.rollout, &["status", "abort"]) {
            new.push(Condition::new("Progressing", "Unknown", "RolloutRetry", "Retrying Rollout after abort"));
        }
        if paused != was_paused && !was_aborted {
            let word = if paused { "True" } else { "False" };
            new.push(Condition::new("Paused", word, "RolloutPaused", "Rollout is paused"));
        }
        if new.is_empty() {
            return false;
        }
        for each in &new {
            condition::set(&mut status, each, self.now);
        }
        phase::write(&self.rollout, &mut status);
        self.track_duration(&mut status);
        write(self.cluster, &self.rollout, status);
        true
    }

    /// Begins a status with what every strategy counts.
    pub(super) fn base_status(&mut self) -> Value {
        let mut status = self.next.clone();
        put(&mut status, &["currentPodHash"], json!(self.hash()));
        put(&mut status, &["stableRS"], json!(self.status_text(&["stableRS"])));
        let mut conditions = dig(&self.rollout, &["status", "conditions"]).cloned().unwrap_or_else(|| json!([]));
        if let Some(all) = conditions.as_array_mut() {
            all.retain(|each| text(each, &["type"]) != "InvalidSpec");
        }
        put(&mut status, &["conditions"], conditions);
        if let Some(collisions) = self.status(&["collisionCount"]) {
            put(&mut status, &["collisionCount"], collisions.clone());
        }
        if self.promotes_full() && self.status_text(&["stableRS"]) != self.hash() {
            put(&mut status, &["promoteFull"], json!(true));
        }
        if self.passed_preview(&status) {
            put(&mut status, &["blueGreen", "scaleUpPreviewCheckPoint"], json!(true));
        }
        status
    }

    fn passed_preview(&self, status: &Value) -> bool {
        flag(&self.rollout, &["status", "blueGreen", "scaleUpPreviewCheckPoint"])
            && dig(status, &["stableRS"]) != dig(status, &["currentPodHash"])
    }

    /// Counts pods into a status.
    pub(super) fn count(&self, status: &mut Value) {
        let sum = |key: &str| self.all.iter().map(|set| int(set, &["status", key])).sum::<i64>();
        let active = if self.is_blue_green() { self.active_set(status).cloned() } else { None };
        let of_active = |key: &str| active.as_ref().map(|set| int(set, &["status", key]));
        let counts = [
            ("replicas", sum("replicas")),
            ("updatedReplicas", int(&self.new, &["status", "replicas"])),
            ("readyReplicas", of_active("readyReplicas").unwrap_or_else(|| sum("readyReplicas"))),
            ("availableReplicas", of_active("availableReplicas").unwrap_or_else(|| sum("availableReplicas"))),
            ("HPAReplicas", of_active("replicas").unwrap_or_else(|| sum("replicas"))),
        ];
        for (key, count) in counts {
            if count == 0 {
                remove(status, &[key]);
            } else {
                put(status, &[key], json!(count));
            }
        }
        let selector = active.as_ref().map_or(&self.rollout, |set| set.value());
        put(status, &["selector"], json!(selector_text(dig(selector, &["spec", "selector"]))));
    }

    /// Begins a new update in a status.
    pub(super) fn reset(&mut self, status: &mut Value) {
        self.pause.clear = true;
        self.pause.remove_abort = true;
        if let Some(at) = dig(&self.rollout, &["spec", "restartAt"]) {
            put(status, &["restartedAt"], at.clone());
        }
        for path in [
            &["promoteFull"][..],
            &["blueGreen", "prePromotionAnalysisRunStatus"],
            &["blueGreen", "postPromotionAnalysisRunStatus"],
            &["blueGreen", "scaleUpPreviewCheckPoint"],
            &["canary", "currentStepAnalysisRunStatus"],
            &["canary", "currentBackgroundAnalysisRunStatus"],
            &["currentStepIndex"],
        ] {
            remove(status, path);
        }
        if !self.steps().is_empty() {
            put(status, &["currentStepIndex"], json!(0));
        }
    }

    /// Says why the new set is to be the stable one now; none in the middle of an update.
    pub(super) fn full_promotion(&self, status: &Value) -> Option<String> {
        if self.stable.is_none() {
            return Some("Initial deploy".to_owned());
        }
        let rollback = || {
            let word = if self.is_within_window() { "Rollback within window" } else { "Fast rollback" };
            self.is_fast_rollback().then(|| word.to_owned())
        };
        let requested = || self.promotes_full().then(|| "Full promotion requested".to_owned());
        if !self.is_blue_green() {
            if self.is_aborted() || available(&self.new) < self.replicas() {
                return None;
            }
            let steps = self.steps().len();
            let done = steps == 0 || (self.status(&["currentStepIndex"]).is_some() && self.current_step().1 == steps);
            return requested()
                .or_else(rollback)
                .or_else(|| done.then(|| format!("Completed all {steps} canary steps")));
        }
        let active = text(status, &["blueGreen", "activeSelector"]);
        if active.is_empty() {
            return Some("Initial deploy".to_owned());
        }
        if active != self.hash() {
            return None;
        }
        requested().or_else(rollback).or_else(|| {
            let analysed = self.strategy("postPromotionAnalysis").is_none()
                || self.runs.post.as_ref().is_some_and(|run| text(run, &["status", "phase"]) == "Successful");
            (!self.is_aborted() && analysed).then(|| "Completed blue-green update".to_owned())
        })
    }

    /// Makes the new set the stable one.
    pub(super) fn promote(&mut self, status: &mut Value, reason: &str) {
        self.pause.clear = true;
        self.pause.remove_abort = true;
        remove(status, &["promoteFull"]);
        remove(status, &["blueGreen", "scaleUpPreviewCheckPoint"]);
        let steps = self.steps().len();
        if steps > 0 {
            put(status, &["currentStepIndex"], json!(steps));
        } else {
            remove(status, &["currentStepIndex"]);
        }
        if text(status, &["stableRS"]) == self.hash() {
            return;
        }
        if dig(status, &["duration"]).is_some() && text(status, &["duration", "completionStatus"]).is_empty() {
            let word = if self.promotes_full() { "FastPromoted" } else { "Promoted" };
            put(status, &["duration", "completionStatus"], json!(word));
        }
        put(status, &["stableRS"], json!(self.hash()));
        let revision = revision_of(&self.rollout);
        let message = format!("Rollout completed update to revision {revision} ({}): {reason}", self.hash());
        self.event("Normal", "RolloutCompleted", &message);
    }

    /// Settles pauses, conditions and phase of a status, and writes it.
    pub(super) fn persist(&mut self, mut status: Value) {
        put(&mut status, &["observedGeneration"], json!(generation(&self.rollout)));
        for key in ["stableRS", "currentStepHash"] {
            if text(&status, &[key]).is_empty() {
                remove(&mut status, &[key]);
            }
        }
        self.abort_overdue(&status);
        self.pause.settle(&self.rollout, &mut status, self.now);
        self.condition(&mut status);
        phase::write(&self.rollout, &mut status);
        self.track_duration(&mut status);
        self.tell_pauses(&status);
        self.watch_deadline(&status);
        write(self.cluster, &self.rollout, status);
    }

    fn tell_pauses(&mut self, status: &Value) {
        let before = !list(&self.rollout, &["status", "pauseConditions"]).is_empty();
        let after = list(status, &["pauseConditions"]).first().map(|first| text(first, &["reason"]).to_owned());
        match (before, after) {
            (false, Some(reason)) => {
                self.event("Normal", "RolloutPaused", &format!("Rollout is paused ({reason})"));
            }
            (true, None) if dig(status, &["abortedAt"]).is_none() => {
                self.event("Normal", "RolloutResumed", "Rollout is resumed");
            }
            _ => {}
        }
    }

    /// Aborts an update that made no progress for too long, where the spec asks for that.
    fn abort_overdue(&mut self, status: &Value) {
        let asked = flag(&self.rollout, &["spec", "progressDeadlineAbort"]);
        if !asked
            || self.is_aborted()
            || super::conditions::is_completed(status)
            || self.progresses(status)
            || self.cannot_time_out()
            || !self.has_timed_out(&self.rollout["status"])
        {
            return;
        }
        let message = format!("ReplicaSet \"{}\" has timed out progressing.", name(&self.new));
        self.pause.abort(message.clone());
        self.event("Warning", "RolloutAborted", &message);
    }

    /// Asks to be looked at again just after the progress deadline, where one runs.
    fn watch_deadline(&mut self, status: &Value) {
        let Some(current) = condition::get(status, "Progressing") else { return };
        let ends = matches!(
            text(current, &["reason"]),
            "ProgressDeadlineExceeded" | "RolloutPaused" | "RolloutAborted" | "NewReplicaSetAvailable"
        );
        if ends || self.is_healthy(status) || self.cannot_time_out() || self.is_aborted() {
            return;
        }
        let since = time(current, &["lastUpdateTime"]).unwrap_or(self.now);
        let at = since + SignedDuration::from_secs(self.deadline());
        if at >= self.now {
            self.wake(at);
        }
    }

    /// Returns `spec.progressDeadlineSeconds`, or the default.
    pub(super) fn deadline(&self) -> i64 {
        super::int_or(&self.rollout, &["spec", "progressDeadlineSeconds"], 600)
    }

    /// Returns the set whose hash a status calls active.
    pub(super) fn set_of(&self, hash: &str) -> Option<&Object> {
        self.all.iter().find(|set| !hash.is_empty() && label(set, HASH) == hash)
    }
}

/// Writes a selector as `a=b,c=d`.
fn selector_text(selector: Option<&Value>) -> String {
    let labels = selector.and_then(|selector| selector.get("matchLabels")).and_then(Value::as_object);
    let mut pairs: Vec<String> =
        labels.into_iter().flatten().map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or(""))).collect();
    pairs.sort();
    pairs.join(",")
}
