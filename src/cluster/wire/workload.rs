//! Deployments, StatefulSets and DaemonSets: one shape, each kind leaves out what it has not.

use serde::Deserialize;

use super::{
    intern::Interner,
    loose::{Flag, List, Loose, Map, Num, Str},
    meta::{Managers, Parts, RawConditions, RawMeta, conditions},
    template::RawTemplate,
};
use crate::domain::{IntOrPercent, Kind, Selector, Strategy, Workload, WorkloadStatus};

pub(super) type RawWorkload<'a> = Parts<RawMeta<'a, Managers<'a>>, RawSpec<'a>, RawStatus<'a>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RawSpec<'a> {
    replicas: Num,
    paused: Flag,
    min_ready_seconds: Num,
    progress_deadline_seconds: Num,
    #[serde(borrow)]
    selector: Loose<RawSelector<'a>>,
    #[serde(borrow, alias = "updateStrategy")]
    strategy: Loose<RawStrategy<'a>>,
    #[serde(borrow)]
    template: Loose<RawTemplate<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RawSelector<'a> {
    #[serde(borrow)]
    match_labels: Map<'a, Str<'a>>,
    #[serde(borrow)]
    match_expressions: List<Loose<RawExpression<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawExpression<'a> {
    #[serde(borrow)]
    key: Str<'a>,
    #[serde(borrow)]
    operator: Str<'a>,
    #[serde(borrow)]
    values: List<Str<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawStrategy<'a> {
    #[serde(borrow, rename = "type")]
    kind: Str<'a>,
    #[serde(borrow)]
    rolling_update: Option<Loose<RawRolling<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawRolling<'a> {
    #[serde(borrow)]
    max_surge: Str<'a>,
    #[serde(borrow)]
    max_unavailable: Str<'a>,
    partition: Num,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RawStatus<'a> {
    observed_generation: Num,
    replicas: Num,
    updated_replicas: Num,
    ready_replicas: Num,
    available_replicas: Num,
    current_number_scheduled: Num,
    updated_number_scheduled: Num,
    desired_number_scheduled: Num,
    number_ready: Num,
    number_available: Num,
    number_misscheduled: Num,
    #[serde(borrow)]
    current_revision: Str<'a>,
    #[serde(borrow)]
    update_revision: Str<'a>,
    #[serde(borrow)]
    conditions: RawConditions<'a>,
}

impl RawWorkload<'_> {
    /// Makes the domain's workload of it.
    pub(super) fn workload(&self, kind: Kind, intern: &mut Interner) -> Workload {
        let spec = &self.spec.0;
        Workload {
            kind,
            meta: self.metadata.0.meta(intern),
            selector: spec.selector.0.selector(intern),
            paused: spec.paused.set(),
            replicas: if kind == Kind::DaemonSet { None } else { spec.replicas.count() },
            min_ready_seconds: spec.min_ready_seconds.or_zero(),
            progress_deadline_seconds: spec.progress_deadline_seconds.count(),
            strategy: spec.strategy.0.strategy(),
            template: spec.template.0.template(intern),
            status: self.status.0.status(kind, intern),
            conditions: conditions(&self.status.0.conditions, intern),
            delivery: None,
        }
    }
}

impl RawSelector<'_> {
    pub(super) fn selector(&self, intern: &mut Interner) -> Selector {
        Selector {
            labels: intern.map(&self.match_labels),
            expressions: self
                .match_expressions
                .0
                .iter()
                .map(|Loose(raw)| {
                    let values = raw.values.0.iter().map(|value| intern.text(value)).collect();
                    (intern.text(&raw.key), intern.text(&raw.operator), values)
                })
                .collect(),
        }
    }
}

impl RawStrategy<'_> {
    fn strategy(&self) -> Strategy {
        match self.kind.as_str() {
            "Recreate" => Strategy::Recreate,
            "OnDelete" => Strategy::OnDelete,
            _ => {
                let rolling = self.rolling_update.as_ref().map(|Loose(rolling)| rolling);
                Strategy::Rolling {
                    max_surge: rolling.and_then(|rolling| int_or_percent(rolling.max_surge.as_str())),
                    max_unavailable: rolling.and_then(|rolling| int_or_percent(rolling.max_unavailable.as_str())),
                    partition: rolling.and_then(|rolling| rolling.partition.count()),
                    declared: rolling.is_some(),
                }
            }
        }
    }
}

impl RawStatus<'_> {
    fn status(&self, kind: Kind, intern: &mut Interner) -> WorkloadStatus {
        let daemon = kind == Kind::DaemonSet;
        let pick = |one: Num, of_daemon: Num| if daemon { of_daemon.or_zero() } else { one.or_zero() };
        WorkloadStatus {
            observed_generation: self.observed_generation.0.unwrap_or_default(),
            replicas: pick(self.replicas, self.current_number_scheduled),
            updated: pick(self.updated_replicas, self.updated_number_scheduled),
            ready: pick(self.ready_replicas, self.number_ready),
            available: pick(self.available_replicas, self.number_available),
            desired: self.desired_number_scheduled.or_zero(),
            misscheduled: self.number_misscheduled.or_zero(),
            current_revision: intern.text(&self.current_revision),
            update_revision: intern.text(&self.update_revision),
        }
    }
}

/// Parses `25%` or `1`; `None` when it is neither.
pub(super) fn int_or_percent(text: &str) -> Option<IntOrPercent> {
    match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse().ok().map(IntOrPercent::Percent),
        None => text.trim().parse().ok().map(IntOrPercent::Int),
    }
}
