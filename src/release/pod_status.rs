//! A pod's row as `kubectl get pods` prints it, and its state as one cell of a bar.
//!
//! The STATUS, READY and RESTARTS columns follow Kubernetes' `pkg/printers/internalversion/printers.go`.

use jiff::{SignedDuration, Timestamp};

use crate::domain::{Condition, ContainerRole, ContainerState, ContainerStatus, Pod, Terminated};

use super::findings::Cause;

/// A pod's row, as kubectl words it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodStatus {
    /// STATUS: `Running`, `Init:0/1`, `CrashLoopBackOff` …
    pub status: String,
    /// Ready containers, sidecars among them.
    pub ready: usize,
    /// Containers that should be.
    pub total: usize,
    /// RESTARTS.
    pub restarts: i32,
    /// When the newest of them began.
    pub last_restart: Option<Timestamp>,
}

impl PodStatus {
    /// Writes the RESTARTS cell: `0`, `4 (2m ago)`.
    pub fn restarts_cell(&self, now: Timestamp) -> String {
        match self.last_restart.filter(|_| self.restarts != 0) {
            Some(at) => format!("{} ({} ago)", self.restarts, human_duration(now.duration_since(at))),
            None => self.restarts.to_string(),
        }
    }

    fn count(&mut self, status: &ContainerStatus) {
        self.restarts += status.restarts;
        let ended = status.last.as_ref().and_then(|end| end.finished);
        self.last_restart = self.last_restart.max(ended);
    }
}

/// Words a pod's row.
pub fn pod_status(pod: &Pod) -> PodStatus {
    let gated = pod.conditions.iter().any(|c| &*c.kind == "PodScheduled" && &*c.reason == "SchedulingGated");
    let base = if gated {
        "SchedulingGated"
    } else if pod.reason.is_empty() {
        &*pod.phase
    } else {
        &*pod.reason
    };
    let lasting = pod.containers.iter().filter(|container| container.role != ContainerRole::Init);
    let mut row = PodStatus { status: base.to_owned(), total: lasting.count(), ..PodStatus::default() };
    let sidecars = match initializing(pod, &mut row) {
        Init::Busy(status) if !pod.condition("Initialized").is_some_and(Condition::is_true) => {
            row.status = status;
            return terminating(pod, row);
        }
        Init::Busy(status) => {
            row.status = status;
            sidecar_restarts(pod)
        }
        Init::Done(sidecars) => sidecars,
    };
    row.restarts = sidecars.restarts;
    row.last_restart = sidecars.last_restart;
    main_containers(pod, &mut row);
    terminating(pod, row)
}

enum Init {
    /// Not over yet, or failed; the STATUS so far.
    Busy(String),
    /// Over; the restarts of the sidecars alone.
    Done(PodStatus),
}

fn sidecar_restarts(pod: &Pod) -> PodStatus {
    let mut counted = PodStatus::default();
    pod.statuses.iter().filter(|status| status.role == ContainerRole::Sidecar).for_each(|status| counted.count(status));
    counted
}

/// Walks the init containers; the first that is not through decides.
fn initializing(pod: &Pod, row: &mut PodStatus) -> Init {
    let total = pod.containers.iter().filter(|container| container.role != ContainerRole::Main).count();
    let init = pod.statuses.iter().filter(|status| status.role != ContainerRole::Main);
    for (index, status) in init.enumerate() {
        row.count(status);
        let sidecar_up = status.role == ContainerRole::Sidecar && status.started;
        match &status.state {
            ContainerState::Terminated(end) if end.exit_code == 0 => {}
            _ if sidecar_up => row.ready += usize::from(status.ready),
            ContainerState::Terminated(end) => return Init::Busy(format!("Init:{}", ending(end))),
            ContainerState::Waiting { reason, .. } if !reason.is_empty() && &**reason != "PodInitializing" => {
                return Init::Busy(format!("Init:{reason}"));
            }
            _ => return Init::Busy(format!("Init:{index}/{total}")),
        }
    }
    Init::Done(sidecar_restarts(pod))
}

