//! Puts the rules together: one workload, one instant, one assessment.

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{Delivery, Family, Kind, Pod, WorkloadKey},
    world::{Unit, World},
};

use super::{
    Assessment, Evidence, Progress, Started, State, Version, Who,
    advice::{self, Case},
    degraded, delivered, eta,
    findings::in_a_cell,
    progress::Verdict,
    restarts::restarts,
    started::started,
    stuck,
    subject::Subject,
    version, who,
};

/// Judges one workload as it is known now; one that is not there is unknown.
pub fn assess(world: &World, key: &WorkloadKey, now: Timestamp) -> Assessment {
    judge(world, key, now).0
}

/// Judges one unit; also tells when time alone will change the judgement.
pub(super) fn judge(world: &World, key: &WorkloadKey, now: Timestamp) -> (Assessment, Option<Timestamp>) {
    let Some(subject) = Subject::of(world, key, now) else { return (unknown(key), None) };
    match (subject.workload.delivery.as_deref(), world.unit(key)) {
        (Some(Delivery::Argo(argo)), _) => delivered::argo(&subject, argo),
        (Some(Delivery::Flagger(canary)), _) => delivered::flagger(&subject, canary),
        (None, Some(Unit::Labels { canary, services, .. })) => delivered::labels(&subject, canary, services),
        (None, Some(Unit::Switch { other, service, preview, beside, .. })) => {
            delivered::switch(&subject, other, service, (preview.as_ref(), beside))
        }
        (None, _) => {
            let (mut assessment, due) = alone(&subject);
            assessment.delivery = doubtful(&subject);
            (assessment, due)
        }
    }
}

/// What looks like a part of a unit and cannot be told to be one: it stands alone, and says so.
fn doubtful(subject: &Subject<'_>) -> Option<Box<super::Delivery>> {
    let doubts = subject.world.doubts_of(&subject.key);
    (!doubts.is_empty()).then(|| Box::new(super::strategy::doubtful(subject.world, &subject.key, doubts)))
}

/// Judges one workload by itself, whatever its unit.
pub(super) fn alone(subject: &Subject<'_>) -> (Assessment, Option<Timestamp>) {
    let now = subject.now;
    let finding = state(subject);
    let progress = progress(subject);
    let going_out = matches!(finding.state, State::Progressing | State::Stuck | State::Paused | State::Unknown)
        && !subject.arrived();
    let eta = (finding.state == State::Progressing).then(|| eta::eta(subject, &progress)).flatten();
    let started = started(subject);
    let deadline = going_out.then(|| deadline(subject, started.as_ref())).flatten();
    let reason = reason(subject, &finding, &progress, eta);
    let (advice, advice_ends) = advise(subject, finding.state, &finding.evidence, &progress, started.as_ref());
    let changes = [
        finding.recheck,
        eta.and_then(|eta| eta::next_change(eta, now)),
        deadline.filter(|deadline| *deadline > now),
        advice_ends,
    ];
    let assessment = Assessment {
        key: subject.key.clone(),
        state: finding.state,
        reason,
        message: subject.verdict.to_string(),
        evidence: finding.evidence,
        progress,
        eta,
        started,
        version: versions(subject, going_out),
        revision: subject.revision(),
        restarts: restarts(subject),
        who: who::of_workload(subject.workload, subject.world.deed_of(&subject.workload.meta.uid)),
        advice,
        deadline,
        delivery: None,
    };
    (assessment, changes.into_iter().flatten().min())
}

/// A state and what it rests on.
struct Finding {
    state: State,
    evidence: Vec<Evidence>,
    recheck: Option<Timestamp>,
}

impl Finding {
    fn plain(state: State) -> Self {
        Self { state, evidence: Vec::new(), recheck: None }
    }
}

/// Decides the state; the first that matches, in the order of [`State`].
fn state(subject: &Subject<'_>) -> Finding {
    let workload = subject.workload;
    if !subject.seen_enough() {
        return Finding::plain(State::Unknown);
    }
    let wish_known = workload.kind != Kind::DaemonSet || subject.observed();
    if workload.desired() == 0 && wish_known {
        return Finding::plain(State::ScaledDown);
    }
    if workload.paused {
        return Finding::plain(State::Paused);
    }
    if !subject.arrived() {
        let (evidence, recheck) = stuck::evidence(subject, |_| true);
        let state = if evidence.is_empty() { State::Progressing } else { State::Stuck };
        return Finding { state, evidence, recheck };
    }
    after_arrival(subject)
}

/// What has arrived is unhealthy, or being scaled, or well.
fn after_arrival(subject: &Subject<'_>) -> Finding {
    let (unhealthy, forgotten) = degraded::unhealthy(subject);
    if !unhealthy.is_empty() {
        return Finding { state: State::Degraded, evidence: unhealthy, recheck: forgotten };
    }
    if subject.verdict.is_done() || subject.verdict == Verdict::OnDelete {
        return Finding::plain(State::Stable);
    }
    let (evidence, recheck) = stuck::evidence(subject, |pod: &Pod| !subject.was_ready(pod));
    let state = if evidence.is_empty() { State::Progressing } else { State::Stuck };
    Finding { state, evidence, recheck }
}

