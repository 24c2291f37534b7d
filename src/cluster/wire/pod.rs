//! Pods.

use serde::Deserialize;

use super::{
    intern::{Interner, unique},
    loose::{Flag, List, Loose, Num, Str, Time},
    meta::{Parts, RawConditions, RawMeta, Unread, conditions},
    template::{RawContainers, RawList},
};
use crate::domain::{Container, ContainerRole, ContainerState, ContainerStatus, Pod, Terminated, Text};

pub(super) type RawPod<'a> = Parts<RawMeta<'a, Unread>, RawSpec<'a>, RawStatus<'a>>;

/// Reads the containers from the same object as the rest of the spec; `flatten` would buffer everything.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RawSpec<'a> {
    #[serde(borrow)]
    node_name: Str<'a>,
    #[serde(borrow)]
    readiness_gates: List<Loose<RawGate<'a>>>,
    #[serde(borrow)]
    containers: RawList<'a>,
    #[serde(borrow)]
    init_containers: RawList<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawGate<'a> {
    #[serde(borrow)]
    condition_type: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RawStatus<'a> {
    #[serde(borrow)]
    phase: Str<'a>,
    #[serde(borrow)]
    reason: Str<'a>,
    #[serde(borrow)]
    message: Str<'a>,
    start_time: Time,
    #[serde(borrow)]
    conditions: RawConditions<'a>,
    #[serde(borrow)]
    container_statuses: List<Loose<RawContainerStatus<'a>>>,
    #[serde(borrow)]
    init_container_statuses: List<Loose<RawContainerStatus<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawContainerStatus<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    image: Str<'a>,
    ready: Flag,
    started: Flag,
    restart_count: Num,
    #[serde(borrow)]
    state: Loose<RawState<'a>>,
    #[serde(borrow)]
    last_state: Loose<RawState<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawState<'a> {
    #[serde(borrow)]
    waiting: Option<Loose<RawWaiting<'a>>>,
    running: Option<Loose<RawRunning>>,
    #[serde(borrow)]
    terminated: Option<Loose<RawTerminated<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawWaiting<'a> {
    #[serde(borrow)]
    reason: Str<'a>,
    #[serde(borrow)]
    message: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawRunning {
    started_at: Time,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawTerminated<'a> {
    exit_code: Num,
    signal: Num,
    #[serde(borrow)]
    reason: Str<'a>,
    #[serde(borrow)]
    message: Str<'a>,
    started_at: Time,
    finished_at: Time,
}

impl RawPod<'_> {
    /// Makes the domain's pod of it.
    pub(super) fn pod(self, intern: &mut Interner) -> Pod {
        let (spec, status) = (self.spec.0, self.status.0);
        let meta = self.metadata.0.meta(intern);
        let gates = spec.readiness_gates.0.iter().map(|Loose(gate)| intern.text(&gate.condition_type)).collect();
        let containers = RawContainers::new(spec.containers, spec.init_containers).containers(intern);
        let mut statuses = statuses(&status.init_container_statuses, &containers, ContainerRole::Init, intern);
        statuses.extend(self::statuses(&status.container_statuses, &containers, ContainerRole::Main, intern));
        Pod {
            meta,
            node: intern.text(&spec.node_name),
            phase: intern.text(&status.phase),
            reason: intern.text(&status.reason),
            message: intern.text(&status.message),
            started: status.start_time.0,
            containers,
            statuses,
            conditions: conditions(&status.conditions, intern),
            readiness_gates: gates,
        }
    }
}

/// Returns statuses in the order of the spec; the kubelet writes them sorted by name.
fn statuses(
    raw: &List<Loose<RawContainerStatus<'_>>>,
    spec: &[Container],
    role: ContainerRole,
    intern: &mut Interner,
) -> Vec<ContainerStatus> {
    let place = |name: &Text| spec.iter().position(|container| container.name == *name);
    let mut found: Vec<ContainerStatus> = raw.0.iter().map(|Loose(raw)| raw.status(role, intern)).collect();
    for status in &mut found {
        if let Some(at) = place(&status.name) {
            status.role = spec[at].role;
        }
    }
    found.sort_by_key(|status| place(&status.name).unwrap_or(usize::MAX));
    found
}

impl RawContainerStatus<'_> {
    fn status(&self, role: ContainerRole, intern: &mut Interner) -> ContainerStatus {
        let state = self.state.0.state(intern);
        ContainerStatus {
            name: intern.text(&self.name),
            role,
            image: intern.text(&self.image),
            ready: self.ready.set(),
            started: self.started.0.unwrap_or(matches!(state, ContainerState::Running { .. })),
            restarts: self.restart_count.or_zero(),
            state,
            last: self.last_state.0.terminated.as_ref().map(|Loose(raw)| raw.terminated(intern)),
        }
    }
}

impl RawState<'_> {
    fn state(&self, intern: &mut Interner) -> ContainerState {
        if let Some(Loose(raw)) = &self.terminated {
            ContainerState::Terminated(raw.terminated(intern))
        } else if let Some(Loose(raw)) = &self.running {
            ContainerState::Running { since: raw.started_at.0 }
        } else if let Some(Loose(raw)) = &self.waiting {
            ContainerState::Waiting { reason: intern.text(&raw.reason), message: unique(&raw.message) }
        } else {
            ContainerState::default()
        }
    }
}

impl RawTerminated<'_> {
    fn terminated(&self, intern: &mut Interner) -> Terminated {
        Terminated {
            exit_code: self.exit_code.int().unwrap_or_default(),
            signal: self.signal.int().unwrap_or_default(),
            reason: intern.text(&self.reason),
            message: unique(&self.message),
            started: self.started_at.0,
            finished: self.finished_at.0,
        }
    }
}