/// Walks the main containers from the last to the first; each that has a word overwrites.
fn main_containers(pod: &Pod, row: &mut PodStatus) {
    let mut running = false;
    for status in pod.statuses.iter().rev().filter(|status| status.role == ContainerRole::Main) {
        row.count(status);
        match &status.state {
            ContainerState::Waiting { reason, .. } if !reason.is_empty() => row.status = reason.to_string(),
            ContainerState::Terminated(end) => row.status = ending(end),
            ContainerState::Running { .. } if status.ready => {
                running = true;
                row.ready += 1;
            }
            _ => {}
        }
    }
    if row.status == "Completed" && running {
        (if pod.is_ready() { "Running" } else { "NotReady" }).clone_into(&mut row.status);
    }
}

fn terminating(pod: &Pod, mut row: PodStatus) -> PodStatus {
    if pod.is_terminating() {
        if &*pod.reason == "NodeLost" {
            "Unknown".clone_into(&mut row.status);
        } else if !matches!(&*pod.phase, "Succeeded" | "Failed") {
            "Terminating".clone_into(&mut row.status);
        }
    }
    row
}

fn ending(end: &Terminated) -> String {
    match (&*end.reason, end.signal) {
        ("", 0) => format!("ExitCode:{}", end.exit_code),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}

/// A pod as one cell of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PodPhase {
    /// No node, or nothing started on it.
    Pending,
    /// Images are pulled, containers made, init containers run.
    Starting,
    /// Runs and is not ready.
    NotReady,
    /// Ready.
    Ready,
    /// Crashes, cannot pull, or failed.
    Crash,
    /// Being deleted.
    Terminating,
}

/// Returns a pod's cell.
pub fn pod_phase(pod: &Pod) -> PodPhase {
    if pod.is_terminating() {
        return PodPhase::Terminating;
    }
    if pod.is_ready() {
        return PodPhase::Ready;
    }
    let broken = pod.statuses.iter().any(|status| match &status.state {
        ContainerState::Waiting { reason, .. } => Cause::of(reason).is_some(),
        ContainerState::Terminated(end) => end.exit_code != 0 || end.signal != 0,
        ContainerState::Running { .. } => false,
    });
    let main_runs = pod
        .statuses
        .iter()
        .any(|status| status.role == ContainerRole::Main && matches!(status.state, ContainerState::Running { .. }));
    match &*pod.phase {
        _ if broken => PodPhase::Crash,
        "Failed" => PodPhase::Crash,
        _ if main_runs => PodPhase::NotReady,
        "Pending" if pod.node.is_empty() || pod.statuses.is_empty() => PodPhase::Pending,
        _ => PodPhase::Starting,
    }
}

/// Writes a duration as kubectl's AGE column does (apimachinery's `duration.HumanDuration`).
pub fn human_duration(age: SignedDuration) -> String {
    let seconds = age.as_secs();
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let two = |big: i64, unit: &str, small: i64, small_unit: &str| match small {
        0 => format!("{big}{unit}"),
        _ => format!("{big}{unit}{small}{small_unit}"),
    };
    match () {
        () if seconds < -1 => "<invalid>".to_owned(),
        () if seconds < 0 => "0s".to_owned(),
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => two(minutes, "m", seconds % 60, "s"),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => two(hours, "h", minutes % 60, "m"),
        () if hours < 48 => format!("{hours}h"),
        () if hours < 24 * 8 => two(hours / 24, "d", hours % 24, "h"),
        () if hours < 24 * 365 * 2 => format!("{}d", hours / 24),
        () if hours < 24 * 365 * 8 => two(hours / 24 / 365, "y", hours / 24 % 365, "d"),
        () => format!("{}y", hours / 24 / 365),
    }
}

#[cfg(test)]
mod tests;
