//! Judges a Rollout.

use crate::{
    domain::{ArgoRollout, Pod},
    release::{
        Assessment, Delivery, Evidence, State, Wait, degraded,
        judge::{advise, progress, versions},
        restarts::restarts,
        started::started,
        strategy::{self, Phase},
        stuck,
        subject::Subject,
        who,
    },
};

use super::{
    Judged, earliest, unreconciled,
    words::{self, Case},
};

/// Judges a Rollout as it is known now.
pub(in crate::release) fn judge(subject: &Subject<'_>, argo: &ArgoRollout) -> Judged {
    let (phase, message) = strategy::argo::phase(subject.workload, argo);
    let mut delivery = strategy::argo::delivery(subject, argo);
    let found = state(subject, argo, phase, &delivery);
    let dead = found.1.iter().find(|evidence| &*evidence.reason == "NotReconciled");
    delivery.alarms.splice(0..0, dead.map(|dead| dead.message.clone()));
    let message = delivery.aborted.as_ref().map_or(message, |why| format!("aborted: {why}"));
    let progress = progress(subject);
    let started = started(subject);
    let case = Case { state: found.0, delivery: &delivery, evidence: &found.1, message: &message, now: subject.now };
    let (reason, reads) = words::reason(&case);
    let (plain, advice_ends) = advise(subject, found.0, &found.1, &progress, started.as_ref());
    let advice = words::advise(&case).unwrap_or(plain);
    let going_out = !subject.arrived();
    let runs = found.0 == State::Progressing && going_out && delivery.wait.is_none();
    let deadline = runs.then(|| crate::release::judge::deadline(subject, started.as_ref())).flatten();
    let due = [found.2, reads, advice_ends, delivery.scale_down_at, deadline];
    let assessment = Assessment {
        key: subject.key.clone(),
        state: found.0,
        reason,
        message,
        evidence: found.1,
        progress,
        eta: None,
        started,
        version: versions(subject, going_out),
        revision: subject.revision(),
        restarts: restarts(subject),
        who: who::of_workload(subject.edited(), subject.world.deed_of(&subject.edited().meta.uid)),
        advice,
        deadline,
        delivery: Some(Box::new(delivery)),
    };
    (assessment, earliest(due.map(|due| due.filter(|due| *due > subject.now))))
}

type Found = (State, Vec<Evidence>, Option<jiff::Timestamp>);

/// Decides the state; the first that matches, in the order of [`State`].
fn state(subject: &Subject<'_>, argo: &ArgoRollout, phase: Phase, delivery: &Delivery) -> Found {
    let workload = subject.workload;
    let plain = |state: State| (state, Vec::new(), None);
    if !subject.seen_enough() {
        return plain(State::Unknown);
    }
    if workload.desired() == 0 {
        return plain(State::ScaledDown);
    }
    if workload.paused {
        return plain(State::Paused);
    }
    let unseen = subject.history.and_then(|history| history.unseen).filter(|_| workload.is_unseen());
    // A pause that is over and goes on being one.
    let over = match &delivery.wait {
        Some(Wait::Timer { until, .. }) => *until,
        _ => None,
    };
    let unseen = unseen.or(over);
    let (dead, due) = unreconciled(subject, "Argo Rollouts", unseen);
    if let Some(dead) = dead {
        return (State::Stuck, vec![dead], due);
    }
    let arrived = subject.arrived();
    let against = |pod: &Pod| !arrived || !subject.was_ready(pod);
    let (evidence, later) = stuck::evidence(subject, against);
    let due = earliest([due, later]);
    if matches!(delivery.wait, Some(Wait::Person { .. })) {
        // The deadline does not run while a person is waited for; a word of it is an old one.
        let evidence = evidence.into_iter().filter(|one| &*one.reason != "ProgressDeadlineExceeded").collect();
        return (State::Waiting, evidence, due);
    }
    if argo.status.aborted {
        return (State::Degraded, Vec::new(), None);
    }
    if phase == Phase::Degraded {
        let state = if evidence.is_empty() { State::Degraded } else { State::Stuck };
        return (state, evidence, due);
    }
    if arrived {
        let (unhealthy, forgotten) = degraded::unhealthy(subject);
        if !unhealthy.is_empty() {
            return (State::Degraded, unhealthy, forgotten);
        }
        if phase == Phase::Healthy {
            return (State::Stable, Vec::new(), due);
        }
    }
    let state = match (evidence.is_empty(), phase) {
        (false, _) => State::Stuck,
        (true, Phase::Healthy) => State::Stable,
        (true, _) => State::Progressing,
    };
    (state, evidence, due)
}
