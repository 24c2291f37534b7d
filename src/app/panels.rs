//! The charts of a workload.

use std::collections::BTreeMap;

use super::{App, Effect, Page};
use crate::domain::{Series, Text, WorkloadKey};

/// How far back charts look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Range {
    /// 15 minutes.
    Quarter,
    /// An hour.
    #[default]
    Hour,
    /// Six hours.
    Six,
    /// A day.
    Day,
}

impl Range {
    /// Seconds.
    pub fn seconds(self) -> u32 {
        match self {
            Self::Quarter => 900,
            Self::Hour => 3600,
            Self::Six => 6 * 3600,
            Self::Day => 24 * 3600,
        }
    }

    /// As shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Quarter => "15m",
            Self::Hour => "1h",
            Self::Six => "6h",
            Self::Day => "24h",
        }
    }

    fn next(self) -> Self {
        match self {
            Self::Quarter => Self::Hour,
            Self::Hour => Self::Six,
            Self::Six => Self::Day,
            Self::Day => Self::Quarter,
        }
    }
}

/// The page of a workload's charts.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Which workload.
    pub key: WorkloadKey,
    /// How far back.
    pub range: Range,
    /// First chart on screen.
    pub scroll: usize,
    /// What came for each panel, by its number in the list of panels.
    pub answers: BTreeMap<usize, PanelAnswer>,
}

/// What came for one panel.
#[derive(Clone, Debug, PartialEq)]
pub struct PanelAnswer {
    /// Of which workload.
    pub key: WorkloadKey,
    /// For which range.
    pub range: Range,
    /// The panel's place in the list.
    pub number: usize,
    /// Its lines, each with its name; or why there are none.
    pub lines: Result<Vec<(Text, Series)>, String>,
    /// A remark, e.g. that mean and maximum stand in for quantiles; may be empty.
    pub note: String,
    /// From and to which second since the epoch was asked.
    pub span: (f64, f64),
}

impl App {
    pub(super) fn open_metrics(&mut self, key: WorkloadKey) -> Vec<Effect> {
        let range = Range::default();
        let page = Metrics { key: key.clone(), range, scroll: 0, answers: BTreeMap::new() };
        self.open(Page::Metrics(page));
        vec![Effect::FetchPanels { key, range }]
    }

    pub(super) fn next_range(&mut self) -> Vec<Effect> {
        let Some(Page::Metrics(page)) = self.pages.last_mut() else { return Vec::new() };
        page.range = page.range.next();
        page.answers.clear();
        vec![Effect::FetchPanels { key: page.key.clone(), range: page.range }]
    }

    /// Forgets what came for the panels there were, and asks for those there are now.
    pub(super) fn ask_panels_anew(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        for page in &mut self.pages {
            if let Page::Metrics(page) = page {
                page.answers.clear();
                effects.push(Effect::FetchPanels { key: page.key.clone(), range: page.range });
            }
        }
        effects
    }

    /// Takes what came for a panel, unless the person has gone on to something else.
    pub(super) fn panel_came(&mut self, answer: PanelAnswer) {
        for page in &mut self.pages {
            if let Page::Metrics(page) = page
                && page.key == answer.key
                && page.range == answer.range
            {
                page.answers.insert(answer.number, answer);
                return;
            }
        }
    }
}
