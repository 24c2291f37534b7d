//! A canary's steps: what each is, which is current, and when it is done.

use std::fmt;

use serde_json::Value;

use super::super::hash;
use super::super::object::{dig, flag, list, text, time};
use super::Pass;
use jiff::SignedDuration;

/// The reason of a pause that a step asks for.
pub(super) const PAUSED: &str = "CanaryPauseStep";

/// One step of `spec.strategy.canary.steps`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Weight(i64),
    /// For so many seconds, or until a person goes on.
    Pause(Option<i64>),
    Scale(Value),
    Analysis(Value),
    Experiment(Value),
    /// What the simulation does not act on; done at once.
    Other(String),
}

impl Step {
    pub(super) fn of(value: &Value) -> Self {
        if let Some(weight) = value.get("setWeight").and_then(Value::as_i64) {
            Self::Weight(weight)
        } else if let Some(pause) = value.get("pause").filter(|pause| pause.is_object()) {
            Self::Pause(pause.get("duration").and_then(seconds))
        } else if let Some(scale) = value.get("setCanaryScale") {
            Self::Scale(scale.clone())
        } else if let Some(analysis) = value.get("analysis") {
            Self::Analysis(analysis.clone())
        } else if let Some(experiment) = value.get("experiment") {
            Self::Experiment(experiment.clone())
        } else {
            let kind = value.as_object().and_then(|map| map.keys().next()).map_or("invalid", String::as_str);
            let named = value.get(kind).map_or("", |step| text(step, &["name"]));
            Self::Other(if named.is_empty() { kind.to_owned() } else { format!("{kind}: {named}") })
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weight(weight) => write!(f, "setWeight: {weight}"),
            Self::Pause(None) => f.write_str("pause"),
            Self::Pause(Some(seconds)) => write!(f, "pause: {seconds}s"),
            Self::Scale(scale) if scale.get("weight").is_some() => {
                write!(f, "setCanaryScale{{weight: {}}}", scale["weight"])
            }
            Self::Scale(scale) if flag(scale, &["matchTrafficWeight"]) => {
                f.write_str("setCanaryScale{matchTrafficWeight: true}")
            }
            Self::Scale(scale) => write!(f, "setCanaryScale{{replicas: {}}}", scale["replicas"]),
            Self::Analysis(_) => f.write_str("analysis"),
            Self::Experiment(_) => f.write_str("experiment"),
            Self::Other(kind) => f.write_str(kind),
        }
    }
}

/// Reads `30`, `"30"`, `"30s"`, `"5m"` or `"1h30m"`.
pub(super) fn seconds(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok().or_else(|| {
            let duration: SignedDuration = text.parse().ok()?;
            Some(duration.as_secs())
        }),
        _ => None,
    }
}

