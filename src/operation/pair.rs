//! Two Deployments that are one release unit, without any controller that delivers them.
//!
//! ```text
//! find     which unit a Deployment belongs to, by the rules of the screen
//! labels   a label canary: shares of pods, promotion in two steps        switch   a Service that points at one of two
//! template where a release begins, and what going back leaves
//! ```

mod find;
mod labels;
mod switch;
mod template;

use serde_json::Value;

use super::{
    Facts, Operation, Refusal,
    json::{at, list, text},
    plan::Draft,
};
use crate::world::Unit;

pub(super) use template::{set_image, undo};

/// Plans what only a release unit knows.
pub(super) fn draft(facts: &Facts, operation: &Operation) -> Result<Draft, Refusal> {
    match find::unit(facts)? {
        Unit::Labels { stable, canary, .. } => labels::draft(&labels::Canary::of(facts, &stable, &canary)?, operation),
        Unit::Switch { active, other, service, label, .. } => {
            switch::draft(&switch::Switch::of(facts, &active, &other, (&service, &label))?, operation)
        }
        Unit::Argo { .. } | Unit::Flagger { .. } => Err(find::alone(facts)),
    }
}

/// Counts of a Deployment: pods wanted, and of these the available ones of the newest template.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Counts {
    wanted: i64,
    available: i64,
    /// Every pod is of the newest template and available, as far as the controller has seen it.
    settled: bool,
}

impl Counts {
    fn of(facts: &Facts) -> Self {
        let number = |pointer| at(&facts.target, pointer).and_then(Value::as_i64).unwrap_or(0);
        let wanted = facts.replicas();
        let [pods, updated, available] =
            ["/status/replicas", "/status/updatedReplicas", "/status/availableReplicas"].map(number);
        let seen = number("/status/observedGeneration") >= number("/metadata/generation");
        let settled = seen && [pods, updated, available].into_iter().all(|count| count == wanted);
        Self { wanted, available: available.min(updated), settled }
    }

    /// It could take all users now.
    fn ready(self) -> bool {
        self.settled && self.wanted > 0
    }
}

/// The containers of a Deployment: name and image.
fn images(facts: &Facts) -> Vec<(&str, &str)> {
    let containers =
        ["initContainers", "containers"].map(|kind| list(&facts.target, &format!("/spec/template/spec/{kind}")));
    containers.into_iter().flatten().map(|container| (text(container, "/name"), text(container, "/image"))).collect()
}
