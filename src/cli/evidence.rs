//! Canary against stable before it is promoted: the verdict of the screen's question, in lines and for programs.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    domain::WorkloadKey,
    panel,
    release::{
        Check, Comparison, Finding,
        evidence::{Sides, judge},
    },
    session::count_requests,
    settings::Settings,
};

use super::reach::Reach;

/// Looks at both sides of a workload's release; `None` where nothing is being tried. Where it cannot look the verdict
/// is unclear, and says why.
pub(super) async fn look(reach: &Reach, settings: &Settings, key: &WorkloadKey) -> Option<Comparison> {
    let view = match reach.measured_view(std::slice::from_ref(key)).await {
        Ok(view) => view,
        Err(failure) => {
            let sentence = format!("the two sides cannot be looked at: {}", failure.text);
            let brief = "not looked at".to_owned();
            return Some(Comparison { verdict: Finding::Unclear, sentence, brief, checks: Vec::new() });
        }
    };
    let world = &view.picture.world;
    let unit = world.unit_of(key);
    let delivery = view.picture.assessments.get(&unit)?.delivery.as_deref()?;
    let counted = match Sides::of(world, &unit, delivery) {
        Some(sides) => {
            let prometheus = reach.prometheus(settings).await;
            let questions = panel::evidence(&settings.panels);
            Some(count_requests(&prometheus, &questions, &sides, Timestamp::now()).await)
        }
        None => None,
    };
    judge(world, &unit, delivery, counted.as_ref())
}

/// The verdict and every check below it, with numbers and sample sizes.
pub(super) fn lines(comparison: &Comparison) -> Vec<String> {
    let mut lines = vec![format!("  evidence: {}: {}", comparison.verdict.word(), comparison.sentence)];
    let checks = comparison.checks.iter().filter(|check| check.sentence != comparison.sentence);
    lines.extend(checks.map(|check| format!("    {}: {}", check.finding.word(), check.sentence)));
    lines
}

/// The same for programs.
pub(super) fn machine(comparison: &Comparison) -> Value {
    let check =
        |check: &Check| json!({"what": check.what, "finding": check.finding.word(), "sentence": check.sentence});
    json!({
        "verdict": comparison.verdict.word(),
        "sentence": comparison.sentence,
        "checks": comparison.checks.iter().map(check).collect::<Vec<_>>(),
    })
}
