//! Everything one frame shows, as plain data.

use super::{Chart, Line, Pane, Table};
use crate::action::Action;

/// One frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Screen {
    /// The line at the top.
    pub header: Strip,
    /// What fills the screen.
    pub body: Body,
    /// The line at the bottom.
    pub footer: Footer,
    /// The dialog in front, if one is open.
    pub dialog: Option<Dialog>,
    /// Short messages, newest last.
    pub toasts: Vec<Line>,
    /// Whether the context is protected: the frame is drawn in the colour of danger.
    pub protected: bool,
}

/// A line of items from the left and from the right; where room is short they go by their number, highest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Strip {
    /// From the left: order of dropping (0 never), what it says.
    pub left: Vec<(u8, Line)>,
    /// Ending at the right edge.
    pub right: Vec<(u8, Line)>,
}

/// The line at the bottom.
#[derive(Clone, Debug, PartialEq)]
pub enum Footer {
    /// Keys that work here: the safest next one with its sentence, then the usual ones.
    Hints {
        /// The advice, with its action for a click.
        advice: Option<(Action, Line)>,
        /// Others, dropped from the end.
        hints: Vec<Hint>,
    },
    /// A line being typed.
    Input(Input),
}

/// A key and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The chord as the keymap prints it.
    pub chord: String,
    /// One or two words.
    pub label: String,
    /// What a click on it does.
    pub action: Action,
    /// Whether it may not be used now.
    pub dim: bool,
}

/// A line being typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// What is asked for.
    pub label: String,
    /// What was typed.
    pub text: String,
    /// Columns from the start of the text to the cursor.
    pub cursor: usize,
    /// What is said behind it: a fault, an example.
    pub note: Remark,
}

/// A short remark beside an input: text and whether it is a fault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remark {
    /// What is said.
    pub text: String,
    /// Whether it is a fault.
    pub fault: bool,
}

/// What fills the screen.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A list over the whole screen: fleet, events.
    List(Table),
    /// One workload.
    Rollout(Box<Rollout>),
    /// Text: logs, YAML.
    Text(TextPage),
    /// Charts.
    Charts {
        /// What is said above them.
        title: Line,
        /// One for each panel.
        charts: Vec<Chart>,
        /// First chart on screen.
        scroll: usize,
    },
    /// Revisions and what differs between two of them.
    History {
        /// The revisions.
        revisions: Table,
        /// The difference.
        diff: TextPage,
    },
}

/// One workload's page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rollout {
    /// Its name, state and versions; one to three lines.
    pub head: Vec<Line>,
    /// The reason of the state with what it rests on.
    pub why: Vec<Line>,
    /// Its progressive delivery, where it is delivered so.
    pub delivery: Option<Box<Delivery>>,
    /// Revisions as bars.
    pub revisions: Table,
    /// Its pods.
    pub pods: Table,
    /// Its events.
    pub events: Table,
    /// Conditions, strategy, autoscaler.
    pub facts: Vec<Line>,
    /// First line of the facts on screen.
    pub facts_scroll: usize,
    /// Which of the panes has the keyboard.
    pub focus: Pane,
}

/// A progressive delivery.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delivery {
    /// Alarms, what it waits for, weights.
    pub head: Vec<Line>,
    /// Stable and canary beside each other.
    pub sides: Vec<Line>,
    /// What the comparison says.
    pub verdict: Vec<Line>,
    /// Steps: done, current, next.
    pub steps: Vec<Line>,
    /// Columns the steps take where they stand left of the sides; `None` where they stand below.
    pub steps_width: Option<u16>,
    /// Analyses, experiments, checks.
    pub runs: Vec<Line>,
    /// First line on screen.
    pub scroll: usize,
}

/// A page of text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TextPage {
    /// What it is.
    pub title: Line,
    /// Exactly the lines on screen, wrapped already.
    pub lines: Vec<Line>,
    /// Number of the first line on screen, counted after wrapping.
    pub first: usize,
    /// How many there are after wrapping.
    pub total: usize,
    /// What is said below it.
    pub status: Line,
    /// Whether it has the keyboard.
    pub focused: bool,
}

/// A dialog of any kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dialog {
    /// What it asks.
    pub title: String,
    /// Text at its top.
    pub lines: Vec<Line>,
    /// A line to type in.
    pub input: Option<Input>,
    /// Something to choose from.
    pub list: Option<Table>,
    /// Text that may be scrolled: a diff, help.
    pub text: Vec<Line>,
    /// First line of that text on screen.
    pub scroll: usize,
    /// Keys that work in it.
    pub hints: Vec<Hint>,
    /// Columns it would like inside its frame.
    pub width: u16,
    /// Whether it is about something that hurts when wrong.
    pub danger: bool,
}
