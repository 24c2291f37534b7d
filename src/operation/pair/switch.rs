//! Plain blue-green: a Service whose selector points at one of two Deployments.

use serde_json::{Value, json};

use crate::{
    domain::{Text, WorkloadKey},
    operation::{
        Facts, Object, ObjectKind, Operation, Refusal, ScaleTo, Warning, Write, json::spec_written, plan::Draft, scale,
    },
};

use super::{Counts, find, images};

/// The Service, the Deployment it points at, and the other one.
pub(super) struct Switch {
    service: (Object, Value),
    /// The key of its selector that tells them apart, and its value for the other one.
    to: (Text, String),
    active: Facts,
    other: Facts,
}

impl Switch {
    pub(super) fn of(
        facts: &Facts,
        active: &WorkloadKey,
        other: &WorkloadKey,
        (service, key): (&Text, &Text),
    ) -> Result<Self, Refusal> {
        let object = Object::new(ObjectKind::Service, facts.key.namespace.clone(), service.clone());
        let parts = || {
            let value = facts.find(&object)?.clone();
            let (active, other) = (facts.member(active)?, facts.member(other)?);
            let to = other.template().pointer("/metadata/labels")?.get(&**key)?.as_str()?.to_owned();
            Some(Self { service: (object.clone(), value), to: (key.clone(), to), active, other })
        };
        parts().ok_or_else(|| find::alone(facts))
    }

    /// The other side was changed after anybody last switched: it is a preview, not what users came from.
    fn previews(&self) -> bool {
        let changed = |facts: &Facts| spec_written(&facts.target, "template");
        let Some(other) = changed(&self.other).filter(|_| images(&self.active) != images(&self.other)) else {
            return false;
        };
        match spec_written(&self.service.1, "selector") {
            // Times are whole seconds, and what is switched to was there for longer.
            Some(switched) => other >= switched,
            None => changed(&self.active).is_none_or(|active| other > active),
        }
    }
}

/// Plans an operation on a blue-green pair.
pub(super) fn draft(unit: &Switch, operation: &Operation) -> Result<Draft, Refusal> {
    let key = &unit.active.key;
    match operation {
        Operation::Promote { .. } => switch(unit, "promote"),
        Operation::Abort if unit.previews() => give_up(unit),
        Operation::Abort => switch(unit, "abort"),
        Operation::Retry => {
            Err(Refusal::new(format!("{key} was not aborted by anyone")).hint("promote switches again"))
        }
        Operation::SetWeight(_) => Err(Refusal::new(format!("{key} is switched as a whole: it has no weight"))),
        Operation::SkipStep => Err(Refusal::new(format!("{key} has no steps to skip"))),
        Operation::Finish => Err(Refusal::new(format!("nothing of {key} is left half done"))
            .hint(format!("{} keeps its pods until it is scaled down", unit.other.key))),
        Operation::Gate { .. } => Err(Refusal::new("only a Canary of Flagger has gates")),
        _ => Err(Refusal::new(format!("{key} has no AnalysisRuns"))),
    }
}

/// Users never came to a preview, so there is nothing to switch back: its pods go.
fn give_up(unit: &Switch) -> Result<Draft, Refusal> {
    let Switch { active, other, .. } = unit;
    if other.replicas() == 0 {
        return Err(Refusal::new(format!("{} runs no pods: there is nothing to abort", other.key)));
    }
    let mut draft = scale::scale(other, ScaleTo::Exactly(0))?;
    draft.summary = format!("abort the preview of {}: {}", active.key, draft.summary);
    draft.warnings.push(Warning::meaning(format!(
        "users stay on {}; the spec of {} stays on the new version",
        active.key, other.key
    )));
    Ok(draft)
}

fn switch(unit: &Switch, verb: &str) -> Result<Draft, Refusal> {
    let Switch { service: (object, service), to: (name, value), active, other } = unit;
    let counts = Counts::of(other);
    if counts.wanted == 0 {
        return Err(Refusal::new(format!("{} runs no pods: users would reach nothing", other.key))
            .hint(other.command("scale", &active.replicas().to_string())));
    }
    if !counts.ready() {
        return Err(Refusal::not_yet(format!(
            "{} is not ready: {} of {} pods are new and available",
            other.key, counts.available, counts.wanted
        )));
    }
    let back = if verb == "promote" { "abort" } else { "promote" };
    let direction = if verb == "promote" { "" } else { " back" };
    let words = format!("switch {object}{direction} to {}", other.key);
    let fewer = (counts.wanted < active.replicas()).then(|| {
        Warning::meaning(format!("{} has {} pods, {} has {}", other.key, counts.wanted, active.key, active.replicas()))
    });
    let stays = Warning::meaning(format!(
        "{} keeps its pods, so that {back} can switch {}; scale it down when it is not needed any more",
        active.key,
        if back == "abort" { "back" } else { "again" }
    ));
    Ok(Draft {
        summary: format!("{verb} {}: {words}", active.key),
        writes: vec![Write::merge(
            object.clone(),
            service,
            words,
            None,
            json!({"spec": {"selector": {&**name: value}}}),
        )],
        then: None,
        // Afterwards the unit bears the other one's name.
        undo: other.command(back, ""),
        warnings: fewer.into_iter().chain([stays]).collect(),
    })
}
