//! HorizontalPodAutoscalers of autoscaling/v2 and v1.

use serde::Deserialize;

use super::{
    intern::Interner,
    loose::{List, Loose, Num, Str},
    meta::{Parts, RawConditions, RawMeta, Unread, conditions},
};
use crate::domain::{Autoscaler, AutoscalerMetric, Condition, ObjectRef, Text};

/// Where v1 keeps what it has no field for.
const V1_CONDITIONS: &str = "autoscaling.alpha.kubernetes.io/conditions";

pub(super) type RawAutoscaler<'a> = Parts<RawMeta<'a, Unread>, RawSpec<'a>, RawStatus<'a>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RawSpec<'a> {
    #[serde(borrow)]
    scale_target_ref: Loose<RawTargetRef<'a>>,
    min_replicas: Num,
    max_replicas: Num,
    #[serde(borrow)]
    metrics: List<Loose<RawMetric<'a>>>,
    #[serde(rename = "targetCPUUtilizationPercentage")]
    target_cpu: Num,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawTargetRef<'a> {
    #[serde(borrow)]
    kind: Str<'a>,
    #[serde(borrow)]
    name: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RawStatus<'a> {
    current_replicas: Num,
    desired_replicas: Num,
    #[serde(borrow)]
    current_metrics: List<Loose<RawMetric<'a>>>,
    #[serde(borrow)]
    conditions: RawConditions<'a>,
    #[serde(rename = "currentCPUUtilizationPercentage")]
    current_cpu: Num,
}

/// A metric of the spec (with `target`) or of the status (with `current`), of any source.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawMetric<'a> {
    #[serde(borrow)]
    resource: Option<Loose<RawSource<'a>>>,
    #[serde(borrow)]
    container_resource: Option<Loose<RawSource<'a>>>,
    #[serde(borrow)]
    pods: Option<Loose<RawSource<'a>>>,
    #[serde(borrow)]
    object: Option<Loose<RawSource<'a>>>,
    #[serde(borrow)]
    external: Option<Loose<RawSource<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawSource<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    metric: Loose<RawMetricName<'a>>,
    #[serde(borrow)]
    target: Loose<RawAmount<'a>>,
    #[serde(borrow)]
    current: Loose<RawAmount<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawMetricName<'a> {
    #[serde(borrow)]
    name: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawAmount<'a> {
    average_utilization: Num,
    #[serde(borrow)]
    average_value: Str<'a>,
    #[serde(borrow)]
    value: Str<'a>,
}

impl RawAmount<'_> {
    /// Words a target as kubectl does: an average value as it is (`(avg)` behind it where a plain value were possible).
    fn words(&self, like: &RawAmount<'_>, averaged: bool) -> Option<String> {
        if !like.average_value.is_empty() {
            let text = self.average_value.as_str();
            let text = if averaged { format!("{text} (avg)") } else { text.to_owned() };
            (!self.average_value.is_empty()).then_some(text)
        } else if !like.value.is_empty() {
            (!self.value.is_empty()).then(|| self.value.as_str().to_owned())
        } else {
            self.average_utilization.0.map(|percent| format!("{percent}%"))
        }
    }
}

impl<'a> RawMetric<'a> {
    /// Returns its source, and whether an average is only one of its forms.
    fn source(&self) -> Option<(&RawSource<'a>, bool)> {
        let own = [&self.resource, &self.container_resource, &self.pods];
        let shared = [&self.object, &self.external];
        let own = own.into_iter().flatten().map(|Loose(source)| (source, false));
        own.chain(shared.into_iter().flatten().map(|Loose(source)| (source, true))).next()
    }
}

impl RawSource<'_> {
    fn name(&self) -> &Str<'_> {
        if self.name.is_empty() { &self.metric.0.name } else { &self.name }
    }
}

impl RawAutoscaler<'_> {
    /// Makes the domain's autoscaler of it.
    pub(super) fn autoscaler(&self, intern: &mut Interner) -> Autoscaler {
        let meta = self.metadata.0.meta(intern);
        let (spec, status) = (&self.spec.0, &self.status.0);
        let target = &spec.scale_target_ref.0;
        Autoscaler {
            target: ObjectRef {
                kind: intern.text(&target.kind),
                namespace: meta.namespace.clone(),
                name: intern.text(&target.name),
            },
            min: spec.min_replicas.count().unwrap_or(1),
            max: spec.max_replicas.or_zero(),
            current: status.current_replicas.or_zero(),
            desired: status.desired_replicas.or_zero(),
            metrics: self.metrics(intern),
            conditions: self.conditions(intern),
            meta,
        }
    }

    fn metrics(&self, intern: &mut Interner) -> Vec<AutoscalerMetric> {
        let (spec, status) = (&self.spec.0, &self.status.0);
        let mut found: Vec<AutoscalerMetric> = spec
            .metrics
            .0
            .iter()
            .filter_map(|Loose(wanted)| {
                let (source, averaged) = wanted.source()?;
                let goal = &source.target.0;
                let seen = status.current_metrics.0.iter().filter_map(|Loose(metric)| metric.source());
                let seen = seen.map(|(seen, _)| seen).find(|seen| seen.name() == source.name());
                Some(AutoscalerMetric {
                    name: intern.text(source.name()),
                    current: seen.and_then(|seen| seen.current.0.words(goal, averaged)).map(Text::from),
                    target: goal.words(goal, averaged).unwrap_or_default().into(),
                })
            })
            .collect();
        if let Some(percent) = spec.target_cpu.0 {
            found.push(AutoscalerMetric {
                name: intern.shared("cpu"),
                current: status.current_cpu.0.map(|percent| format!("{percent}%").into()),
                target: format!("{percent}%").into(),
            });
        }
        found
    }

    fn conditions(&self, intern: &mut Interner) -> Vec<Condition> {
        let status = &self.status.0.conditions;
        let annotation = self.metadata.0.annotation(V1_CONDITIONS).filter(|_| status.0.is_empty());
        match annotation.and_then(|text| serde_json::from_str::<RawConditions<'_>>(text).ok()) {
            Some(of_v1) => conditions(&of_v1, intern),
            None => conditions(status, intern),
        }
    }
}
