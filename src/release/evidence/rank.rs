//! The 99th percentile from buckets: an interval by ranks, widened to the bounds of the buckets it falls in.

use crate::domain::Traffic;

use super::{
    Check, Finding, unmeasured,
    words::{count, interval, seconds},
};

/// Standard deviations of the rank on each side.
const Z: f64 = 3.0;
/// The quantile judged.
const QUANTILE: f64 = 0.99;
/// A ratio and a difference in seconds that matter.
const MATTERS: (f64, f64) = (1.2, 0.005);

/// An estimate so many times as long is not called good, whatever the intervals say.
const SUSPICIOUS: f64 = 1.5;

/// Where a quantile lies: above the first bound, up to the second, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower bound; the quantile is above it.
    pub low: f64,
    /// Upper bound; infinite when none can be given.
    pub high: f64,
}

impl Interval {
    /// The interval of a quantile: ranks `n q ± z √(n q (1-q))` of the ordered durations (the normal approximation of
    /// the binomial law of ranks; Conover, Practical Nonparametric Statistics, 3rd ed., §3.2), each taken to the far
    /// bound of its bucket. `None` without requests.
    pub fn of(traffic: &Traffic, quantile: f64, z: f64) -> Option<Self> {
        let n = traffic.measured();
        if n <= 0.0 {
            return None;
        }
        let spread = z * (n * quantile * (1.0 - quantile)).sqrt();
        let (first, last) = ((n * quantile - spread).floor().max(0.0), (n * quantile + spread).ceil());
        // The bucket of a rank is the first that holds so many; rank 0 lies in the first bucket.
        let bucket = |rank: f64| traffic.buckets.iter().position(|(_, held)| *held >= rank && *held > 0.0);
        let low = bucket(first).filter(|at| *at > 0).map_or(0.0, |at| traffic.buckets[at - 1].0);
        let high = if last > n { None } else { bucket(last) };
        Some(Self { low, high: high.map_or(f64::INFINITY, |at| traffic.buckets[at].0) })
    }
}

/// Compares the 99th percentiles.
pub(super) fn latency(stable: &Traffic, canary: &Traffic, (old, new): (&str, &str)) -> Check {
    let what = "p99";
    let sides = (Interval::of(stable, QUANTILE, Z), Interval::of(canary, QUANTILE, Z));
    let (Some(before), Some(now)) = sides else {
        return unmeasured(what, "no histogram of durations");
    };
    let sentence = format!(
        "p99: {} of {} requests on {new}, {} of {} on {old}",
        interval(now),
        count(canary.measured()),
        interval(before),
        count(stable.measured())
    );
    let (was, is) = (stable.quantile(QUANTILE).unwrap_or(0.0), canary.quantile(QUANTILE).unwrap_or(0.0));
    let apart = before.high.is_finite() && now.low >= before.high;
    let matters = is >= was * MATTERS.0 && is - was >= MATTERS.1;
    let suspicious = is >= was * SUSPICIOUS && is - was >= MATTERS.1;
    let finding = if apart && matters {
        Finding::Bad
    } else if before.high.is_finite() && now.high.is_finite() && !suspicious {
        Finding::Good
    } else {
        Finding::Unclear
    };
    let sentence = match finding {
        Finding::Unclear => format!("{sentence}: {}", why_unclear([(canary, new), (stable, old)])),
        _ => sentence,
    };
    let brief = format!("{new} p99: {} vs {}", seconds(is), seconds(was));
    Check { what, finding, sentence, brief }
}

/// Too few requests for an upper bound, one beyond the histogram, or a difference that may be chance.
fn why_unclear(sides: [(&Traffic, &str); 2]) -> String {
    let needed = (Z * Z * QUANTILE / (1.0 - QUANTILE)).round();
    if let Some((_, role)) = sides.iter().find(|(side, _)| side.measured() < needed) {
        return format!("{role} needs {} requests", count(needed));
    }
    let beyond = |side: &Traffic| Interval::of(side, QUANTILE, Z).is_some_and(|of| of.high.is_infinite());
    if sides.iter().any(|(side, _)| beyond(side)) {
        "it lies beyond the histogram".to_owned()
    } else {
        "longer, and more requests must tell whether by chance".to_owned()
    }
}
