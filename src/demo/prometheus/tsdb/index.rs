//! The inverted index: label name and value to series.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use promql_parser::label::{MatchOp, Matcher, Matchers};

use super::super::labels::{Labels, METRIC_NAME};

/// Series by label value, ascending.
type Postings = BTreeMap<Arc<str>, Vec<u32>>;

/// Finds series by label.
#[derive(Debug, Default)]
pub(super) struct Index {
    by_name: HashMap<Arc<str>, Postings>,
    all: BTreeSet<u32>,
}

impl Index {
    /// Makes a series findable; ids grow.
    pub fn insert(&mut self, id: u32, labels: &Labels) {
        self.all.insert(id);
        for (name, value) in labels.pairs() {
            let postings = self.by_name.entry(Arc::clone(name)).or_default();
            postings.entry(Arc::clone(value)).or_default().push(id);
        }
    }

    /// Forgets a series.
    pub fn remove(&mut self, id: u32, labels: &Labels) {
        self.all.remove(&id);
        for (name, value) in labels.iter() {
            let Some(postings) = self.by_name.get_mut(name) else { continue };
            if let Some(ids) = postings.get_mut(value) {
                ids.retain(|known| *known != id);
                if ids.is_empty() {
                    postings.remove(value);
                }
            }
            if postings.is_empty() {
                self.by_name.remove(name);
            }
        }
    }

    /// Every label name.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.by_name.keys()
    }

    /// The series that match every matcher, or every one of an alternative.
    pub fn select(&self, matchers: &Matchers) -> Vec<u32> {
        if matchers.or_matchers.is_empty() {
            return self.select_all(&matchers.matchers);
        }
        let groups = matchers.or_matchers.iter().map(Vec::as_slice);
        let found: BTreeSet<u32> = groups.flat_map(|group| self.select_all(group)).collect();
        found.into_iter().collect()
    }

    /// The series that match all of `matchers`: the narrowest lists first, then intersected.
    fn select_all(&self, matchers: &[Matcher]) -> Vec<u32> {
        let mut lists: Vec<Vec<u32>> = Vec::with_capacity(matchers.len());
        let mut excluded: Vec<Vec<u32>> = Vec::new();
        for matcher in matchers {
            if matcher.is_match("") {
                excluded.push(self.having(matcher, false));
            } else {
                lists.push(self.having(matcher, true));
            }
        }
        lists.sort_unstable_by_key(Vec::len);
        let mut lists = lists.into_iter();
        let mut found = match lists.next() {
            Some(first) => first,
            None => self.all.iter().copied().collect(),
        };
        for list in lists {
            found.retain(|id| list.binary_search(id).is_ok());
        }
        for list in excluded {
            found.retain(|id| list.binary_search(id).is_err());
        }
        found
    }

    /// The series that have the label with a value for which the matcher says `verdict`, ascending.
    fn having(&self, matcher: &Matcher, verdict: bool) -> Vec<u32> {
        let Some(postings) = self.by_name.get(matcher.name.as_str()) else {
            return Vec::new();
        };
        if let (MatchOp::Equal, true) = (&matcher.op, verdict) {
            return postings.get(matcher.value.as_str()).cloned().unwrap_or_default();
        }
        let matching = postings.iter().filter(|(value, _)| matcher.is_match(value) == verdict);
        let mut found: Vec<u32> = matching.flat_map(|(_, ids)| ids).copied().collect();
        found.sort_unstable();
        found
    }
}

/// The matchers of a selector with its metric name as one of them.
pub fn with_name(name: Option<&str>, matchers: &Matchers) -> Matchers {
    let Some(name) = name else {
        return matchers.clone();
    };
    let name = Matcher::new(MatchOp::Equal, METRIC_NAME, name);
    let mut all = matchers.clone();
    if all.or_matchers.is_empty() {
        all.matchers.push(name);
    } else {
        all.or_matchers.iter_mut().for_each(|group| group.push(name.clone()));
    }
    all
}
