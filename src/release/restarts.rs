//! Restarts of a workload's pods, and how the newest ended run ended.

use crate::domain::{ContainerState, ContainerStatus, Pod, Terminated};

use super::{Restarts, findings::failed, subject::Subject};

/// Sums the restarts.
pub(super) fn restarts(subject: &Subject<'_>) -> Restarts {
    let newest = subject
        .pods
        .iter()
        .flat_map(|pod| pod.statuses.iter().filter_map(newest_end))
        .filter(|end| failed(end))
        .max_by_key(|end| end.finished);
    Restarts {
        total: subject.pods.iter().map(|pod| pod.restarts()).sum(),
        recent: subject.target_pods().map(Pod::restarts).sum(),
        last_reason: newest.map(how_it_ended).unwrap_or_default(),
        last_at: newest.and_then(|end| end.finished),
    }
}

/// Returns the newest end of a run: of the present one, else of the one before.
pub(super) fn newest_end(status: &ContainerStatus) -> Option<&Terminated> {
    match &status.state {
        ContainerState::Terminated(end) => Some(end),
        _ => status.last.as_ref(),
    }
}

/// Words how a run ended: `OOMKilled`, `Error exit 137`, `signal 9`, `Completed`.
pub(super) fn how_it_ended(end: &Terminated) -> String {
    let reason: &str = &end.reason;
    if reason == "OOMKilled" || (end.exit_code == 0 && end.signal == 0 && !reason.is_empty()) {
        return reason.to_owned();
    }
    let how = if end.signal != 0 { format!("signal {}", end.signal) } else { format!("exit {}", end.exit_code) };
    if reason.is_empty() { how } else { format!("{reason} {how}") }
}
