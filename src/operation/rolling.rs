//! Pause, resume, restart.

use jiff::{Timestamp, Unit};
use serde_json::{Value, json};

use crate::domain::Kind;

use super::{
    Facts, Refusal, Write,
    image::{cause, with_cause},
    json::annotation,
    plan::Draft,
};

/// The annotation kubectl writes into a template to make its pods anew.
const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

/// Plans a pause.
pub(super) fn pause(facts: &Facts) -> Result<Draft, Refusal> {
    pausable(facts)?;
    if facts.paused() {
        return Err(Refusal::new(format!("{} is paused already", facts.key)).hint("resume it to let it roll on"));
    }
    Ok(switch(facts, true))
}

/// Plans the end of a pause.
pub(super) fn resume(facts: &Facts) -> Result<Draft, Refusal> {
    pausable(facts)?;
    if !facts.paused() {
        return Err(Refusal::new(format!("{} is not paused", facts.key)));
    }
    Ok(switch(facts, false))
}

/// Plans a restart.
pub(super) fn restart(facts: &Facts, now: Timestamp) -> Result<Draft, Refusal> {
    not_paused(facts, "restarted")?;
    let stamp = now.round(Unit::Second).unwrap_or(now).to_string();
    if annotation(facts.template(), RESTARTED_AT) == Some(&stamp) {
        return Err(Refusal::new(format!("{} was restarted this very second", facts.key)));
    }
    let mut body = json!({"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: stamp}}}}});
    with_cause(&mut body, &cause(facts, "restart"));
    let words = format!("restart {}", facts.key);
    Ok(Draft {
        summary: format!("{words}: all its pods are replaced"),
        writes: vec![Write::merge(facts.object(), &facts.target, words, None, body)],
        then: None,
        undo: "a restart cannot be taken back; the template stays the same but for its time stamp".to_owned(),
        warnings: Vec::new(),
    })
}

/// Refuses where a paused Deployment would swallow the change.
pub(super) fn not_paused(facts: &Facts, done: &str) -> Result<(), Refusal> {
    if facts.paused() {
        return Err(Refusal::new(format!("{} is paused and cannot be {done}", facts.key)).hint("resume it first"));
    }
    Ok(())
}

fn pausable(facts: &Facts) -> Result<(), Refusal> {
    if facts.key.kind == Kind::Deployment {
        return Ok(());
    }
    Err(Refusal::new(format!("a {} cannot be paused or resumed, only a Deployment can", facts.key.kind)))
}

fn switch(facts: &Facts, paused: bool) -> Draft {
    let (word, back) = if paused { ("pause", "resume") } else { ("resume", "pause") };
    let value = if paused { Value::Bool(true) } else { Value::Null };
    let body = json!({"spec": {"paused": value}});
    let words = format!("{word} {}", facts.key);
    Draft {
        summary: words.clone(),
        writes: vec![Write::merge(facts.object(), &facts.target, words, None, body)],
        then: None,
        undo: facts.command(back, ""),
        warnings: Vec::new(),
    }
}
