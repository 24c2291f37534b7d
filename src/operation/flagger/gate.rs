//! Gates: webhooks of a Canary that hold it until a person opens them, or roll it back. Flagger only asks them; the
//! loadtester that comes with it keeps one gate a canary, in memory, and is told through the API server's proxy.

use serde_json::{Value, json};

use crate::{
    domain::Text,
    operation::{Change, Object, ObjectKind, Post, Refusal, Send, Warning, Write, json::text, plan::Draft},
};

use super::state::Canary;

/// Kinds of webhooks that hold a canary.
const HOLDING: [&str; 3] = ["confirm-rollout", "confirm-traffic-increase", "confirm-promotion"];
const ROLLBACK: &str = "rollback";

/// Opens the gate that holds it.
pub(super) fn promote(canary: Canary<'_>) -> Result<Draft, Refusal> {
    let key = &canary.facts.key;
    if !canary.testing() {
        return Err(Refusal::new(format!(
            "nothing to promote in {key}: Flagger tests no new version (it is {})",
            canary.said()
        )));
    }
    let hook = holding(canary).and_then(|kind| find(canary, kind));
    let Some(hook) = hook else {
        return Err(Refusal::new(format!("no gate holds {key}: Flagger goes on by itself"))
            .hint("promote in full skips the rest of its analysis"));
    };
    let kind = text(hook, "/type");
    let mut draft = switch(canary, hook, true)?;
    draft.summary = format!("promote {key}: open its gate {kind}");
    Ok(draft)
}

/// Opens or closes a gate by kind; the one that holds it, or its only one, where none is named.
pub(super) fn toggle(canary: Canary<'_>, kind: &Text, open: bool) -> Result<Draft, Refusal> {
    let key = &canary.facts.key;
    let gates: Vec<&Value> = canary.webhooks().iter().filter(|hook| is_gate(hook)).collect();
    let named = if kind.is_empty() { holding(canary).unwrap_or_default() } else { kind };
    let hook = match (gates.iter().find(|hook| text(hook, "/type") == named), gates.as_slice()) {
        (Some(hook), _) => *hook,
        (None, [only]) if kind.is_empty() => *only,
        (None, []) => return Err(Refusal::new(format!("{key} has no gates"))),
        (None, _) => {
            let known: Vec<&str> = gates.iter().map(|hook| text(hook, "/type")).collect();
            let what = if kind.is_empty() {
                "which gate is meant is not clear".to_owned()
            } else {
                format!("{key} has no gate {kind}")
            };
            return Err(Refusal::new(what).hint(format!("its gates: {}", known.join(", "))));
        }
    };
    switch(canary, hook, open)
}

/// Rolls back by the webhook that is there for it.
pub(super) fn abort(canary: Canary<'_>) -> Result<Draft, Refusal> {
    let key = &canary.facts.key;
    if !["Progressing", "Waiting", "WaitingPromotion"].contains(&canary.phase()) {
        return Err(Refusal::new(format!(
            "Flagger tests no version of {key} it could roll back (it is {})",
            canary.said()
        )));
    }
    let Some(hook) = find(canary, ROLLBACK) else {
        let (failed, allowed) = canary.checks();
        return Err(Refusal::new(format!("{key} has no rollback webhook, so Flagger cannot be told to give up")).hint(
            format!(
                "it gives up by itself after {allowed} failed checks ({failed} so far); pause stops it where it is; a \
                 webhook of type rollback in its spec would allow it"
            ),
        ));
    };
    let mut draft = switch(canary, hook, true)?;
    draft.summary = format!("abort {key}: open its gate {ROLLBACK}, and Flagger sends all traffic to the primary");
    draft.then = Some(format!("when it is rolled back: close the gate {ROLLBACK} of {key} again"));
    draft.undo = canary.facts.command("retry", "");
    draft.warnings = vec![Warning::meaning(
        "its target stays on the new version; as long as the gate is open, every later version is rolled back as well",
    )];
    Ok(draft)
}

/// Tells whether it has a gate by which it may have been rolled back.
pub(super) fn can_roll_back(canary: Canary<'_>) -> bool {
    find(canary, ROLLBACK).is_some_and(|hook| address(canary, hook, false).is_ok())
}

