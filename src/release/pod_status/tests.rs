//! kubectl's columns, case by case.

use super::*;
use crate::{
    domain::{Container, Text},
    world::fixtures::{at, condition, pod, replica_set, running},
};

fn waiting(name: &str, reason: &str) -> ContainerStatus {
    let state = ContainerState::Waiting { reason: reason.into(), message: Text::default() };
    ContainerStatus { name: name.into(), state, ..ContainerStatus::default() }
}

fn ended(name: &str, reason: &str, exit_code: i32, signal: i32) -> ContainerStatus {
    let end = Terminated { exit_code, signal, reason: reason.into(), ..Terminated::default() };
    ContainerStatus { name: name.into(), state: ContainerState::Terminated(end), ..ContainerStatus::default() }
}

fn role(role: ContainerRole, status: ContainerStatus) -> ContainerStatus {
    ContainerStatus { role, ..status }
}

fn with(statuses: Vec<ContainerStatus>) -> Pod {
    let mut pod = pod(&replica_set("app", "abc", 1), "x");
    let asked = statuses.iter().map(|status| Container {
        name: status.name.clone(),
        role: status.role,
        ..Container::default()
    });
    pod.containers = asked.collect();
    pod.statuses = statuses;
    pod.conditions = Vec::new();
    pod
}

fn init(status: ContainerStatus) -> Vec<ContainerStatus> {
    vec![role(ContainerRole::Init, status), waiting("app", "PodInitializing")]
}

#[test]
fn status_reads_as_kubectl_writes_it() {
    let sidecar = |status| role(ContainerRole::Sidecar, status);
    for (statuses, expected, ready, total) in [
        (vec![running("app", true)], "Running", 1, 1),
        (vec![running("app", false)], "Running", 0, 1),
        (vec![waiting("app", "ContainerCreating")], "ContainerCreating", 0, 1),
        (vec![waiting("app", "CrashLoopBackOff"), running("b", true)], "CrashLoopBackOff", 1, 2),
        (vec![waiting("a", "ErrImagePull"), waiting("b", "CrashLoopBackOff")], "ErrImagePull", 0, 2),
        (vec![ended("app", "OOMKilled", 137, 0)], "OOMKilled", 0, 1),
        (vec![ended("app", "", 3, 0)], "ExitCode:3", 0, 1),
        (vec![ended("app", "", 137, 9)], "Signal:9", 0, 1),
        (vec![ended("a", "Completed", 0, 0), running("b", true)], "NotReady", 1, 2),
        (init(running("i", false)), "Init:0/1", 0, 1),
        (init(waiting("i", "PodInitializing")), "Init:0/1", 0, 1),
        (init(waiting("i", "CrashLoopBackOff")), "Init:CrashLoopBackOff", 0, 1),
        (init(ended("i", "Error", 1, 0)), "Init:Error", 0, 1),
        (init(ended("i", "", 2, 0)), "Init:ExitCode:2", 0, 1),
        (init(ended("i", "", 2, 15)), "Init:Signal:15", 0, 1),
        (init(ended("i", "Completed", 0, 0)), "PodInitializing", 0, 1),
        (vec![sidecar(running("s", true)), running("app", true)], "Running", 2, 2),
        (
            vec![sidecar(ContainerStatus { started: false, ..running("s", false) }), waiting("app", "")],
            "Init:0/1",
            0,
            2,
        ),
    ] {
        let row = pod_status(&with(statuses.clone()));
        assert_eq!((&*row.status, row.ready, row.total), (expected, ready, total), "{statuses:?}");
    }
}

#[test]
fn the_pod_itself_has_the_last_word() {
    let mut gone = with(vec![running("app", true)]);
    gone.meta.deleting = Some(at(5));
    assert_eq!(pod_status(&gone).status, "Terminating");
    assert_eq!(pod_phase(&gone), PodPhase::Terminating);
    gone.reason = "NodeLost".into();
    assert_eq!(pod_status(&gone).status, "Unknown");
    gone.reason = Text::default();
    gone.phase = "Succeeded".into();
    assert_ne!(pod_status(&gone).status, "Terminating");

    let mut gated = with(Vec::new());
    gated.phase = "Pending".into();
    gated.conditions = vec![condition("PodScheduled", "False", "SchedulingGated")];
    assert_eq!(pod_status(&gated).status, "SchedulingGated");

    let mut evicted = with(Vec::new());
    evicted.phase = "Failed".into();
    evicted.reason = "Evicted".into();
    assert_eq!(pod_status(&evicted).status, "Evicted");
    assert_eq!(pod_phase(&evicted), PodPhase::Crash);

    let mut done = with(vec![ended("a", "Completed", 0, 0), running("b", true)]);
    done.conditions = vec![condition("Ready", "True", "")];
    assert_eq!(pod_status(&done).status, "Running");
}

#[test]
fn restarts_count_main_containers_and_sidecars() {
    let restarted = |role, restarts, second| ContainerStatus {
        role,
        restarts,
        last: Some(Terminated { finished: Some(at(second)), ..Terminated::default() }),
        ..running("c", true)
    };
    let through = ContainerStatus { restarts: 9, ..role(ContainerRole::Init, ended("i", "Completed", 0, 0)) };
    let row = pod_status(&with(vec![
        through,
        restarted(ContainerRole::Sidecar, 1, 10),
        restarted(ContainerRole::Main, 2, 20),
    ]));
    assert_eq!((row.restarts, row.last_restart), (3, Some(at(20))));
    assert_eq!(row.restarts_cell(at(80)), "3 (60s ago)");
    assert_eq!(pod_status(&with(vec![running("app", true)])).restarts_cell(at(0)), "0");
}

#[test]
fn cells_tell_the_phases_apart() {
    let phase = |phase: &str, node: &str, statuses| {
        let mut pod = with(statuses);
        pod.phase = phase.into();
        pod.node = node.into();
        pod_phase(&pod)
    };
    assert_eq!(phase("Pending", "", Vec::new()), PodPhase::Pending);
    assert_eq!(phase("Pending", "n", vec![waiting("app", "ContainerCreating")]), PodPhase::Starting);
    assert_eq!(phase("Pending", "n", init(running("i", false))), PodPhase::Starting);
    assert_eq!(phase("Pending", "n", vec![waiting("app", "ImagePullBackOff")]), PodPhase::Crash);
    assert_eq!(phase("Running", "n", vec![running("app", false)]), PodPhase::NotReady);
    assert_eq!(phase("Running", "n", vec![ended("app", "Error", 1, 0)]), PodPhase::Crash);
}

#[test]
fn durations_read_as_in_the_age_column() {
    for (seconds, text) in [
        (-5, "<invalid>"),
        (-1, "0s"),
        (119, "119s"),
        (120, "2m"),
        (125, "2m5s"),
        (600, "10m"),
        (3 * 3600, "3h"),
        (3 * 3600 + 120, "3h2m"),
        (9 * 3600, "9h"),
        (49 * 3600, "2d1h"),
        (10 * 86400, "10d"),
        (800 * 86400, "2y70d"),
        (3000 * 86400, "8y"),
    ] {
        assert_eq!(human_duration(SignedDuration::from_secs(seconds)), text, "{seconds}");
    }
}
