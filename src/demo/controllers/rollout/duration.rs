//! `status.duration`: when an update began and ended, how, and how long people let it wait.

use serde_json::{Value, json};

use super::super::object::{condition, dig, flag, int, list, put, remove, stamp, text, time};
use super::sets::{available, created};
use super::{Pass, bluegreen, steps};

impl Pass<'_> {
    /// Brings the times of a status up to date; its pauses and conditions are settled.
    pub(super) fn track_duration(&self, status: &mut Value) {
        if condition(&self.rollout, "InvalidSpec").is_some() {
            return;
        }
        let before = self.status(&["duration"]);
        let runs = |duration: Option<&Value>| {
            duration.is_some_and(|each| each.get("rolloutStartedAt").is_some() && each.get("finishedAt").is_none())
        };
        let first = self.status_text(&["currentPodHash"]).is_empty();
        let changed = first || self.template_changed() || (!self.is_blue_green() && self.steps_changed());
        let promoted = super::conditions::is_completed(status);
        let arrived = promoted && available(&self.new) >= self.replicas();
        let aborted = self.is_aborted();
        let was_aborted =
            condition(&self.rollout, "Progressing").is_some_and(|each| text(each, &["reason"]) == "RolloutAborted");
        if runs(before) {
            if changed {
                match self.rollback_word() {
                    Some(word) => put(status, &["duration", "completionStatus"], json!(word)),
                    None => self.finish_duration(status, Some("Superseded")),
                }
            }
            if arrived {
                return self.finish_duration(status, None);
            }
            if aborted && runs(status.get("duration")) {
                let word = text(status, &["duration", "completionStatus"]).is_empty().then_some("Aborted");
                self.finish_duration(status, word);
            }
        }
        let over = status.get("duration").is_none_or(|each| each.get("finishedAt").is_some());
        if over && !arrived && ((changed && !promoted) || first || (was_aborted && !aborted)) {
            put(status, &["duration"], json!({"rolloutStartedAt": stamp(self.now)}));
        }
        if runs(status.get("duration")) {
            self.track_pause(status);
        }
    }

    fn rollback_word(&self) -> Option<&'static str> {
        let stable = self.stable.as_ref()?;
        let back = super::name(stable) == super::name(&self.new) || created(&self.new) < created(stable);
        back.then(|| if self.is_fast_rollback() { "FastRolledBack" } else { "RolledBack" })
    }

    fn finish_duration(&self, status: &mut Value, word: Option<&str>) {
        self.end_pause(status);
        put(status, &["duration", "finishedAt"], stamp(self.now));
        let known = text(status, &["duration", "completionStatus"]);
        let word = word.unwrap_or(if known.is_empty() { "Promoted" } else { known }).to_owned();
        put(status, &["duration", "completionStatus"], json!(word));
    }

    fn end_pause(&self, status: &mut Value) {
        if let Some(since) = time(status, &["duration", "manualPauseStartedAt"]) {
            let total = int(status, &["duration", "totalManualPauseDurationSeconds"]);
            let lasted = self.now.duration_since(since).as_secs();
            put(status, &["duration", "totalManualPauseDurationSeconds"], json!(total + lasted));
            remove(status, &["duration", "manualPauseStartedAt"]);
        }
    }

    fn track_pause(&self, status: &mut Value) {
        let by_hand = flag(&self.rollout, &["spec", "paused"])
            || list(status, &["pauseConditions"]).iter().any(|each| self.needs_person(text(each, &["reason"])));
        let counted = dig(status, &["duration", "manualPauseStartedAt"]).is_some();
        if by_hand && !counted {
            put(status, &["duration", "manualPauseStartedAt"], stamp(self.now));
        } else if !by_hand && counted {
            self.end_pause(status);
        }
    }

    /// Says whether a pause ends only when a person ends it.
    fn needs_person(&self, reason: &str) -> bool {
        match reason {
            steps::PAUSED => matches!(self.current_step().0, Some(steps::Step::Pause(None))),
            bluegreen::PAUSED => self.strategy("autoPromotionEnabled") == Some(&Value::Bool(false)),
            _ => true,
        }
    }
}
