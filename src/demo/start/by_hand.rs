//! A company whose clock a test turns: the same engine behind the same API, and no moment of a story is missed.

use jiff::{SignedDuration, Timestamp};

use super::{Action, Clock, Options, Scenario, SharedStore, Staged, StartError, stage};

/// A company that moves only when it is told to.
pub struct ByHand(Staged);

/// Starts a company at `now` and returns once its API answers. Needs a multi-threaded runtime.
///
/// # Errors
/// As [`super::start`].
pub async fn start_by_hand(options: &Options, now: Timestamp) -> Result<ByHand, StartError> {
    Ok(ByHand(stage(options, Clock::virtual_at(now, options.speed)).await?))
}

impl ByHand {
    /// Lets time pass, with all that happens in it; keeps the thread busy meanwhile.
    pub fn turn(&mut self, by: SignedDuration) {
        let Staged { engine, clock, received, .. } = &mut self.0;
        while let Ok(action) = received.try_recv() {
            engine.act(action, clock.now());
        }
        clock.advance(by);
        engine.step_until(clock.now());
    }

    /// Lets something of a scenario happen now.
    pub fn act(&mut self, action: Action) {
        let now = self.now();
        self.0.engine.act(action, now);
    }

    /// Begins to tell a story.
    pub fn play(&mut self, scenario: Scenario) {
        let now = self.now();
        self.0.engine.play(scenario, now);
    }

    /// Returns the company's time.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Returns its objects.
    pub fn store(&self) -> &SharedStore {
        &self.0.store
    }

    /// Renders the administrator's kubeconfig.
    pub fn kubeconfig(&self) -> String {
        self.0.api.kubeconfig()
    }
}
