//! Stories: what is released when, what breaks, and what a person should make of it. TOML, also for users.
//!
//! ```text
//! teaches = "…"            what the story is for           [[release]]   what is wrong with an image
//! notice  = "…"            what should be noticed          [[step]]      one thing that happens, at a story time
//! move    = "…"            the right thing to do           [[sign]]      a screen that shows it, and what it says
//! ```
//!
//! All durations are at speed 1; playing divides them by the speed.

mod file;
#[cfg(test)]
mod tests;
mod words;

pub use words::{INJECTIONS, WordsError};

use jiff::SignedDuration;

use super::controllers::{flagger, rollout};
use super::kubelet::Behaviour;
use super::traffic::Defect;
use crate::problem::Problem;

/// The scenario of `rolltop demo` without a name.
pub const DEFAULT: &str = "good-and-bad-release";

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("scenarios/", $name, ".toml")))),*]
    };
}

/// Name and text of each, in the order of the list.
const SHIPPED: &[(&str, &str)] = shipped![
    "good-and-bad-release",
    "smooth-release",
    "latency-regression",
    "crash-loop",
    "oom-under-load",
    "image-typo",
    "readiness-never-true",
    "slow-start",
    "connection-leak",
    "noisy-neighbour",
    "hpa-at-max",
    "quota-blocks-surge",
    "node-lost",
    "config-change",
    "slow-payment-provider",
    "gitops-reverts",
    "good-canary",
    "canary-with-errors",
    "canary-that-is-slow",
    "canary-forgotten",
    "canary-aborted",
    "blue-green",
    "gate-waits",
    "canary-by-labels",
];

/// One story.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Its name, that of its file.
    pub name: String,
    /// What it teaches.
    pub teaches: String,
    /// What should be noticed.
    pub notice: String,
    /// The right move.
    pub right_move: String,
    /// Images and what is wrong with them.
    pub releases: Vec<Release>,
    /// What happens, in the order of time.
    pub steps: Vec<Step>,
    /// Where it shows.
    pub signs: Vec<Sign>,
}

/// Something a screen of rolltop says because of the story, and says of no healthy release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sign {
    /// Which screen.
    pub screen: Screen,
    /// The workload the screen is about; of the fleet, its row.
    pub workload: String,
    /// A regular expression that matches within a line of that screen.
    pub says: String,
    /// The story time by which it is said, at speed 1.
    pub by: SignedDuration,
}

/// A screen of rolltop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// The list of workloads.
    Fleet,
    /// One workload: reason, revisions, pods, facts, events.
    Rollout,
    /// Its events.
    Events,
    /// Its charts.
    Metrics,
    /// Its revisions.
    History,
}

impl Screen {
    /// All screens by their names in scenario files.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("fleet", Self::Fleet),
        ("rollout", Self::Rollout),
        ("events", Self::Events),
        ("metrics", Self::Metrics),
        ("history", Self::History),
    ];

    /// The name in scenario files.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, screen)| *screen == self).map_or("", |(name, _)| name)
    }
}

/// An image and how it differs from a healthy one.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    /// Image with tag.
    pub image: String,
    /// What its containers do on a node.
    pub behaviour: Behaviour,
    /// What is wrong with how it serves.
    pub defect: Defect,
}

/// One thing that happens.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// When, counted from the story's start, at speed 1.
    pub at: SignedDuration,
    /// What.
    pub action: Action,
}

