//! Label sets: sorted pairs of shared strings.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

/// The label that holds a metric's name.
pub const METRIC_NAME: &str = "__name__";

/// A label's name and its value, which is never empty.
pub type Label = (Arc<str>, Arc<str>);

/// A set of labels, sorted by name; cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Labels(Arc<[Label]>);

/// Keeps one copy of each string that labels are made of.
#[derive(Debug, Default)]
pub(super) struct Symbols(HashSet<Arc<str>>);

impl Labels {
    /// No label at all.
    pub fn empty() -> Self {
        Self(Arc::from([]))
    }

    /// A set of the given labels in any order; those with an empty value are left out.
    pub fn new(mut labels: Vec<Label>) -> Self {
        labels.retain(|(_, value)| !value.is_empty());
        labels.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        Self(labels.into())
    }

    /// A set of the given names and values; those with an empty value are left out.
    pub fn from_pairs(pairs: &[(&str, &str)]) -> Self {
        let own = |(name, value): &(&str, &str)| (Arc::from(*name), Arc::from(*value));
        Self::new(pairs.iter().map(own).collect())
    }

    /// Value of a label, empty where there is none, as PromQL sees it.
    pub fn get(&self, name: &str) -> &str {
        let found = self.0.binary_search_by(|(own, _)| (**own).cmp(name));
        found.map_or("", |index| &self.0[index].1)
    }

    /// Every label in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Every label as its shared strings.
    pub(super) fn pairs(&self) -> &[Label] {
        &self.0
    }

    /// The labels whose name satisfies `keep`.
    #[must_use]
    pub fn filter(&self, keep: impl Fn(&str) -> bool) -> Self {
        if self.0.iter().all(|(name, _)| keep(name)) {
            return self.clone();
        }
        Self(self.0.iter().filter(|(name, _)| keep(name)).cloned().collect())
    }

    /// The labels without the metric's name.
    #[must_use]
    pub fn without_name(&self) -> Self {
        self.filter(|name| name != METRIC_NAME)
    }

    /// The labels but the metric's name, as the exposition formats write them: `{name="value",…}`,
    /// nothing where there are none.
    pub fn exposed(&self) -> String {
        let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let others = self.iter().filter(|(name, _)| *name != METRIC_NAME);
        let pairs: Vec<String> = others.map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) }
    }

    /// The labels with one of them set, or removed where `value` is empty.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let others = self.0.iter().filter(|(own, _)| **own != *name).cloned();
        let added = (Arc::from(name), Arc::from(value));
        Self::new(others.chain([added]).collect())
    }
}

impl fmt::Display for Labels {
    /// Writes `name{label="value", …}` as Prometheus does in its error texts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.get(METRIC_NAME);
        f.write_str(name)?;
        let mut others = self.iter().filter(|(name, _)| *name != METRIC_NAME).peekable();
        if others.peek().is_none() && !name.is_empty() {
            return Ok(());
        }
        f.write_str("{")?;
        for (index, (name, value)) in others.enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{name}={value:?}")?;
        }
        f.write_str("}")
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Symbols {
    /// The one copy of `text`.
    pub fn intern(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = Arc::from(text);
        self.0.insert(Arc::clone(&new));
        new
    }

    /// Forgets the strings that no label uses any more.
    pub fn sweep(&mut self) {
        self.0.retain(|text| Arc::strong_count(text) > 1);
    }
}
