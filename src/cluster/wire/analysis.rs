//! AnalysisRuns and Experiments of Argo Rollouts.

use serde::Deserialize;

use super::{
    intern::{Interner, unique},
    loose::{Flag, List, Loose, Map, Num, Str, Time},
    meta::{Parts, RawMeta, Unread},
};
use crate::domain::{AnalysisMetric, AnalysisRun, Experiment, Measurement, Text, text::clean};

/// Measurements kept of a metric.
const MEASUREMENTS: usize = 120;
/// Where the controller notes the query it asked.
const RESOLVED: &str = "ResolvedPrometheusQuery";

pub(super) type RawAnalysisRun<'a> = Parts<RawMeta<'a, Unread>, RawRunSpec<'a>, RawRunStatus<'a>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RawRunSpec<'a> {
    #[serde(borrow)]
    metrics: List<Loose<RawMetric<'a>>>,
    /// Where very old controllers had the metrics.
    #[serde(borrow)]
    analysis_spec: Loose<RawMetrics<'a>>,
    #[serde(borrow)]
    args: List<Loose<RawArg<'a>>>,
    #[serde(borrow)]
    dry_run: List<Loose<RawDryRun<'a>>>,
    terminate: Flag,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawMetrics<'a> {
    #[serde(borrow)]
    metrics: List<Loose<RawMetric<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawArg<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    value: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawDryRun<'a> {
    #[serde(borrow)]
    metric_name: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawMetric<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    success_condition: Str<'a>,
    #[serde(borrow)]
    failure_condition: Str<'a>,
    #[serde(borrow)]
    provider: Loose<RawProvider<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawProvider<'a> {
    #[serde(borrow)]
    prometheus: Loose<RawPrometheus<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawPrometheus<'a> {
    #[serde(borrow)]
    query: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RawRunStatus<'a> {
    #[serde(borrow)]
    phase: Str<'a>,
    #[serde(borrow)]
    message: Str<'a>,
    #[serde(borrow)]
    metric_results: List<Loose<RawResult<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawResult<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    phase: Str<'a>,
    #[serde(borrow)]
    message: Str<'a>,
    successful: Num,
    failed: Num,
    inconclusive: Num,
    error: Num,
    dry_run: Flag,
    #[serde(borrow)]
    metadata: Map<'a, Str<'a>>,
    #[serde(borrow)]
    measurements: List<Loose<RawMeasurement<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawMeasurement<'a> {
    #[serde(borrow)]
    phase: Str<'a>,
    #[serde(borrow)]
    value: Str<'a>,
    #[serde(borrow)]
    message: Str<'a>,
    started_at: Time,
    finished_at: Time,
}

