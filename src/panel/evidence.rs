//! The questions by which two versions are compared: how many requests, how many failed, how long they took.
//!
//! Any panel may hold one in `[evidence]`; of several the first in the panels' order counts, and where none of the
//! loaded panels has one, the shipped panels' does. So whoever replaces a panel to name other metrics names them there.

use crate::problem::Section;

use super::{Panel, Template, Variables, load, shelf};

/// What an evidence query counts, over `$interval`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Counts {
    /// Requests: one number.
    Requests,
    /// Failed requests: one number.
    Errors,
    /// Requests not longer than a bound: one number for each `le`.
    Buckets,
}

impl Counts {
    const NAMES: [(&'static str, Self); 3] =
        [("requests", Self::Requests), ("errors", Self::Errors), ("buckets", Self::Buckets)];
}

/// A panel's evidence query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What it counts.
    pub counts: Counts,
    template: Template,
}

impl Evidence {
    /// The PromQL for some pods.
    pub fn promql(&self, variables: &Variables) -> String {
        self.template.fill(variables)
    }
}

/// Reads `[evidence]`.
pub(super) fn read(mut section: Section<'_>) -> Option<Evidence> {
    let counts = section.choice("counts", &Counts::NAMES);
    let promql = section.required_string("promql");
    let document = section.document();
    if counts.is_none() && !section.has("counts") {
        document.report_with(&section.span(), "[evidence] needs \"counts\"", "\"requests\", \"errors\" or \"buckets\"");
    }
    section.close();
    let template = super::file::template(document, &promql?)?;
    Some(Evidence { counts: counts?, template })
}

/// Returns the question for each thing counted.
pub fn evidence(panels: &[Panel]) -> Vec<Evidence> {
    let shipped = load(&shelf()).0;
    let find = |counts: Counts| {
        let mut all = panels.iter().chain(&shipped).filter_map(|panel| panel.evidence.as_ref());
        all.find(|evidence| evidence.counts == counts).cloned()
    };
    Counts::NAMES.into_iter().filter_map(|(_, counts)| find(counts)).collect()
}
