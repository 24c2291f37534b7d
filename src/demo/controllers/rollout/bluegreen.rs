//! A blue-green update: the new set comes up behind the preview service, then the active service switches.

use serde_json::{Value, json};

use super::super::cluster::Object;
use super::super::object::{flag, label, name, put, text};
use super::sets::{asked, available};
use super::{HASH, Pass, revision_of};
use jiff::{SignedDuration, Timestamp};

/// The reason of a pause before the switch.
pub(super) const PAUSED: &str = "BlueGreenPause";

impl Pass<'_> {
    /// One pass over a blue-green update.
    pub(super) fn blue_green(&mut self) {
        let (active, preview) = (self.strategy_text("activeService"), self.strategy_text("previewService"));
        if !preview.is_empty() && !self.is_halted() {
            let hash = self.hash().to_owned();
            self.point(&preview, &hash);
        }
        if self.template_changed() {
            return self.finish_blue_green();
        }
        self.restart_pods();
        self.scale_blue_green();
        self.trim_history();
        self.reconcile_blue_green_pause(&active);
        self.switch(&active);
        self.reconcile_runs();
        self.finish_blue_green();
    }

    /// Sizes stable, preview and the rest.
    pub(super) fn scale_blue_green(&mut self) {
        self.lift_deadlines();
        if let Some(stable) = self.stable.clone() {
            let replicas = self.replicas();
            self.scale(&stable, replicas);
        }
        self.scale_new();
        self.scale_others_of_blue_green();
    }

    fn scale_others_of_blue_green(&mut self) {
        if self.paused_for("InconclusiveAnalysisRun").is_some() {
            return;
        }
        if self.strategy("postPromotionAnalysis").is_some()
            && self.strategy("scaleDownDelaySeconds").is_none()
            && !self.skips_post_promotion()
            && self.runs.post.as_ref().is_none_or(|run| text(run, &["status", "phase"]) != "Successful")
        {
            return;
        }
        let mut others = self.others();
        others.sort_by_key(|set| std::cmp::Reverse(revision_of(set)));
        let (mut marked, replicas) = (0, self.replicas());
        for set in others.into_iter().filter(|set| asked(set) > 0) {
            if self.is_referenced(&set) {
                continue;
            }
            let to = self.delayed_size(&set, &mut marked, replicas);
            let now = self.all.iter().find(|each| name(each) == name(&set)).cloned().unwrap_or(set);
            if to != asked(&now) {
                self.scale(&now, to);
            }
        }
    }

    /// Returns the size of the new set: fewer pods while it is only a preview, where the strategy says so.
    pub(super) fn preview_size(&self) -> i64 {
        let replicas = self.replicas();
        let Some(preview) = self.strategy("previewReplicaCount").and_then(Value::as_i64) else { return replicas };
        let active = self.status_text(&["blueGreen", "activeSelector"]);
        let is_active = active.is_empty() || active == self.hash();
        if is_active || self.promotes_full() {
            return replicas;
        }
        let paused = flag(&self.rollout, &["spec", "paused"]) || self.status(&["pauseConditions"]).is_some();
        if self.status_text(&["currentPodHash"]) == self.hash() && !paused && self.passed_check_point() {
            return replicas;
        }
        preview
    }

    fn passed_check_point(&self) -> bool {
        flag(&self.rollout, &["status", "blueGreen", "scaleUpPreviewCheckPoint"])
    }

    /// Says whether the new set is as big as it needs to be before the switch is considered.
    fn is_ready_for_pause(&self) -> bool {
        match self.strategy("previewReplicaCount").and_then(Value::as_i64) {
            Some(preview) if !self.passed_check_point() && self.preview_size() == preview => {
                asked(&self.new) == preview && available(&self.new) == preview
            }
            _ => self.is_saturated(&self.new),
        }
    }

    fn is_fast_tracked(&self, active: &str) -> bool {
        let selected = self.selected_hash(active).unwrap_or_default();
        self.is_fast_rollback() || self.promotes_full() || selected.is_empty() || selected == self.hash()
    }

    fn reconcile_blue_green_pause(&mut self, active: &str) {
        if flag(&self.rollout, &["status", "abort"]) || !self.is_ready_for_pause() || self.is_halted() {
            return;
        }
        if self.is_fast_tracked(active) || self.passed_check_point() || !self.pauses_before_switch() {
            self.pause.remove(PAUSED);
            return;
        }
        if !self.passed_pre_promotion() {
            return;
        }
        let since = self.paused_for(PAUSED).map(|condition| text(condition, &["startTime"]).to_owned());
        match since {
            Some(since) => {
                if self.pause_before_switch_is_over() {
                    self.pause.remove(PAUSED);
                } else if let (Some(at), Ok(since)) = (self.auto_promotion(), since.parse::<Timestamp>()) {
                    self.wake(since + SignedDuration::from_secs(at));
                }
            }
            None if !flag(&self.rollout, &["status", "controllerPause"]) => self.pause.add(PAUSED),
            None => {}
        }
    }

    fn promotes_automatically(&self) -> bool {
        self.strategy("autoPromotionEnabled") != Some(&Value::Bool(false))
    }

    /// Returns the seconds after which the switch is made without asking; none where there are none.
    fn auto_promotion(&self) -> Option<i64> {
        self.strategy("autoPromotionSeconds").and_then(Value::as_i64).filter(|seconds| *seconds > 0)
    }

    fn pauses_before_switch(&self) -> bool {
        !self.promotes_automatically() || self.auto_promotion().is_some()
    }

    fn pause_before_switch_is_over(&self) -> bool {
        let condition = self.paused_for(PAUSED);
        if self.pause.adds() {
            return false;
        }
        if self.passed_check_point() {
            return true;
        }
        if !self.promotes_automatically() {
            return flag(&self.rollout, &["status", "controllerPause"]) && condition.is_none();
        }
        match (self.auto_promotion(), condition) {
            (None, _) => true,
            (Some(seconds), Some(condition)) => super::super::object::time(condition, &["startTime"])
                .is_some_and(|since| self.now > since + SignedDuration::from_secs(seconds)),
            // A person ended the pause: with a clock running too, the condition is gone and the flag is left.
            (Some(_), None) => flag(&self.rollout, &["status", "controllerPause"]),
        }
    }

    /// Says whether the analysis before the switch is done, or none is asked for.
    pub(super) fn passed_pre_promotion(&self) -> bool {
        self.strategy("prePromotionAnalysis").is_none()
            || self.runs.pre.as_ref().is_some_and(|run| text(run, &["status", "phase"]) == "Successful")
    }

    /// Points the active service at the new set when everything before that is done, or back after an abort.
    fn switch(&mut self, active: &str) {
        if self.is_halted() || !self.is_ready_for_pause() || !self.is_saturated(&self.new) {
            return;
        }
        let mut to = self.selected_hash(active).unwrap_or_default();
        if self.is_fast_tracked(active) || (self.pause_before_switch_is_over() && self.passed_pre_promotion()) {
            self.hash().clone_into(&mut to);
        }
        if flag(&self.rollout, &["status", "abort"]) {
            self.status_text(&["stableRS"]).clone_into(&mut to);
        }
        if !to.is_empty() {
            self.point(active, &to);
        }
    }

    fn finish_blue_green(&mut self) {
        let mut status = self.base_status();
        if self.template_changed() {
            self.reset(&mut status);
        }
        if self.promotes_full() || self.is_within_window() {
            self.pause.clear = true;
            self.pause.remove_abort = true;
        }
        for (key, service) in [("previewSelector", "previewService"), ("activeSelector", "activeService")] {
            let selected = self.selected_hash(&self.strategy_text(service)).unwrap_or_default();
            if !selected.is_empty() {
                put(&mut status, &["blueGreen", key], json!(selected));
            }
        }
        if let Some(reason) = self.full_promotion(&status) {
            self.promote(&mut status, &reason);
        } else if self.reaches_check_point() {
            put(&mut status, &["blueGreen", "scaleUpPreviewCheckPoint"], json!(true));
        }
        self.count(&mut status);
        self.persist(status);
    }

    fn reaches_check_point(&self) -> bool {
        let Some(preview) = self.strategy("previewReplicaCount").and_then(Value::as_i64) else { return false };
        self.passed_check_point()
            || (self.passed_pre_promotion() && self.pause_before_switch_is_over() && available(&self.new) == preview)
    }

    /// Returns the set that the active service selects.
    pub(super) fn active_set(&self, status: &Value) -> Option<&Object> {
        let hash = text(status, &["blueGreen", "activeSelector"]);
        self.all.iter().find(|set| !hash.is_empty() && label(set, HASH) == hash)
    }
}
