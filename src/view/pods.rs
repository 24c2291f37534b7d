//! The pods of a workload, as kubectl lists them and as one cell each.

use super::{Align, Column, Line, Piece, Scene, Table, cells};
use crate::{
    app::{App, Rollout},
    domain::{Absence, Bytes, ContainerRole, ContainerState, Cores, Pod, Resources, Terminated, text::clean},
    release::{PodPhase, pod_phase, pod_status},
    theme::Role,
};

/// The role of a pod's cell.
pub(super) fn pod_role(pod: &Pod) -> Role {
    match pod_phase(pod) {
        PodPhase::Pending => Role::PodPending,
        PodPhase::Starting => Role::PodStarting,
        PodPhase::NotReady => Role::PodNotReady,
        PodPhase::Ready => Role::PodReady,
        PodPhase::Crash => Role::PodCrash,
        PodPhase::Terminating => Role::PodTerminating,
    }
}

pub(super) fn table(scene: Scene<'_>, page: &Rollout, focused: bool) -> Table {
    let pods = App::pods(scene.sight, &page.key);
    let selected = (!pods.is_empty()).then(|| App::pod_row(page, &pods));
    let rows: Vec<Vec<Line>> = pods.iter().map(|pod| row(scene, pod)).collect();
    Table {
        columns: vec![
            Column::new("POD", 24, 40).grows().middle(),
            Column::new("READY", 5, 5).right().drop(5),
            Column::new("STATUS", 16, 18).fitted(&rows, 2, 26),
            Column { align: Align::Right, ..Column::new("RESTARTS", 8, 13).fitted(&rows, 3, 13) },
            Column::new("LAST EXIT", 9, 20).fitted(&rows, 4, 20).drop(3),
            Column::new("AGE", 5, 6).right().drop(2),
            Column::new("CPU R/L", 8, 9).right().drop(4),
            Column::new("MEM R/L", 8, 9).right().drop(4),
            Column::new("NODE", 8, 20).drop(6),
            Column::new("REASON", 10, 30).drop(7),
        ],
        rows,
        selected,
        scroll: scene.app.extent(super::Area::Pods).first,
        focused: focused && scene.app.dialog.is_none(),
        empty: vec![Line::new("no pods", Role::Dim)],
        ..Table::default()
    }
}

fn row(scene: Scene<'_>, pod: &Pod) -> Vec<Line> {
    let status = pod_status(pod);
    let role = pod_role(pod);
    let restarts = match status.last_restart.filter(|_| status.restarts > 0) {
        Some(at) => format!("{} ({} ago)", status.restarts, scene.clock.age(at)),
        None => status.restarts.to_string(),
    };
    let reading = scene.sight.world.pod_usage(&pod.meta.namespace, &pod.meta.name);
    let (cpu, memory) = match reading {
        Ok(usage) => (Ok(usage.cpu()), Ok(usage.memory())),
        Err(absence) => (Err::<Cores, Absence>(absence.clone()), Err::<Bytes, Absence>(absence)),
    };
    let (requests, limits) = (asked(pod, |of| of.requests), asked(pod, |of| of.limits));
    vec![
        Line::default().with(Piece::Glyph(role)).then(format!(" {}", cells::name(&pod.meta.name)), Role::Text),
        Line::plain(format!("{}/{}", status.ready, status.total)),
        Line::new(clean(&status.status, false), role),
        Line::new(restarts, if status.restarts > 0 { Role::Warn } else { Role::Dim }),
        Line::new(last_exit(pod), Role::Dim),
        Line::new(scene.clock.age_of(pod.meta.created), Role::Dim),
        cells::cpu(cpu, requests, limits),
        cells::memory(memory, requests, limits),
        Line::new(cells::name(&pod.node), Role::Dim),
        Line::new(reason(pod), Role::Dim),
    ]
}

/// How the newest ended run of any container ended: `OOMKilled 137`.
fn last_exit(pod: &Pod) -> String {
    let ends = pod.statuses.iter().filter_map(|status| match &status.state {
        ContainerState::Terminated(end) => Some(end),
        _ => status.last.as_ref(),
    });
    ends.max_by_key(|end| end.finished).map_or_else(String::new, ending)
}

fn ending(end: &Terminated) -> String {
    let signal = if end.signal == 0 { String::new() } else { format!(" signal {}", end.signal) };
    format!("{} {}{signal}", clean(&end.reason, false), end.exit_code)
}

/// What the kubelet or scheduler said of a pod that is not well.
fn reason(pod: &Pod) -> String {
    let waiting = pod.statuses.iter().find_map(|status| match &status.state {
        ContainerState::Waiting { message, .. } if !message.is_empty() => Some(message),
        _ => None,
    });
    let unscheduled = pod.condition("PodScheduled").filter(|condition| !condition.is_true());
    let said = waiting.or(unscheduled.map(|condition| &condition.message)).unwrap_or(&pod.message);
    clean(said, false).into_owned()
}

/// What a pod's lasting containers ask for together; nothing where one of them says nothing.
fn asked(pod: &Pod, of: impl Fn(&crate::domain::Container) -> Resources) -> Resources {
    let lasting = pod.containers.iter().filter(|container| container.role != ContainerRole::Init);
    lasting
        .map(of)
        .reduce(|a, b| Resources {
            cpu: a.cpu.zip(b.cpu).map(|(a, b)| a + b),
            memory: a.memory.zip(b.memory).map(|(a, b)| a + b),
        })
        .unwrap_or_default()
}