/// Closes the gate by which it was rolled back.
pub(super) fn close_rollback(canary: Canary<'_>) -> Result<Draft, Refusal> {
    match find(canary, ROLLBACK) {
        Some(hook) => switch(canary, hook, false),
        None => Err(Refusal::new(format!("nothing of {} is left half done", canary.facts.key))),
    }
}

fn is_gate(hook: &Value) -> bool {
    let kind = text(hook, "/type");
    HOLDING.contains(&kind) || kind == ROLLBACK
}

fn find<'a>(canary: Canary<'a>, kind: &str) -> Option<&'a Value> {
    canary.webhooks().iter().find(|hook| text(hook, "/type") == kind)
}

/// The kind of gate that holds it in its present phase, as far as that can be told.
fn holding(canary: Canary<'_>) -> Option<&'static str> {
    match canary.phase() {
        "Waiting" => Some(HOLDING[0]),
        "Progressing" => Some(HOLDING[1]),
        "WaitingPromotion" => Some(HOLDING[2]),
        _ => None,
    }
}

fn switch(canary: Canary<'_>, hook: &Value, open: bool) -> Result<Draft, Refusal> {
    let key = &canary.facts.key;
    let kind = text(hook, "/type");
    let (service, post) = address(canary, hook, open)?;
    let (verb, back) = if open { ("open", "close") } else { ("close", "open") };
    let words = format!(
        "{verb} the gate {kind} of {key}: POST {} to service/{} in {}",
        post.path, service.name, service.namespace
    );
    let state = |open: bool| Some(Value::from(if open { "open" } else { "closed" }));
    let field = Change { pointer: String::new(), label: format!("gate {kind}"), before: None, after: state(open) };
    let shared = (open && kind != ROLLBACK).then(|| {
        Warning::meaning("the loadtester keeps one gate a canary, not one a phase: it stays open until it is closed")
    });
    Ok(Draft {
        summary: format!("{verb} the gate {kind} of {key}"),
        writes: vec![Write::of(service, &Value::Null, words, Send::Post(post), vec![field])],
        then: None,
        undo: canary.facts.command(&format!("gate {back}"), kind),
        warnings: shared.into_iter().collect(),
    })
}

/// Where a gate is told to open or close: the Service behind the webhook's address, and the request.
fn address(canary: Canary<'_>, hook: &Value, open: bool) -> Result<(Object, Post), Refusal> {
    let key = &canary.facts.key;
    let url = text(hook, "/url");
    let strange = |why: &str| Refusal::new(format!("the gate {} of {key} asks {url}, {why}", text(hook, "/type")));
    let (scheme, rest) = url.split_once("://").ok_or_else(|| strange("which is no address"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let path = path.trim_end_matches('/');
    let word = if open { "open" } else { "close" };
    // It becomes a part of a path of the API server.
    let tame =
        |part: &str| !part.starts_with('.') && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if !path.split('/').all(tame) {
        return Err(strange("which is no gate of Flagger's loadtester").hint("open it where it is kept"));
    }
    let told = match path.rsplit_once('/').unwrap_or(("", path)) {
        (before, "check") if before.ends_with("gate") || before.ends_with("rollback") => format!("/{before}/{word}"),
        (_, fixed @ ("halt" | "approve")) => {
            let always = if fixed == "halt" { "closed" } else { "open" };
            return Err(strange(&format!("which is always {always}"))
                .hint("point the webhook at /gate/check to open and close it"));
        }
        _ => return Err(strange("which is no gate of Flagger's loadtester").hint("open it where it is kept")),
    };
    let (name, port) = match host.split_once(':') {
        Some((name, port)) => (name, port.to_owned()),
        None => (host, if scheme == "https" { "443".to_owned() } else { "80".to_owned() }),
    };
    let parts: Vec<&str> = name.split('.').collect();
    let (service, namespace) = match parts.as_slice() {
        [service] => (*service, &*key.namespace),
        [service, namespace] | [service, namespace, "svc", ..] => (*service, *namespace),
        _ => return Err(strange("which is no Service of this cluster").hint("open it where it is kept")),
    };
    let plain = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if ![service, namespace, &port].into_iter().all(plain) {
        return Err(strange("which is no Service of this cluster"));
    }
    let secure = if scheme == "https" { "https:" } else { "" };
    let request = Post {
        endpoint: format!("{secure}{service}:{port}"),
        path: told,
        body: json!({"name": &*key.name, "namespace": &*key.namespace}),
    };
    Ok((Object::new(ObjectKind::Service, namespace, service), request))
}
