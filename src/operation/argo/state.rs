//! What a Rollout says of itself, as far as an operation depends on it.

use serde_json::Value;

use crate::operation::{
    Facts,
    json::{at, list, text},
};

/// A Rollout as read.
#[derive(Clone, Copy)]
pub(super) struct Rollout<'a> {
    pub(super) facts: &'a Facts,
}

impl<'a> Rollout<'a> {
    pub(super) fn of(facts: &'a Facts) -> Self {
        Self { facts }
    }

    pub(super) fn text(self, pointer: &str) -> &'a str {
        text(&self.facts.target, pointer)
    }

    fn flag(self, pointer: &str) -> bool {
        at(&self.facts.target, pointer).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A person paused it.
    pub(super) fn paused(self) -> bool {
        self.facts.paused()
    }

    /// Its present step or its blue-green switch holds it.
    pub(super) fn pauses(self) -> bool {
        !list(&self.facts.target, "/status/pauseConditions").is_empty()
    }

    pub(super) fn aborted(self) -> bool {
        self.flag("/status/abort")
    }

    /// It is being promoted in full already.
    pub(super) fn hurried(self) -> bool {
        self.flag("/status/promoteFull")
    }

    /// The analysis of its step decided nothing, so the controller asks a person.
    pub(super) fn inconclusive(self) -> bool {
        let phase = self.text("/status/canary/currentStepAnalysisRunStatus/status");
        !self.blue_green() && phase == "Inconclusive" && self.pauses() && self.flag("/status/controllerPause")
    }

    pub(super) fn blue_green(self) -> bool {
        at(&self.facts.target, "/spec/strategy/blueGreen").is_some()
    }

    /// How many steps its canary has; 0 for a blue-green one.
    pub(super) fn steps(self) -> i64 {
        let steps = list(&self.facts.target, "/spec/strategy/canary/steps").len();
        i64::try_from(steps).unwrap_or(i64::MAX)
    }

    /// The step it is at, counted from 0.
    pub(super) fn step(self) -> i64 {
        at(&self.facts.target, "/status/currentStepIndex").and_then(Value::as_i64).unwrap_or(0)
    }

    /// What is being measured in the present step, by its key in the spec: `analysis` or `experiment`.
    pub(super) fn measured(self) -> Option<&'static str> {
        let step = list(&self.facts.target, "/spec/strategy/canary/steps").get(usize::try_from(self.step()).ok()?)?;
        ["analysis", "experiment"].into_iter().find(|kind| at(step, &format!("/{kind}")).is_some())
    }

    /// Hash of the revision that is trusted; empty before the first one is.
    pub(super) fn stable(self) -> &'a str {
        // Before 0.9 each strategy had its own.
        ["/status/stableRS", "/status/canary/stableRS"]
            .into_iter()
            .map(|pointer| self.text(pointer))
            .find(|hash| !hash.is_empty())
            .unwrap_or_default()
    }

    /// The newest revision is the trusted one: nothing is under way.
    pub(super) fn promoted(self) -> bool {
        let current = self.text("/status/currentPodHash");
        !current.is_empty() && current == self.stable()
    }
}
