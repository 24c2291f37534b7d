//! Judges a Canary of Flagger.

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{Family, FlaggerCanary, ObjectRef, SourceState, WorkloadKey},
    release::{
        Assessment, Delivery, Evidence, Progress, State, Version, Wait,
        findings::about,
        judge::alone,
        strategy::flagger::{delivery, is_trying, members, phase},
        subject::Subject,
        version,
    },
};

use super::{
    DEAD, Judged, add, earliest, unreconciled, unreconciled_after,
    words::{self, Case},
};

/// How long Flagger may say nothing beside its interval: clients hold repeated events back that long.
const QUIET: SignedDuration = SignedDuration::from_mins(5);

/// One member with its plain judgement.
struct Member<'a> {
    subject: Subject<'a>,
    judged: Assessment,
    due: Option<Timestamp>,
}

impl<'a> Member<'a> {
    fn of(subject: &Subject<'a>, key: &WorkloadKey) -> Option<Self> {
        let subject = Subject::of(subject.world, key, subject.now)?;
        let (judged, due) = alone(&subject);
        Some(Self { subject, judged, due })
    }
}

/// Judges a Canary as it is known now.
pub(in crate::release) fn judge(subject: &Subject<'_>, canary: &FlaggerCanary) -> Judged {
    let (_, message) = phase(subject.workload, canary);
    let mut delivery = delivery(subject.world, subject.workload, canary, subject.now);
    let of = members(subject.world, &subject.key);
    let target = of.as_ref().and_then(|(target, _)| Member::of(subject, target));
    let primary = of.as_ref().and_then(|(_, primary)| Member::of(subject, primary));
    let (dead, dead_due) = dead(subject, canary, target.as_ref(), primary.as_ref());
    if let Some(dead) = &dead {
        delivery.alarms.insert(0, dead.message.clone());
    }
    let (state, evidence) = state(canary, &delivery, dead, target.as_ref(), primary.as_ref());
    let case = Case { state, delivery: &delivery, evidence: &evidence, message: &message, now: subject.now };
    let (reason, reads) = words::reason(&case);
    let serving = primary.as_ref().map(|primary| &primary.judged);
    let edited = target.as_ref().map(|target| &target.judged);
    let plain =
        || if is_trying(canary) { edited } else { serving }.map(|judged| judged.advice.clone()).unwrap_or_default();
    let advice = words::advise(&case).unwrap_or_else(plain);
    let restarts = match (edited, serving) {
        (Some(edited), Some(serving)) if is_trying(canary) => add(&edited.restarts, &serving.restarts),
        (Some(edited), Some(serving)) => add(&serving.restarts, &edited.restarts),
        (one, other) => one.or(other).map(|judged| judged.restarts.clone()).unwrap_or_default(),
    };
    let assessment = Assessment {
        key: subject.key.clone(),
        state,
        reason,
        message,
        evidence,
        progress: progress(canary, edited, serving),
        eta: None,
        started: edited.and_then(|edited| edited.started.clone()),
        version: versions(canary, target.as_ref(), primary.as_ref()),
        revision: edited.map_or(0, |edited| edited.revision),
        restarts,
        who: edited.map(|edited| edited.who.clone()).unwrap_or_default(),
        advice,
        deadline: edited.filter(|_| state == State::Progressing).and_then(|edited| edited.deadline),
        delivery: Some(Box::new(delivery)),
    };
    // Words of a closed gate grow old by themselves.
    let gate =
        matches!(assessment.delivery.as_ref().and_then(|delivery| delivery.wait.as_ref()), Some(Wait::Person { .. }))
            .then(|| subject.now + canary.analysis.interval);
    let due = [dead_due, reads, gate, target.and_then(|member| member.due), primary.and_then(|member| member.due)];
    (assessment, earliest(due))
}

