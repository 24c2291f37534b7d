//! What a look does with a canary that is due: it begins, advances, is promoted, or goes back.

use serde_json::{Value, json};

use super::target::Readiness;
use super::{Look, number};
use crate::demo::controllers::object::{list, name, put};

impl Look<'_> {
    /// A changed target: through the gate, up with the pods, and on.
    pub(super) fn begin(&mut self) {
        if !self.passes("confirm-rollout", "Waiting", "advancement waiting for approval") {
            return;
        }
        let message = format!("New revision detected! Scaling up {}", self.full(&self.target_name()));
        self.info(&message);
        self.scale_target_up();
        self.restart("Progressing", 0);
    }

    pub(super) fn begin_again(&mut self) {
        let message = format!("New revision detected! Restarting analysis for {}", self.full(&self.target_name()));
        self.info(&message);
        self.set_weights(100, 0);
        self.restart("Progressing", 0);
    }

    pub(super) fn analyse(&mut self, weight: i64) {
        let failed = number(&self.canary, &["status", "failedChecks"]);
        if failed >= self.threshold() {
            return self.roll_back();
        }
        let iterations = number(&self.canary, &["status", "iterations"]);
        let good = if weight == 0 && iterations == 0 {
            let message = format!("Starting canary analysis for {}", self.full(&self.target_name()));
            self.info(&message);
            self.passes_hooks("pre-rollout", "advancement pre-rollout check")
        } else {
            self.passes_analysis()
        };
        if !good {
            self.update(|status| put(status, &["failedChecks"], json!(failed + 1)));
            return;
        }
        if self.iterations() > 0 {
            return self.iterate(iterations);
        }
        let (most, step) = (self.most(), self.next_step(weight));
        if step <= 0 {
            return;
        }
        if self.phase() != "WaitingPromotion" && !self.passes_traffic_increase() {
            return;
        }
        if weight < most {
            let weight = (weight + step).min(100);
            self.set_weights(100 - weight, weight);
            self.update(|status| put(status, &["canaryWeight"], json!(weight)));
            let message = format!("Advance {} canary weight {weight}", self.full(name(&self.canary)));
            self.info(&message);
        } else {
            self.promote();
        }
    }

    /// Blue-green: checks so often without traffic, then everything at once.
    fn iterate(&mut self, done: i64) {
        let wanted = self.iterations();
        if done < wanted {
            self.update(|status| put(status, &["iterations"], json!(done + 1)));
            let message = format!("Advance {} canary iteration {}/{wanted}", self.full(name(&self.canary)), done + 1);
            self.info(&message);
            return;
        }
        if !self.passes("confirm-promotion", "WaitingPromotion", "advancement waiting for promotion approval") {
            return;
        }
        if done == wanted {
            self.info("Routing all traffic to canary");
            self.set_weights(0, 100);
            self.update(|status| put(status, &["iterations"], json!(done + 1)));
        } else {
            self.copy_to_primary();
            self.enter("Promoting");
        }
    }

    fn promote(&mut self) {
        if !self.passes("confirm-promotion", "WaitingPromotion", "advancement waiting for promotion approval") {
            return;
        }
        self.copy_to_primary();
        self.enter("Promoting");
    }

    fn copy_to_primary(&mut self) {
        let message =
            format!("Copying {} template spec to {}", self.full(&self.target_name()), self.full(&self.primary_name()));
        self.info(&message);
        self.promote_template();
    }

    /// `skipAnalysis`: the canary is ready, and that is all that is asked of it.
    pub(super) fn promote_at_once(&mut self) {
        self.set_weights(100, 0);
        self.copy_to_primary();
        self.scale_target(0);
        self.enter("Succeeded");
        self.passes_hooks("post-rollout", "advancement post-rollout check");
        let message =
            format!("Promotion completed! Canary analysis was skipped for {}", self.full(&self.target_name()));
        self.info(&message);
    }

    /// The primary is new: traffic goes back to it, at once or in steps.
    pub(super) fn shift_back(&mut self, primary: i64, weight: i64) {
        let step = number(&self.canary, &["spec", "analysis", "stepWeightPromotion"]);
        if step == 0 {
            self.info("Routing all traffic to primary");
            self.set_weights(100, 0);
            return self.enter("Finalising");
        }
        if weight > 0 {
            let (primary, weight) = ((primary + step).min(100), (weight - step).max(0));
            self.set_weights(primary, weight);
            let message = format!("Advance {} primary weight {primary}", self.full(name(&self.canary)));
            self.info(&message);
            if primary == 100 {
                self.enter("Finalising");
            } else {
                self.update(|status| put(status, &["canaryWeight"], json!(weight)));
            }
        }
    }

    pub(super) fn finish(&mut self) {
        self.scale_target(0);
        self.enter("Succeeded");
        self.passes_hooks("post-rollout", "advancement post-rollout check");
        let message = format!("Promotion completed! Scaling down {}", self.full(&self.target_name()));
        self.info(&message);
    }

    pub(super) fn roll_back(&mut self) {
        let failed = number(&self.canary, &["status", "failedChecks"]);
        if failed >= self.threshold() {
            let message =
                format!("Rolling back {} failed checks threshold reached {failed}", self.full(name(&self.canary)));
            self.warn(&message);
        }
        self.set_weights(100, 0);
        let message = format!("Canary failed! Scaling down {}", self.full(name(&self.canary)));
        self.warn(&message);
        self.scale_target(0);
        self.restart("Failed", 0);
        self.passes_hooks("post-rollout", "advancement post-rollout check");
    }

    /// The primary did not come up with the new template: the canary is the only healthy copy, and keeps the traffic.
    pub(super) fn fail_promotion(&mut self, trouble: &Readiness) {
        let message =
            format!("Promotion of {} failed, primary not ready: {}", self.full(&self.target_name()), trouble.message);
        self.warn(&message);
        self.set_weights(0, 100);
        self.restart("Failed", 100);
    }

    fn most(&self) -> i64 {
        let steps = list(&self.canary, &["spec", "analysis", "stepWeights"]);
        if let Some(last) = steps.last() {
            return last.as_i64().unwrap_or(100).min(100);
        }
        let most = number(&self.canary, &["spec", "analysis", "maxWeight"]);
        if most > 0 { most } else { 100 }
    }

    fn next_step(&self, weight: i64) -> i64 {
        let steps: Vec<i64> =
            list(&self.canary, &["spec", "analysis", "stepWeights"]).iter().filter_map(Value::as_i64).collect();
        let step = number(&self.canary, &["spec", "analysis", "stepWeight"]);
        if step > 0 || steps.is_empty() {
            return step;
        }
        let left = 100 - weight;
        if left == 0 {
            return 1;
        }
        if weight == 0 {
            return steps[0].min(left);
        }
        let next = steps.windows(2).find(|pair| pair[0] == weight).map(|pair| pair[1] - weight);
        next.map_or(left, |step| step.min(left))
    }
}
