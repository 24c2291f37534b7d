//! Faults for the simulated company that is shown: from the palette to its director.

use jiff::Timestamp;

use crate::{
    app::{Faults, Level},
    demo::scenario::{Action, INJECTIONS},
};

use super::{desk::Desk, start::Start};

/// What can be thrown in; nothing into a cluster that nobody simulates here.
pub(super) fn faults(start: &Start) -> Option<Faults> {
    let check = |words: &str| Action::of_words(words).map(drop).map_err(|error| error.to_string());
    start.director.as_ref().map(|_| Faults { forms: INJECTIONS, check })
}

impl Desk {
    /// Lets a fault happen, and says so, or why not.
    pub(super) fn inject(&mut self, words: &str) {
        let Some(director) = &self.start.director else { return };
        let (level, text) = match director.inject(words) {
            Ok(()) => (Level::Good, format!("injected: {words}")),
            Err(error) => (Level::Error, format!("not injected: {error}")),
        };
        self.app.notices.say(level, text, Timestamp::now());
        (self.dirty, self.urgent) = (true, true);
    }
}
