//! Going back to a revision, by the algorithm of `kubectl rollout undo` (polymorphichelpers/rollback.go), but
//! by revision number alone: replicas of the target revision do not matter, so it works in mid-rollout.

use serde_json::{Map, Value, json};

use crate::domain::Kind;

use super::{
    Facts, Patch, PatchKind, Refusal, Warning, WarningKind, Write,
    argo::{hash_label, template_unobserved},
    diff,
    json::{annotation, at},
    plan::Draft,
    rolling::not_paused,
};

const REVISION: &str = "deployment.kubernetes.io/revision";
/// The same on the ReplicaSets of a Rollout.
const ARGO_REVISION: &str = "rollout.argoproj.io/revision";

/// Annotations that belong to the Deployment and not to a revision of it.
const DEPLOYMENTS_OWN: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
];

/// Plans a rollback; `None` is the revision before the newest.
pub(super) fn undo(facts: &Facts, to: Option<i64>) -> Result<Draft, Refusal> {
    match facts.key.kind {
        Kind::Deployment => deployment(facts, to),
        Kind::StatefulSet | Kind::DaemonSet => controlled(facts, to),
        // These have their own ways; see their rooms.
        Kind::Rollout | Kind::Canary => Err(no_history(facts)),
    }
}

pub(super) fn unobserved(facts: &Facts) -> bool {
    // A Rollout writes its generation as text; what very old controllers write there is no number at all.
    let number = |pointer| {
        let value = at(&facts.target, pointer)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    };
    let seen = number("/status/observedGeneration");
    seen.zip(number("/metadata/generation")).is_some_and(|(seen, newest)| seen < newest) || template_unobserved(facts)
}

fn deployment(facts: &Facts, to: Option<i64>) -> Result<Draft, Refusal> {
    let (revision, newest, set) = choose(facts, revisions(facts), to)?;
    not_paused(facts, "undone")?;
    let template = template_of(facts, revision, set)?;
    if diff(&without_hash(facts.key.kind, facts.template()), &template).is_empty() {
        return Err(identical(facts, revision));
    }
    let annotations = annotations(facts, set);
    let known = facts.target.pointer("/metadata/annotations").is_some();
    let body = json!([
        {"op": "replace", "path": "/spec/template", "value": template},
        {"op": if known { "replace" } else { "add" }, "path": "/metadata/annotations", "value": annotations},
    ]);
    let mut wanted = facts.target.clone();
    put(&mut wanted, "spec", "template", template);
    put(&mut wanted, "metadata", "annotations", Value::Object(annotations));
    Ok(draft(facts, revision, newest, &wanted, PatchKind::Json, body))
}

fn controlled(facts: &Facts, to: Option<i64>) -> Result<Draft, Refusal> {
    let (revision, newest, past) = choose(facts, revisions(facts), to)?;
    let template = template_of(facts, revision, past)?;
    if diff(facts.template(), &template).is_empty() {
        return Err(identical(facts, revision));
    }
    let mut wanted = facts.target.clone();
    put(&mut wanted, "spec", "template", template);
    let body = at(past, "/data").cloned().unwrap_or(Value::Null);
    Ok(draft(facts, revision, newest, &wanted, PatchKind::Strategic, body))
}

/// The workload's own past by number: ReplicaSets of a Deployment, ControllerRevisions of the others.
pub(super) fn revisions(facts: &Facts) -> Vec<(i64, &Value)> {
    if matches!(facts.key.kind, Kind::Deployment | Kind::Rollout) {
        let name = if facts.key.kind == Kind::Rollout { ARGO_REVISION } else { REVISION };
        let number = |set: &Value| annotation(set, name).and_then(|number| number.parse().ok()).unwrap_or(0);
        return facts.owned(&facts.objects.replica_sets).into_iter().map(|set| (number(set), set)).collect();
    }
    let number = |past: &Value| past.get("revision").and_then(Value::as_i64).unwrap_or(0);
    facts.owned(&facts.objects.controller_revisions).into_iter().map(|past| (number(past), past)).collect()
}

