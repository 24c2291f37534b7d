//! What speaks against a pod, and how the same finding on several pods becomes one piece of evidence.

use jiff::{SignedDuration, Timestamp};

use crate::domain::{ContainerState, ContainerStatus, ObjectRef, Pod, Terminated, Text, text::clean};

use super::{
    Evidence,
    restarts::how_it_ended,
    subject::{Subject, pod_ref},
};

/// What a piece of evidence means for a release; graver first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Containers crash.
    Crash,
    /// Containers are killed for their memory.
    Memory,
    /// An image cannot be had.
    Pull,
    /// A container cannot be made as configured.
    Config,
    /// Pods may not be created: quota, admission.
    Create,
    /// No node takes a pod.
    Schedule,
    /// Pods run and do not get ready.
    Readiness,
    /// The controller gave up.
    Deadline,
}

const PULL: [&str; 6] = [
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
    "RegistryUnavailable",
];
const CONFIG: [&str; 7] = [
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "PreCreateHookError",
    "PreStartHookError",
    "PostStartHookError",
    "StartError",
];

impl Cause {
    /// Returns what a reason, as Kubernetes names it, means.
    pub fn of(reason: &str) -> Option<Self> {
        Some(match reason {
            "OOMKilled" => Self::Memory,
            "CrashLoopBackOff" | "Error" | "ContainerCannotRun" => Self::Crash,
            "FailedCreate" => Self::Create,
            "Unschedulable" => Self::Schedule,
            "Unhealthy" => Self::Readiness,
            "ProgressDeadlineExceeded" => Self::Deadline,
            reason if PULL.contains(&reason) => Self::Pull,
            reason if CONFIG.contains(&reason) => Self::Config,
            _ => return None,
        })
    }
}

/// Finds what keeps a pod from starting: its containers' reasons, else the scheduler's.
pub(super) fn of_pod(pod: &Pod) -> Option<Evidence> {
    let containers = pod.statuses.iter().filter_map(|status| of_container(pod, status));
    let gravest = containers.min_by_key(|evidence| Cause::of(&evidence.reason));
    gravest.or_else(|| {
        let scheduled = pod.condition("PodScheduled").filter(|condition| &*condition.reason == "Unschedulable")?;
        (!scheduled.is_true()).then(|| evidence(pod, None, "Unschedulable", &scheduled.message, 1))
    })
}

fn of_container(pod: &Pod, status: &ContainerStatus) -> Option<Evidence> {
    let name = Some(&status.name);
    let last = status.last.as_ref();
    match &status.state {
        ContainerState::Waiting { reason, message } => match Cause::of(reason)? {
            // A back-off alone does not say how the runs ended; its end does.
            Cause::Crash => {
                let ended = last.map(|end| format!("last run: {}", end_in_words(end))).unwrap_or_default();
                let said = if ended.is_empty() { message.to_string() } else { ended };
                Some(evidence(pod, name, reason, &said, failed_runs(status)))
            }
            Cause::Pull | Cause::Config => Some(evidence(pod, name, reason, message, 1)),
            _ => None,
        },
        _ if failed_runs(status) >= 2 => {
            let end = super::restarts::newest_end(status)?;
            let reason = if &*end.reason == "OOMKilled" { "OOMKilled" } else { "Error" };
            Some(evidence(pod, name, reason, &end_in_words(end), failed_runs(status)))
        }
        _ => None,
    }
}

/// Words the end of a run with what it left as its message.
pub(super) fn end_in_words(end: &Terminated) -> String {
    let mut words = how_it_ended(end);
    if &*end.reason == "OOMKilled" {
        words = format!("{words} exit {}", end.exit_code);
    }
    if end.message.is_empty() { words } else { format!("{words}: {}", end.message) }
}

/// Counts runs that ended badly; a container that has restarted shows only its last end, so all are taken alike.
/// One that is held back between two runs has one end more than restarts.
pub(super) fn failed_runs(status: &ContainerStatus) -> i32 {
    let before = if status.last.as_ref().is_some_and(failed) { status.restarts } else { 0 };
    let now = match &status.state {
        ContainerState::Terminated(end) => failed(end),
        ContainerState::Waiting { reason, .. } => &**reason == "CrashLoopBackOff",
        ContainerState::Running { .. } => false,
    };
    before + i32::from(now)
}

/// Tells whether a run ended badly.
pub(super) fn failed(end: &Terminated) -> bool {
    end.exit_code != 0 || end.signal != 0
}

