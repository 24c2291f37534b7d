//! Where things are on screen, as far as keys and clicks need it.

use crate::action::Action;

/// A list or text on screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Area {
    /// The page's main list or text.
    Main,
    /// A text beside the main list: a diff.
    Text,
    /// Steps and sides of a progressive delivery.
    Delivery,
    /// Pods of a workload.
    Pods,
    /// Events of a workload.
    Events,
    /// Conditions, strategy, autoscaler.
    Facts,
    /// Revisions of a workload.
    Revisions,
    /// The list or text of a dialog.
    Dialog,
}

/// How much of a list was on screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Rows on screen.
    pub height: usize,
    /// First row on screen.
    pub first: usize,
    /// Rows there are.
    pub total: usize,
}

/// A pane of the rollout page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pane {
    /// Steps and sides of a progressive delivery.
    Delivery,
    /// Pods.
    #[default]
    Pods,
    /// Events.
    Events,
    /// Conditions, strategy, autoscaler.
    Facts,
    /// Revisions.
    Revisions,
}

impl Pane {
    /// All panes, in the order in which the key goes through them.
    const ALL: [Self; 5] = [Self::Delivery, Self::Pods, Self::Events, Self::Facts, Self::Revisions];

    /// The pane after this one; `delivered` workloads have one more.
    #[must_use]
    pub fn next(self, delivered: bool) -> Self {
        self.step(1, delivered)
    }

    /// The pane before this one.
    #[must_use]
    pub fn previous(self, delivered: bool) -> Self {
        self.step(Self::ALL.len() - 1, delivered)
    }

    fn step(self, by: usize, delivered: bool) -> Self {
        let at = Self::ALL.iter().position(|pane| *pane == self).unwrap_or(0);
        let next = Self::ALL[(at + by) % Self::ALL.len()];
        if next == Self::Delivery && !delivered { next.step(by, delivered) } else { next }
    }

    /// Where it is drawn.
    pub fn area(self) -> Area {
        match self {
            Self::Delivery => Area::Delivery,
            Self::Pods => Area::Pods,
            Self::Events => Area::Events,
            Self::Facts => Area::Facts,
            Self::Revisions => Area::Revisions,
        }
    }
}

/// What stands at a place on screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// A row of a list.
    Row(Area, usize),
    /// A pane's title.
    Pane(Pane),
    /// Something the wheel moves.
    Wheel(Area),
    /// A hint that does something.
    Do(Action),
}
