//! The little of Go's templates that alerts use.

use super::super::labels::Labels;
use super::super::number;

/// Fills in `{{ $labels.name }}` and `{{ $value }}`, the latter also with `| humanize` or
/// `| humanizePercentage`; what is not understood stays as it is.
pub(super) fn fill(text: &str, labels: &Labels, value: f64) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((action, behind)) = after.split_once("}}") else { break };
        filled.push_str(before);
        let words: Vec<&str> = action.split('|').map(str::trim).collect();
        match (words[0].strip_prefix("$labels."), &words[..]) {
            (Some(name), [_]) => filled.push_str(labels.get(name)),
            (None, ["$value"]) => filled.push_str(&number::plain(value)),
            (None, ["$value", "humanizePercentage"]) => filled += &(short(value * 100.0) + "%"),
            (None, ["$value", "humanize"]) => filled.push_str(&short(value)),
            _ => filled.extend(["{{", action, "}}"]),
        }
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

/// Four significant digits at most, as Go's `%.4g`.
fn short(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return number::plain(value);
    }
    #[expect(clippy::cast_possible_truncation, reason = "a number of digits")]
    let digits = (3 - value.abs().log10().floor() as i32).max(0);
    let scale = 10f64.powi(digits);
    number::plain((value * scale).round() / scale)
}