fn unknown(key: &WorkloadKey) -> Assessment {
    Assessment {
        key: key.clone(),
        state: State::Unknown,
        reason: "not there".to_owned(),
        message: String::new(),
        evidence: Vec::new(),
        progress: Progress::default(),
        eta: None,
        started: None,
        version: Version::default(),
        revision: 0,
        restarts: super::Restarts::default(),
        who: Who::Unknown,
        advice: super::Advice::default(),
        deadline: None,
        delivery: None,
    }
}

/// Counts its pods against its wish.
pub(super) fn progress(subject: &Subject<'_>) -> Progress {
    let status = &subject.workload.status;
    let updated_available = match subject.target {
        Some(set) => set.available,
        // At least so many, whichever pods are the unavailable ones.
        None if subject.workload.kind == Kind::Deployment => status.available - (status.replicas - status.updated),
        None => count(subject.target_pods().filter(|pod| pod.is_ready()).count()).min(status.available),
    };
    let updated = if subject.observed() { status.updated } else { count(subject.target_pods().count()) };
    Progress {
        desired: subject.workload.desired().max(0),
        updated: updated.max(0),
        ready: status.ready.max(0),
        available: status.available.max(0),
        updated_available: updated_available.max(0),
        old: count(subject.pods.iter().filter(|pod| !subject.is_target(pod)).count()),
        terminating: count(subject.pods.iter().filter(|pod| pod.is_terminating()).count()),
    }
}

fn count(pods: usize) -> i32 {
    i32::try_from(pods).unwrap_or(i32::MAX)
}

/// Returns when the controller will give up: counted from its last word on this change, else from the change.
pub(super) fn deadline(subject: &Subject<'_>, started: Option<&Started>) -> Option<Timestamp> {
    /// The API's way to say "never".
    const NEVER: i32 = i32::MAX;
    let seconds = subject.workload.progress_deadline_seconds.filter(|seconds| *seconds != NEVER)?;
    if subject.workload.paused {
        return None;
    }
    let started = started.map(|started| started.at);
    let last_word = subject.workload.condition("Progressing").and_then(|condition| condition.updated);
    let from = last_word.into_iter().chain(started).max()?;
    Some(from + SignedDuration::from_secs(seconds.into()))
}

/// Names the versions at both ends.
pub(super) fn versions(subject: &Subject<'_>, going_out: bool) -> Version {
    let target = subject.template();
    if going_out { version::between(subject.replaced(), target) } else { version::between(Some(target), target) }
}

fn reason(subject: &Subject<'_>, finding: &Finding, progress: &Progress, eta: Option<SignedDuration>) -> String {
    if let Some(gravest) = finding.evidence.first() {
        return in_a_cell(gravest);
    }
    let words = match finding.state {
        State::Progressing => eta.map_or_else(|| subject.verdict.brief(), eta::words),
        State::Paused if !subject.arrived() => format!("{} of {} updated", progress.updated, progress.desired),
        State::Paused => "nothing waits to go out".to_owned(),
        State::ScaledDown => match subject.pods.len() {
            0 => "no pods are wanted".to_owned(),
            1 => "no pods are wanted, 1 is still stopping".to_owned(),
            pods => format!("no pods are wanted, {pods} are still stopping"),
        },
        State::Unknown => "waiting for the pods' list".to_owned(),
        _ => String::new(),
    };
    match subject.absent(Family::Pods) {
        Some(why) if words.is_empty() => format!("its pods cannot be seen ({why})"),
        Some(why) => format!("{words}; its pods cannot be seen ({why})"),
        None => words,
    }
}

/// A release this young is the first suspect when something is wrong.
const SUSPECT: SignedDuration = SignedDuration::from_hours(1);

/// Advises on a workload by itself, and tells until when that holds.
pub(super) fn advise(
    subject: &Subject<'_>,
    state: State,
    evidence: &[Evidence],
    progress: &Progress,
    started: Option<&Started>,
) -> (super::Advice, Option<Timestamp>) {
    let suspect_until = started.map(|started| started.at + SUSPECT).filter(|until| *until > subject.now);
    let mut old = subject.pods.iter().filter(|pod| !pod.is_terminating() && !subject.is_target(pod));
    let autoscaler = subject.world.autoscaler_of(&subject.key);
    let advice = advice::advise(&Case {
        state,
        evidence: evidence.first(),
        previous: subject.previous().map(|(revision, template)| (revision, version::of(template))),
        young: suspect_until.is_some(),
        going_out: !subject.arrived(),
        rolled_back: subject.rolled_back(),
        scalable: subject.workload.kind != Kind::DaemonSet,
        old_fails: old.any(|pod| super::findings::of_pod(pod).is_some()),
        updated: progress.updated,
        desired: progress.desired,
        autoscaler_limit: autoscaler.filter(|scaler| scaler.desired >= scaler.max).map(|scaler| scaler.max),
    });
    let ends = suspect_until.filter(|_| state == State::Degraded);
    (advice, ends)
}
