//! Whose template a Rollout runs: going back to an earlier one, and other images in it.

use serde_json::{Value, json};

use crate::{
    domain::{Kind, Text},
    operation::{
        Facts, Object, ObjectKind, Refusal, Warning, Write, diff,
        image::{self, Slot},
        json::{annotation, at, label, text},
        plan::Draft,
        undo::{choose, identical, revisions, template_of, unobserved, without_hash},
    },
};

use super::state::Rollout;

/// The generation of the referred workload that the controller has seen: on the Rollout, and in its status.
const REFERRED: [&str; 2] = ["rollout.argoproj.io/workload-generation", "/status/workloadObservedGeneration"];

/// The label a controller adds to the templates of this kind's ReplicaSets.
pub(in crate::operation) fn hash_label(kind: Kind) -> &'static str {
    if kind == Kind::Rollout { "rollouts-pod-template-hash" } else { "pod-template-hash" }
}

/// Who holds the template of a workload: the object, its value, and the pointer to the template in it.
fn holder(facts: &Facts) -> Result<(Object, &Value, &'static str), Refusal> {
    if facts.key.kind != Kind::Rollout || at(&facts.target, "/spec/workloadRef").is_none() {
        return Ok((facts.object(), &facts.target, "/spec/template"));
    }
    let refers = |word: &str| text(&facts.target, &format!("/spec/workloadRef/{word}"));
    let (kind, name) = (refers("kind"), refers("name"));
    let known = match ObjectKind::named(kind) {
        Some(kind @ (ObjectKind::Workload(Kind::Deployment) | ObjectKind::ReplicaSet)) => (kind, "/spec/template"),
        Some(kind @ ObjectKind::PodTemplate) => (kind, "/template"),
        _ => {
            return Err(Refusal::new(format!(
                "{} refers to a {kind}, whose template cannot be changed here",
                facts.key
            )));
        }
    };
    let Some(value) = &facts.objects.template else {
        return Err(Refusal::new(format!("{} refers to {kind} {name}, which is not there", facts.key)));
    };
    Ok((Object::new(known.0, facts.key.namespace.clone(), name), value, known.1))
}

/// Tells whether the controller has not yet acted on the newest template of the workload a Rollout refers to.
pub(in crate::operation) fn template_unobserved(facts: &Facts) -> bool {
    let newest = annotation(&facts.target, REFERRED[0]).unwrap_or_default();
    let referred = at(&facts.target, "/spec/workloadRef").is_some();
    referred && !newest.is_empty() && newest != text(&facts.target, REFERRED[1])
}

/// Plans a rollback: only the template goes back, annotations stay as they are.
pub(super) fn undo(rollout: Rollout<'_>, to: Option<i64>) -> Result<Draft, Refusal> {
    let facts = rollout.facts;
    let (revision, newest, set) = choose(facts, revisions(facts), to)?;
    let template = template_of(facts, revision, set)?;
    let (object, seen, pointer) = holder(facts)?;
    let present = at(seen, pointer).unwrap_or(&Value::Null);
    if diff(&without_hash(facts.key.kind, present), &template).is_empty() || runs(rollout, set) {
        return Err(identical(facts, revision));
    }
    let words = format!("undo {} to revision {revision}", facts.key);
    let body = json!([{"op": "replace", "path": pointer, "value": template}]);
    let stays = rollout.aborted().then(|| Warning::meaning("it stays aborted until its controller sees the new spec"));
    Ok(Draft {
        summary: words.clone(),
        writes: vec![Write::json(object, seen, words, body)],
        then: None,
        undo: facts.command("undo", &format!("--to-revision {newest}")),
        warnings: [replayed(rollout, set, newest - revision)].into_iter().chain(stays).collect(),
    })
}

/// Tells whether a revision is the one the spec asks for. The controller's word counts: a ReplicaSet's template holds
/// defaults of the API server that the Rollout's lacks, so the two are hardly ever equal.
fn runs(rollout: Rollout<'_>, set: &Value) -> bool {
    let hash = label(set, hash_label(Kind::Rollout)).unwrap_or_default();
    !hash.is_empty() && hash == rollout.text("/status/currentPodHash") && !unobserved(rollout.facts)
}

/// Says how long the way back is.
fn replayed(rollout: Rollout<'_>, set: &Value, distance: i64) -> Warning {
    let hash = label(set, hash_label(Kind::Rollout)).unwrap_or_default();
    if !hash.is_empty() && hash == rollout.stable() && !rollout.promoted() {
        return Warning::meaning("that revision is still the stable one: it goes back at once, without steps");
    }
    let window = at(&rollout.facts.target, "/spec/rollbackWindow/revisions").and_then(Value::as_i64);
    if let Some(window) = window.filter(|window| distance <= *window) {
        return Warning::meaning(format!(
            "its rollback window of {window} revisions covers it: it goes back without steps"
        ));
    }
    Warning::meaning(if rollout.blue_green() {
        "it is a release like any other: preview, analysis and switch again, unless that revision's pods still run"
    } else {
        "it is a release like any other: every step, pause and analysis runs again; promote in full skips them"
    })
}

/// Plans new images. Custom resources know no strategic merge, so each image is replaced in its place, and the patch
/// fails if another container stands there.
pub(super) fn set_image(facts: &Facts, images: &[(Text, Text)]) -> Result<Draft, Refusal> {
    let (object, seen, pointer) = holder(facts)?;
    let slots = image::chosen(facts, seen, pointer, images)?;
    let mut body = Vec::new();
    for Slot { list, index, name, image } in &slots {
        let path = format!("{pointer}/spec/{list}/{index}");
        body.push(json!({"op": "test", "path": format!("{path}/name"), "value": name}));
        body.push(json!({"op": "replace", "path": format!("{path}/image"), "value": image}));
    }
    body.push(image::note(facts, seen, &format!("set-image {}", image::listed(images))));
    let words = format!("set image of {}: {}", facts.key, image::listed(images));
    Ok(Draft {
        summary: words.clone(),
        writes: vec![Write::json(object, seen, words, Value::Array(body))],
        then: None,
        undo: facts.command("undo", ""),
        warnings: image::idle(facts),
    })
}
