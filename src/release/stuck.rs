//! Reasons to think that a change will not arrive.

use jiff::{SignedDuration, Timestamp};

use crate::domain::{Condition, Kind, ObjectRef, Pod, Text};

use super::{
    Evidence,
    findings::{about, merge, of_pod, overdue},
    subject::{Subject, is_about},
};

/// A refusal to create pods older than this is no longer news.
const REFUSAL_AGE: SignedDuration = SignedDuration::from_mins(10);

/// Collects the evidence against the target's pods that have not been ready, and when time alone will add to it.
pub(super) fn evidence(subject: &Subject<'_>, against: impl Fn(&Pod) -> bool) -> (Vec<Evidence>, Option<Timestamp>) {
    let mut due: Option<Timestamp> = None;
    let mut found = Vec::new();
    for pod in subject.target_pods().filter(|pod| !pod.is_ready() || repeated(pod)).filter(|pod| against(pod)) {
        match of_pod(pod).map_or_else(|| overdue(subject, pod), Ok) {
            Ok(evidence) => found.push(evidence),
            Err(later) => due = due.into_iter().chain(later).min(),
        }
    }
    found.extend(refused(subject));
    found.extend(deadline_exceeded(subject));
    (merge(found), due)
}

/// A container that failed twice counts even while its next run looks well.
fn repeated(pod: &Pod) -> bool {
    pod.statuses.iter().any(|status| super::findings::failed_runs(status) >= 2)
}

/// The controller gave up on this very change.
fn deadline_exceeded(subject: &Subject<'_>) -> Option<Evidence> {
    let condition = subject.workload.condition("Progressing")?;
    let fresh = subject.observed()
        && subject.target.is_none_or(|set| is_about(&condition.message, &set.meta.name))
        && !subject.verdict.is_done();
    (fresh && &*condition.reason == "ProgressDeadlineExceeded")
        .then(|| about(ObjectRef::from(&subject.key), None, &condition.reason, &condition.message, 1))
}

/// Pods may not be created: the ReplicaSet's condition, or the events of the other kinds.
fn refused(subject: &Subject<'_>) -> Option<Evidence> {
    if matches!(subject.workload.kind, Kind::Deployment | Kind::Rollout) {
        let set = subject.target?;
        let failing = |condition: &&Condition| &*condition.kind == "ReplicaFailure" && condition.is_true();
        let condition = set.conditions.iter().find(failing).filter(|_| set.replicas < set.desired)?;
        let object = ObjectRef {
            kind: Text::from("ReplicaSet"),
            namespace: set.meta.namespace.clone(),
            name: set.meta.name.clone(),
        };
        return Some(about(object, None, &condition.reason, &condition.message, 1));
    }
    let object = ObjectRef::from(&subject.key);
    let newest = |reason: &str| {
        let events = subject.world.events_about(&object).filter(|event| &*event.reason == reason);
        events.max_by_key(|event| event.last)
    };
    let refusal = newest("FailedCreate")?;
    let recent = refusal.last.is_some_and(|last| subject.now.duration_since(last) < REFUSAL_AGE);
    let overcome = newest("SuccessfulCreate").is_some_and(|success| success.last >= refusal.last);
    (recent && !overcome).then(|| about(object.clone(), None, &refusal.reason, &refusal.message, 1))
}