/// Finds a target pod that runs and is not ready past its allowance; also tells when that will be.
///
/// The allowance is initialDelay + 3 × period × failureThreshold. Where it reaches beyond the progress deadline, a
/// probe that failed its threshold counts from half of the deadline on, so that the word comes before the deadline.
pub(super) fn overdue(subject: &Subject<'_>, pod: &Pod) -> Result<Evidence, Option<Timestamp>> {
    if pod.is_ready() {
        return Err(None);
    }
    let late = pod.statuses.iter().filter(|status| !status.ready).find_map(|status| {
        let ContainerState::Running { since: Some(since) } = status.state else { return None };
        let container = pod.containers.iter().find(|container| container.name == status.name)?;
        let starting = container.startup.is_some() && !status.started;
        let probe = container.readiness.filter(|_| !starting)?;
        let rounds = i64::from(probe.period) * i64::from(probe.failure_threshold);
        let flipped = pod.condition("Ready").and_then(|condition| condition.since);
        Some((&status.name, flipped.map_or(since, |flipped| flipped.max(since)), probe, rounds))
    });
    let Some((container, since, probe, rounds)) = late else { return Err(None) };
    let said = failed_probe(subject, pod);
    let failures = said.map_or(0, |(_, count)| count);
    let allowance = i64::from(probe.initial_delay) + 3 * rounds;
    let half = subject.workload.progress_deadline_seconds.map_or(i64::MAX, |deadline| i64::from(deadline) / 2);
    let allowance = if failures >= probe.failure_threshold { allowance.min(half) } else { allowance };
    let due = since + SignedDuration::from_secs(allowance);
    if subject.now < due {
        return Err(Some(due));
    }
    let message = said.map_or_else(
        || format!("running for more than {allowance}s and not ready"),
        |(message, _)| message.to_string(),
    );
    Ok(evidence(pod, Some(container), "Unhealthy", &message, 1))
}

/// Returns what the kubelet said of a pod's readiness probe, and how often.
pub(super) fn failed_probe<'a>(subject: &Subject<'a>, pod: &Pod) -> Option<(&'a Text, i32)> {
    let events = subject.world.events_about(&pod_ref(pod));
    let failed = events.filter(|event| &*event.reason == "Unhealthy" && event.message.starts_with("Readiness"));
    failed.max_by_key(|event| event.last).map(|event| (&event.message, event.count))
}

/// Makes a piece of evidence about a pod.
pub(super) fn evidence(pod: &Pod, container: Option<&Text>, reason: &str, message: &str, count: i32) -> Evidence {
    about(pod_ref(pod), container, reason, message, count)
}

/// Makes a piece of evidence.
pub(super) fn about(object: ObjectRef, container: Option<&Text>, reason: &str, message: &str, count: i32) -> Evidence {
    Evidence {
        reason: reason.into(),
        message: clean(message, false).into_owned(),
        about: object,
        container: container.cloned(),
        count: u32::try_from(count.max(1)).unwrap_or(1),
    }
}

/// Merges the same finding on several pods into one with their sum, gravest first.
pub(super) fn merge(findings: impl IntoIterator<Item = Evidence>) -> Vec<Evidence> {
    let mut merged: Vec<Evidence> = Vec::new();
    for finding in findings {
        let same = merged.iter_mut().find(|known| {
            known.reason == finding.reason
                && known.container == finding.container
                && known.about.kind == finding.about.kind
        });
        match same {
            Some(known) => known.count += finding.count,
            None => merged.push(finding),
        }
    }
    merged.sort_by_key(|evidence| Cause::of(&evidence.reason));
    merged
}

/// Words evidence for a table cell: `CrashLoopBackOff ×7`, `quota q: pods 11/11`.
pub(super) fn in_a_cell(evidence: &Evidence) -> String {
    let reason = &evidence.reason;
    match Cause::of(reason) {
        Some(Cause::Crash | Cause::Memory) if evidence.count > 1 => format!("{reason} ×{}", evidence.count),
        Some(Cause::Create) => quota(&evidence.message).unwrap_or_else(|| format!("{reason}: {}", evidence.message)),
        Some(Cause::Schedule) => {
            let why = evidence.message.split_once(": ").map_or(&*evidence.message, |(_, why)| why);
            format!("{reason}: {}", why.split('.').next().unwrap_or(why))
        }
        Some(Cause::Readiness) if evidence.count > 1 => format!("not ready ×{}", evidence.count),
        Some(Cause::Readiness) => "not ready".to_owned(),
        Some(Cause::Deadline) => "deadline exceeded".to_owned(),
        None if &**reason == "NotReconciled" => "nothing acts on it".to_owned(),
        _ => reason.to_string(),
    }
}

/// Shortens the API server's sentence on a quota: `exceeded quota: q, requested: pods=1, used: pods=11, limited: pods=11`.
pub(super) fn quota(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("exceeded quota: ")?;
    let name = rest.split(',').next()?;
    let list = |word: &str| rest.split_once(word).map(|(_, list)| list.split(": ").next().unwrap_or(list));
    let first = |list: &str| list.split(',').next().and_then(|pair| pair.trim().split_once('=')).map(owned);
    let (resource, used) = first(list("used: ")?)?;
    let (_, limit) = first(list("limited: ")?)?;
    Some(format!("quota {name}: {resource} {used}/{limit}"))
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}
