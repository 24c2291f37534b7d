//! How the sources are: which lists are in, what is lost or absent, when each was last heard.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::{Family, SourceState, Text};

/// One family's source in one namespace or in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// How it is.
    pub state: SourceState,
    /// When anything was last heard of it.
    pub heard: Timestamp,
    /// A complete list came in since the connection began.
    pub listed: bool,
}

/// All sources, by family and namespace; the empty namespace stands for all.
#[derive(Debug, Default)]
pub(super) struct Sources {
    known: BTreeMap<Family, BTreeMap<Text, Source>>,
}

impl Sources {
    /// Keeps a state; tells whether it is another one.
    pub(super) fn set(&mut self, family: Family, namespace: Option<Text>, state: SourceState, at: Timestamp) -> bool {
        let of_family = self.known.entry(family).or_default();
        let entry = of_family.entry(namespace.unwrap_or_default()).or_insert(Source {
            state: SourceState::Listing,
            heard: at,
            listed: false,
        });
        entry.listed = match state {
            SourceState::Synced => true,
            SourceState::Absent(_) => false,
            SourceState::Listing | SourceState::Lost { .. } => entry.listed,
        };
        entry.heard = at;
        let differs = entry.state != state;
        entry.state = state;
        differs
    }

    /// Notes that a family spoke of an object in a namespace.
    pub(super) fn heard(&mut self, family: Family, namespace: &str, at: Timestamp) {
        let Some(of_family) = self.known.get_mut(&family) else { return };
        let id = if of_family.contains_key("") { "" } else { namespace };
        if let Some(source) = of_family.get_mut(id) {
            source.heard = at;
        }
    }

    /// Returns the source that speaks for a namespace.
    pub(super) fn of(&self, family: Family, namespace: &str) -> Option<&Source> {
        let of_family = self.known.get(&family)?;
        of_family.get("").or_else(|| of_family.get(namespace))
    }

    /// Returns every source.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Family, Option<&Text>, &Source)> {
        self.known.iter().flat_map(|(family, of_family)| {
            of_family
                .iter()
                .map(|(namespace, source)| (*family, Some(namespace).filter(|name| !name.is_empty()), source))
        })
    }

    /// Tells whether every watched family's list is in, or will never be; of what else is served, that its first list
    /// is not still under way.
    pub(super) fn synced(&self) -> bool {
        let settled = |family: Family, source: &Source| match source.state {
            SourceState::Absent(_) => true,
            SourceState::Lost { .. } => source.listed || family.is_detail(),
            SourceState::Listing | SourceState::Synced => source.listed,
        };
        let known = |watched: &Family| self.iter().any(|(family, ..)| family == *watched);
        let usage = [Family::PodUsage, Family::NodeUsage];
        let mut lists = self.iter().filter(|(family, ..)| !usage.contains(family));
        Family::WATCHED.iter().all(known) && lists.all(|(family, _, source)| settled(family, source))
    }

    /// Returns when a family was last heard in any namespace.
    pub(super) fn last_heard(&self, family: Family) -> Option<Timestamp> {
        self.iter().filter(|(of, ..)| *of == family).map(|(_, _, source)| source.heard).max()
    }
}
