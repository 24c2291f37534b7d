//! Promote, abort and their like: what each key means for a workload, and why it means nothing.

use super::{App, Dialog, Effect, TypedLine, message::Sight};
use crate::{
    action::Action,
    domain::{FlaggerGate, Text, WorkloadKey},
    operation::Operation,
    release::{Delivery, State, System, Wait},
};

impl App {
    /// Does what an action of progressive delivery means for a workload.
    pub(super) fn deliver(&mut self, sight: Sight<'_>, action: Action, key: WorkloadKey) -> Vec<Effect> {
        let operation = match action {
            Action::SetWeight => {
                self.dialog = Some(Dialog::Weight { target: key, line: TypedLine::default() });
                return Vec::new();
            }
            Action::TerminateRun => {
                running(sight, &key).map(|(kind, name)| Operation::Terminate { kind: kind.into(), name })
            }
            Action::OpenGate | Action::CloseGate => gate(sight, &key)
                .map(|gate| Operation::Gate { kind: gate.kind.clone(), open: action == Action::OpenGate }),
            other => asked_for(other),
        };
        operation.map_or_else(Vec::new, |operation| self.prepare(sight, key, operation))
    }
}

/// The operation an action stands for, as far as the action alone tells.
pub(super) fn asked_for(action: Action) -> Option<Operation> {
    Some(match action {
        Action::Promote => Operation::Promote { full: false },
        Action::PromoteFull => Operation::Promote { full: true },
        Action::Abort => Operation::Abort,
        Action::Retry => Operation::Retry,
        Action::SkipStep => Operation::SkipStep,
        Action::SetWeight => Operation::SetWeight(0),
        Action::TerminateRun => Operation::Terminate { kind: "AnalysisRun".into(), name: "".into() },
        Action::OpenGate => Operation::Gate { kind: "".into(), open: true },
        Action::CloseGate => Operation::Gate { kind: "".into(), open: false },
        Action::Finish => Operation::Finish,
        _ => return None,
    })
}

/// Why an action of progressive delivery means nothing for a workload now; `None` for all other actions.
pub(super) fn senseless(sight: Sight<'_>, action: Action, key: &WorkloadKey) -> Option<&'static str> {
    asked_for(action)?;
    let Some(delivery) = sight.delivery(key) else { return Some("nothing here is delivered progressively") };
    let state = sight.assessments.get(key)?.state;
    let aborted = delivery.aborted.is_some();
    match action {
        Action::Promote | Action::PromoteFull if !under_way(delivery) => Some("no release is under way"),
        Action::Promote if aborted && delivery.system == System::Argo => {
            Some("it is aborted: retry it, or promote it in full")
        }
        Action::Promote if delivery.system == System::Flagger && !asks(delivery) => {
            Some("no gate holds it: Flagger goes on by itself")
        }
        Action::Abort if aborted => Some("it is aborted already"),
        Action::Abort if !under_way(delivery) => Some("no release is under way"),
        Action::Retry if matches!(delivery.system, System::Labels | System::Switch) => {
            Some("it was not aborted by anyone")
        }
        Action::Retry if !aborted && state != State::Degraded => {
            Some("only what was aborted or has failed can be retried")
        }
        Action::SkipStep if delivery.system != System::Argo || delivery.steps.is_empty() => {
            Some("only a canary of Argo Rollouts has steps to skip")
        }
        Action::SkipStep if delivery.step.is_none_or(|step| step >= delivery.steps.len()) => {
            Some("no step is under way")
        }
        Action::SetWeight if delivery.system != System::Labels => Some("only a label canary's weight is set by hand"),
        Action::TerminateRun if running(sight, key).is_none() => Some("no analysis or experiment is running"),
        Action::OpenGate | Action::CloseGate if gate(sight, key).is_none() => Some("it has no gate"),
        _ => None,
    }
}

/// Whether a version is being tried.
fn under_way(delivery: &Delivery) -> bool {
    delivery.canary.is_some() || delivery.wait.is_some()
}

/// Whether a person is waited for.
fn asks(delivery: &Delivery) -> bool {
    matches!(delivery.wait, Some(Wait::Person { .. }))
}

/// The analysis that runs, else the experiment: kind and name.
fn running(sight: Sight<'_>, key: &WorkloadKey) -> Option<(&'static str, Text)> {
    let delivery = sight.delivery(key)?;
    let goes_on = |phase: &str| matches!(phase, "" | "Pending" | "Running");
    let run = delivery.runs.iter().find(|name| {
        let run = sight.world.analysis_run(&key.namespace, name);
        run.is_some_and(|run| goes_on(&run.phase) && !run.terminated)
    });
    if let Some(name) = run {
        return Some(("AnalysisRun", name.clone()));
    }
    let owner = &sight.world.workload(key)?.meta.uid;
    let known = sight
        .world
        .experiments_of(owner)
        .find(|experiment| delivery.experiments.contains(&experiment.meta.name) && goes_on(&experiment.phase));
    known.map(|experiment| ("Experiment", experiment.meta.name.clone()))
}

/// The gate that holds a canary in its phase; else the first one there is.
fn gate<'a>(sight: Sight<'a>, key: &WorkloadKey) -> Option<&'a FlaggerGate> {
    let canary = sight.world.workload(key)?.flagger()?;
    let wanted = match &*canary.status.phase {
        "WaitingPromotion" => "confirm-promotion",
        "Progressing" => "confirm-traffic-increase",
        _ => "confirm-rollout",
    };
    let gates = || canary.analysis.gates.iter().filter(|gate| gate.kind.starts_with("confirm-"));
    gates().find(|gate| &*gate.kind == wanted).or_else(|| gates().next())
}

/// Reads a share of the pods as typed: `25`, `25 %`.
///
/// # Errors
/// What is no whole number from 0 to 99, in words.
pub fn percent(text: &str) -> Result<i32, &'static str> {
    let text = text.trim().trim_end_matches('%').trim_end();
    match text.parse() {
        Ok(percent @ 0..=99) => Ok(percent),
        Ok(100) => Err("promote gives it everything"),
        Ok(_) => Err("a share is between 0 and 99"),
        Err(_) => Err("not a share; write 25"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_whole_percent() {
        for (text, expected) in [
            ("25", Ok(25)),
            (" 25 % ", Ok(25)),
            ("0", Ok(0)),
            ("100%", Err("promote gives it everything")),
            ("101", Err("a share is between 0 and 99")),
            ("-1", Err("a share is between 0 and 99")),
            ("2.5", Err("not a share; write 25")),
            ("", Err("not a share; write 25")),
        ] {
            assert_eq!(percent(text), expected, "{text:?}");
        }
    }
}
