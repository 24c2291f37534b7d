//! Argo Rollouts: what a `Rollout` asks for and what its controller reports, beyond what every workload has.

use jiff::{SignedDuration, Timestamp};

use super::{ObjectRef, Text};

/// The part of a Rollout that no Deployment has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ArgoRollout {
    /// The object that holds the template, where it is not the Rollout itself.
    pub workload_ref: Option<ObjectRef>,
    /// How it replaces pods; `None` when the spec names no strategy.
    pub strategy: Option<ArgoStrategy>,
    /// `spec.restartAt`.
    pub restart_at: Option<Timestamp>,
    /// What the controller reported.
    pub status: ArgoStatus,
}

/// How a Rollout replaces pods.
#[derive(Clone, Debug, PartialEq)]
pub enum ArgoStrategy {
    /// By steps.
    Canary(ArgoCanary),
    /// By switching Services.
    BlueGreen(ArgoBlueGreen),
}

/// `spec.strategy.canary`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ArgoCanary {
    /// Its steps in order; empty where it has none.
    pub steps: Vec<Step>,
    /// Traffic is split by a router and not by pod counts.
    pub routed: bool,
    /// Weight that means all traffic; 100 unless the spec says otherwise.
    pub max_weight: i32,
    /// `canaryService`; empty when there is none.
    pub canary_service: Text,
    /// `stableService`; empty when there is none.
    pub stable_service: Text,
    /// An analysis runs beside the steps.
    pub background_analysis: bool,
    /// Stable pods are scaled down as weight moves.
    pub dynamic_stable_scale: bool,
}

/// `spec.strategy.blueGreen`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ArgoBlueGreen {
    /// The Service users reach.
    pub active_service: Text,
    /// The Service that shows the new revision; empty when there is none.
    pub preview_service: Text,
    /// It switches by itself.
    pub auto_promotion: bool,
    /// It switches by itself that long after the pause began.
    pub auto_promotion_after: Option<SignedDuration>,
    /// How long the old revision's pods stay after the switch; 30 s unless the spec says otherwise.
    pub scale_down_delay: Option<SignedDuration>,
    /// Analyses before and after the switch.
    pub analyses: (bool, bool),
}

/// One step of a canary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Give the canary this share of the traffic, in units of the maximum weight (percent by default).
    SetWeight(i32),
    /// Wait so long, or for a person.
    Pause(Option<SignedDuration>),
    /// Give the canary so many pods: words such as `3 pods`, `25 %`, `as its weight`.
    SetCanaryScale(Text),
    /// Wait for analyses to pass; holds the names of their templates.
    Analysis(Vec<Text>),
    /// Run these templates beside each other, for a while.
    Experiment(Vec<Text>),
    /// Anything else, by its key: `setHeaderRoute`, `setMirrorRoute`, `plugin`, or one this program does not know.
    Other(Text),
}

/// `status` of a Rollout.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ArgoStatus {
    /// `Healthy`, `Progressing`, `Paused`, `Degraded`; empty from old controllers.
    pub phase: Text,
    /// Sentence beside the phase.
    pub message: Text,
    /// Newest generation acted on; `None` when it is absent or no number (very old controllers write a hash there).
    pub observed_generation: Option<i64>,
    /// Generation of the referenced workload that was acted on; empty when unknown.
    pub workload_generation: Text,
    /// Template hash of the newest revision.
    pub current_hash: Text,
    /// Template hash of the revision that is trusted.
    pub stable_hash: Text,
    /// Step it is at; equal to their number when all are done; `None` when unknown.
    pub step: Option<i32>,
    /// Why it is paused, oldest first.
    pub pauses: Vec<PauseCondition>,
    /// The controller itself paused it.
    pub controller_pause: bool,
    /// A person or an analysis gave up.
    pub aborted: bool,
    /// When.
    pub aborted_at: Option<Timestamp>,
    /// All remaining steps are being skipped.
    pub promote_full: bool,
    /// Weight a router reports for the canary, of the maximum weight, and whether the router confirmed it.
    pub weight: Option<(i32, Option<bool>)>,
    /// AnalysisRun of the present step; empty when there is none.
    pub step_run: Text,
    /// AnalysisRun beside the steps; empty when there is none.
    pub background_run: Text,
    /// Experiment of the present step; empty when there is none.
    pub experiment: Text,
    /// AnalysisRun before the switch; empty when there is none.
    pub pre_promotion_run: Text,
    /// AnalysisRun after the switch; empty when there is none.
    pub post_promotion_run: Text,
    /// Template hash the active Service selects.
    pub active_hash: Text,
    /// Template hash the preview Service selects.
    pub preview_hash: Text,
    /// `status.restartedAt`.
    pub restarted_at: Option<Timestamp>,
}

/// Why a Rollout is paused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PauseCondition {
    /// `CanaryPauseStep`, `BlueGreenPause`, `InconclusiveAnalysisRun`, `InconclusiveExperiment`.
    pub reason: Text,
    /// Since when.
    pub since: Option<Timestamp>,
}