impl RawAnalysisRun<'_> {
    /// Makes the domain's AnalysisRun of it.
    pub(super) fn run(&self, intern: &mut Interner) -> AnalysisRun {
        let (spec, status) = (&self.spec.0, &self.status.0);
        let listed = if spec.metrics.0.is_empty() { &spec.analysis_spec.0.metrics } else { &spec.metrics };
        let named = |name: &str| status.metric_results.0.iter().map(|Loose(raw)| raw).find(|raw| raw.name.0 == name);
        let mut metrics: Vec<AnalysisMetric> = Vec::new();
        for Loose(raw) in &listed.0 {
            metrics.push(self.metric(raw, named(raw.name.as_str()), intern));
        }
        // A result without its metric in the spec is shown all the same.
        for Loose(raw) in &status.metric_results.0 {
            if !listed.0.iter().any(|Loose(metric)| metric.name == raw.name) {
                metrics.push(self.metric(&RawMetric::default(), Some(raw), intern));
            }
        }
        AnalysisRun {
            meta: self.metadata.0.meta(intern),
            phase: intern.text(&status.phase),
            message: unique(&status.message),
            terminated: spec.terminate.set(),
            metrics,
        }
    }

    fn metric(&self, raw: &RawMetric<'_>, seen: Option<&RawResult<'_>>, intern: &mut Interner) -> AnalysisMetric {
        let spec = &self.spec.0;
        let nothing = RawResult::default();
        let result = seen.unwrap_or(&nothing);
        let name = if raw.name.is_empty() { &result.name } else { &raw.name };
        let asked = result.metadata.get(RESOLVED).filter(|query| !query.is_empty());
        let query = asked.map_or_else(|| self.filled(&raw.provider.0.prometheus.0.query), unique);
        let newest = result.measurements.0.len().saturating_sub(MEASUREMENTS);
        AnalysisMetric {
            name: intern.text(name),
            phase: intern.text(&result.phase),
            message: unique(&result.message),
            success: self.filled(&raw.success_condition),
            failure: self.filled(&raw.failure_condition),
            query,
            dry_run: result.dry_run.set()
                || spec
                    .dry_run
                    .0
                    .iter()
                    .any(|Loose(dry)| matches!(dry.metric_name.as_str(), ".*" | "*") || dry.metric_name == *name),
            counts: [result.successful, result.failed, result.inconclusive, result.error].map(Num::or_zero),
            measurements: (result.measurements.0.iter().skip(newest))
                .map(|Loose(raw)| Measurement {
                    phase: intern.text(&raw.phase),
                    value: unique(&raw.value),
                    message: unique(&raw.message),
                    at: raw.finished_at.0.or(raw.started_at.0),
                })
                .collect(),
        }
    }

    /// Puts the run's arguments in where a text names them.
    fn filled(&self, text: &Str<'_>) -> Text {
        let mut filled = clean(text.as_str().trim(), false).into_owned();
        for Loose(arg) in &self.spec.0.args.0 {
            for place in [format!("{{{{args.{}}}}}", arg.name.0), format!("{{{{ args.{} }}}}", arg.name.0)] {
                filled = filled.replace(&place, &clean(arg.value.as_str(), false));
            }
        }
        filled.into()
    }
}

pub(super) type RawExperiment<'a> = Parts<RawMeta<'a, Unread>, RawExperimentSpec<'a>, RawExperimentStatus<'a>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawExperimentSpec<'a> {
    #[serde(borrow)]
    templates: List<Loose<RawExperimentTemplate<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawExperimentTemplate<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    replicas: Num,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RawExperimentStatus<'a> {
    #[serde(borrow)]
    phase: Str<'a>,
    #[serde(borrow)]
    message: Str<'a>,
    #[serde(borrow)]
    template_statuses: List<Loose<RawTemplateStatus<'a>>>,
    #[serde(borrow)]
    analysis_runs: List<Loose<RawExperimentRun<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawTemplateStatus<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    status: Str<'a>,
    #[serde(borrow)]
    phase: Str<'a>,
    available_replicas: Num,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawExperimentRun<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    analysis_run: Str<'a>,
    #[serde(borrow)]
    phase: Str<'a>,
}

impl RawExperiment<'_> {
    /// Makes the domain's Experiment of it.
    pub(super) fn experiment(&self, intern: &mut Interner) -> Experiment {
        let (spec, status) = (&self.spec.0, &self.status.0);
        let templates = spec.templates.0.iter().map(|Loose(raw)| {
            let seen = status.template_statuses.0.iter().map(|Loose(seen)| seen).find(|seen| seen.name == raw.name);
            let word = seen.map(|seen| if seen.status.is_empty() { &seen.phase } else { &seen.status });
            (
                intern.text(&raw.name),
                word.map(|word| intern.text(word)).unwrap_or_default(),
                seen.map_or(0, |seen| seen.available_replicas.or_zero()),
                raw.replicas.count().unwrap_or(1),
            )
        });
        Experiment {
            templates: templates.collect(),
            meta: self.metadata.0.meta(intern),
            phase: intern.text(&status.phase),
            message: unique(&status.message),
            runs: (status.analysis_runs.0.iter())
                .map(|Loose(raw)| (intern.text(&raw.name), intern.text(&raw.analysis_run), intern.text(&raw.phase)))
                .collect(),
        }
    }
}
