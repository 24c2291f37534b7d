//! Reasons to call unhealthy what has arrived.

use jiff::{SignedDuration, Timestamp};

use crate::domain::{ContainerStatus, Pod};

use super::{
    Evidence,
    findings::{self, end_in_words, evidence, failed, failed_probe, failed_runs, merge},
    restarts::newest_end,
    subject::Subject,
};

/// A crash is remembered this long, so that a container that dies and comes back does not look well in between.
const CRASH_MEMORY: SignedDuration = SignedDuration::from_mins(5);
/// Crashes within [`CRASH_MEMORY`] that make a workload unhealthy although all its pods are ready.
const CRASHES: usize = 2;

/// Collects the evidence against target pods that were ready once, and when time alone will take some away.
pub(super) fn unhealthy(subject: &Subject<'_>) -> (Vec<Evidence>, Option<Timestamp>) {
    let (recent, crashes, forgotten) = recent_crashes(subject);
    let lost: Vec<&Pod> = subject.target_pods().filter(|pod| !pod.is_ready() && subject.was_ready(pod)).collect();
    if lost.is_empty() && crashes < CRASHES {
        return (Vec::new(), None);
    }
    let mut found: Vec<Evidence> = lost.iter().map(|pod| against(subject, pod)).collect();
    found.extend(recent);
    (merge(found), forgotten.filter(|_| lost.is_empty()))
}

/// What speaks against a pod that is no longer ready: how its last run ended, else what keeps it down, else its probe.
fn against(subject: &Subject<'_>, pod: &Pod) -> Evidence {
    let crash = pod.statuses.iter().find_map(|status| of_end(pod, status));
    crash.or_else(|| findings::of_pod(pod)).unwrap_or_else(|| {
        let said = failed_probe(subject, pod).map(|(message, _)| message.to_string());
        let ready = pod.condition("Ready").map(|condition| condition.message.to_string());
        evidence(pod, None, "Unhealthy", &said.or(ready).unwrap_or_default(), 1)
    })
}

fn of_end(pod: &Pod, status: &ContainerStatus) -> Option<Evidence> {
    let end = newest_end(status).filter(|end| failed(end))?;
    let reason = if &*end.reason == "OOMKilled" { "OOMKilled" } else { "Error" };
    Some(evidence(pod, Some(&status.name), reason, &end_in_words(end), failed_runs(status)))
}

/// Ready target pods that crashed a moment ago, how many crashes are still remembered, and until when the oldest is.
fn recent_crashes(subject: &Subject<'_>) -> (Vec<Evidence>, usize, Option<Timestamp>) {
    let mut until: Option<Timestamp> = None;
    let mut crashes = 0;
    let mut found = Vec::new();
    let ended = subject.history.into_iter().flat_map(|history| &history.ended);
    let remembered = ended.filter(|end| end.exit_code != 0 && end.at + CRASH_MEMORY > subject.now);
    for end in remembered {
        let Some(pod) = subject.target_pods().find(|pod| pod.meta.name == end.pod) else { continue };
        crashes += 1;
        until = until.into_iter().chain([end.at + CRASH_MEMORY]).min();
        let known = found.iter().any(|evidence: &Evidence| {
            evidence.about.name == end.pod && evidence.container.as_ref() == Some(&end.container)
        });
        let status =
            pod.statuses.iter().find(|status| status.name == end.container).filter(|_| pod.is_ready() && !known);
        found.extend(status.and_then(|status| of_end(pod, status)));
    }
    (found, crashes, until)
}
