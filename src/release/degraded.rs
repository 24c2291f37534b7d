//! Reasons to call unhealthy what has arrived.

use jiff::{SignedDuration, Timestamp};

use crate::domain::Pod;

use super::{
    Evidence,
    findings::{self, end_in_words, evidence, failed_probe, merge},
    restarts::newest_end,
    subject::Subject,
};

/// A crash is remembered this long, so that a container that dies and comes back does not look well in between.
const CRASH_MEMORY: SignedDuration = SignedDuration::from_mins(5);
/// Crashes within [`CRASH_MEMORY`] that make a workload unhealthy although all its pods are ready.
const CRASHES: u32 = 2;

/// Collects the evidence against target pods that were ready once, and when time alone will take some away.
pub(super) fn unhealthy(subject: &Subject<'_>) -> (Vec<Evidence>, Option<Timestamp>) {
    let lost: Vec<&Pod> = subject.target_pods().filter(|pod| !pod.is_ready() && subject.was_ready(pod)).collect();
    let mut found: Vec<Evidence> = lost.iter().map(|pod| against(subject, pod)).collect();
    let mut forgotten = None;
    if found.is_empty() {
        let (crashes, until) = recent_crashes(subject);
        if crashes.iter().map(|crash| crash.count).sum::<u32>() >= CRASHES {
            found = crashes;
            forgotten = until;
        }
    }
    (merge(found), forgotten)
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

fn of_end(pod: &Pod, status: &crate::domain::ContainerStatus) -> Option<Evidence> {
    let end = newest_end(status).filter(|end| end.exit_code != 0 || end.signal != 0)?;
    let reason = if &*end.reason == "OOMKilled" { "OOMKilled" } else { "Error" };
    Some(evidence(pod, Some(&status.name), reason, &end_in_words(end), findings::failed_runs(status)))
}

/// Crashes of ready target pods that are still remembered, and until when the oldest is.
fn recent_crashes(subject: &Subject<'_>) -> (Vec<Evidence>, Option<Timestamp>) {
    let mut until: Option<Timestamp> = None;
    let mut found = Vec::new();
    let ended = subject.history.into_iter().flat_map(|history| &history.ended);
    for end in ended.filter(|end| end.exit_code != 0) {
        let forgotten = end.at + CRASH_MEMORY;
        if forgotten <= subject.now {
            continue;
        }
        let Some(pod) = subject.target_pods().find(|pod| pod.meta.name == end.pod) else { continue };
        until = until.into_iter().chain([forgotten]).min();
        let reason = if &*end.reason == "OOMKilled" { "OOMKilled" } else { "Error" };
        let message = format!("{} exit {}, running again", end.reason, end.exit_code);
        found.push(evidence(pod, Some(&end.container), reason, &message, 1));
    }
    (found, until)
}
