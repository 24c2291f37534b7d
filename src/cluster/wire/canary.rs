//! Canaries of Flagger.

use std::sync::Arc;

use jiff::SignedDuration;
use serde::Deserialize;

use super::{
    intern::{Interner, unique},
    loose::{Flag, List, Loose, Num, Str, Time},
    meta::{Managers, Parts, RawConditions, RawMeta, conditions},
    rollout::{RawReference, duration},
};
use crate::domain::{
    Delivery, FlaggerAnalysis, FlaggerCanary, FlaggerGate, FlaggerMetric, FlaggerStatus, Kind, ObjectRef, Selector,
    Strategy, Template, Workload, WorkloadStatus,
};

/// Flagger's default of `spec.progressDeadlineSeconds`.
const DEADLINE: i32 = 600;
/// Flagger's default of `analysis.interval`, and the least it takes.
const INTERVAL: SignedDuration = SignedDuration::from_secs(60);
const LEAST_INTERVAL: SignedDuration = SignedDuration::from_secs(10);
/// Weight that means all traffic.
const ALL_TRAFFIC: i32 = 100;
/// Webhooks that hold a canary or roll it back.
const GATES: [&str; 4] = ["confirm-rollout", "confirm-traffic-increase", "confirm-promotion", "rollback"];

pub(super) type RawCanary<'a> = Parts<RawMeta<'a, Managers<'a>>, RawSpec<'a>, RawStatus<'a>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RawSpec<'a> {
    #[serde(borrow)]
    target_ref: Loose<RawReference<'a>>,
    #[serde(borrow)]
    service: Loose<RawNamed<'a>>,
    #[serde(borrow)]
    provider: Str<'a>,
    #[serde(borrow)]
    analysis: Option<Loose<RawAnalysis<'a>>>,
    #[serde(borrow)]
    canary_analysis: Loose<RawAnalysis<'a>>,
    suspend: Flag,
    skip_analysis: Flag,
    progress_deadline_seconds: Num,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawNamed<'a> {
    #[serde(borrow)]
    name: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawAnalysis<'a> {
    #[serde(borrow)]
    interval: Str<'a>,
    threshold: Num,
    iterations: Num,
    step_weight: Num,
    step_weights: List<Num>,
    max_weight: Num,
    #[serde(rename = "match")]
    matches: List<serde::de::IgnoredAny>,
    #[serde(borrow)]
    metrics: List<Loose<RawMetric<'a>>>,
    #[serde(borrow)]
    webhooks: List<Loose<RawWebhook<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawMetric<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    threshold: Str<'a>,
    #[serde(borrow)]
    threshold_range: Loose<RawRange<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawRange<'a> {
    #[serde(borrow)]
    min: Str<'a>,
    #[serde(borrow)]
    max: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawWebhook<'a> {
    #[serde(borrow, rename = "type")]
    kind: Str<'a>,
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    url: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RawStatus<'a> {
    #[serde(borrow)]
    phase: Str<'a>,
    canary_weight: Num,
    iterations: Num,
    failed_checks: Num,
    #[serde(borrow)]
    last_applied_spec: Str<'a>,
    #[serde(borrow)]
    last_promoted_spec: Str<'a>,
    last_transition_time: Time,
    #[serde(borrow)]
    conditions: RawConditions<'a>,
}

