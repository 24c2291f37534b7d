//! Scaling.

use serde_json::json;

use crate::domain::Kind;

use super::{
    Facts, Refusal, ScaleTo, Warning, WarningKind, Write,
    json::{at, text},
    plan::Draft,
};

/// Plans another replica count, through the scale subresource.
pub(super) fn scale(facts: &Facts, to: ScaleTo) -> Result<Draft, Refusal> {
    if facts.key.kind == Kind::DaemonSet {
        return Err(Refusal::new("a DaemonSet cannot be scaled: it runs one pod on each node it fits"));
    }
    let now = facts.replicas();
    let wanted = match to {
        ScaleTo::Exactly(count) => i64::from(count),
        ScaleTo::By(more) => now.saturating_add(i64::from(more)),
    };
    if wanted < 0 {
        return Err(Refusal::new(format!("{wanted} replicas are below 0 ({} has {now})", facts.key)));
    }
    if wanted > i64::from(i32::MAX) {
        return Err(Refusal::new(format!("{wanted} replicas are more than Kubernetes can count")));
    }
    if wanted == now {
        return Err(Refusal::new(format!("{} is at {now} replicas already", facts.key)));
    }
    let body = json!({"spec": {"replicas": wanted}});
    let words = format!("scale {} from {now} to {wanted}", facts.key);
    Ok(Draft {
        summary: words.clone(),
        writes: vec![Write::merge(facts.object(), &facts.target, words, Some("scale"), body)],
        then: None,
        undo: facts.command("scale", &now.to_string()),
        warnings: owner(facts, wanted).into_iter().collect(),
    })
}

/// Says what an autoscaler will make of the new count.
fn owner(facts: &Facts, wanted: i64) -> Option<Warning> {
    let autoscaler = facts.autoscaler()?;
    let name = text(autoscaler, "/metadata/name");
    let bound = |pointer, default| at(autoscaler, pointer).and_then(serde_json::Value::as_i64).unwrap_or(default);
    let (min, max) = (bound("/spec/minReplicas", 1), bound("/spec/maxReplicas", 1));
    let sentence = match wanted {
        0 => format!("scaling to 0 switches the autoscaler {name} ({min}–{max}) off until it is scaled up again"),
        _ if facts.replicas() == 0 => {
            format!("scaling up from 0 switches the autoscaler {name} on again; it keeps {min}–{max}")
        }
        _ if wanted < min => format!("the autoscaler {name} will raise it to its minimum of {min}"),
        _ if wanted > max => format!("the autoscaler {name} will lower it to its maximum of {max}"),
        _ => format!("the autoscaler {name} owns the replica count ({min}–{max}) and will set it again"),
    };
    Some(Warning { kind: WarningKind::Autoscaler, sentence })
}
