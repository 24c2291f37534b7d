//! Numbers as people read them.

use super::Interval;

/// A share as `6.1 %`; little is never nothing.
pub(super) fn percent(share: f64) -> String {
    let value = share * 100.0;
    let decimals = match value {
        value if value < 0.995 => 2,
        value if value < 9.95 => 1,
        _ => 0,
    };
    let value = if value > 0.0 { value.max(0.01) } else { 0.0 };
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} %")
}

/// Whole requests: counts over a window are extrapolated.
pub(super) fn count(requests: f64) -> String {
    format!("{:.0}", requests.max(0.0))
}

/// A window's length: `90 s`, `5 min`.
pub(super) fn duration(seconds: f64) -> String {
    if seconds < 120.0 { format!("{seconds:.0} s") } else { format!("{:.0} min", seconds / 60.0) }
}

/// `100–250 ms`, `up to 5 ms`, `above 10 s`.
pub(super) fn interval(of: Interval) -> String {
    match (of.low > 0.0, of.high.is_finite()) {
        (false, true) => format!("up to {}", seconds(of.high)),
        (_, false) => format!("above {}", seconds(of.low)),
        (true, true) => {
            let (low, high) = (seconds(of.low), seconds(of.high));
            match (low.split_once(' '), high.split_once(' ')) {
                (Some((low, unit)), Some((_, same))) if unit == same => format!("{low}–{high}"),
                _ => format!("{low} to {high}"),
            }
        }
    }
}

/// `120 ms`, `2.5 s`.
pub(super) fn seconds(value: f64) -> String {
    let (text, unit) = if value < 1.0 { (short(value * 1000.0), "ms") } else { (short(value), "s") };
    format!("{text} {unit}")
}

fn short(value: f64) -> String {
    let text = if value < 10.0 { format!("{value:.1}") } else { format!("{value:.0}") };
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}
