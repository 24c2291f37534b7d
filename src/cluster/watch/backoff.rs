//! How long to wait before trying again.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(250);
const CAP: Duration = Duration::from_secs(5);

/// Exponential with jitter, at most 5 s; a success starts it over.
#[derive(Clone, Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Returns the next pause; at least as long as the server asked for.
    pub fn next(&mut self, asked: Option<Duration>) -> Duration {
        let plain = FIRST.saturating_mul(1 << self.failures.min(8)).min(CAP);
        self.failures = self.failures.saturating_add(1);
        // Up to a fifth less, so that what failed together does not come back together.
        let pause = plain.mul_f64(1.0 - 0.2 * fastrand::f64());
        asked.map_or(pause, |asked| asked.max(pause))
    }

    /// Starts over.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// Returns how often in a row it failed.
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_cap_and_start_over() {
        let mut backoff = Backoff::default();
        let pauses: Vec<_> = (0..40).map(|_| backoff.next(None)).collect();
        assert!(pauses[0] <= FIRST && pauses[0] >= FIRST.mul_f64(0.8));
        assert!(pauses.iter().all(|pause| *pause <= CAP));
        assert!(pauses[39] >= CAP.mul_f64(0.8));
        assert_eq!(backoff.next(Some(Duration::from_secs(30))), Duration::from_secs(30));
        backoff.reset();
        assert!(backoff.next(None) <= FIRST);
    }
}
