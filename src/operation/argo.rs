//! Argo Rollouts: the patches its own plugin sends, refused where its dashboard would not offer them, with what people
//! get wrong about them said beforehand.
//!
//! ```text
//! state     what the Rollout says of itself        promote   promote, in full, skip a step
//! template  whose template it is: undo, images     run       end an AnalysisRun or Experiment
//! ```
//!
//! The status is patched first and the spec second. A controller older than the status subresource answers 404 to the
//! first; then one patch of the object does both.

mod promote;
mod run;
mod state;
mod template;

use jiff::{Timestamp, Unit};
use serde_json::{Value, json};

use super::{Facts, Operation, Refusal, Warning, WarningKind, Write, evict, plan::Draft, scale};

pub use run::present_run;
pub(super) use template::{hash_label, template_unobserved};

use state::Rollout;

/// Plans an operation on a Rollout.
pub(super) fn draft(facts: &Facts, operation: &Operation, now: Timestamp) -> Result<Draft, Refusal> {
    let rollout = Rollout::of(facts);
    match operation {
        Operation::Pause => pause(rollout),
        Operation::Resume => resume(rollout),
        Operation::Restart => restart(rollout, now),
        Operation::Scale(to) => scale::scale(facts, *to),
        Operation::Undo { to } => template::undo(rollout, *to),
        Operation::SetImage(images) => template::set_image(facts, images),
        Operation::Promote { full: false } => promote::promote(rollout),
        Operation::Promote { full: true } => promote::in_full(rollout),
        Operation::SkipStep => promote::skip_step(rollout),
        Operation::Abort => abort(rollout),
        Operation::Retry => retry(rollout),
        Operation::Terminate { kind, .. } => run::terminate(facts, kind),
        Operation::DeletePod { pod, uid } => evict::delete_pod(facts, pod, uid),
        Operation::Gate { .. } => Err(Refusal::new("only a Canary of Flagger has gates")
            .hint(format!("what {} waits for is ended by promote", facts.key))),
        Operation::SetWeight(_) => {
            Err(Refusal::new(format!("the weight of {} is set by its steps", facts.key))
                .hint("promote takes the next one"))
        }
        Operation::Finish => Err(Refusal::new(format!("nothing of {} was done in two steps", facts.key))),
    }
}

fn pause(rollout: Rollout<'_>) -> Result<Draft, Refusal> {
    let key = &rollout.facts.key;
    if rollout.paused() {
        return Err(Refusal::new(format!("{key} is paused already")).hint("resume it to let it roll on"));
    }
    Ok(Draft {
        summary: format!("pause {key}"),
        writes: vec![rollout.spec(format!("pause {key}"), &json!({"paused": true}))],
        then: None,
        undo: rollout.facts.command("resume", ""),
        warnings: Vec::new(),
    })
}

fn resume(rollout: Rollout<'_>) -> Result<Draft, Refusal> {
    let key = &rollout.facts.key;
    let Some(write) = rollout.unpause() else {
        let refusal = Refusal::new(format!("{key} is not paused by anyone"));
        return Err(if rollout.pauses() {
            refusal.hint("its present step holds it: promote lets it go on")
        } else {
            refusal
        });
    };
    let held = rollout.pauses().then(|| Warning::meaning("its present step still holds it: promote ends that too"));
    Ok(Draft {
        summary: format!("resume {key}"),
        writes: vec![write],
        then: None,
        undo: rollout.facts.command("pause", ""),
        warnings: held.into_iter().collect(),
    })
}

fn restart(rollout: Rollout<'_>, now: Timestamp) -> Result<Draft, Refusal> {
    let key = &rollout.facts.key;
    let stamp = now.round(Unit::Second).unwrap_or(now).to_string();
    if rollout.text("/spec/restartAt") == stamp {
        return Err(Refusal::new(format!("{key} was restarted this very second")));
    }
    let alone = (rollout.facts.replicas() == 1).then(|| Warning {
        kind: WarningKind::Disruption,
        sentence: "it has one replica: nothing serves while its pod is replaced".to_owned(),
    });
    let slowly = Warning::meaning(
        "its pods are evicted in place, up to maxUnavailable at a time, as disruption budgets allow; no step or \
         analysis runs for it",
    );
    Ok(Draft {
        summary: format!("restart {key}: all its pods are replaced"),
        writes: vec![rollout.spec(format!("restart {key}"), &json!({"restartAt": stamp}))],
        then: None,
        undo: "a restart cannot be taken back; the template stays the same".to_owned(),
        warnings: alone.into_iter().chain([slowly]).collect(),
    })
}

fn abort(rollout: Rollout<'_>) -> Result<Draft, Refusal> {
    let key = &rollout.facts.key;
    if rollout.aborted() {
        return Err(Refusal::new(format!("{key} is aborted already"))
            .hint("retry it to go on, or undo it to take the new version out of its spec"));
    }
    if rollout.promoted() {
        return Err(Refusal::new(format!("{key} runs its newest version in full: there is nothing to abort"))
            .hint("undo goes back to an earlier revision"));
    }
    if rollout.stable().is_empty() {
        return Err(Refusal::new(format!("{key} has no stable revision yet to go back to"))
            .hint("set another image, or scale it to 0"));
    }
    let body = json!({"status": {"abort": true}});
    let words = format!("abort {key}");
    Ok(Draft {
        summary: format!(
            "{words}: {} get the stable version again",
            if rollout.blue_green() { "users" } else { "all requests" }
        ),
        writes: vec![rollout.status(words, body.clone()).or_unified(body)],
        then: None,
        undo: rollout.facts.command("retry", ""),
        warnings: vec![Warning::meaning(
            "its spec stays on the new version: a retry goes there again; undo takes the new version out of the spec",
        )],
    })
}

fn retry(rollout: Rollout<'_>) -> Result<Draft, Refusal> {
    let key = &rollout.facts.key;
    if !rollout.aborted() {
        let refusal = Refusal::new(format!("{key} was not aborted: there is nothing to try again"));
        return Err(match rollout.text("/status/phase") {
            "Degraded" => refusal.hint("undo it, or release another version"),
            _ => refusal,
        });
    }
    let body = json!({"status": {"abort": false}});
    let words = format!("retry {key}");
    let from = if rollout.steps() > 0 { "from its first step on" } else { "from the beginning" };
    Ok(Draft {
        summary: format!("{words}: the same new version again, {from}"),
        writes: vec![rollout.status(words, body.clone()).or_unified(body)],
        then: None,
        undo: rollout.facts.command("abort", ""),
        warnings: Vec::new(),
    })
}

impl Rollout<'_> {
    /// A merge patch of its spec.
    fn spec(self, words: String, spec: &Value) -> Write {
        Write::merge(self.facts.object(), &self.facts.target, words, None, json!({"spec": spec}))
    }

    /// A merge patch of its status.
    fn status(self, words: String, body: Value) -> Write {
        Write::merge(self.facts.object(), &self.facts.target, words, Some("status"), body)
    }

    /// Lifts the pause a person made, where there is one.
    fn unpause(self) -> Option<Write> {
        let words = || format!("resume {}", self.facts.key);
        self.paused().then(|| self.spec(words(), &json!({"paused": false})))
    }
}
