//! Functions that sum up the samples of a window: `*_over_time`, `changes`, `resets`, smoothing.

use super::super::tsdb::Sample;
use super::QueryError;

/// The samples that a step sees, at least one.
pub(super) struct Window<'a> {
    /// Samples, oldest first.
    pub samples: &'a [Sample],
    /// Where the window starts and ends, in milliseconds since 1970.
    pub bounds: (i64, i64),
    /// The step itself, in milliseconds since 1970.
    pub at: i64,
}

impl Window<'_> {
    /// The values, oldest first.
    pub fn values(&self) -> Vec<f64> {
        self.samples.iter().map(|(_, value)| *value).collect()
    }

    /// Number of samples.
    #[expect(clippy::cast_precision_loss, reason = "a number of samples")]
    pub fn count(&self) -> f64 {
        self.samples.len() as f64
    }

    /// Neighbours in time.
    fn pairs(&self) -> impl Iterator<Item = (f64, f64)> {
        self.samples.windows(2).map(|pair| (pair[0].1, pair[1].1))
    }
}

/// A sum with the compensation of Kahan as improved by Neumaier.
#[derive(Default, Clone, Copy)]
pub(super) struct Sum {
    sum: f64,
    compensation: f64,
}

impl Sum {
    /// Adds a value.
    pub fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        self.compensation += if sum.is_infinite() {
            0.0
        } else if self.sum.abs() >= value.abs() {
            (self.sum - sum) + value
        } else {
            (value - sum) + self.sum
        };
        self.sum = sum;
    }

    /// The sum so far.
    pub fn get(self) -> f64 {
        if self.sum.is_infinite() { self.sum } else { self.sum + self.compensation }
    }
}

/// The function with that name, where it takes nothing but a window.
pub(super) fn function(name: &str) -> Option<fn(&Window<'_>) -> Option<f64>> {
    Some(match name {
        "avg_over_time" => |window| Some(mean(window)),
        "sum_over_time" => |window| {
            let mut sum = Sum::default();
            window.samples.iter().for_each(|(_, value)| sum.add(*value));
            Some(sum.get())
        },
        "count_over_time" => |window| Some(window.count()),
        "min_over_time" => |window| extreme(window, |value, best| value < best),
        "max_over_time" => |window| extreme(window, |value, best| value > best),
        "last_over_time" => |window| window.samples.last().map(|(_, value)| *value),
        "present_over_time" => |_| Some(1.0),
        "stddev_over_time" => |window| Some(variance(window).sqrt()),
        "stdvar_over_time" => |window| Some(variance(window)),
        "changes" => |window| Some(count(window.pairs().filter(|(before, after)| is_change(*before, *after)))),
        "resets" => |window| Some(count(window.pairs().filter(|(before, after)| after < before))),
        _ => return None,
    })
}

#[expect(clippy::cast_precision_loss, reason = "a number of samples")]
fn count(found: impl Iterator) -> f64 {
    found.count() as f64
}

#[expect(clippy::float_cmp, reason = "any difference is a change")]
fn is_change(before: f64, after: f64) -> bool {
    before != after && !(before.is_nan() && after.is_nan())
}

fn extreme(window: &Window<'_>, better: fn(f64, f64) -> bool) -> Option<f64> {
    let values = window.samples.iter().map(|(_, value)| *value);
    values.reduce(|best, value| if better(value, best) || best.is_nan() { value } else { best })
}

/// The mean, kept as a running one so that large values do not overflow.
#[expect(clippy::float_cmp, reason = "an infinity is itself")]
fn mean(window: &Window<'_>) -> f64 {
    let mut mean = Sum::default();
    let mut count = 0.0;
    for (_, value) in window.samples {
        count += 1.0;
        let so_far = mean.get();
        if so_far.is_infinite() && (value.is_finite() || *value == so_far) {
            continue;
        }
        mean.add(value / count - so_far / count);
    }
    mean.get()
}

/// The population variance, by Welford's method.
fn variance(window: &Window<'_>) -> f64 {
    let (mut mean, mut squares) = (Sum::default(), Sum::default());
    let mut count = 0.0;
    for (_, value) in window.samples {
        count += 1.0;
        let distance = value - mean.get();
        mean.add(distance / count);
        squares.add(distance * (value - mean.get()));
    }
    squares.get() / count
}

/// The `wanted` quantile of values, interpolated between neighbours; infinite outside 0 to 1.
pub(super) fn quantile(wanted: f64, values: &mut [f64]) -> f64 {
    if values.is_empty() || wanted.is_nan() {
        return f64::NAN;
    }
    if !(0.0..=1.0).contains(&wanted) {
        return if wanted < 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    // NaN counts as smaller than any number.
    values.sort_by(|one, other| {
        other.is_nan().cmp(&one.is_nan()).then(one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal))
    });
    #[expect(clippy::cast_precision_loss, reason = "a number of values")]
    let rank = wanted * (values.len() - 1) as f64;
    let lower = rank.floor();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let index = lower as usize;
    let upper = (index + 1).min(values.len() - 1);
    let weight = rank - lower;
    values[index] * (1.0 - weight) + values[upper] * weight
}

/// Refuses factors of smoothing outside 0 to 1.
pub(super) fn factors(name: &str, values: Vec<f64>) -> Result<Vec<f64>, QueryError> {
    let short = if name == "trend" { "tf" } else { "sf" };
    match values.iter().find(|value| **value <= 0.0 || **value >= 1.0) {
        Some(bad) => {
            Err(QueryError::Execution(format!("invalid {name} factor. Expected: 0 < {short} < 1, got: {bad:.6}")))
        }
        None => Ok(values),
    }
}

/// Double exponential smoothing (Holt 1957, Winters 1960): the smoothed last value.
pub(super) fn holt_winters(window: &Window<'_>, smoothing: f64, trend_factor: f64) -> Option<f64> {
    let values = window.values();
    let [first, second, ..] = values[..] else { return None };
    let (mut before, mut level) = (0.0, first);
    let mut trend = second - first;
    for (index, value) in values.iter().enumerate().skip(1) {
        if index > 1 {
            trend = trend_factor * (level - before) + (1.0 - trend_factor) * trend;
        }
        (before, level) = (level, smoothing * value + (1.0 - smoothing) * (level + trend));
    }
    Some(level)
}
