//! Rollouts of Argo Rollouts: what every workload has, and the `delivery` none else has.
//!
//! Old controllers write a hash where newer ones write the observed generation, and keep some of the status at other
//! places; both are read.

use std::sync::Arc;

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::Value;

use super::{
    intern::Interner,
    loose::{Flag, List, Loose, Map, Num, Present, Str, Time},
    meta::{Managers, Parts, RawConditions, RawMeta, conditions},
    template::RawTemplate,
    workload::{RawSelector, int_or_percent},
};
use crate::domain::{
    ArgoBlueGreen, ArgoCanary, ArgoRollout, ArgoStatus, ArgoStrategy, Delivery, Kind, ObjectRef, PauseCondition, Step,
    Strategy, Text, Workload, WorkloadStatus,
};

/// The controller's default of `spec.progressDeadlineSeconds`.
const DEADLINE: i32 = 600;
/// The controller's default of `blueGreen.scaleDownDelaySeconds`.
const SCALE_DOWN_DELAY: i32 = 30;
/// Weight that means all traffic, by default.
const ALL_TRAFFIC: i32 = 100;

pub(super) type RawRollout<'a> = Parts<RawMeta<'a, Managers<'a>>, RawSpec<'a>, RawStatus<'a>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RawSpec<'a> {
    replicas: Num,
    paused: Flag,
    min_ready_seconds: Num,
    progress_deadline_seconds: Num,
    restart_at: Time,
    #[serde(borrow)]
    selector: Loose<RawSelector<'a>>,
    #[serde(borrow)]
    strategy: Loose<RawStrategies<'a>>,
    #[serde(borrow)]
    template: Loose<RawTemplate<'a>>,
    #[serde(borrow)]
    workload_ref: Loose<RawReference<'a>>,
}

