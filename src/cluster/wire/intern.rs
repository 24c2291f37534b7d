//! One copy of every repeated string and container list: what keeps ten thousand pods small.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    hash::{BuildHasher, RandomState},
    sync::{Arc, Weak},
};

use super::loose::{Map, Str};
use crate::domain::{Container, Text, text::clean};

/// Strings kept before those nobody holds any more are dropped.
const FLOOR: usize = 4096;

/// Shares equal strings and equal container lists; everything it returns is free of control sequences.
#[derive(Debug)]
pub struct Interner {
    texts: HashSet<Text>,
    prune_at: usize,
    lists: HashMap<u64, Vec<Weak<[Container]>>>,
    hasher: RandomState,
}

impl Default for Interner {
    fn default() -> Self {
        Self { texts: HashSet::new(), prune_at: FLOOR, lists: HashMap::new(), hasher: RandomState::new() }
    }
}

impl Interner {
    /// Returns the shared copy of a text that likely occurs again.
    pub(super) fn text(&mut self, text: &Str<'_>) -> Text {
        self.shared(text.as_str())
    }

    /// Returns the shared copy of a string.
    pub(super) fn shared(&mut self, text: &str) -> Text {
        let text = clean(text, false);
        if let Some(known) = self.texts.get(&*text) {
            return known.clone();
        }
        if self.texts.len() >= self.prune_at {
            self.prune();
        }
        let new: Text = text.into();
        self.texts.insert(new.clone());
        new
    }

    /// Returns the shared copies of a map's keys and values.
    pub(super) fn map(&mut self, map: &Map<'_, Str<'_>>) -> BTreeMap<Text, Text> {
        map.0.iter().map(|(name, value)| (self.text(name), self.text(value))).collect()
    }

    /// Returns the shared copy of a container list.
    pub(super) fn containers(&mut self, list: Vec<Container>) -> Arc<[Container]> {
        let key = self.hasher.hash_one(list.iter().map(|one| (&one.name, &one.image)).collect::<Vec<_>>());
        let known = self.lists.entry(key).or_default();
        known.retain(|list| list.strong_count() > 0);
        if let Some(found) = known.iter().filter_map(Weak::upgrade).find(|known| **known == *list) {
            return found;
        }
        let new: Arc<[Container]> = list.into();
        known.push(Arc::downgrade(&new));
        new
    }

    fn prune(&mut self) {
        self.texts.retain(|text| Arc::strong_count(text) > 1);
        self.prune_at = (self.texts.len() * 2).max(FLOOR);
        self.lists.retain(|_, lists| lists.iter().any(|list| list.strong_count() > 0));
    }
}

/// Returns a text that occurs once (a name, a UID), cleaned.
pub(super) fn unique(text: &Str<'_>) -> Text {
    clean(text.as_str(), false).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(image: &str) -> Container {
        Container { name: "main".into(), image: image.into(), ..Container::default() }
    }

    #[test]
    fn equal_texts_and_lists_are_one() {
        let mut intern = Interner::default();
        assert!(Arc::ptr_eq(&intern.shared("ready"), &intern.shared("rea\u{7}dy")));
        let (a, b) = (intern.containers(vec![container("a:1")]), intern.containers(vec![container("a:1")]));
        assert!(Arc::ptr_eq(&a, &b));
        assert!(!Arc::ptr_eq(&a, &intern.containers(vec![container("a:2")])));
    }

    #[test]
    fn what_nobody_holds_is_forgotten() {
        let mut intern = Interner::default();
        let held = intern.shared("held");
        for number in 0..20_000 {
            intern.shared(&format!("passing {number}"));
        }
        assert!(intern.texts.len() <= FLOOR, "{} kept", intern.texts.len());
        assert!(Arc::ptr_eq(&held, &intern.shared("held")));
    }
}