/// Decides the state; the first that matches, in the order of [`State`].
fn state(
    canary: &FlaggerCanary,
    delivery: &Delivery,
    dead: Option<Evidence>,
    target: Option<&Member<'_>>,
    primary: Option<&Member<'_>>,
) -> (State, Vec<Evidence>) {
    let is = |member: Option<&Member<'_>>, state: State| member.is_some_and(|member| member.judged.state == state);
    let evidence =
        |member: Option<&Member<'_>>| member.map(|member| member.judged.evidence.clone()).unwrap_or_default();
    let fails = |member| is(member, State::Stuck) || is(member, State::Degraded);
    if is(target, State::Unknown) || is(primary, State::Unknown) {
        return (State::Unknown, Vec::new());
    }
    if is(primary, State::ScaledDown) && is(target, State::ScaledDown) {
        return (State::ScaledDown, Vec::new());
    }
    if canary.suspended {
        return (State::Paused, Vec::new());
    }
    if matches!(delivery.wait, Some(Wait::Person { .. })) {
        return (State::Waiting, evidence(target.filter(|_| fails(target))));
    }
    if let Some(dead) = dead {
        return (State::Stuck, vec![dead]);
    }
    match &*canary.status.phase {
        "Failed" => (State::Degraded, evidence(primary.filter(|_| fails(primary)))),
        "Promoting" if fails(primary) => (State::Stuck, evidence(primary)),
        _ if is_trying(canary) && fails(target) => (State::Stuck, evidence(target)),
        "Initialized" | "Succeeded" if fails(primary) => (State::Degraded, evidence(primary)),
        "Initialized" | "Succeeded" if is(primary, State::Progressing) => (State::Progressing, Vec::new()),
        "Initialized" | "Succeeded" => (State::Stable, Vec::new()),
        _ => (State::Progressing, Vec::new()),
    }
}

/// Evidence that Flagger does not act: it never looked, or a new version lies there untested.
fn dead(
    subject: &Subject<'_>,
    canary: &FlaggerCanary,
    target: Option<&Member<'_>>,
    primary: Option<&Member<'_>>,
) -> (Option<Evidence>, Option<Timestamp>) {
    if canary.suspended {
        return (None, None);
    }
    if subject.workload.is_unseen() {
        return unreconciled(subject, "Flagger", subject.history.and_then(|history| history.unseen));
    }
    if matches!(&*canary.status.phase, "Progressing" | "Promoting" | "Finalising") {
        return standing(subject, canary);
    }
    let steady = matches!(&*canary.status.phase, "Initialized" | "Succeeded");
    let (Some(target), Some(primary)) = (target.filter(|_| steady), primary) else { return (None, None) };
    if target.subject.workload.template.containers == primary.subject.workload.template.containers {
        return (None, None);
    }
    let Some(since) = target.judged.started.as_ref().map(|started| started.at) else { return (None, None) };
    let due = since + canary.analysis.interval.max(SignedDuration::ZERO) + DEAD;
    if subject.now < due {
        return (None, Some(due));
    }
    let (waited, next) = words::age(since, subject.now);
    let sentence = format!("its new version has not been looked at for {waited}: is the Flagger controller running?");
    (Some(about(ObjectRef::from(&subject.key), None, "NotReconciled", &sentence, 1)), next)
}

/// Evidence that Flagger stopped in the middle. It notes each of its looks in the status or tells of it in an event, of
/// which one in five minutes comes through however often it looks.
fn standing(subject: &Subject<'_>, canary: &FlaggerCanary) -> (Option<Evidence>, Option<Timestamp>) {
    let world = subject.world;
    let told = world.source(Family::Events, &subject.key.namespace);
    // Where its events are not seen it may be talking all the time.
    if !told.is_some_and(|source| source.listed && matches!(source.state, SourceState::Synced)) {
        return (None, None);
    }
    let newest = world.events_about(&ObjectRef::from(&subject.key)).filter_map(|event| event.last).max();
    let Some(since) = newest.max(canary.status.last_transition) else { return (None, None) };
    let interval = canary.analysis.interval.max(SignedDuration::ZERO);
    let Ok(quiet) = since.checked_add(interval + interval + QUIET) else { return (None, None) };
    unreconciled_after(subject, "Flagger", (since, quiet))
}

/// The serving pods count; while something is tried its pods stand beside them.
fn progress(canary: &FlaggerCanary, edited: Option<&Assessment>, serving: Option<&Assessment>) -> Progress {
    let of = |judged: Option<&Assessment>| judged.map(|judged| judged.progress).unwrap_or_default();
    let (tried, serving) = (of(edited), of(serving));
    if !is_trying(canary) {
        return serving;
    }
    Progress {
        desired: serving.desired + tried.desired,
        updated: tried.updated,
        ready: serving.ready + tried.ready,
        available: serving.available + tried.available,
        updated_available: tried.updated_available,
        old: serving.updated + serving.old + tried.old,
        terminating: serving.terminating + tried.terminating,
    }
}

fn versions(canary: &FlaggerCanary, target: Option<&Member<'_>>, primary: Option<&Member<'_>>) -> Version {
    let template = |member: &Member<'_>| member.subject.workload.template.clone();
    let (edited, serving) = (target.map(template), primary.map(template));
    let open = is_trying(canary) || &*canary.status.phase == "Failed";
    match (edited, serving) {
        (Some(edited), Some(serving)) if open => version::between(Some(&serving), &edited),
        (_, Some(serving)) => version::between(Some(&serving), &serving),
        (Some(edited), None) => version::between(None, &edited),
        (None, None) => Version::default(),
    }
}
