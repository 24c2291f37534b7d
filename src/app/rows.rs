//! Which workloads the fleet shows, in which order.
//!
//! By default what waits for a person's decision stands on top, whoever waits longest first; then what is in
//! trouble, then what is going on, then the rest, by namespace and name, so that a row moves only when its
//! workload's state does. Every other order is
//! stable: what is equal stands as it does by default.

use std::cmp::{Ordering, Reverse};

use super::{
    filter::{Filter, Scratch},
    message::Sight,
};
use crate::{
    domain::WorkloadKey,
    release::{Assessment, State, Wait},
};
use jiff::Timestamp;

/// What the fleet is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SortBy {
    /// Who needs a person.
    #[default]
    Attention,
    /// Name.
    Name,
    /// State.
    State,
    /// Share of pods that are there, the least first.
    Progress,
    /// Version of the target revision.
    Version,
    /// Start of the rollout, the newest first.
    Age,
    /// Restarts, the most first.
    Restarts,
    /// CPU, the most first.
    Cpu,
    /// Memory, the most first.
    Memory,
}

impl SortBy {
    /// All, in the order in which the key goes through them.
    pub const ALL: [Self; 9] = [
        Self::Attention,
        Self::Name,
        Self::State,
        Self::Progress,
        Self::Version,
        Self::Age,
        Self::Restarts,
        Self::Cpu,
        Self::Memory,
    ];

    /// The word for notices.
    pub fn word(self) -> &'static str {
        match self {
            Self::Attention => "what needs you",
            Self::Name => "name",
            Self::State => "state",
            Self::Progress => "progress",
            Self::Version => "version",
            Self::Age => "age",
            Self::Restarts => "restarts",
            Self::Cpu => "CPU",
            Self::Memory => "memory",
        }
    }
}

/// The order of the fleet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// By what.
    pub by: SortBy,
    /// Whether upside down.
    pub reversed: bool,
}

/// Whether a state needs a person.
pub fn is_urgent(state: State) -> bool {
    matches!(state, State::Stuck | State::Degraded | State::Waiting)
}

fn attention(state: State) -> u8 {
    match state {
        State::Waiting => 0,
        state if is_urgent(state) => 1,
        State::Progressing | State::Paused => 2,
        _ => 3,
    }
}

/// Returns the workloads that pass the filter, ordered.
pub fn fleet_rows(sight: Sight<'_>, filter: &Filter, order: Order) -> Vec<WorkloadKey> {
    let mut rows: Vec<&Assessment> = passing(sight, filter).collect();
    rows.sort_by(|one, two| default_order(one, two));
    if order.by != SortBy::Attention {
        rows.sort_by(|one, two| compare(sight, order.by, one, two));
    }
    if order.reversed {
        rows.reverse();
    }
    rows.into_iter().map(|assessment| assessment.key.clone()).collect()
}

/// The first row of the fleet, without ordering the others where that can be saved: this is asked for at every turn.
pub(super) fn first_row(sight: Sight<'_>, filter: &Filter, order: Order) -> Option<WorkloadKey> {
    if order != Order::default() {
        return fleet_rows(sight, filter, order).into_iter().next();
    }
    passing(sight, filter).min_by(|one, two| default_order(one, two)).map(|assessment| assessment.key.clone())
}

/// Tells whether a workload has a row in the fleet.
pub(super) fn has_row(sight: Sight<'_>, filter: &Filter, key: &WorkloadKey) -> bool {
    let found = sight.assessments.get(key).zip(sight.world.workload(key));
    found.is_some_and(|(assessment, workload)| filter.passes(workload, assessment, &mut Scratch::default()))
}

fn passing<'a>(sight: Sight<'a>, filter: &Filter) -> impl Iterator<Item = &'a Assessment> {
    let mut scratch = Scratch::default();
    sight.assessments.iter().filter(move |assessment| {
        let workload = sight.world.workload(&assessment.key);
        workload.is_some_and(|workload| filter.passes(workload, assessment, &mut scratch))
    })
}

fn default_order(one: &Assessment, two: &Assessment) -> Ordering {
    attention(one.state)
        .cmp(&attention(two.state))
        .then_with(|| waits_since(one).cmp(&waits_since(two)))
        .then_with(|| one.key.cmp(&two.key))
}

/// Since when a release waits for a person, whoever waits longest first; all others are equal.
fn waits_since(assessment: &Assessment) -> Option<Timestamp> {
    let waiting = assessment.state == State::Waiting;
    match assessment.delivery.as_ref()?.wait.as_ref()? {
        Wait::Person { since, .. } if waiting => Some(since.unwrap_or(Timestamp::MAX)),
        _ => None,
    }
}

fn compare(sight: Sight<'_>, by: SortBy, one: &Assessment, two: &Assessment) -> Ordering {
    let share =
        |progress: crate::release::Progress| f64::from(progress.updated_available) / f64::from(progress.desired.max(1));
    match by {
        SortBy::Attention => Ordering::Equal,
        SortBy::Name => one.key.name.cmp(&two.key.name),
        SortBy::State => one.state.word().cmp(two.state.word()),
        SortBy::Progress => share(one.progress).total_cmp(&share(two.progress)),
        SortBy::Version => one.version.to.cmp(&two.version.to),
        SortBy::Age => {
            let at = |assessment: &Assessment| Reverse(assessment.started.as_ref().map(|started| started.at));
            at(one).cmp(&at(two))
        }
        SortBy::Restarts => two.restarts.total.cmp(&one.restarts.total),
        SortBy::Cpu => usage(sight, &two.key).0.cmp(&usage(sight, &one.key).0),
        SortBy::Memory => usage(sight, &two.key).1.cmp(&usage(sight, &one.key).1),
    }
}

/// What a workload's pods consume together: nanocores and bytes; zero where nothing is known.
fn usage(sight: Sight<'_>, key: &WorkloadKey) -> (u64, u64) {
    sight.world.usage_of(key).map_or((0, 0), |usage| (usage.cpu.0, usage.memory.0))
}