impl RawCanary<'_> {
    /// Makes the domain's workload of it: counts and template are those of its members.
    pub(super) fn workload(&self, intern: &mut Interner) -> Workload {
        let (spec, status) = (&self.spec.0, &self.status.0);
        let meta = self.metadata.0.meta(intern);
        let deadline = spec.progress_deadline_seconds.count().filter(|seconds| *seconds > 0).unwrap_or(DEADLINE);
        let analysis = spec.analysis.as_ref().unwrap_or(&spec.canary_analysis);
        let target = &spec.target_ref.0;
        let canary = FlaggerCanary {
            target: ObjectRef {
                kind: intern.text(&target.kind),
                namespace: meta.namespace.clone(),
                name: intern.text(&target.name),
            },
            service: intern.text(if spec.service.0.name.is_empty() { &target.name } else { &spec.service.0.name }),
            provider: intern.text(&spec.provider),
            analysis: analysis.0.analysis(intern),
            suspended: spec.suspend.set(),
            skip_analysis: spec.skip_analysis.set(),
            progress_deadline_seconds: deadline,
            status: FlaggerStatus {
                phase: intern.text(&status.phase),
                weight: status.canary_weight.or_zero(),
                // Entering a gate of a weighted canary it is one below its end: -1.
                iterations: status.iterations.int().unwrap_or_default(),
                failed_checks: status.failed_checks.or_zero(),
                last_applied: intern.text(&status.last_applied_spec),
                last_promoted: intern.text(&status.last_promoted_spec),
                last_transition: status.last_transition_time.0,
            },
        };
        Workload {
            kind: Kind::Canary,
            selector: Selector::default(),
            paused: canary.suspended,
            replicas: None,
            min_ready_seconds: 0,
            progress_deadline_seconds: Some(deadline),
            strategy: Strategy::Rolling { max_surge: None, max_unavailable: None, partition: None, declared: true },
            template: Template::default(),
            // It has no observed generation: a status that speaks of a phase has seen what there is.
            status: WorkloadStatus {
                observed_generation: if status.phase.is_empty() { 0 } else { meta.generation },
                ..WorkloadStatus::default()
            },
            conditions: conditions(&status.conditions, intern),
            delivery: Some(Arc::new(Delivery::Flagger(canary))),
            meta,
        }
    }
}

impl RawAnalysis<'_> {
    fn analysis(&self, intern: &mut Interner) -> FlaggerAnalysis {
        let iterations = self.iterations.or_zero();
        FlaggerAnalysis {
            interval: duration(self.interval.as_str()).unwrap_or(INTERVAL).max(LEAST_INTERVAL),
            threshold: self.threshold.count().filter(|threshold| *threshold > 0).unwrap_or(1),
            weights: if iterations > 0 { Vec::new() } else { self.weights() },
            iterations,
            matched: iterations > 0 && !self.matches.0.is_empty(),
            metrics: self.metrics.0.iter().map(|Loose(raw)| raw.metric(intern)).collect(),
            gates: (self.webhooks.0.iter())
                .filter(|Loose(raw)| GATES.contains(&raw.kind.as_str()))
                .map(|Loose(raw)| FlaggerGate {
                    kind: intern.text(&raw.kind),
                    name: intern.text(&raw.name),
                    url: unique(&raw.url),
                })
                .collect(),
        }
    }

    /// The weights it goes through: a step that does not divide the greatest one goes beyond it.
    fn weights(&self) -> Vec<i32> {
        let listed: Vec<i32> = self.step_weights.0.iter().filter_map(|weight| weight.count()).collect();
        let step = self.step_weight.or_zero();
        if !listed.is_empty() || step == 0 {
            return listed;
        }
        let most = self.max_weight.count().filter(|most| *most > 0).unwrap_or(ALL_TRAFFIC);
        let mut weights = Vec::new();
        let mut weight = 0;
        while weight < most.min(ALL_TRAFFIC) {
            weight = weight.saturating_add(step).min(ALL_TRAFFIC);
            weights.push(weight);
        }
        weights
    }
}

impl RawMetric<'_> {
    fn metric(&self, intern: &mut Interner) -> FlaggerMetric {
        let number = |text: &Str<'_>| text.as_str().trim().parse::<f64>().ok();
        let (range, old) = (&self.threshold_range.0, number(&self.threshold));
        // The old single threshold is a floor for success rates and a ceiling for the rest.
        let floor = self.name.as_str().contains("success-rate");
        FlaggerMetric {
            name: intern.text(&self.name),
            min: number(&range.min).or(old.filter(|_| floor)),
            max: number(&range.max).or(old.filter(|_| !floor)),
        }
    }
}