/// The template a ReplicaSet or ControllerRevision keeps, verbatim but for what the controller added.
pub(super) fn template_of(facts: &Facts, revision: i64, past: &Value) -> Result<Value, Refusal> {
    let kept = at(past, "/spec/template").or_else(|| at(past, "/data/spec/template"));
    let Some(Value::Object(kept)) = kept else {
        return Err(Refusal::new(format!("revision {revision} of {} holds no template", facts.key)));
    };
    let mut template = kept.clone();
    template.shift_remove("$patch");
    Ok(without_hash(facts.key.kind, &Value::Object(template)))
}

/// Chooses by number: the one asked for, or the second highest. Returns it with the highest number.
pub(super) fn choose<'a>(
    facts: &Facts,
    mut numbered: Vec<(i64, &'a Value)>,
    to: Option<i64>,
) -> Result<(i64, i64, &'a Value), Refusal> {
    if to.is_none() && unobserved(facts) {
        // The newest change has no number yet, so "the one before" would be one too far back.
        return Err(Refusal::new(format!("the controller has not recorded the newest change of {} yet", facts.key))
            .hint("try again in a moment, or name a revision"));
    }
    numbered.sort_by_key(|(revision, _)| std::cmp::Reverse(*revision));
    let Some((newest, _)) = numbered.first().copied() else {
        return Err(no_history(facts));
    };
    let found = match to {
        None => numbered.get(1),
        Some(wanted) => numbered.iter().find(|(revision, _)| *revision == wanted && wanted > 0),
    };
    match (found, to) {
        (Some((revision, object)), _) => Ok((*revision, newest, object)),
        (None, None) => Err(no_history(facts)),
        (None, Some(wanted)) => {
            let known: Vec<String> = numbered.iter().map(|(revision, _)| revision.to_string()).collect();
            Err(Refusal::new(format!("{} has no revision {wanted}", facts.key))
                .hint(format!("known revisions: {}", known.join(", "))))
        }
    }
}

fn no_history(facts: &Facts) -> Refusal {
    Refusal::new(format!("{} has no earlier revision to go back to", facts.key))
}

pub(super) fn identical(facts: &Facts, revision: i64) -> Refusal {
    Refusal::new(format!("the template of {} is that of revision {revision} already", facts.key))
        .hint("choose another revision from its history")
}

fn draft(facts: &Facts, revision: i64, newest: i64, wanted: &Value, kind: PatchKind, body: Value) -> Draft {
    let words = format!("undo {} to revision {revision}", facts.key);
    let patch = Patch { subresource: None, kind, body, unified: None };
    Draft {
        summary: words.clone(),
        writes: vec![Write::patch(facts.object(), &facts.target, wanted, words, patch)],
        then: None,
        undo: facts.command("undo", &format!("--to-revision {newest}")),
        warnings: on_delete(facts).into_iter().collect(),
    }
}

/// Says that a new template reaches no pod by itself.
pub(super) fn on_delete(facts: &Facts) -> Option<Warning> {
    let kind = facts.target.pointer("/spec/updateStrategy/type")?.as_str()?;
    (kind == "OnDelete").then(|| Warning {
        kind: WarningKind::Idle,
        sentence: "its update strategy is OnDelete: pods change only as they are deleted".to_owned(),
    })
}

/// The Deployment's own annotations, and the revision's others.
fn annotations(facts: &Facts, set: &Value) -> Map<String, Value> {
    let of = |object: &Value| object.pointer("/metadata/annotations").and_then(Value::as_object).cloned();
    let mut all = of(&facts.target).unwrap_or_default();
    all.retain(|name, _| DEPLOYMENTS_OWN.contains(&name.as_str()));
    all.extend(of(set).unwrap_or_default().into_iter().filter(|(name, _)| !DEPLOYMENTS_OWN.contains(&name.as_str())));
    all
}

/// Returns a template without the label its controller adds.
pub(super) fn without_hash(kind: Kind, template: &Value) -> Value {
    let mut template = template.clone();
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.shift_remove(hash_label(kind));
    }
    template
}

fn put(object: &mut Value, parent: &str, key: &str, value: Value) {
    if let Some(parent) = object.get_mut(parent).and_then(Value::as_object_mut) {
        parent.insert(key.to_owned(), value);
    }
}
