//! Everything that may happen to a person at the screen.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Area, Counted, Extent, Level, PanelAnswer, Spot};
use crate::{
    domain::{LogLine, Text, WorkloadKey},
    keymap::{Key, Keymap},
    operation::{Change, Outcome, Planned, Refusal},
    release::{Assessments, Delivery},
    world::World,
};

/// What an update looks at besides its own state.
#[derive(Clone, Copy)]
pub struct Sight<'a> {
    /// What is known.
    pub world: &'a World,
    /// What is judged.
    pub assessments: &'a Assessments,
    /// The present instant.
    pub now: Timestamp,
}

impl<'a> Sight<'a> {
    /// How a workload is delivered; `None` where that is not progressive.
    pub fn delivery(self, key: &WorkloadKey) -> Option<&'a Delivery> {
        self.assessments.get(key)?.delivery.as_deref()
    }

    /// Whether a workload's news are those of its delivery: something is tried, waited for, or was given up.
    pub fn delivers(self, key: &WorkloadKey) -> bool {
        let news =
            |of: &Delivery| of.canary.is_some() || of.wait.is_some() || of.aborted.is_some() || !of.alarms.is_empty();
        self.delivery(key).is_some_and(news)
    }
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum Message {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// The mouse was pressed on something.
    Click(Spot),
    /// The wheel was turned over something, by lines; down is positive.
    Wheel(Area, i32),
    /// A frame was drawn: how much of each list it shows, and whether a dialog stands in front.
    Seen {
        /// Lists on screen.
        extents: Vec<(Area, Extent)>,
        /// Whether a dialog was drawn.
        dialog: bool,
    },
    /// Time passed; notices may have had their time.
    Tick,
    /// Another keymap holds from now on.
    Keymap(Arc<Keymap>),
    /// A plan was made, or refused.
    Prepared {
        /// The number given with [`super::Effect::Prepare`].
        ticket: u64,
        /// The plan with its preview.
        answer: Result<Box<Planned>, Refusal>,
    },
    /// A confirmed plan came to its end.
    Finished {
        /// The number given with [`super::Effect::Execute`].
        ticket: u64,
        /// The end.
        outcome: Box<Outcome>,
    },
    /// News of an open log.
    Log {
        /// The number given with [`super::Effect::OpenLogs`].
        id: u64,
        /// The news.
        update: LogUpdate,
    },
    /// An object's YAML.
    Yaml {
        /// The number given with [`super::Effect::FetchYaml`].
        id: u64,
        /// The text, or why there is none.
        answer: Result<String, String>,
    },
    /// Other panels hold from now on.
    OtherPanels,
    /// A panel's data.
    Panel(Box<PanelAnswer>),
    /// What the two sides of a release answered lately.
    Counted(Box<Counted>),
    /// What differs between two revisions.
    Difference {
        /// Of which workload.
        key: WorkloadKey,
        /// From and to which revision.
        between: (i64, i64),
        /// The fields, or why they are not known.
        answer: Result<Vec<Change>, String>,
    },
    /// The namespaces there are, or why they cannot be listed.
    Namespaces(Result<Vec<Text>, String>),
    /// The contexts of the kubeconfig, or why it cannot be read.
    Contexts(Result<Vec<Text>, String>),
    /// Something to tell the person.
    Notice(Level, String),
    /// The rules over writes, as they hold for the present connection.
    Rules {
        /// Nothing is written.
        read_only: bool,
        /// The workload's name must be typed.
        protected: bool,
    },
}

/// News of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogUpdate {
    /// Lines, oldest first.
    Lines(Vec<LogLine>),
    /// It ended: the container did, or it was not followed.
    Ended,
    /// It could not be read.
    Failed(String),
}