/// What may happen. Workloads are Deployments and Rollouts of the production namespace.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Somebody releases an image.
    Release {
        /// Name of the Deployment.
        workload: String,
        /// Its new image.
        image: String,
        /// Change-cause to write; none leaves it out.
        cause: Option<String>,
        /// Field manager that writes.
        by: String,
    },
    /// Somebody changes a replica count.
    Scale {
        /// Name of the Deployment.
        workload: String,
        /// `spec.replicas`.
        replicas: i64,
    },
    /// A tool holds a Deployment at the image it has now, and reverts whoever changes it.
    HoldImage {
        /// Name of the Deployment.
        workload: String,
    },
    /// Somebody changes a value of a service's `ConfigMap`; `defect` is what that does to its pods.
    Configure {
        /// Name of the service.
        workload: String,
        /// Key in the `ConfigMap`.
        key: String,
        /// New value.
        value: String,
        /// What follows.
        defect: Defect,
    },
    /// A defect appears in all pods of a service, or goes away with the default.
    Fault {
        /// Name of the service.
        workload: String,
        /// What is wrong.
        defect: Defect,
    },
    /// The readiness probes of a service's pods fail from now on; a fault without a defect lets them pass again.
    Unready {
        /// Name of the service.
        workload: String,
    },
    /// The number of users changes by a factor.
    Traffic(f64),
    /// The external payment provider takes seconds longer and fails a share of calls.
    PaymentProvider {
        /// Seconds.
        latency: f64,
        /// 0 to 1.
        errors: f64,
    },
    /// Database queries take seconds longer.
    Database(f64),
    /// A noisy neighbour takes a share of a node's CPU.
    NoisyNode {
        /// Name of the node.
        node: String,
        /// 0 to 1.
        share: f64,
    },
    /// A node is cut off.
    LoseNode(String),
    /// It comes back.
    FindNode(String),
    /// The production namespace gets a quota on its pods: as many as there are, plus some.
    Quota {
        /// Pods allowed beyond those there are.
        spare: i64,
    },
    /// The quota goes away.
    NoQuota,
    /// Somebody lets a Rollout go on from where it waits.
    Promote {
        /// Name of the Rollout.
        workload: String,
        /// Past all of its steps, not only past this one.
        full: bool,
    },
    /// Somebody aborts the update of a Rollout.
    Abort(String),
    /// Somebody tries an aborted update again.
    Retry(String),
    /// Somebody points a Service at the pods of a slot.
    Switch {
        /// Name of the Service.
        service: String,
        /// Value of the label `slot`.
        slot: String,
    },
    /// Somebody opens or closes the gate of a canary of Flagger's.
    Gate {
        /// Name of the canary.
        canary: String,
        /// Whether it lets through.
        open: bool,
    },
    /// A controller of custom kinds stops or starts.
    Controller {
        /// Its name, one of [`CONTROLLERS`].
        name: String,
        /// Whether it runs from now on.
        runs: bool,
    },
}

/// The controllers that may be stopped.
pub const CONTROLLERS: &[&str] = &[rollout::ARGO, flagger::FLAGGER];

/// What an action is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// A Deployment of the production namespace, by its name.
    Workload(&'a str),
    /// Anything that runs pods there, by its name.
    Service(&'a str),
    /// An Argo Rollout there, by its name.
    Rollout(&'a str),
    /// A canary of Flagger's there, by its name.
    Canary(&'a str),
    /// A node, by its name.
    Node(&'a str),
    /// Everything.
    World,
}

impl Action {
    /// Returns what it is for.
    pub fn target(&self) -> Target<'_> {
        match self {
            Self::Release { workload, .. }
            | Self::Scale { workload, .. }
            | Self::HoldImage { workload }
            | Self::Configure { workload, .. } => Target::Workload(workload),
            Self::Promote { workload, .. } | Self::Abort(workload) | Self::Retry(workload) => Target::Rollout(workload),
            Self::Gate { canary, .. } => Target::Canary(canary),
            Self::Fault { workload, .. } | Self::Switch { service: workload, .. } | Self::Unready { workload } => {
                Target::Service(workload)
            }
            Self::NoisyNode { node, .. } | Self::LoseNode(node) | Self::FindNode(node) => Target::Node(node),
            Self::Traffic(_)
            | Self::PaymentProvider { .. }
            | Self::Database(_)
            | Self::Quota { .. }
            | Self::NoQuota
            | Self::Controller { .. } => Target::World,
        }
    }

    /// Reads what a step does from its lines in TOML, without its time; `file` is what problems call the text.
    ///
    /// # Errors
    /// All problems of the text at once.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        file::parse_action(file, text)
    }
}

impl Scenario {
    /// Reads a scenario file; `name` is the file's name without its ending.
    ///
    /// # Errors
    /// All problems of the file at once.
    pub fn parse(name: &str, file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        file::parse(name, file, text)
    }

    /// Returns where it shows, in words: `fleet: cart-service; events of cart-service`.
    pub fn places(&self) -> String {
        let mut places: Vec<String> = Vec::new();
        for Sign { screen, workload, .. } in &self.signs {
            let place = match screen {
                Screen::Fleet => format!("fleet: {workload}"),
                screen => format!("{} of {workload}", screen.name()),
            };
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places.join("; ")
    }
}

/// Returns the names of the shipped scenarios, the default one first.
pub fn names() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|(name, _)| *name)
}

/// Returns a shipped scenario by its name; none where there is no such name.
pub fn shipped(name: &str) -> Option<Result<Scenario, Vec<Problem>>> {
    let (known, text) = SHIPPED.iter().find(|(known, _)| *known == name)?;
    Some(Scenario::parse(known, &format!("{known}.toml"), text))
}