/// A reference by kind and name.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawReference<'a> {
    #[serde(borrow)]
    pub(super) kind: Str<'a>,
    #[serde(borrow)]
    pub(super) name: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawStrategies<'a> {
    #[serde(borrow)]
    canary: Option<Loose<RawCanary<'a>>>,
    #[serde(borrow)]
    blue_green: Option<Loose<RawBlueGreen<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawCanary<'a> {
    #[serde(borrow)]
    canary_service: Str<'a>,
    #[serde(borrow)]
    stable_service: Str<'a>,
    #[serde(borrow)]
    steps: List<Map<'a, Value>>,
    traffic_routing: Option<Loose<RawRouting>>,
    analysis: Present,
    dynamic_stable_scale: Flag,
    #[serde(borrow)]
    max_surge: Str<'a>,
    #[serde(borrow)]
    max_unavailable: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawRouting {
    max_traffic_weight: Num,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawBlueGreen<'a> {
    #[serde(borrow)]
    active_service: Str<'a>,
    #[serde(borrow)]
    preview_service: Str<'a>,
    auto_promotion_enabled: Flag,
    auto_promotion_seconds: Num,
    scale_down_delay_seconds: Num,
    pre_promotion_analysis: Present,
    post_promotion_analysis: Present,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RawStatus<'a> {
    #[serde(borrow)]
    phase: Str<'a>,
    #[serde(borrow)]
    message: Str<'a>,
    #[serde(borrow)]
    observed_generation: Str<'a>,
    #[serde(borrow)]
    workload_observed_generation: Str<'a>,
    #[serde(borrow)]
    current_pod_hash: Str<'a>,
    #[serde(borrow, rename = "stableRS")]
    stable: Str<'a>,
    current_step_index: Num,
    #[serde(borrow)]
    pause_conditions: List<Loose<RawPause<'a>>>,
    controller_pause: Flag,
    abort: Flag,
    aborted_at: Time,
    promote_full: Flag,
    restarted_at: Time,
    replicas: Num,
    updated_replicas: Num,
    ready_replicas: Num,
    available_replicas: Num,
    #[serde(borrow)]
    canary: Loose<RawCanaryStatus<'a>>,
    #[serde(borrow)]
    blue_green: Loose<RawBlueGreenStatus<'a>>,
    #[serde(borrow)]
    active_selector: Str<'a>,
    #[serde(borrow)]
    preview_selector: Str<'a>,
    #[serde(borrow)]
    conditions: RawConditions<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawPause<'a> {
    #[serde(borrow)]
    reason: Str<'a>,
    start_time: Time,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawCanaryStatus<'a> {
    #[serde(borrow, rename = "stableRS")]
    stable: Str<'a>,
    weights: Loose<RawWeights>,
    #[serde(borrow)]
    current_step_analysis_run_status: Loose<RawRun<'a>>,
    #[serde(borrow)]
    current_step_analysis_run: Str<'a>,
    #[serde(borrow)]
    current_background_analysis_run_status: Loose<RawRun<'a>>,
    #[serde(borrow)]
    current_background_analysis_run: Str<'a>,
    #[serde(borrow)]
    current_experiment: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawWeights {
    canary: Loose<RawWeight>,
    verified: Flag,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawWeight {
    weight: Num,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawRun<'a> {
    #[serde(borrow)]
    name: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawBlueGreenStatus<'a> {
    #[serde(borrow)]
    active_selector: Str<'a>,
    #[serde(borrow)]
    preview_selector: Str<'a>,
    #[serde(borrow)]
    pre_promotion_analysis_run_status: Loose<RawRun<'a>>,
    #[serde(borrow)]
    pre_promotion_analysis_run: Str<'a>,
    #[serde(borrow)]
    post_promotion_analysis_run_status: Loose<RawRun<'a>>,
    #[serde(borrow)]
    post_promotion_analysis_run: Str<'a>,
}

impl RawRollout<'_> {
    /// Makes the domain's workload of it.
    pub(super) fn workload(&self, intern: &mut Interner) -> Workload {
        let (spec, status) = (&self.spec.0, &self.status.0);
        let meta = self.metadata.0.meta(intern);
        let rolling = spec.strategy.0.canary.as_ref().map(|Loose(canary)| canary);
        let argo = ArgoRollout {
            workload_ref: (!spec.workload_ref.0.name.is_empty()).then(|| ObjectRef {
                kind: intern.text(&spec.workload_ref.0.kind),
                namespace: meta.namespace.clone(),
                name: intern.text(&spec.workload_ref.0.name),
            }),
            strategy: spec.strategy.0.strategy(intern),
            restart_at: spec.restart_at.0,
            status: status.argo(intern),
        };
        let unseen = if status.observed_generation.is_empty() { 0 } else { meta.generation };
        Workload {
            kind: Kind::Rollout,
            selector: spec.selector.0.selector(intern),
            paused: spec.paused.set(),
            replicas: spec.replicas.count(),
            min_ready_seconds: spec.min_ready_seconds.or_zero(),
            progress_deadline_seconds: Some(spec.progress_deadline_seconds.count().unwrap_or(DEADLINE)),
            strategy: Strategy::Rolling {
                max_surge: rolling.and_then(|canary| int_or_percent(canary.max_surge.as_str())),
                max_unavailable: rolling.and_then(|canary| int_or_percent(canary.max_unavailable.as_str())),
                partition: None,
                declared: true,
            },
            template: spec.template.0.template(intern),
            status: WorkloadStatus {
                // A hash says that some generation was seen; which, nobody can tell any more.
                observed_generation: argo.status.observed_generation.unwrap_or(unseen),
                replicas: status.replicas.or_zero(),
                updated: status.updated_replicas.or_zero(),
                ready: status.ready_replicas.or_zero(),
                available: status.available_replicas.or_zero(),
                ..WorkloadStatus::default()
            },
            conditions: conditions(&status.conditions, intern),
            delivery: Some(Arc::new(Delivery::Argo(argo))),
            meta,
        }
    }
}

impl RawStrategies<'_> {
    fn strategy(&self, intern: &mut Interner) -> Option<ArgoStrategy> {
        if let Some(Loose(raw)) = &self.canary {
            let routing = raw.traffic_routing.as_ref().map(|Loose(routing)| routing);
            return Some(ArgoStrategy::Canary(ArgoCanary {
                steps: raw.steps.0.iter().map(|step| read_step(step, intern)).collect(),
                routed: routing.is_some(),
                max_weight: routing
                    .and_then(|routing| routing.max_traffic_weight.count())
                    .filter(|weight| *weight > 0)
                    .unwrap_or(ALL_TRAFFIC),
                canary_service: intern.text(&raw.canary_service),
                stable_service: intern.text(&raw.stable_service),
                background_analysis: raw.analysis.0,
                dynamic_stable_scale: raw.dynamic_stable_scale.set(),
            }));
        }
        let Loose(raw) = self.blue_green.as_ref()?;
        let seconds = |seconds: i32| SignedDuration::from_secs(seconds.into());
        Some(ArgoStrategy::BlueGreen(ArgoBlueGreen {
            active_service: intern.text(&raw.active_service),
            preview_service: intern.text(&raw.preview_service),
            auto_promotion: raw.auto_promotion_enabled.0.unwrap_or(true),
            auto_promotion_after: raw.auto_promotion_seconds.count().filter(|after| *after > 0).map(seconds),
            scale_down_delay: Some(seconds(raw.scale_down_delay_seconds.count().unwrap_or(SCALE_DOWN_DELAY))),
            analyses: (raw.pre_promotion_analysis.0, raw.post_promotion_analysis.0),
        }))
    }
}

