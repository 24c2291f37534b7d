//! What is judged of one workload: the words and numbers every screen and subcommand shows.

use jiff::{SignedDuration, Timestamp};

use crate::domain::{ObjectRef, Text, WorkloadKey};

/// State of a workload; the first that matches, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Not enough was seen.
    Unknown,
    /// Wanted at zero pods.
    ScaledDown,
    /// A person paused it.
    Paused,
    /// A canary or blue-green release wants a person.
    Waiting,
    /// A change is going out and there is reason to think it will not arrive.
    Stuck,
    /// Arrived, and unhealthy now; or aborted.
    Degraded,
    /// A change is going out.
    Progressing,
    /// Arrived and healthy.
    Stable,
}

impl State {
    /// Returns the word people and `-o json` read.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::ScaledDown => "scaled_down",
            Self::Paused => "paused",
            Self::Waiting => "waiting",
            Self::Stuck => "stuck",
            Self::Degraded => "degraded",
            Self::Progressing => "progressing",
            Self::Stable => "stable",
        }
    }
}

/// Everything judged of one workload at one instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// Which workload.
    pub key: WorkloadKey,
    /// Its state.
    pub state: State,
    /// Why, in a few words for a table cell: `CrashLoopBackOff ×7`, `quota: pods 10/10`, `~40s left`; may be empty.
    pub reason: String,
    /// What `kubectl rollout status` says of it, in our wording; see `release::progress`.
    pub message: String,
    /// What the judgement rests on, gravest first.
    pub evidence: Vec<Evidence>,
    /// How far it is.
    pub progress: Progress,
    /// Time left, once the first new pod is available.
    pub eta: Option<SignedDuration>,
    /// When the present rollout began; `None` when unknown.
    pub started: Option<Started>,
    /// From which version to which.
    pub version: Version,
    /// Revision being rolled out, by the workload's own count; 0 when unknown.
    pub revision: i64,
    /// Restarts of its pods.
    pub restarts: Restarts,
    /// Who made the present change.
    pub who: Who,
    /// What would be the safest next thing to do.
    pub advice: Advice,
    /// When the progress deadline strikes, if one runs.
    pub deadline: Option<Timestamp>,
    /// How it is delivered, where that is progressive; `None` for a plain workload.
    pub delivery: Option<Box<super::Delivery>>,
}

/// One fact that supports a judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The reason as Kubernetes names it: `CrashLoopBackOff`, `FailedCreate`, `ProgressDeadlineExceeded`, `OOMKilled` …
    pub reason: Text,
    /// The sentence that was said, cleaned.
    pub message: String,
    /// What it was said of (a pod, a ReplicaSet, the workload).
    pub about: ObjectRef,
    /// The container, when it is about one.
    pub container: Option<Text>,
    /// How many pods or times.
    pub count: u32,
}

/// Pod counts against the *spec's* wish.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Pods the spec wants.
    pub desired: i32,
    /// Pods of the target revision.
    pub updated: i32,
    /// Ready pods of all revisions.
    pub ready: i32,
    /// Available pods of all revisions.
    pub available: i32,
    /// Available pods of the target revision.
    pub updated_available: i32,
    /// Pods of other revisions still there, terminating ones too.
    pub old: i32,
    /// Pods being deleted.
    pub terminating: i32,
}

/// When a rollout began, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// The instant.
    pub at: Timestamp,
    /// How it is known: `seen`, `managedFields`, `ReplicaSet creation`.
    pub source: &'static str,
}

/// Versions at the two ends of a rollout; equal ends when none is going out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// Version of the revision before; empty when unknown.
    pub from: String,
    /// Version of the target revision.
    pub to: String,
}

/// Restarts of a workload's pods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restarts {
    /// Of all its pods.
    pub total: i32,
    /// Of the target revision's pods.
    pub recent: i32,
    /// How the newest ended run ended: `OOMKilled`, `Error exit 137`; empty when none.
    pub last_reason: String,
    /// When it ended.
    pub last_at: Option<Timestamp>,
}

/// Who made a change; a tool is never passed off as a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Who {
    /// Named by our audit, CI annotations or change-cause.
    Person {
        /// Name.
        name: String,
        /// How it is known: `audit`, an annotation's name, `change-cause`.
        via: Text,
    },
    /// A field manager, e.g. `kubectl-rollout`.
    Tool(Text),
    /// Nothing tells.
    #[default]
    Unknown,
}

/// The safest next key and its sentence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advice {
    /// What to do; `None` when watching is best.
    pub proposal: Option<Proposal>,
    /// Why, as one short sentence.
    pub sentence: String,
    /// The same in a few words, for a line with little room; empty where the sentence is short.
    pub brief: String,
}

impl Advice {
    /// Words the advice where no key stands beside it; empty when there is none.
    pub fn words(&self) -> String {
        match &self.proposal {
            Some(Proposal::Undo { revision, version }) => {
                format!("undo to {version} (revision {revision}): {}", self.sentence)
            }
            _ => self.sentence.clone(),
        }
    }
}

/// What advice may propose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proposal {
    /// Roll back to a revision.
    Undo {
        /// Its number.
        revision: i64,
        /// Its version, as shown.
        version: String,
    },
    /// Resume a paused rollout.
    Resume,
    /// Promote the canary, or switch to the preview.
    Promote,
    /// Abort the canary.
    Abort,
    /// Retry what was aborted.
    Retry,
    /// Scale (the limits stand in the way, or nothing is wanted).
    Scale,
    /// Read the events.
    Events,
    /// Read the logs.
    Logs,
    /// Look at the metrics.
    Metrics,
    /// Open the workload.
    Open,
}
