//! The conditions: `Healthy`, `Progressing`, `Available`, `ReplicaFailure`, `Completed`.

use jiff::SignedDuration;
use serde_json::Value;

use super::super::condition::{self, Condition};
use super::super::object::{condition as of_object, dig, flag, int, list, name, text, time};
use super::sets::{DEADLINE, available};
use super::steps::Step;
use super::{Pass, revision_of};
use crate::demo::controllers::object::annotation;

/// Says whether a status is that of a finished update.
pub(super) fn is_completed(status: &Value) -> bool {
    let stable = text(status, &["stableRS"]);
    !stable.is_empty() && stable == text(status, &["currentPodHash"])
}

impl Pass<'_> {
    /// Sets the conditions of a status whose pauses are settled.
    pub(super) fn condition(&mut self, status: &mut Value) {
        let became_unhealthy = self.condition_health(status);
        if self.is_aborted() {
            self.condition_abort(status);
        } else {
            self.condition_progress(status, became_unhealthy);
        }
        let enough = if self.is_blue_green() {
            let active = self.set_of(text(status, &["blueGreen", "activeSelector"]));
            active.is_some_and(|set| self.is_saturated(set))
        } else {
            self.all.iter().map(|set| available(set)).sum::<i64>() >= self.replicas()
        };
        let new = if enough {
            Condition::new("Available", "True", "AvailableReason", "Rollout has minimum availability")
        } else {
            Condition::new("Available", "False", "AvailableReason", "Rollout does not have minimum availability")
        };
        condition::set(status, &new, self.now);
        let failure = std::iter::once(&self.new).chain(&self.all).find_map(|set| of_object(set, "ReplicaFailure"));
        match failure.cloned() {
            Some(failure) => condition::set(status, &Condition::of(&failure), self.now),
            None => condition::drop(status, "ReplicaFailure"),
        }
        self.condition_completion(status);
    }

    /// Sets `Healthy`; says whether it has just ceased to hold.
    fn condition_health(&self, status: &mut Value) -> bool {
        let paused = flag(&self.rollout, &["spec", "paused"]) || !list(status, &["pauseConditions"]).is_empty();
        let known = condition::get(status, "Healthy").map(|each| text(each, &["status"]) == "True");
        if !paused && self.is_healthy(status) {
            condition::set(
                status,
                &Condition::new("Healthy", "True", "RolloutHealthy", "Rollout is healthy"),
                self.now,
            );
            return false;
        }
        if known.is_some() {
            let new = Condition::new("Healthy", "False", "RolloutHealthy", "Rollout is not healthy");
            condition::set(status, &new, self.now);
        }
        known == Some(true)
    }

    fn condition_abort(&mut self, status: &mut Value) {
        let mut message = format!("Rollout aborted update to revision {}", revision_of(&self.rollout));
        if !self.pause.abort_message().is_empty() {
            message = format!("{message}: {}", self.pause.abort_message());
        }
        let known =
            condition::get(status, "Progressing").is_some_and(|each| text(each, &["reason"]) == "RolloutAborted");
        condition::set(status, &Condition::new("Progressing", "False", "RolloutAborted", &message), self.now);
        if !known {
            self.event("Warning", "RolloutAborted", &message);
        }
    }

    fn condition_progress(&self, status: &mut Value, became_unhealthy: bool) {
        let set = format!("ReplicaSet \"{}\"", name(&self.new));
        if self.is_healthy(status) {
            let message = format!("{set} has successfully progressed.");
            condition::set(
                status,
                &Condition::new("Progressing", "True", "NewReplicaSetAvailable", &message),
                self.now,
            );
        } else if self.progresses(status) || became_unhealthy {
            let new = if is_completed(status) && became_unhealthy {
                let message = "Rollout does not have minimum availability";
                Condition::new("Progressing", "True", "ReplicaSetNotAvailable", message)
            } else {
                Condition::new("Progressing", "True", "ReplicaSetUpdated", &format!("{set} is progressing."))
            };
            condition::renew(status, &new, self.now);
        } else if !self.cannot_time_out() && self.has_timed_out(status) {
            let message = format!("{set} has timed out progressing.");
            let new = Condition::new("Progressing", "False", "ProgressDeadlineExceeded", &message);
            condition::set(status, &new, self.now);
        }
    }

    fn condition_completion(&mut self, status: &mut Value) {
        let completed = is_completed(status);
        let was = condition::get(status, "Completed").map(|each| text(each, &["status"]) == "True");
        let word = if completed { "True" } else { "False" };
        condition::set(status, &Condition::new("Completed", word, "RolloutCompleted", "RolloutCompleted"), self.now);
        if !completed && was != Some(false) {
            let revision = revision_of(&self.rollout);
            let message = format!("Rollout not completed, started update to revision {revision} ({})", self.hash());
            self.event("Normal", "RolloutNotCompleted", &message);
        }
    }

    /// Says whether everything wanted is there, serving, and stable.
    pub(super) fn is_healthy(&self, status: &Value) -> bool {
        let replicas = self.replicas();
        let observed =
            self.status_text(&["observedGeneration"]) == int(&self.rollout, &["metadata", "generation"]).to_string();
        let hash = text(status, &["currentPodHash"]);
        let arrived = if self.is_blue_green() {
            let preview = self.strategy_text("previewService");
            text(status, &["blueGreen", "activeSelector"]) == hash
                && (preview.is_empty() || text(status, &["blueGreen", "previewSelector"]) == hash)
        } else {
            let steps = i64::try_from(self.steps().len()).unwrap_or(0);
            let done =
                steps == 0 || dig(status, &["currentStepIndex"]).is_none_or(|index| index.as_i64() == Some(steps));
            done && is_completed(status) && int(status, &["replicas"]) == replicas
        };
        int(status, &["updatedReplicas"]) == replicas
            && int(status, &["availableReplicas"]) == replicas
            && observed
            && arrived
    }

    /// Says whether anything moved since the status that was read.
    pub(super) fn progresses(&self, status: &Value) -> bool {
        let before = &self.rollout["status"];
        let differs = |path: &[&str]| text(before, path) != text(status, path);
        let moved = if self.is_blue_green() {
            differs(&["blueGreen", "activeSelector"]) || differs(&["blueGreen", "previewSelector"])
        } else {
            let (was, is) = (dig(before, &["currentStepIndex"]), dig(status, &["currentStepIndex"]));
            differs(&["stableRS"]) || differs(&["currentStepHash"]) || (was.is_some() && is.is_some() && was != is)
        };
        let old = |status: &Value| int(status, &["replicas"]) - int(status, &["updatedReplicas"]);
        let grew = |key: &str| int(status, &[key]) > int(before, &[key]);
        moved
            || int(before, &["updatedReplicas"]) != int(status, &["updatedReplicas"])
            || old(status) < old(before)
            || grew("readyReplicas")
            || grew("availableReplicas")
    }

    /// Says whether the present step may last as long as it likes, or an old set only waits for its deadline.
    pub(super) fn cannot_time_out(&self) -> bool {
        let step = self.current_step().0;
        matches!(step, Some(Step::Experiment(_) | Step::Analysis(_) | Step::Pause(_)))
            || of_object(&self.rollout, "Paused").is_some_and(|each| text(each, &["status"]) == "True")
            || self.others().iter().any(|set| annotation(set, DEADLINE).is_some())
    }

    /// Says whether the last progress of a status is longer ago than the deadline allows.
    pub(super) fn has_timed_out(&self, status: &Value) -> bool {
        let Some(current) = condition::get(status, "Progressing") else { return false };
        match text(current, &["reason"]) {
            "RolloutAborted" | "RolloutPaused" => false,
            "ProgressDeadlineExceeded" => true,
            _ => time(current, &["lastUpdateTime"])
                .is_some_and(|since| since + SignedDuration::from_secs(self.deadline()) < self.now),
        }
    }
}
