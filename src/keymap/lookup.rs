//! A keymap in use: from keys to actions, and back.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::{Chord, Key};
use crate::action::{Action, Context};

/// What a key means, given the keys before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// The chord is complete.
    Action(Action),
    /// The chord has begun; these are all that may still become of it.
    Pending(Vec<(Chord, Action)>),
    /// No chord begins so.
    Unbound,
}

/// The chords of every context. In each, no chord is the beginning of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    name: String,
    contexts: BTreeMap<Context, BTreeMap<Chord, Binding>>,
}

/// An action with the order of preference of its chord; the lowest is shown in hints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Binding {
    pub(super) action: Action,
    pub(super) rank: usize,
}

impl Keymap {
    pub(super) fn new(name: String, contexts: BTreeMap<Context, BTreeMap<Chord, Binding>>) -> Self {
        Self { name, contexts }
    }

    /// The keymap's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Resolves a key after the keys already pressed. `ctrl-c` is [`Action::Quit`] whatever came before.
    pub fn resolve(&self, pending: &[Key], context: Context, key: Key) -> Resolution {
        if key == Key::INTERRUPT {
            return Resolution::Action(Action::Quit);
        }
        let Some(chords) = self.contexts.get(&context) else { return Resolution::Unbound };
        let pressed: Vec<Key> = pending.iter().copied().chain([key]).collect();
        if let Some(bound) = chords.get(pressed.as_slice()) {
            return Resolution::Action(bound.action);
        }
        // Chords are ordered, so those that begin with the pressed keys stand together.
        let from = chords.range::<[Key], _>((Bound::Included(pressed.as_slice()), Bound::Unbounded));
        let choices: Vec<_> = from
            .take_while(|(chord, _)| chord.keys().starts_with(&pressed))
            .map(|(chord, bound)| (chord.clone(), bound.action))
            .collect();
        if choices.is_empty() { Resolution::Unbound } else { Resolution::Pending(choices) }
    }

    /// The chord to show for an action in a context.
    pub fn chord_for(&self, action: Action, context: Context) -> Option<&Chord> {
        self.chords_for(action, context).into_iter().next()
    }

    /// All chords of an action in a context, the preferred first.
    pub fn chords_for(&self, action: Action, context: Context) -> Vec<&Chord> {
        let mut chords: Vec<(usize, &Chord)> = self
            .chords_in(context)
            .filter(|(_, bound)| bound.action == action)
            .map(|(chord, bound)| (bound.rank, chord))
            .collect();
        chords.sort_unstable();
        chords.into_iter().map(|(_, chord)| chord).collect()
    }

    /// Every chord that works in a context with its action, in the order of preference.
    pub fn bindings(&self, context: Context) -> Vec<(&Chord, Action)> {
        let mut bindings: Vec<_> = self.chords_in(context).collect();
        bindings.sort_by_key(|(_, bound)| bound.rank);
        bindings.into_iter().map(|(chord, bound)| (chord, bound.action)).collect()
    }

    fn chords_in(&self, context: Context) -> impl Iterator<Item = (&Chord, &Binding)> {
        self.contexts.get(&context).into_iter().flatten()
    }
}
