//! Judges two Deployments that are one release: label canaries, and blue-green pairs behind a Service.
//!
//! No controller moves them: what is up and is not what users get waits for a person.

use jiff::Timestamp;

use crate::{
    domain::{Text, Workload, WorkloadKey},
    release::{
        Assessment, Delivery, Manner, State, Version,
        judge::alone,
        strategy::{labels as of_labels, switch as of_switch},
        subject::Subject,
        version,
    },
};

use super::{
    Judged, add, earliest,
    words::{self, Case},
};

/// Judges a label canary, by the name of its stable Deployment.
pub(in crate::release) fn labels(subject: &Subject<'_>, canary: &WorkloadKey, services: &[Text]) -> Judged {
    let delivery = of_labels::delivery(subject.world, &subject.key, canary, services);
    let open = |other: &Workload| other.template.containers != subject.workload.template.containers;
    pair(subject, canary, delivery, open, of_labels::wait)
}

/// Judges a blue-green pair, by the name of the Deployment its Service selects.
pub(in crate::release) fn switch(
    subject: &Subject<'_>,
    other: &WorkloadKey,
    service: &Text,
    (preview, beside): (Option<&Text>, &[Text]),
) -> Judged {
    let undecided = undecided(subject, other, service);
    let of = of_switch::Switch { active: &subject.key, other, service, preview, beside, undecided };
    let delivery = of_switch::delivery(subject.world, &of);
    pair(subject, other, delivery, |_| undecided, of_switch::wait)
}

/// Tells whether the other side was changed after anybody last switched, so that somebody is still to decide about it.
fn undecided(subject: &Subject<'_>, other: &WorkloadKey, service: &Text) -> bool {
    let changed = |subject: &Subject<'_>| crate::release::started::started(subject).map(|started| started.at);
    let Some(other) = Subject::of(subject.world, other, subject.now) else { return false };
    if other.workload.template.containers == subject.workload.template.containers {
        return false;
    }
    let switched = subject.world.services_in(&subject.key.namespace).find(|one| one.meta.name == *service);
    match (changed(&other), switched.and_then(|service| service.selected)) {
        (Some(changed), Some(switched)) => changed > switched,
        (Some(other), None) => changed(subject).is_none_or(|active| other > active),
        (None, _) => false,
    }
}

/// Puts the judgements of what serves and of what is tried together.
fn pair(
    subject: &Subject<'_>,
    other: &WorkloadKey,
    mut delivery: Delivery,
    open: impl Fn(&Workload) -> bool,
    wait: fn(Option<Timestamp>) -> crate::release::Wait,
) -> Judged {
    let (mut judged, due) = alone(subject);
    let tried = Subject::of(subject.world, other, subject.now).filter(|_| delivery.canary.is_some());
    let Some(tried) = tried else {
        judged.delivery = Some(Box::new(delivery));
        return (judged, due);
    };
    let (of_tried, of_tried_due) = alone(&tried);
    let is_open = open(tried.workload);
    let fails = |judged: &Assessment| matches!(judged.state, State::Stuck | State::Degraded);
    let (state, evidence) = match () {
        () if of_tried.state == State::Unknown => (State::Unknown, Vec::new()),
        () if matches!(judged.state, State::Unknown | State::ScaledDown | State::Paused) || fails(&judged) => {
            (judged.state, judged.evidence.clone())
        }
        () if fails(&of_tried) && is_open => (State::Stuck, of_tried.evidence.clone()),
        () if fails(&of_tried) => (State::Degraded, of_tried.evidence.clone()),
        () if of_tried.state == State::Paused => (State::Paused, Vec::new()),
        () if of_tried.state == State::Progressing => (State::Progressing, Vec::new()),
        () if is_open => (State::Waiting, Vec::new()),
        () => (judged.state, Vec::new()),
    };
    if state == State::Waiting {
        delivery.wait = Some(wait(ready_since(&tried)));
    }
    let own = state == judged.state && !is_open;
    let message = match () {
        () if own => judged.message.clone(),
        () if state == State::Waiting => undecided_words(&delivery),
        () => of_tried.message.clone(),
    };
    let case = Case { state, delivery: &delivery, evidence: &evidence, message: &message, now: subject.now };
    let (reason, reads) = if own { (judged.reason.clone(), None) } else { words::reason(&case) };
    let advice = if own { None } else { words::advise(&case) };
    let assessment = Assessment {
        state,
        reason,
        message,
        evidence,
        advice: advice.unwrap_or(judged.advice),
        started: if is_open { of_tried.started } else { judged.started },
        who: if is_open { of_tried.who } else { judged.who },
        version: if is_open {
            // A version label is each Deployment's own, and left behind by whoever sets an image alone.
            Version { from: version::of(&subject.workload.template), to: version::of(&tried.workload.template) }
        } else {
            judged.version
        },
        restarts: if is_open {
            add(&of_tried.restarts, &judged.restarts)
        } else {
            add(&judged.restarts, &of_tried.restarts)
        },
        delivery: Some(Box::new(delivery)),
        ..judged
    };
    (assessment, earliest([due, of_tried_due, reads]))
}

/// Says what is up and waits for somebody.
fn undecided_words(delivery: &Delivery) -> String {
    let Some(tried) = &delivery.canary else { return String::new() };
    let version = &tried.version;
    if delivery.manner == Manner::BlueGreen {
        return format!(
            "{version} is up on {}, where no users are: promote switches them to it, abort gives it up",
            tried.name
        );
    }
    let all = tried.available + delivery.stable.available;
    format!("{version} runs in {} of {all} pods: promote makes it stable, abort ends it", tried.available)
}

/// Since when the tried pods have all been there: their readiness as watched, else as their conditions say.
fn ready_since(tried: &Subject<'_>) -> Option<Timestamp> {
    let ready =
        tried.target_pods().filter_map(|pod| pod.condition("Ready").filter(|condition| condition.is_true())?.since);
    ready.max()
}
