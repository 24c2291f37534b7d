//! A canary update: each pass sizes the sets, moves the traffic and takes the steps as far as they go.

use serde_json::{Value, json};

use super::super::cluster::Object;
use super::super::object::{annotation, dig, name, put, text};
use super::super::rounding;
use super::replicas::{self, Size, Wanted};
use super::sets::{self, asked, available};
use super::steps::{self, Step};
use super::{HASH, Pass, is_promoted, label};

impl Pass<'_> {
    /// One pass over a canary.
    pub(super) fn canary(&mut self) {
        if self.template_changed() || self.steps_changed() {
            return self.finish_canary();
        }
        if self.restart_pods() > 0 {
            return;
        }
        self.trim_history();
        self.point_canary_services();
        self.route();
        self.reconcile_experiment();
        self.reconcile_runs();
        if self.pause.adds() {
            return self.finish_canary();
        }
        if self.scale_canary() || self.reconcile_canary_pause() {
            return self.finish_canary();
        }
        self.finish_canary();
    }

    pub(super) fn steps_changed(&self) -> bool {
        let recorded = self.status_text(&["currentStepHash"]);
        !recorded.is_empty() && recorded != self.step_hash()
    }

    /// Sizes stable, canary and the rest; says whether that changed anything.
    pub(super) fn scale_canary(&mut self) -> bool {
        if self.is_halted() {
            return false;
        }
        self.lift_deadlines();
        if let Some(stable) = self.distinct_stable().cloned() {
            let (_, to) = self.canary_sizes(dig(&self.rollout, &["status", "canary", "weights"]).cloned().as_ref());
            if self.scale(&stable, to) {
                return true;
            }
        }
        self.scale_new() || self.scale_others_of_canary()
    }

    /// Sizes the new set, or holds it after an abort; says whether that changed its size.
    pub(super) fn scale_new(&mut self) -> bool {
        let new = self.new.clone();
        let mut to = self.new_size();
        if self.delays_abort() {
            let delay = self.abort_delay().unwrap_or(0);
            match sets::deadline(&new) {
                Some(at) if at > self.now => {
                    self.wake(at);
                    return false;
                }
                Some(_) => to = 0,
                None => {
                    let full = self.stable.as_ref().is_some_and(|stable| available(stable) >= self.replicas());
                    if full {
                        self.add_deadline(&new, delay);
                    }
                    return false;
                }
            }
        }
        let new = self.new.clone();
        self.scale(&new, to)
    }

    fn new_size(&self) -> i64 {
        if self.is_blue_green() {
            return self.preview_size();
        }
        self.canary_sizes(dig(&self.next, &["canary", "weights"]).cloned().as_ref()).0
    }

    /// Returns the sizes of canary and stable at the present step.
    pub(super) fn canary_sizes(&self, weights: Option<&Value>) -> (i64, i64) {
        if self.has_routing() { self.routed_sizes(weights) } else { self.basic_sizes() }
    }

    /// Returns what surge and unavailability come to in pods.
    pub(super) fn limits(&self) -> (i64, i64) {
        let quarter = json!("25%");
        let part = |key| Some(self.strategy(key).unwrap_or(&quarter));
        rounding::fenceposts(part("maxSurge"), part("maxUnavailable"), self.replicas())
    }

    fn basic_sizes(&self) -> (i64, i64) {
        let (surge, unavailable) = self.limits();
        let weight = self.wanted_weight().1;
        let wanted = Wanted { replicas: self.replicas(), surge, unavailable, weight, most: self.most() };
        let others = self.others().iter().map(|set| asked(set)).sum();
        replicas::basic(wanted, size(&self.new), self.distinct_stable().map(|set| size(set)), others)
    }

    fn routed_sizes(&self, weights: Option<&Value>) -> (i64, i64) {
        let (replicas, most) = (self.replicas(), self.most());
        let (fixed, weight) = self.wanted_weight();
        let at_least = |count: i64| {
            let least = self.strategy("minPodsPerReplicaSet").and_then(Value::as_i64).unwrap_or(0).min(replicas);
            if count == 0 { 0 } else { count.max(least) }
        };
        let mut canary = fixed.unwrap_or_else(|| at_least(replicas::for_weight(replicas, weight, most)));
        if !self.scales_stable() {
            return (canary, replicas);
        }
        let mut stable = replicas::for_weight(replicas, most - weight, most);
        if let Some(weights) = weights {
            let of = |side: &str| dig(weights, &[side, "weight"]).and_then(Value::as_i64).unwrap_or(0);
            stable = stable.max(replicas::for_weight(replicas, of("stable"), most));
            if self.is_aborted() {
                canary = canary.max(replicas::for_weight(replicas, of("canary"), most));
            }
        }
        (at_least(canary), at_least(stable))
    }

    /// Returns a fixed number of canary pods where a step sets one, and the weight by which to size else.
    fn wanted_weight(&self) -> (Option<i64>, i64) {
        if self.promotes_full() || self.status_text(&["stableRS"]).is_empty() || is_promoted(&self.rollout) {
            return (None, self.most());
        }
        if let Some(scale) = self.canary_scale() {
            if let Some(count) = scale.get("replicas").and_then(Value::as_i64) {
                return (Some(count), 0);
            }
            if let Some(weight) = scale.get("weight").and_then(Value::as_i64) {
                return (None, weight);
            }
        }
        (None, self.set_weight())
    }

    /// Scales down what is neither stable nor canary; says whether that changed anything.
    fn scale_others_of_canary(&mut self) -> bool {
        let mut others: Vec<Object> = self.others().into_iter().filter(|set| asked(set) > 0).collect();
        if others.is_empty() {
            return false;
        }
        let mut scaled = false;
        if !self.has_routing() {
            for set in others.clone() {
                let healthy = available(&set).min(asked(&set));
                scaled |= self.scale(&set, healthy);
            }
            let names: Vec<String> = others.iter().map(|set| name(set).to_owned()).collect();
            others = self.all.iter().filter(|set| names.iter().any(|each| each == name(set))).cloned().collect();
        }
        let least = self.replicas() - self.limits().1;
        let mut may_go = self.all.iter().map(|set| available(set)).sum::<i64>() - least;
        if may_go <= 0 {
            return scaled;
        }
        others.sort_by_key(|set| std::cmp::Reverse(super::revision_of(set)));
        let mut marked = 0;
        for set in others.into_iter().filter(|set| asked(set) > 0) {
            if may_go <= 0 {
                break;
            }
            let to = if !self.has_routing() {
                (asked(&set) - may_go).max(0)
            } else if self.is_referenced(&set) {
                continue;
            } else if (is_promoted(&self.rollout) || annotation(&set, sets::DEADLINE).is_some())
                && !self.scales_stable()
            {
                self.delayed_size(&set, &mut marked, asked(&set))
            } else {
                0
            };
            if to != asked(&set) {
                may_go -= asked(&set) - to;
                scaled |= self.scale(&set, to);
            }
        }
        scaled
    }

    /// Begins, keeps or ends the pause of the present step; says whether the step is still a pause.
    fn reconcile_canary_pause(&mut self) -> bool {
        if dig(&self.rollout, &["spec", "paused"]) == Some(&json!(true)) || self.promotes_full() {
            return false;
        }
        let (step, _) = self.current_step();
        let Some(Step::Pause(seconds)) = step else { return false };
        match self.paused_for(steps::PAUSED).map(|condition| text(condition, &["startTime"]).to_owned()) {
            None => {
                if dig(&self.rollout, &["status", "controllerPause"]) != Some(&json!(true)) {
                    self.pause.add(steps::PAUSED);
                }
            }
            Some(since) => {
                if let (Some(seconds), Ok(since)) = (seconds, since.parse::<jiff::Timestamp>()) {
                    self.wake(since + jiff::SignedDuration::from_secs(seconds));
                }
            }
        }
        true
    }

    /// Sizes the sets after a change of `spec.replicas`, and nothing else.
    pub(super) fn follow_scale(&mut self) {
        if self.is_blue_green() {
            self.scale_blue_green();
        } else {
            self.scale_canary();
        }
        let mut status = self.rollout.get("status").cloned().unwrap_or_else(|| json!({}));
        self.count(&mut status);
        self.persist(status);
    }

    /// Decides where the update stands, and writes the status.
    pub(super) fn finish_canary(&mut self) {
        let mut status = self.base_status();
        let count = self.steps().len();
        self.count(&mut status);
        put(&mut status, &["currentStepHash"], json!(self.step_hash()));
        if self.template_changed() || self.steps_changed() {
            self.reset(&mut status);
            if count > 0 {
                let to_stable = self.status_text(&["stableRS"]) == self.hash();
                if to_stable {
                    self.event("Normal", "SkipSteps", "Rollback to stable ReplicaSets");
                } else if self.is_within_window() && asked(&self.new) > 0 {
                    self.event("Normal", "SkipSteps", "Rollback to active ReplicaSets within RollbackWindow");
                }
                if to_stable || (self.is_within_window() && asked(&self.new) > 0) {
                    put(&mut status, &["currentStepIndex"], json!(count));
                }
            }
            return self.persist(status);
        }
        let (step, mut index) = self.current_step();
        if self.promotes_full() || self.is_within_window() {
            self.pause.clear = true;
            self.pause.remove_abort = true;
            index = count;
        }
        if let Some(reason) = self.full_promotion(&status) {
            self.promote(&mut status, &reason);
            return self.persist(status);
        }
        if self.is_aborted() {
            if count > 0 {
                let back = if text(&status, &["stableRS"]) == text(&status, &["currentPodHash"]) { count } else { 0 };
                put(&mut status, &["currentStepIndex"], json!(back));
            }
            return self.persist(status);
        }
        if let Some(step) = step.filter(|step| self.is_complete(step)) {
            index += 1;
            super::super::object::remove(&mut status, &["canary", "currentStepAnalysisRunStatus"]);
            let message = format!("Rollout step {index}/{count} completed ({step})");
            self.event("Normal", "RolloutStepCompleted", &message);
            self.pause.remove(steps::PAUSED);
        }
        if count > 0 {
            put(&mut status, &["currentStepIndex"], json!(index));
        }
        self.persist(status);
    }

    /// Says whether the sets have the sizes of the present step, and the canary's pods are available.
    pub(super) fn has_step_sizes(&self, weights: Option<&Value>) -> bool {
        let (canary, stable) = self.canary_sizes(weights);
        let met = match self.strategy("replicaProgressThreshold") {
            Some(threshold) => {
                let value = threshold["value"].as_i64().unwrap_or(100);
                if threshold["type"] == "Percentage" {
                    available(&self.new) * 100 >= value * canary
                } else {
                    available(&self.new) >= value
                }
            }
            None => asked(&self.new) == canary && available(&self.new) >= canary,
        };
        let stable_is = self.distinct_stable().map_or(0, |set| asked(set));
        let settled = self.scales_stable() || self.distinct_stable().is_none() || stable_is >= stable;
        met && settled && (self.has_routing() || self.others().iter().all(|set| available(set) == 0))
    }

    /// Says whether a `ReplicaSet` still has a part in the update or behind a service.
    pub(super) fn is_referenced(&self, set: &Object) -> bool {
        let hash = label(set, HASH);
        let in_status = [
            &["stableRS"][..],
            &["currentPodHash"],
            &["blueGreen", "activeSelector"],
            &["blueGreen", "previewSelector"],
            &["canary", "weights", "canary", "podTemplateHash"],
            &["canary", "weights", "stable", "podTemplateHash"],
        ];
        in_status.iter().any(|path| self.status_text(path) == hash)
            || self.service_names().iter().any(|service| self.selected_hash(service).as_deref() == Some(hash))
    }
}

fn size(set: &Value) -> Size {
    Size { asked: asked(set), available: available(set) }
}
