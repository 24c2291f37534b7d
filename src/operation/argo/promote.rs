//! Promote: the next step, all of them, or past one.

use serde_json::json;

use crate::operation::{Refusal, Warning, plan::Draft};

use super::state::Rollout;

/// Plans the next step of a canary, or the switch of a blue-green release.
pub(super) fn promote(rollout: Rollout<'_>) -> Result<Draft, Refusal> {
    let key = &rollout.facts.key;
    refuse_done(rollout)?;
    if rollout.aborted() {
        return Err(Refusal::new(format!("{key} is aborted, which promote does not lift"))
            .hint("retry it, or promote it in full"));
    }
    let (step, steps) = (rollout.step(), rollout.steps());
    let status = if rollout.inconclusive() {
        Some(json!({"pauseConditions": null, "controllerPause": false, "currentStepIndex": step + 1}))
    } else if rollout.pauses() {
        Some(json!({"pauseConditions": null}))
    } else if steps > 0 {
        Some(json!({"pauseConditions": null, "currentStepIndex": (step + 1).min(steps)}))
    } else {
        None
    };
    if status.is_none() && !rollout.paused() {
        return Err(nothing(rollout));
    }
    if steps > 0 && step >= steps && !rollout.pauses() && !rollout.paused() {
        return Err(Refusal::new(format!("{key} is past all its steps: there is nothing to promote"))
            .hint("it is done when its pods are available"));
    }
    let unified = if rollout.inconclusive() { Some(json!({"pauseConditions": null})) } else { status.clone() };
    let words = if status.is_some() { words(rollout) } else { format!("promote {key}: lift its pause") };
    let write = status.map(|status| {
        let write = rollout.status(words.clone(), json!({"status": status}));
        write.or_unified(json!({"spec": {"paused": false}, "status": unified}))
    });
    Ok(Draft {
        summary: words,
        writes: write.into_iter().chain(rollout.unpause()).collect(),
        then: None,
        undo: rollout.facts.command("abort", ""),
        warnings: skipped(rollout).into_iter().collect(),
    })
}

/// Plans a promotion past everything.
pub(super) fn in_full(rollout: Rollout<'_>) -> Result<Draft, Refusal> {
    let key = &rollout.facts.key;
    refuse_done(rollout)?;
    if rollout.hurried() {
        return Err(Refusal::new(format!("{key} is being promoted in full already")));
    }
    let status = json!({"promoteFull": true});
    let words = format!("promote {key} in full");
    let write = rollout.status(words.clone(), json!({"status": status}));
    let lifts = if rollout.aborted() { ", and lifts the abort" } else { "" };
    Ok(Draft {
        summary: format!("{words}: all users get the new version"),
        writes: [write.or_unified(json!({"spec": {"paused": false}, "status": status}))]
            .into_iter()
            .chain(rollout.unpause())
            .collect(),
        then: None,
        undo: rollout.facts.command("undo", ""),
        warnings: vec![Warning::meaning(format!("it skips every step, pause and analysis that is left{lifts}"))],
    })
}

/// Plans a jump past the present step.
pub(super) fn skip_step(rollout: Rollout<'_>) -> Result<Draft, Refusal> {
    let key = &rollout.facts.key;
    let (step, steps) = (rollout.step(), rollout.steps());
    if rollout.blue_green() || steps == 0 {
        return Err(Refusal::new(format!("{key} has no steps to skip")));
    }
    refuse_done(rollout)?;
    if rollout.aborted() {
        return Err(Refusal::new(format!("{key} is aborted")).hint("retry it first"));
    }
    if step >= steps {
        return Err(Refusal::new(format!("{key} is past all its steps: there is none to skip")));
    }
    let body = json!({"status": {"currentStepIndex": step + 1}});
    let words = format!("skip step {} of {steps} of {key}", step + 1);
    Ok(Draft {
        summary: words.clone(),
        writes: vec![rollout.status(words, body.clone()).or_unified(body)],
        then: None,
        undo: rollout.facts.command("abort", ""),
        warnings: skipped(rollout).into_iter().collect(),
    })
}

fn refuse_done(rollout: Rollout<'_>) -> Result<(), Refusal> {
    if !rollout.promoted() || rollout.pauses() {
        return Ok(());
    }
    let refusal =
        Refusal::new(format!("{} runs its newest version in full already: nothing to promote", rollout.facts.key));
    Err(if rollout.paused() { refusal.hint("resume ends its pause") } else { refusal })
}

fn nothing(rollout: Rollout<'_>) -> Refusal {
    let why = if rollout.blue_green() { "it does not wait for a switch" } else { "it has no steps and is not paused" };
    Refusal::new(format!("nothing to promote in {}: {why}", rollout.facts.key))
}

fn words(rollout: Rollout<'_>) -> String {
    let key = &rollout.facts.key;
    let (step, steps) = (rollout.step(), rollout.steps());
    if rollout.blue_green() {
        return format!("promote {key}: users get the new version");
    }
    match rollout.inconclusive() {
        _ if steps == 0 || step >= steps => format!("promote {key}"),
        true => format!("promote {key} past the undecided analysis of step {} of {steps}", step + 1),
        false => format!("promote {key} past step {} of {steps}", step + 1),
    }
}

/// Says that what the present step measures is not waited for.
fn skipped(rollout: Rollout<'_>) -> Option<Warning> {
    let kind = rollout.measured()?;
    let article = if kind == "analysis" { "the analysis" } else { "the experiment" };
    Some(Warning::meaning(format!("{article} of its present step is not waited for")))
}
