//! From, to and step for a chart.

use std::time::Duration;

use jiff::Timestamp;

/// Steps a person can read off an axis, in seconds.
const STEPS: [i64; 13] = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600];

/// Seconds between scrapes that rates are made for; Prometheus installations scrape every 15 s or 30 s.
const SCRAPE: i64 = 15;

/// A stretch of time cut into steps. Ends and step are whole seconds; the ends are multiples of the step, so
/// that a chart does not shiver from one fetch to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First instant, in seconds since the epoch.
    pub start: i64,
    /// Last instant.
    pub end: i64,
    /// Seconds between points.
    pub step: i64,
}

impl Window {
    /// Looks back from `now` over `range` with at most `points` points (two a column of braille dots).
    pub fn back_from(now: Timestamp, range: Duration, points: u16) -> Self {
        let range = i64::try_from(range.as_secs()).unwrap_or(i64::MAX / 2).max(1);
        let finest = range / i64::from(points.max(1));
        let step = STEPS.into_iter().find(|step| *step > finest).unwrap_or(86_400);
        let end = now.as_second().div_euclid(step) * step;
        Self { start: (end - range).div_euclid(step) * step, end, step }
    }

    /// Returns the window of rates, as Grafana's `$__rate_interval`: at least four scrapes, and more than a step.
    pub fn interval(&self) -> Duration {
        Duration::from_secs((self.step + SCRAPE).max(4 * SCRAPE).unsigned_abs())
    }
}
