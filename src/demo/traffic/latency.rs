//! How long requests take: a log-logistic body and a slow tail.

use super::load::StatusLoad;

/// Upper bounds in seconds of the latency histogram's buckets, without the last, infinite one; set
/// as service level objectives in each service's Micrometer.
pub const BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// No request lasts longer than the client's timeout, in seconds.
const TIMEOUT: f64 = 30.0;

/// Distribution of durations, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Latency {
    /// Half of the requests in the body are quicker.
    pub median: f64,
    /// Shape of the body: the larger, the narrower; p99 is `median * 99^(1/shape)`.
    pub shape: f64,
    /// Share of requests in the tail.
    pub tail_share: f64,
    /// Seconds that a request in the tail takes longer.
    pub tail_extra: f64,
}

impl Latency {
    /// Share of requests not longer than `seconds`.
    pub fn below(&self, seconds: f64) -> f64 {
        let tail = self.body_below(seconds - self.tail_extra);
        (1.0 - self.tail_share) * self.body_below(seconds) + self.tail_share * tail
    }

    /// Mean duration in seconds.
    pub fn mean(&self) -> f64 {
        let angle = std::f64::consts::PI / self.shape;
        let body = self.median * angle / angle.sin();
        (body + self.tail_share * self.tail_extra).min(TIMEOUT)
    }

    /// Duration the longest of `count` requests may be expected to have, in seconds.
    pub fn longest(&self, count: f64) -> f64 {
        let body = self.median * count.max(1.0).powf(1.0 / self.shape);
        let in_tail = count * self.tail_share >= 0.5;
        (body + if in_tail { self.tail_extra } else { 0.0 }).min(TIMEOUT)
    }

    /// What the counted requests of this distribution add to the histogram, by status.
    pub fn spread(&self, counts: impl Iterator<Item = (u16, f64)>) -> Vec<StatusLoad> {
        let (mean, shares) = (self.mean(), BUCKETS.map(|bound| self.below(bound)));
        let load = |(status, count)| StatusLoad {
            status,
            count,
            sum: count * mean,
            max: self.longest(count),
            buckets: shares.map(|share| count * share),
        };
        counts.map(load).collect()
    }

    /// Share of the body not longer than `seconds`.
    fn body_below(&self, seconds: f64) -> f64 {
        if seconds <= 0.0 {
            return 0.0;
        }
        1.0 / (1.0 + (seconds / self.median).powf(-self.shape))
    }
}
