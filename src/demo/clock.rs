//! Time in the simulated company: the wall clock, or a virtual one that tests turn by hand.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Tells the time, and by how much written durations are divided; clones share one time.
#[derive(Debug, Clone)]
pub struct Clock {
    fixed: Option<Arc<Mutex<Timestamp>>>,
    skew: Arc<Mutex<SignedDuration>>,
    speed: f64,
}

impl Clock {
    /// Follows the wall clock; `speed` divides written durations and is kept within 0.001 and 100 000.
    pub fn wall(speed: f64) -> Self {
        Self { fixed: None, skew: Arc::default(), speed: clamp(speed) }
    }

    /// Stands still at `start` until [`Clock::advance`] moves it.
    pub fn virtual_at(start: Timestamp, speed: f64) -> Self {
        Self { fixed: Some(Arc::new(Mutex::new(start))), skew: Arc::default(), speed: clamp(speed) }
    }

    /// Returns the time.
    pub fn now(&self) -> Timestamp {
        let base = self
            .fixed
            .as_ref()
            .map_or_else(Timestamp::now, |fixed| *fixed.lock().unwrap_or_else(PoisonError::into_inner));
        let skew = *self.skew.lock().unwrap_or_else(PoisonError::into_inner);
        base.saturating_add(skew).unwrap_or(Timestamp::MAX)
    }

    /// Moves a virtual clock forward; does nothing to the wall clock.
    pub fn advance(&self, by: SignedDuration) {
        if let Some(fixed) = &self.fixed {
            let mut now = fixed.lock().unwrap_or_else(PoisonError::into_inner);
            *now = now.saturating_add(by).unwrap_or(Timestamp::MAX);
        }
    }

    /// Makes the clock go wrong by this much.
    pub fn set_skew(&self, by: SignedDuration) {
        *self.skew.lock().unwrap_or_else(PoisonError::into_inner) = by;
    }

    /// Returns by how much written durations are divided.
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// Divides a written duration by the speed, never below a millisecond.
    pub fn scale(&self, written: Duration) -> Duration {
        let seconds = (written.as_secs_f64() / self.speed).min(1e9);
        Duration::from_secs_f64(seconds).max(Duration::from_millis(1).min(written))
    }
}

fn clamp(speed: f64) -> f64 {
    if speed.is_finite() { speed.clamp(0.001, 100_000.0) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_virtual_clock_moves_only_when_told() {
        let clock = Clock::virtual_at(Timestamp::UNIX_EPOCH, 10.0);
        let twin = clock.clone();
        assert_eq!(clock.now(), Timestamp::UNIX_EPOCH);
        clock.advance(SignedDuration::from_secs(5));
        assert_eq!(twin.now().as_second(), 5);
    }

    #[test]
    fn speed_divides_durations_and_is_bounded() {
        assert_eq!(Clock::wall(10.0).scale(Duration::from_secs(60)), Duration::from_secs(6));
        assert_eq!(Clock::wall(f64::NAN).speed().to_bits(), 1.0_f64.to_bits());
        assert_eq!(Clock::wall(1e9).scale(Duration::from_secs(1)), Duration::from_millis(1));
        assert_eq!(Clock::wall(10.0).scale(Duration::ZERO), Duration::ZERO);
    }
}