impl Pass<'_> {
    pub(super) fn steps(&self) -> &[Value] {
        list(&self.rollout, &["spec", "strategy", "canary", "steps"])
    }

    pub(super) fn step_hash(&self) -> String {
        let steps = dig(&self.rollout, &["spec", "strategy", "canary", "steps"]).unwrap_or(&Value::Null);
        hash::of(steps, 0)
    }

    /// Returns the present step, none after the last one, and its position.
    pub(super) fn current_step(&self) -> (Option<Step>, usize) {
        let index = self.status(&["currentStepIndex"]).and_then(Value::as_u64).unwrap_or(0);
        let index = usize::try_from(index).unwrap_or(0);
        (self.steps().get(index).map(Step::of), index)
    }

    /// Returns what counts as all of the traffic.
    pub(super) fn most(&self) -> i64 {
        let routing = self.strategy("trafficRouting");
        routing.and_then(|routing| routing["maxTrafficWeight"].as_i64()).unwrap_or(100)
    }

    /// Returns the weight of the last `setWeight` so far: 0 after an abort, everything after the last step.
    pub(super) fn set_weight(&self) -> i64 {
        if self.is_aborted() {
            return 0;
        }
        let (step, index) = self.current_step();
        if step.is_none() {
            return self.most();
        }
        self.weight_up_to(index)
    }

    /// Returns the weight of the last `setWeight` at or before a position.
    pub(super) fn weight_up_to(&self, index: usize) -> i64 {
        let mut so_far = self.steps().iter().take(index + 1).rev();
        so_far.find_map(|step| step.get("setWeight").and_then(Value::as_i64)).unwrap_or(0)
    }

    /// Returns the `setCanaryScale` in force.
    pub(super) fn canary_scale(&self) -> Option<&Value> {
        if !self.has_routing() || (self.is_aborted() && self.abort_delay().is_some()) {
            return None;
        }
        let (step, index) = self.current_step();
        step?;
        let scale = self.steps().iter().take(index + 1).rev().find_map(|step| step.get("setCanaryScale"))?;
        (!flag(scale, &["matchTrafficWeight"])).then_some(scale)
    }

    /// Says whether stable shrinks as its share of the traffic does.
    pub(super) fn scales_stable(&self) -> bool {
        self.has_routing() && self.strategy("dynamicStableScale") == Some(&Value::Bool(true))
    }

    /// Returns how long a new set outlives an abort; none where it stays until somebody decides.
    pub(super) fn abort_delay(&self) -> Option<i64> {
        let delay = self.strategy("abortScaleDownDelaySeconds").and_then(Value::as_i64);
        match delay {
            Some(0) => None,
            Some(delay) => Some(delay),
            None if self.is_blue_green() || self.has_routing() => Some(30),
            None => Some(0),
        }
    }

    /// Says whether the new set is kept for a while after an abort.
    pub(super) fn delays_abort(&self) -> bool {
        let own = self.strategy("abortScaleDownDelaySeconds").is_some();
        self.is_aborted()
            && self.stable.is_some()
            && (self.is_blue_green() || self.has_routing())
            && self.abort_delay().is_some()
            && (own || !self.scales_stable())
    }

    /// Says whether a step has done what it is for.
    pub(super) fn is_complete(&self, step: &Step) -> bool {
        if flag(&self.rollout, &["spec", "paused"]) {
            return false;
        }
        match step {
            Step::Pause(seconds) => self.pause_is_over(*seconds),
            Step::Weight(_) | Step::Scale(_) => self.has_step_sizes(dig(&self.next, &["canary", "weights"])),
            Step::Analysis(_) => {
                self.runs.step.as_ref().is_some_and(|run| text(run, &["status", "phase"]) == "Successful")
            }
            Step::Experiment(_) => {
                self.experiment.as_ref().is_some_and(|each| text(each, &["status", "phase"]) == "Successful")
            }
            Step::Other(_) => true,
        }
    }

    fn pause_is_over(&self, seconds: Option<i64>) -> bool {
        let condition = self.paused_for(PAUSED);
        match (condition, seconds) {
            (None, _) => flag(&self.rollout, &["status", "controllerPause"]),
            (Some(condition), Some(seconds)) => time(condition, &["startTime"])
                .is_some_and(|since| self.now > since + SignedDuration::from_secs(seconds)),
            (Some(_), None) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn steps_read_as_the_events_tell_them() {
        for (step, told) in [
            (json!({"setWeight": 20}), "setWeight: 20"),
            (json!({"pause": {}}), "pause"),
            (json!({"pause": {"duration": "1m"}}), "pause: 60s"),
            (json!({"setCanaryScale": {"replicas": 2}}), "setCanaryScale{replicas: 2}"),
            (json!({"setCanaryScale": {"matchTrafficWeight": true}}), "setCanaryScale{matchTrafficWeight: true}"),
            (json!({"analysis": {}}), "analysis"),
            (json!({"experiment": {}}), "experiment"),
            (json!({"plugin": {"name": "x/y"}}), "plugin: x/y"),
        ] {
            assert_eq!(Step::of(&step).to_string(), told);
        }
    }

    #[test]
    fn durations_come_as_numbers_or_texts() {
        for (value, read) in [
            (json!(30), Some(30)),
            (json!("30"), Some(30)),
            (json!("5m"), Some(300)),
            (json!("1h30m"), Some(5400)),
            (json!("x"), None),
        ] {
            assert_eq!(seconds(&value), read, "{value}");
        }
    }
}
