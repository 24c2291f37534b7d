//! Pages: what fills the screen.

use super::{LogPage, Metrics, Pane, TextPage};
use crate::domain::{Text, WorkloadKey};

/// One page of the stack; the fleet lies at its bottom.
#[derive(Clone, Debug)]
pub enum Page {
    /// All workloads.
    Fleet,
    /// One workload.
    Rollout(Rollout),
    /// A container's log.
    Logs(LogPage),
    /// YAML.
    Text(TextPage),
    /// Charts.
    Metrics(Metrics),
    /// Events of a workload.
    Events(Events),
    /// Revisions of a workload.
    History(History),
}

impl Page {
    /// The workload the page is about; the fleet has a cursor instead.
    pub fn workload(&self) -> Option<&WorkloadKey> {
        match self {
            Self::Fleet => None,
            Self::Rollout(page) => Some(&page.key),
            Self::Logs(page) => Some(&page.key),
            Self::Text(page) => page.key.as_ref(),
            Self::Metrics(page) => Some(&page.key),
            Self::Events(page) => Some(&page.key),
            Self::History(page) => Some(&page.key),
        }
    }
}

/// The page of one workload.
#[derive(Clone, Debug)]
pub struct Rollout {
    /// Which.
    pub key: WorkloadKey,
    /// The pane with the keyboard.
    pub pane: Pane,
    /// Whether the person chose the pane; until then it is where the news are.
    pub settled: bool,
    /// The pod with the cursor; the first where none was chosen.
    pub pod: Option<Text>,
    /// The event with the cursor, counted from the newest.
    pub event: usize,
    /// The revision with the cursor; the newest where none was chosen.
    pub revision: Option<i64>,
    /// First line of the facts on screen.
    pub facts: usize,
    /// First line of the delivery on screen.
    pub delivery: usize,
}

impl Rollout {
    /// The page as it is opened, with the keyboard where the workload's news is.
    pub fn new(key: WorkloadKey, delivered: bool) -> Self {
        let pane = if delivered { Pane::Delivery } else { Pane::default() };
        Self { key, pane, settled: false, pod: None, event: 0, revision: None, facts: 0, delivery: 0 }
    }
}

/// The events of a workload.
#[derive(Clone, Debug)]
pub struct Events {
    /// Which workload.
    pub key: WorkloadKey,
    /// The event with the cursor, counted from the newest.
    pub cursor: usize,
}

/// What differs between two revisions: between which, and the answer.
pub type Difference = ((i64, i64), Result<Vec<crate::operation::Change>, String>);

/// The revisions of a workload and what differs between two of them.
#[derive(Clone, Debug)]
pub struct History {
    /// Which workload.
    pub key: WorkloadKey,
    /// The revision with the cursor; the newest where none was chosen.
    pub revision: Option<i64>,
    /// What it is compared with; the one before it where none was chosen.
    pub base: Option<i64>,
    /// The difference as last fetched.
    pub difference: Option<Difference>,
    /// First line of the difference on screen.
    pub scroll: usize,
    /// What the last fetch was for.
    pub asked: Option<(i64, i64)>,
}

impl History {
    /// The page as it is opened.
    pub fn new(key: WorkloadKey) -> Self {
        Self { key, revision: None, base: None, difference: None, scroll: 0, asked: None }
    }
}
