//! Flagger: it has no client of its own, so its spec, its target and its gates are what a person can reach.
//!
//! ```text
//! state   what the Canary says of itself, and its Deployments        gate   the loadtester's gates
//! ```
//!
//! A Canary holds no template: undo and images change its target, restart and scale the primary, which serves.

mod gate;
mod state;

use jiff::{Timestamp, Unit};
use serde_json::json;

use super::{Facts, Operation, Refusal, Warning, Write, evict, image, plan::Draft, rolling, scale, undo};

use state::Canary;

/// The annotation that makes a template new, so that Flagger tests it once more.
const RETRIED_AT: &str = "rolltop.dev/retried-at";

/// Plans an operation on a Canary.
pub(super) fn draft(facts: &Facts, operation: &Operation, now: Timestamp) -> Result<Draft, Refusal> {
    let canary = Canary::of(facts);
    let key = &facts.key;
    match operation {
        Operation::Pause => suspend(canary, true),
        Operation::Resume => suspend(canary, false),
        Operation::Restart => rolling::restart(&canary.primary()?, now),
        Operation::Scale(to) => scale::scale(&canary.primary()?, *to),
        Operation::Undo { to } => {
            let target = canary.target()?;
            undo::undo(&target, *to).map(|draft| on_target(canary, &target, draft))
        }
        Operation::SetImage(images) => {
            let target = canary.target()?;
            image::set_image(&target, images).map(|draft| on_target(canary, &target, draft))
        }
        Operation::Promote { full: false } => gate::promote(canary),
        Operation::Promote { full: true } => in_full(canary),
        Operation::Abort => gate::abort(canary),
        Operation::Retry => retry(canary, now),
        Operation::Gate { kind, open } => gate::toggle(canary, kind, *open),
        Operation::Finish => finish(canary),
        Operation::DeletePod { pod, uid } => {
            let members = [canary.target(), canary.primary()].into_iter().flatten();
            let mut tried = members.map(|member| evict::delete_pod(&member, pod, uid));
            tried.find(Result::is_ok).unwrap_or_else(|| evict::delete_pod(facts, pod, uid))
        }
        Operation::SkipStep => Err(Refusal::new(format!("Flagger skips no single step of {key}"))
            .hint("promote in full skips the whole analysis")),
        Operation::SetWeight(_) => {
            Err(Refusal::new(format!("Flagger sets the weight of {key} itself, by the steps of its spec")))
        }
        Operation::Terminate { .. } => Err(Refusal::new(format!("{key} has no AnalysisRuns: Flagger analyses itself"))),
    }
}

fn suspend(canary: Canary<'_>, suspend: bool) -> Result<Draft, Refusal> {
    let key = &canary.facts.key;
    match (canary.suspended(), suspend) {
        (true, true) => {
            return Err(Refusal::new(format!("{key} is suspended already")).hint("resume it to let it go on"));
        }
        (false, false) => {
            let refusal = Refusal::new(format!("{key} is not suspended"));
            return Err(if canary.phase().starts_with("Waiting") {
                refusal.hint("a gate holds it: promote opens that")
            } else {
                refusal
            });
        }
        _ => {}
    }
    let (verb, back) = if suspend { ("pause", "resume") } else { ("resume", "pause") };
    let words = format!("{verb} {key}");
    let freezes = (suspend && canary.testing()).then(|| {
        Warning::meaning("its analysis freezes where it is: traffic stays split as it is, and nothing rolls it back")
    });
    Ok(Draft {
        summary: words.clone(),
        writes: vec![canary.spec(words, &json!({"suspend": suspend}))],
        then: None,
        undo: canary.facts.command(back, ""),
        warnings: freezes.into_iter().collect(),
    })
}

fn in_full(canary: Canary<'_>) -> Result<Draft, Refusal> {
    let key = &canary.facts.key;
    if canary.skips() {
        return Err(Refusal::new(format!("skipAnalysis of {key} is set already: Flagger promotes it by itself")));
    }
    if !canary.testing() {
        return Err(Refusal::new(format!(
            "nothing to promote in {key}: Flagger tests no new version (it is {})",
            canary.said()
        )));
    }
    let mut warnings =
        vec![Warning::meaning("it sets skipAnalysis, which holds for every later version too, until it is put back")];
    if canary.phase() == "Waiting" {
        warnings.push(Warning::meaning("a closed gate confirm-rollout is asked before that: open it as well"));
    }
    if canary.suspended() {
        warnings.push(Warning::meaning("it is suspended: nothing happens before it is resumed"));
    }
    let words = format!("promote {key} in full");
    Ok(Draft {
        summary: format!("{words}: its analysis is skipped"),
        writes: vec![canary.spec(words, &json!({"skipAnalysis": true}))],
        then: Some(format!("when its promotion has ended: set skipAnalysis of {key} back to false")),
        undo: canary.facts.command("finish", ""),
        warnings,
    })
}

fn retry(canary: Canary<'_>, now: Timestamp) -> Result<Draft, Refusal> {
    let key = &canary.facts.key;
    if canary.phase() != "Failed" {
        return Err(Refusal::new(format!(
            "{key} has not failed: there is nothing to try again (it is {})",
            canary.said()
        )));
    }
    let target = canary.target()?;
    let stamp = now.round(Unit::Second).unwrap_or(now).to_string();
    let body = json!({"spec": {"template": {"metadata": {"annotations": {RETRIED_AT: stamp}}}}});
    let words = format!("retry {key}: Flagger tests the same version of {} again", target.key);
    Ok(Draft {
        summary: words.clone(),
        writes: vec![Write::merge(target.object(), &target.target, words, None, body)],
        then: None,
        undo: canary.facts.command("pause", ""),
        warnings: Vec::new(),
    })
}

/// The second step of what was done in two.
fn finish(canary: Canary<'_>) -> Result<Draft, Refusal> {
    let key = &canary.facts.key;
    if canary.testing() && (canary.skips() || gate::can_roll_back(canary)) {
        return Err(Refusal::not_yet(format!("{key} is under way still (it is {})", canary.said())));
    }
    if !canary.skips() {
        return gate::close_rollback(canary);
    }
    let words = format!("set skipAnalysis of {key} back to false");
    Ok(Draft {
        summary: words.clone(),
        writes: vec![canary.spec(words, &json!({"skipAnalysis": false}))],
        then: None,
        undo: "new versions are tested again; promote in full skips that once more".to_owned(),
        warnings: Vec::new(),
    })
}

/// Adds what Flagger makes of another template of its target.
fn on_target(canary: Canary<'_>, target: &Facts, mut draft: Draft) -> Draft {
    let same = canary.primary().is_ok_and(|primary| {
        draft.writes.iter().all(|write| state::images_after(target, write) == state::images(&primary.target))
    });
    draft.warnings.push(Warning::meaning(if same && !canary.testing() {
        "that is what the primary runs, which Flagger takes for no change: it tests nothing, and its phase stays as it is"
    } else if !canary.testing() {
        "it changes the target; Flagger tests that version before the primary, which serves, gets it"
    } else if same {
        "that is what the primary runs, which Flagger takes for no change: its analysis neither stops nor starts again; \
         abort rolls back"
    } else {
        "Flagger is testing: a new template sends all traffic to the primary and starts the analysis anew"
    }));
    draft
}
