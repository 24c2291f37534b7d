//! Analyses and experiments of Argo Rollouts.

use jiff::Timestamp;

use super::{Meta, Text};

/// An AnalysisRun as last seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnalysisRun {
    /// Metadata; the owner is the Rollout or an Experiment.
    pub meta: Meta,
    /// `Pending`, `Running`, `Successful`, `Failed`, `Error`, `Inconclusive`; empty before the first look.
    pub phase: Text,
    /// Sentence beside it.
    pub message: Text,
    /// A person asked it to end.
    pub terminated: bool,
    /// Its metrics, in the order of the spec.
    pub metrics: Vec<AnalysisMetric>,
}

/// One metric of an AnalysisRun.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnalysisMetric {
    /// Name.
    pub name: Text,
    /// As the run's phase.
    pub phase: Text,
    /// Sentence.
    pub message: Text,
    /// `successCondition`; empty when there is none.
    pub success: Text,
    /// `failureCondition`; empty when there is none.
    pub failure: Text,
    /// The query that was asked, resolved where the controller says so; empty for other providers.
    pub query: Text,
    /// Its result does not count.
    pub dry_run: bool,
    /// Measurements that passed, failed, decided nothing and went wrong.
    pub counts: [i32; 4],
    /// The newest measurements, oldest first.
    pub measurements: Vec<Measurement>,
}

/// One measurement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measurement {
    /// As the run's phase.
    pub phase: Text,
    /// What was measured, as written, e.g. `[0.0312]`.
    pub value: Text,
    /// Sentence.
    pub message: Text,
    /// When it ended, else when it began.
    pub at: Option<Timestamp>,
}

impl Measurement {
    /// Returns the value where it is one number, bare or in brackets.
    pub fn number(&self) -> Option<f64> {
        self.value.trim().trim_start_matches('[').trim_end_matches(']').trim().parse().ok()
    }
}

/// An Experiment as last seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Experiment {
    /// Metadata; the owner is the Rollout.
    pub meta: Meta,
    /// As an AnalysisRun's phase.
    pub phase: Text,
    /// Sentence.
    pub message: Text,
    /// Its templates: name, status, available and wanted pods.
    pub templates: Vec<(Text, Text, i32, i32)>,
    /// Its AnalysisRuns: name in the spec, name of the run, phase.
    pub runs: Vec<(Text, Text, Text)>,
}
