//! Functions of change: rates of counters, slopes of gauges.

use super::over_time::{Sum, Window};

/// The function with that name, where it takes nothing but a window.
pub(super) fn function(name: &str) -> Option<fn(&Window<'_>) -> Option<f64>> {
    Some(match name {
        "rate" => |window| extrapolated(window, true).map(|growth| growth / length(window)),
        "increase" => |window| extrapolated(window, true),
        "delta" => |window| extrapolated(window, false),
        "irate" => |window| instant(window, true),
        "idelta" => |window| instant(window, false),
        "deriv" => |window| {
            let first = window.samples.first()?.0;
            regression(window, first).map(|(slope, _)| slope)
        },
        _ => return None,
    })
}

/// A distance in seconds.
#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit")]
fn seconds(from: i64, to: i64) -> f64 {
    (to - from) as f64 / 1000.0
}

/// Length of the window in seconds.
fn length(window: &Window<'_>) -> f64 {
    seconds(window.bounds.0, window.bounds.1)
}

/// Growth over the window, extrapolated to its ends as Prometheus does: to the end itself where a
/// sample is near, else by half the mean distance, and never below zero for a counter.
fn extrapolated(window: &Window<'_>, counter: bool) -> Option<f64> {
    let [first, .., last] = window.samples else { return None };
    let mut growth = last.1 - first.1;
    if counter {
        let resets = window.samples.windows(2).filter(|pair| pair[1].1 < pair[0].1);
        growth += resets.map(|pair| pair[0].1).sum::<f64>();
    }
    let sampled = seconds(first.0, last.0);
    let between = sampled / (window.count() - 1.0);
    let mut before = seconds(window.bounds.0, first.0);
    let after = seconds(last.0, window.bounds.1);
    if counter && growth > 0.0 && first.1 >= 0.0 {
        before = before.min(sampled * (first.1 / growth));
    }
    let reach = |gap: f64| if gap < between * 1.1 { gap } else { between / 2.0 };
    Some(growth * ((sampled + reach(before) + reach(after)) / sampled))
}

/// Change between the last two samples, a second of it for a counter.
fn instant(window: &Window<'_>, counter: bool) -> Option<f64> {
    let [.., before, last] = window.samples else { return None };
    let distance = seconds(before.0, last.0);
    if distance == 0.0 {
        return None;
    }
    if counter {
        let growth = if last.1 < before.1 { last.1 } else { last.1 - before.1 };
        Some(growth / distance)
    } else {
        Some(last.1 - before.1)
    }
}

/// The value `ahead` seconds after the step, on the line through the window's samples.
pub(super) fn predict(window: &Window<'_>, ahead: f64) -> Option<f64> {
    let (slope, now) = regression(window, window.at)?;
    Some(slope * ahead + now)
}

/// Least squares: slope a second, and the line's value at `origin`.
#[expect(clippy::float_cmp, reason = "a constant is one that never differs")]
fn regression(window: &Window<'_>, origin: i64) -> Option<(f64, f64)> {
    let [first, _, ..] = window.samples else { return None };
    if window.samples.iter().all(|(_, value)| *value == first.1) {
        return Some(if first.1.is_infinite() { (f64::NAN, f64::NAN) } else { (0.0, first.1) });
    }
    let (mut x, mut y, mut xy, mut xx) = (Sum::default(), Sum::default(), Sum::default(), Sum::default());
    for (at, value) in window.samples {
        let distance = seconds(origin, *at);
        x.add(distance);
        y.add(*value);
        xy.add(distance * value);
        xx.add(distance * distance);
    }
    let count = window.count();
    let covariance = xy.get() - x.get() * y.get() / count;
    let variance = xx.get() - x.get() * x.get() / count;
    let slope = covariance / variance;
    Some((slope, y.get() / count - slope * x.get() / count))
}
