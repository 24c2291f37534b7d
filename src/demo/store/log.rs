//! The bounded log of changes that watches and controllers read.

use std::collections::VecDeque;
use std::sync::Arc;

use super::object::Shared;
use super::resource::Resource;

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It came to be.
    Added,
    /// It changed.
    Modified,
    /// It is gone; the event carries its last state.
    Deleted,
}

impl Change {
    /// Returns the word of the watch protocol.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "ADDED",
            Self::Modified => "MODIFIED",
            Self::Deleted => "DELETED",
        }
    }
}

/// One change of one object.
#[derive(Debug, Clone)]
pub struct Event {
    /// The resource version the change got.
    pub version: u64,
    /// What happened.
    pub change: Change,
    /// The object's kind.
    pub resource: &'static Resource,
    /// The object after the change.
    pub object: Shared,
    /// The object before it, where there was one: a watch with a selector needs both.
    pub before: Option<Shared>,
}

/// The newest changes that are kept as they were: watches and controllers are at most this far behind.
const WARM: usize = 512;

fn cool(object: &mut Shared) {
    if !object.is_cold() {
        *object = Arc::new(object.cold());
    }
}

/// The newest changes of the whole store, oldest first.
#[derive(Debug)]
pub(super) struct Log {
    events: VecDeque<Event>,
    limit: usize,
    compacted: u64,
}

impl Log {
    pub(super) fn new(limit: usize) -> Self {
        Self { events: VecDeque::new(), limit, compacted: 0 }
    }

    pub(super) fn push(&mut self, event: Event) {
        while self.events.len() >= self.limit.max(1) {
            if let Some(oldest) = self.events.pop_front() {
                self.compacted = oldest.version;
            }
        }
        self.events.push_back(event);
        if let Some(at) = self.events.len().checked_sub(WARM + 1) {
            self.cool(at);
        }
    }

    /// Keeps of a change that everybody has read what a watch that comes back would be sent.
    fn cool(&mut self, at: usize) {
        let Some(event) = self.events.get_mut(at) else { return };
        if event.change == Change::Deleted {
            cool(&mut event.object);
        }
        let Some(before) = &mut event.before else { return };
        cool(before);
        // The change that brought the former state holds it too; it is the past as well by now.
        let (before, version) = (Arc::clone(before), before.version());
        let from = self.events.partition_point(|event| event.version < version);
        if let Some(event) = self.events.get_mut(from).filter(|event| event.version == version) {
            event.object = before;
        }
    }

    /// Returns the changes after `version`, or none where some of them are gone already.
    pub(super) fn since(&self, version: u64) -> Option<impl Iterator<Item = &Event>> {
        if version < self.compacted {
            return None;
        }
        let from = self.events.partition_point(|event| event.version <= version);
        Some(self.events.range(from..))
    }

    pub(super) fn compact(&mut self, version: u64) {
        while self.events.front().is_some_and(|event| event.version <= version) {
            self.events.pop_front();
        }
        self.compacted = self.compacted.max(version);
    }

    pub(super) fn compacted(&self) -> u64 {
        self.compacted
    }
}
