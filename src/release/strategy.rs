//! One vocabulary for progressive delivery: what every way to do a canary or a blue-green release has in common.
//!
//! ```text
//! Argo Rollouts ─┐                     sides   stable and canary, or active and preview
//! Flagger       ─┼─▶ adapters ─▶ Delivery ─┤ steps   done, current, next
//! label canary  ─┤                     weight  wanted, and actual with where it was read
//! plain switch  ─┘                     wait    for whom or for how long
//! ```
//!
//! The adapters only read: what a controller wrote, the pods there are, what Services and routes say. What that means
//! for a person is decided in `release::delivered`.

mod aborted;
pub(super) mod argo;
pub(super) mod flagger;
pub(super) mod labels;
mod sides;
pub(super) mod switch;

use jiff::Timestamp;

use crate::{
    domain::{self, Text, Workload, WorkloadKey},
    world::World,
};

/// Which system delivers a release unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum System {
    /// An `argoproj.io` Rollout.
    Argo,
    /// A `flagger.app` Canary.
    Flagger,
    /// Two Deployments behind one Service, told apart by a label.
    Labels,
    /// A Service whose selector points at one of two Deployments.
    Switch,
}

impl System {
    /// Returns the word programs read, before the manner: `argo`, `flagger`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Argo => "argo",
            Self::Flagger => "flagger",
            Self::Labels => "label",
            Self::Switch => "service",
        }
    }
}

/// What a delivery controller makes of its release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Done, and good.
    Healthy,
    /// Under way, also while only time goes by.
    Progressing,
    /// Held.
    Paused,
    /// Given up, or broken.
    Degraded,
}

/// Concludes how a Rollout or a Canary is doing, with a sentence; of other kinds there is nothing to conclude.
pub(super) fn phase(workload: &Workload) -> (Phase, String) {
    match workload.delivery.as_deref() {
        Some(domain::Delivery::Argo(argo)) => argo::phase(workload, argo),
        Some(domain::Delivery::Flagger(canary)) => flagger::phase(workload, canary),
        None => (Phase::Progressing, "nothing is known of its delivery".to_owned()),
    }
}

/// Describes a workload that looks like a part of a unit and stands alone for its doubts.
pub(super) fn doubtful(world: &World, key: &WorkloadKey, doubts: &[String]) -> Delivery {
    let mut delivery = Delivery::of(System::Labels, Manner::Canary, sides::of_deployment(world, key, "stable"));
    delivery.alarms = doubts.to_vec();
    delivery
}

/// How a release unit that is delivered progressively is doing.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Which system does it.
    pub system: System,
    /// Canary by weight, blue-green by switch, or A/B by match.
    pub manner: Manner,
    /// What users mostly get: stable, or active.
    pub stable: Side,
    /// What is being tried: canary, or preview; `None` while nothing is.
    pub canary: Option<Side>,
    /// The steps of a canary, or the stations of a switch; empty where it has none.
    pub steps: Vec<StepLine>,
    /// Position in `steps`: their number when all are done; `None` when unknown or without steps.
    pub step: Option<usize>,
    /// Share of the traffic the canary should have, percent; `None` where weights mean nothing.
    pub weight_wanted: Option<f64>,
    /// Share it has, percent, and where that was read.
    pub weight_actual: Option<(f64, WeightSource)>,
    /// What it waits for.
    pub wait: Option<Wait>,
    /// It was given up: by a person or by an analysis; the words of its controller.
    pub aborted: Option<String>,
    /// AnalysisRuns that belong to the present release, by name, the present step's first.
    pub runs: Vec<Text>,
    /// Experiments of the present release, by name.
    pub experiments: Vec<Text>,
    /// Services of a switch, the one users reach first, with the version each sends to.
    pub services: Vec<(Text, String)>,
    /// When the old side's pods go after a switch.
    pub scale_down_at: Option<Timestamp>,
    /// Failed checks and how many are allowed (Flagger).
    pub checks: Option<(i32, i32)>,
    /// What a person should know before acting, gravest first: `skipAnalysis is set`, `nothing reconciles it`.
    pub alarms: Vec<String>,
}

impl Delivery {
    /// Makes one of which nothing but its serving side is known.
    pub(super) fn of(system: System, manner: Manner, stable: Side) -> Self {
        Self {
            system,
            manner,
            stable,
            canary: None,
            steps: Vec::new(),
            step: None,
            weight_wanted: None,
            weight_actual: None,
            wait: None,
            aborted: None,
            runs: Vec::new(),
            experiments: Vec::new(),
            services: Vec::new(),
            scale_down_at: None,
            checks: None,
            alarms: Vec::new(),
        }
    }

    /// Returns the word programs read for it: `argo-canary`, `argo-bluegreen`, `flagger-ab`, `label-canary` …
    pub fn word(&self) -> String {
        format!("{}-{}", self.system.word(), self.manner.word())
    }

    /// Returns the side that is being tried: not what a switch left behind, nor what has no pods any more.
    pub fn tried(&self) -> Option<&Side> {
        self.canary.as_ref().filter(|side| side.role != "previous" && (side.desired > 0 || side.ready > 0))
    }

    /// Returns the step it is at, where it is at one.
    pub fn current(&self) -> Option<&StepLine> {
        self.steps.get(self.step?)
    }
}

/// How users reach the new version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// A share of the traffic.
    Canary,
    /// All at once, by a switch.
    BlueGreen,
    /// Requests that match.
    Ab,
}

impl Manner {
    /// Returns the word programs read.
    pub fn word(self) -> &'static str {
        match self {
            Self::Canary => "canary",
            Self::BlueGreen => "bluegreen",
            Self::Ab => "ab",
        }
    }
}

/// One of the two versions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Side {
    /// `stable`, `canary`, `active`, `preview`, `primary`; `previous` for what a switch left behind.
    pub role: &'static str,
    /// Name of what holds its pods: a ReplicaSet or a Deployment.
    pub name: Text,
    /// The Deployment, where a member Deployment holds it.
    pub deployment: Option<WorkloadKey>,
    /// UIDs of the ReplicaSets that own its pods: `World::pods_of_owner` finds these.
    pub owners: Vec<Text>,
    /// Version, as the fleet words it.
    pub version: String,
    /// Revision by its own count; 0 when unknown.
    pub revision: i64,
    /// Pods wanted.
    pub desired: i32,
    /// Ready pods.
    pub ready: i32,
    /// Available pods.
    pub available: i32,
    /// Restarts of its pods.
    pub restarts: i32,
}

/// One step as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepLine {
    /// `weight 25 %`, `pause 10m`, `pause until promoted`, `analysis success-rate`, `experiment baseline, canary`.
    pub words: String,
    /// Weight from this step on, percent, where it sets one.
    pub weight: Option<i32>,
}

/// Where an actual weight was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WeightSource {
    /// Available pods of the canary, and of both sides.
    Pods(i32, i32),
    /// A route object, as `HTTPRoute cart-service`.
    Route(String),
    /// The controller's status; `Some(true)` when the router confirmed it.
    Status(Option<bool>),
    /// The selector of a Service, by name.
    Selector(Text),
}

/// What a release waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait {
    /// A person must decide.
    Person {
        /// Since when.
        since: Option<Timestamp>,
        /// For what: `promotion`, `an inconclusive analysis`, `gate confirm-promotion`.
        what: String,
    },
    /// Time goes by.
    Timer {
        /// Since when.
        since: Option<Timestamp>,
        /// Until when; `None` when unknown.
        until: Option<Timestamp>,
    },
}
