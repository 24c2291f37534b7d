//! Dialogs: questions in front of the page. One at a time; a new one replaces the old.

use super::{Picker, TypedLine};
use crate::{
    domain::{Text, WorkloadKey},
    operation::Planned,
};

/// An open dialog.
#[derive(Clone, Debug)]
pub enum Dialog {
    /// How many replicas.
    Scale {
        /// Of which workload.
        target: WorkloadKey,
        /// What is typed.
        line: TypedLine,
    },
    /// What share of the pods a label canary gets.
    Weight {
        /// Of which workload.
        target: WorkloadKey,
        /// What is typed.
        line: TypedLine,
    },
    /// Back to which revision.
    Revisions(Revisions),
    /// Which image.
    Image(Images),
    /// The plan is being made.
    Waiting {
        /// Whose answer is awaited.
        ticket: u64,
        /// Of which workload.
        target: WorkloadKey,
        /// What was asked for, in words.
        what: String,
    },
    /// A plan to say yes or no to.
    Confirm(Box<Confirming>),
    /// Something to choose from.
    Pick(Picker),
    /// Actions by their words.
    Palette {
        /// What is typed.
        line: TypedLine,
        /// The row with the cursor.
        cursor: usize,
    },
    /// Keys that work here.
    Help {
        /// First line on screen.
        scroll: usize,
    },
    /// Earlier messages.
    Messages {
        /// First line on screen.
        scroll: usize,
    },
    /// Something that must not be missed: a refusal, an unclear end.
    Remark {
        /// What it is about.
        title: String,
        /// What is said.
        text: String,
    },
}

/// The list of revisions to go back to.
#[derive(Clone, Debug)]
pub struct Revisions {
    /// Of which workload.
    pub target: WorkloadKey,
    /// The revision with the cursor.
    pub revision: Option<i64>,
}

/// A new image for a container.
#[derive(Clone, Debug)]
pub struct Images {
    /// Of which workload.
    pub target: WorkloadKey,
    /// Its containers: name and image now.
    pub containers: Vec<(Text, Text)>,
    /// The one to change.
    pub chosen: usize,
    /// The image as typed.
    pub line: TypedLine,
}

/// A plan to say yes or no to.
#[derive(Clone, Debug)]
pub struct Confirming {
    /// Names the answer.
    pub ticket: u64,
    /// The plan with its preview.
    pub planned: Planned,
    /// The workload's name as typed, where it must be.
    pub typed: TypedLine,
    /// Whether a frame has shown it; keys before that were meant for something else.
    pub shown: bool,
    /// Whether it is asked a second time because what was confirmed no longer held.
    pub again: bool,
    /// First line of the text on screen.
    pub scroll: usize,
}

impl Confirming {
    /// A question not yet shown.
    pub fn new(ticket: u64, planned: Planned, again: bool) -> Self {
        Self { ticket, planned, typed: TypedLine::default(), shown: false, again, scroll: 0 }
    }

    /// Whether the plan may be confirmed as things stand.
    pub fn ready(&self) -> bool {
        let plan = &self.planned.plan;
        self.shown && (!plan.typed_name || *self.typed.text() == *plan.target.name)
    }
}