impl RawStatus<'_> {
    fn argo(&self, intern: &mut Interner) -> ArgoStatus {
        let (canary, switch) = (&self.canary.0, &self.blue_green.0);
        // Newer controllers' place first, then the older one's.
        let mut either = |new: &Str<'_>, old: &Str<'_>| intern.text(if new.is_empty() { old } else { new });
        ArgoStatus {
            stable_hash: either(&self.stable, &canary.stable),
            active_hash: either(&switch.active_selector, &self.active_selector),
            preview_hash: either(&switch.preview_selector, &self.preview_selector),
            step_run: either(&canary.current_step_analysis_run_status.0.name, &canary.current_step_analysis_run),
            background_run: either(
                &canary.current_background_analysis_run_status.0.name,
                &canary.current_background_analysis_run,
            ),
            pre_promotion_run: either(
                &switch.pre_promotion_analysis_run_status.0.name,
                &switch.pre_promotion_analysis_run,
            ),
            post_promotion_run: either(
                &switch.post_promotion_analysis_run_status.0.name,
                &switch.post_promotion_analysis_run,
            ),
            phase: intern.text(&self.phase),
            message: intern.text(&self.message),
            observed_generation: self.observed_generation.as_str().trim().parse().ok(),
            workload_generation: intern.text(&self.workload_observed_generation),
            current_hash: intern.text(&self.current_pod_hash),
            step: self.current_step_index.count(),
            pauses: (self.pause_conditions.0.iter())
                .map(|Loose(raw)| PauseCondition { reason: intern.text(&raw.reason), since: raw.start_time.0 })
                .collect(),
            controller_pause: self.controller_pause.set(),
            aborted: self.abort.set(),
            aborted_at: self.aborted_at.0,
            promote_full: self.promote_full.set(),
            weight: canary.weights.0.canary.0.weight.count().map(|weight| (weight, canary.weights.0.verified.0)),
            experiment: intern.text(&canary.current_experiment),
            restarted_at: self.restarted_at.0,
        }
    }
}

/// Reads a step: an object of one key.
fn read_step(raw: &Map<'_, Value>, intern: &mut Interner) -> Step {
    let Some((Str(key), value)) = raw.0.first() else { return Step::Other(Text::default()) };
    let known = match &**key {
        "setWeight" => Num::deserialize(value).ok().and_then(Num::int).map(Step::SetWeight),
        "pause" => value.as_object().map(|pause| Step::Pause(pause.get("duration").and_then(seconds_or_words))),
        "setCanaryScale" => value.as_object().map(|scale| {
            let count =
                |name: &str| scale.get(name).and_then(|value| Num::deserialize(value).ok()).and_then(Num::count);
            let words = match (count("replicas"), count("weight")) {
                (Some(1), _) => "1 pod".to_owned(),
                (Some(pods), _) => format!("{pods} pods"),
                (None, Some(weight)) => format!("{weight} %"),
                (None, None) => "as its weight".to_owned(),
            };
            Step::SetCanaryScale(words.into())
        }),
        "analysis" => value.is_object().then(|| Step::Analysis(names(value, "templateName", intern))),
        "experiment" => value.is_object().then(|| Step::Experiment(names(value, "name", intern))),
        _ => None,
    };
    known.unwrap_or_else(|| Step::Other(intern.shared(key)))
}

/// Reads a pause's duration: seconds, or a duration as Go writes it.
fn seconds_or_words(value: &Value) -> Option<SignedDuration> {
    let text = Str::deserialize(value).ok()?;
    duration(text.as_str())
}

/// Parses a duration as Go writes it; a bare number is seconds.
pub(super) fn duration(text: &str) -> Option<SignedDuration> {
    let text = text.trim();
    text.parse::<u32>().map(|seconds| SignedDuration::from_secs(seconds.into())).or_else(|_| text.parse()).ok()
}

/// Collects names out of `templates`; very old analyses name their one template themselves.
fn names(value: &Value, key: &str, intern: &mut Interner) -> Vec<Text> {
    let many = value["templates"].as_array().map(Vec::as_slice).unwrap_or_default();
    let one = std::slice::from_ref(value);
    let of = if many.is_empty() { one } else { many };
    of.iter().filter_map(|item| item[key].as_str()).map(|name| intern.shared(name)).collect()
}
