//! Ending an AnalysisRun or Experiment before its time.

use serde_json::{Value, json};

use crate::{
    domain::Text,
    operation::{
        Facts, Object, ObjectKind, Refusal, Warning, Write,
        json::{at, controlled_by, list, text},
        plan::Draft,
    },
};

/// Where a Rollout names what is measured now, the present step's first.
const PRESENT: [(ObjectKind, &str); 5] = [
    (ObjectKind::AnalysisRun, "/status/canary/currentStepAnalysisRunStatus/name"),
    (ObjectKind::Experiment, "/status/canary/currentExperiment"),
    (ObjectKind::AnalysisRun, "/status/blueGreen/prePromotionAnalysisRunStatus/name"),
    (ObjectKind::AnalysisRun, "/status/blueGreen/postPromotionAnalysisRunStatus/name"),
    (ObjectKind::AnalysisRun, "/status/canary/currentBackgroundAnalysisRunStatus/name"),
];

/// Returns what a Rollout measures now, as it says itself; `kind` narrows it to `AnalysisRun` or `Experiment`.
pub fn present_run(rollout: &Value, kind: &str) -> Option<(ObjectKind, Text)> {
    PRESENT.into_iter().filter(|(of, _)| kind.is_empty() || of.name() == kind).find_map(|(of, pointer)| {
        let name = text(rollout, pointer);
        (!name.is_empty()).then(|| (of, name.into()))
    })
}

/// Plans the end of a run that was read with the facts.
pub(super) fn terminate(facts: &Facts, kind: &Text) -> Result<Draft, Refusal> {
    let key = &facts.key;
    let word = if kind.is_empty() { "analysis or experiment" } else { kind };
    let Some(run) = &facts.objects.run else {
        return Err(Refusal::new(format!("{key} has no such {word} now")));
    };
    let kind = ObjectKind::named(text(run, "/kind"));
    let Some(kind @ (ObjectKind::AnalysisRun | ObjectKind::Experiment)) = kind else {
        return Err(Refusal::new(format!("only an AnalysisRun or an Experiment can be ended, not {word}")));
    };
    let object = Object::new(kind, key.namespace.clone(), text(run, "/metadata/name"));
    // An experiment's own analyses are its own, and only by it the Rollout's.
    let of_experiment = list(run, "/metadata/ownerReferences").iter().any(|owner| text(owner, "/kind") == "Experiment");
    if !controlled_by(run, facts.uid()) && !of_experiment {
        return Err(Refusal::new(format!("{object} does not belong to {key}")));
    }
    let phase = text(run, "/status/phase");
    if ["Successful", "Failed", "Error", "Inconclusive"].contains(&phase) {
        return Err(Refusal::new(format!("{object} has ended already: {phase}")));
    }
    if at(run, "/spec/terminate").and_then(Value::as_bool) == Some(true) {
        return Err(Refusal::new(format!("{object} is being ended already")));
    }
    let words = format!("end {object}");
    Ok(Draft {
        summary: format!("{words} of {key}"),
        writes: vec![Write::merge(object, run, words, None, json!({"spec": {"terminate": true}}))],
        then: None,
        undo: "what is ended cannot be taken up again; the release goes on".to_owned(),
        warnings: vec![Warning::meaning(
            "it counts as it stands: with no failure so far it passes, and the release goes on",
        )],
    })
}
