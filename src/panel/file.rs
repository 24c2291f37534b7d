//! TOML to panel.

use crate::domain::Series;
use crate::problem::{Document, Problem, Section, Shelf, Volume};
use toml::Spanned;

use super::{Evidence, Template, Unit, Variables, evidence};

/// A chart of a workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panel {
    /// The file's stem; unique among the panels.
    pub id: String,
    /// What stands above the chart.
    pub title: String,
    /// What the numbers count.
    pub unit: Unit,
    /// The place among the panels, the lowest first.
    pub order: i64,
    /// The lines of the chart.
    pub queries: Vec<Query>,
    /// What to ask when all queries answer nothing.
    pub fallback: Option<Fallback>,
    /// Limits drawn across the chart, in the order of the file.
    pub thresholds: Vec<Threshold>,
    /// What it contributes when two versions are compared.
    pub evidence: Option<Evidence>,
}

/// One question to Prometheus; each series of the answer is a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    legend: String,
    template: Template,
}

/// What a panel shows when its queries answer nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fallback {
    /// The words that say what is missing and what is shown instead.
    pub note: String,
    /// The lines shown instead.
    pub queries: Vec<Query>,
}

/// A limit drawn across a chart.
#[derive(Debug, Clone, Copy)]
pub struct Threshold {
    /// The limit, in the panel's unit (a share for `percent`).
    pub value: f64,
    /// How bad it is to be above.
    pub level: Level,
}

impl PartialEq for Threshold {
    fn eq(&self, other: &Self) -> bool {
        self.value.to_bits() == other.value.to_bits() && self.level == other.level
    }
}

impl Eq for Threshold {}

/// How bad it is to be above a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Worth a look.
    Warn,
    /// Bad.
    Error,
}

impl Query {
    /// The PromQL for a workload.
    pub fn promql(&self, variables: &Variables) -> String {
        self.template.fill(variables)
    }

    /// The name of a line: the legend with `{{label}}` replaced by the series' labels; an absent label is empty.
    pub fn legend(&self, series: &Series) -> String {
        let mut text = String::new();
        let mut rest = self.legend.as_str();
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((label, after)) = after.split_once("}}") else { break };
            text.push_str(before);
            text.push_str(series.labels.get(label.trim()).map_or("", |value| value));
            rest = after;
        }
        text.push_str(rest);
        text
    }
}

impl Panel {
    /// The worst level among the thresholds a value is above.
    pub fn level(&self, value: f64) -> Option<Level> {
        let above = self.thresholds.iter().filter(|threshold| value > threshold.value);
        above.map(|threshold| threshold.level).max_by_key(|level| *level == Level::Error)
    }
}

/// Loads all panels of a shelf, in their order. A panel that cannot be used is left out, or, where it hides a
/// shipped one, leaves that in its place.
pub fn load(shelf: &Shelf) -> (Vec<Panel>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut panels: Vec<Panel> = Vec::new();
    for name in shelf.names() {
        let found = shelf.volumes(name).find_map(|volume| read(volume, &mut problems));
        panels.extend(found);
    }
    panels.sort_by(|one, two| (one.order, &one.id).cmp(&(two.order, &two.id)));
    (panels, problems)
}

fn read(volume: &Volume, problems: &mut Vec<Problem>) -> Option<Panel> {
    let document = Document::parse(&volume.file, &volume.text);
    let mut root = document.root();
    let title = root.required_string("title");
    let unit = root.choice("unit", &Unit::NAMES).unwrap_or(Unit::Count);
    let order = root.integer("order", -1000..=1000).unwrap_or(100);
    let queries = queries(&mut root);
    let fallback = root.section("fallback").and_then(fallback);
    let thresholds = root.sections("threshold").into_iter().filter_map(threshold).collect();
    let evidence = root.section("evidence").and_then(evidence::read);
    if !root.has("query") && !document.is_broken() {
        document.report_with(&root.span(), "a panel needs at least one [[query]]", "give it a promql and a legend");
    }
    root.close();
    let found = document.into_problems();
    let usable = found.is_empty();
    problems.extend(found);
    let title = title?.into_inner();
    usable.then(|| Panel { id: volume.name.clone(), title, unit, order, queries, fallback, thresholds, evidence })
}

fn queries(section: &mut Section<'_>) -> Vec<Query> {
    section.sections("query").into_iter().filter_map(query).collect()
}

fn query(mut section: Section<'_>) -> Option<Query> {
    let legend = section.string("legend").map(Spanned::into_inner).unwrap_or_default();
    let promql = section.required_string("promql");
    let document = section.document();
    section.close();
    Some(Query { legend, template: template(document, &promql?)? })
}

/// Cuts PromQL at its variables, or reports why it cannot be.
pub(super) fn template(document: &Document<'_>, promql: &Spanned<String>) -> Option<Template> {
    match Template::parse(promql.get_ref()) {
        Ok(template) => Some(template),
        Err(error) => {
            let span = document.inside(promql, error.span());
            match error.hint() {
                Some(hint) => document.report_with(&span, error.to_string(), hint),
                None => document.report(&span, error.to_string()),
            }
            None
        }
    }
}

fn fallback(mut section: Section<'_>) -> Option<Fallback> {
    let note = section.required_string("note");
    let queries = queries(&mut section);
    section.close();
    Some(Fallback { note: note?.into_inner(), queries })
}

fn threshold(mut section: Section<'_>) -> Option<Threshold> {
    let value = section.number("value");
    let level = section.choice("level", &[("warn", Level::Warn), ("error", Level::Error)]).unwrap_or(Level::Warn);
    if value.is_none() && !section.has("value") {
        section.document().report(&section.span(), "a [[threshold]] needs \"value\"");
    }
    section.close();
    Some(Threshold { value: value?, level })
}
