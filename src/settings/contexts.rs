//! What holds in some kubeconfig contexts only.

use super::layers::Layers;
use super::source::Literal;
use super::{Options, Paths, PrometheusOptions, Source, Sourced};
use crate::problem::{Entry, Section};

/// One table `[contexts."PATTERN"]`; what it leaves out is as elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextRule {
    /// The contexts it holds in; `*` stands for anything, `?` for one character.
    pub pattern: String,
    read_only: Option<Sourced<bool>>,
    protected: Option<Sourced<bool>>,
    namespaces: Option<Sourced<Vec<String>>>,
    prometheus: Option<PrometheusOptions>,
}

/// What holds in one context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextOptions {
    /// Whether nothing may be written.
    pub read_only: Sourced<bool>,
    /// Whether a write asks for the workload's name to be typed, and the frame is red.
    pub protected: Sourced<bool>,
    /// The namespaces to watch when none are named; `["*"]` is all, empty is the context's own.
    pub namespaces: Sourced<Vec<String>>,
    /// How to reach Prometheus.
    pub prometheus: PrometheusOptions,
}

impl Options {
    /// What holds in a context: of the tables whose pattern matches, the last that says something counts. Flag
    /// and variable come before all of them, but can only forbid writing, never allow what a context forbids.
    pub fn in_context(&self, context: &str) -> ContextOptions {
        let rules = || self.contexts.iter().rev().filter(|rule| matches(&rule.pattern, context));
        let outer = |source: &Source| matches!(source, Source::Environment(_) | Source::Flag(_));
        let forbidden = self.read_only.value && outer(&self.read_only.source);
        let read_only = rules().find_map(|rule| rule.read_only.clone()).filter(|_| !forbidden);
        let prometheus = rules().find_map(|rule| rule.prometheus.clone());
        ContextOptions {
            read_only: read_only.unwrap_or_else(|| self.read_only.clone()),
            protected: rules().find_map(|rule| rule.protected.clone()).unwrap_or(Sourced::default(false)),
            namespaces: rules().find_map(|rule| rule.namespaces.clone()).unwrap_or(Sourced::default(Vec::new())),
            prometheus: prometheus
                .filter(|_| !outer(&self.prometheus.url.source))
                .unwrap_or_else(|| self.prometheus.clone()),
        }
    }
}

impl ContextRule {
    pub(super) fn read_all(section: Section<'_>, layers: &mut Layers<'_>, paths: &Paths) -> Vec<Self> {
        section.entries().iter().filter_map(|entry| Self::read(entry, layers, paths)).collect()
    }

    fn read(entry: &Entry<'_>, layers: &mut Layers<'_>, paths: &Paths) -> Option<Self> {
        let mut section = entry.section(format!("contexts.{:?}", entry.key()))?;
        let mut flag = |section: &mut Section<'_>, key: &'static str| {
            let at = section.at(key)?;
            let value = section.boolean(key)?;
            let sourced = Sourced { value, source: layers.source_at(at) };
            layers.note(section.full(key), value.literal(), sourced.source.clone());
            Some(sourced)
        };
        let (read_only, protected) = (flag(&mut section, "read_only"), flag(&mut section, "protected"));
        section.asked("read_only");
        section.asked("protected");
        let at = section.at("namespaces");
        let namespaces = section.strings("namespaces").zip(at).map(|(names, at)| {
            let value: Vec<String> = names.into_iter().map(toml::Spanned::into_inner).collect();
            let sourced = Sourced { value, source: layers.source_at(at) };
            layers.note(section.full("namespaces"), sourced.value.literal(), sourced.source.clone());
            sourced
        });
        let prometheus = section.section("prometheus");
        let prometheus = prometheus.map(|section| PrometheusOptions::read(section, layers, paths, None));
        section.close();
        Some(Self { pattern: entry.key().to_owned(), read_only, protected, namespaces, prometheus })
    }
}

/// Whether a name matches a pattern with `*` and `?`.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    // reached[i]: the part of the pattern so far matches the first i characters.
    let mut reached = vec![false; name.len() + 1];
    reached[0] = true;
    for wanted in pattern {
        if wanted == '*' {
            for index in 1..reached.len() {
                reached[index] |= reached[index - 1];
            }
            continue;
        }
        for index in (1..reached.len()).rev() {
            reached[index] = reached[index - 1] && (wanted == '?' || wanted == name[index - 1]);
        }
        reached[0] = false;
    }
    reached[name.len()]
}
