//! Requests counted over a while: how many, how many failed, how long they took.

/// What a group of pods answered within a window, as its histograms and counters tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traffic {
    /// Length of the window in seconds.
    pub seconds: f64,
    /// Requests answered; `None` where nothing counts them.
    pub requests: Option<f64>,
    /// Requests answered with 5xx; `None` where nothing counts them.
    pub errors: Option<f64>,
    /// Latency histogram: upper bound in seconds (the last is infinite) and requests not longer than it; ascending,
    /// empty where there is none.
    pub buckets: Vec<(f64, f64)>,
}

impl Traffic {
    /// Makes a histogram of bounds and counts as they came: sorted, and never falling (extrapolated counts may).
    pub fn histogram(mut buckets: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
        buckets.retain(|(bound, count)| !bound.is_nan() && count.is_finite());
        buckets.sort_by(|one, two| one.0.total_cmp(&two.0));
        let mut most = 0.0;
        for (_, count) in &mut buckets {
            most = f64::max(most, *count);
            *count = most;
        }
        buckets
    }

    /// Requests counted; 0 where nothing counts them.
    pub fn count(&self) -> f64 {
        self.requests.unwrap_or(0.0)
    }

    /// Requests a second.
    pub fn rate(&self) -> Option<f64> {
        self.requests.filter(|_| self.seconds > 0.0).map(|requests| requests / self.seconds)
    }

    /// Share of requests that failed, 0 to 1; `None` without requests.
    pub fn error_share(&self) -> Option<f64> {
        let requests = self.requests.filter(|requests| *requests > 0.0)?;
        Some((self.errors? / requests).clamp(0.0, 1.0))
    }

    /// Requests the histogram holds.
    pub fn measured(&self) -> f64 {
        self.buckets.last().map_or(0.0, |(_, count)| *count)
    }

    /// Estimates the duration that a share of the requests does not exceed, as `histogram_quantile` does: linear
    /// within a bucket, the greatest finite bound where it lies beyond that. `None` without a histogram or requests.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let total = self.measured();
        if total <= 0.0 {
            return None;
        }
        let rank = share * total;
        let at = self.buckets.iter().position(|(_, count)| *count >= rank)?;
        let (high, count) = self.buckets[at];
        let (low, before) = if at == 0 { (0.0, 0.0) } else { self.buckets[at - 1] };
        if high.is_infinite() {
            return Some(low);
        }
        let within = if count > before { (rank - before) / (count - before) } else { 1.0 };
        Some(low + (high - low) * within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_histogram_quantile() {
        // 100 requests: 50 up to 0.1 s, 90 up to 0.5 s, 99 up to 1 s, 1 longer.
        let buckets = vec![(0.5, 90.0), (0.1, 50.0), (f64::INFINITY, 100.0), (1.0, 99.0)];
        let traffic = Traffic { buckets: Traffic::histogram(buckets), ..Traffic::default() };
        for (share, expected) in [
            (0.25, 0.05),  // 25 of 50 in the first bucket: half of 0 to 0.1
            (0.5, 0.1),    // exactly its end
            (0.7, 0.3),    // 20 of 40 between 0.1 and 0.5
            (0.945, 0.75), // 4.5 of 9 between 0.5 and 1
            (0.999, 1.0),  // beyond the greatest finite bound
        ] {
            let found = traffic.quantile(share).unwrap();
            assert!((found - expected).abs() < 1e-9, "{share}: {found}");
        }
        assert_eq!(Traffic::default().quantile(0.5), None);
    }

    #[test]
    fn extrapolated_counts_do_not_fall() {
        let buckets = Traffic::histogram(vec![(0.1, 10.2), (0.5, 10.1), (f64::INFINITY, 12.0), (f64::NAN, 3.0)]);
        assert_eq!(buckets, [(0.1, 10.2), (0.5, 10.2), (f64::INFINITY, 12.0)]);
    }

    #[test]
    fn shares_and_rates_need_requests() {
        let traffic = Traffic { seconds: 60.0, requests: Some(120.0), errors: Some(6.0), ..Traffic::default() };
        assert_eq!((traffic.rate(), traffic.error_share()), (Some(2.0), Some(0.05)));
        let none = Traffic { requests: Some(0.0), errors: Some(0.0), ..traffic };
        assert_eq!((none.rate(), none.error_share()), (Some(0.0), None));
    }
}
