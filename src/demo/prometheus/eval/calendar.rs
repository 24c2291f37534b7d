//! Parts of a date, in UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The function with that name: seconds since 1970 to a part of the date.
pub(super) fn part(name: &str) -> Option<fn(f64) -> f64> {
    Some(match name {
        "minute" => |at| with(at, |date| i32::from(date.minute())),
        "hour" => |at| with(at, |date| i32::from(date.hour())),
        "day_of_week" => |at| with(at, |date| i32::from(date.weekday().to_sunday_zero_offset())),
        "day_of_month" => |at| with(at, |date| i32::from(date.day())),
        "day_of_year" => |at| with(at, |date| i32::from(date.day_of_year())),
        "days_in_month" => |at| with(at, |date| i32::from(date.days_in_month())),
        "month" => |at| with(at, |date| i32::from(date.month())),
        "year" => |at| with(at, |date| i32::from(date.year())),
        _ => return None,
    })
}

/// Applies `take` to the date; NaN for what is no date.
fn with(seconds: f64, take: impl Fn(DateTime) -> i32) -> f64 {
    if !seconds.is_finite() {
        return f64::NAN;
    }
    #[expect(clippy::cast_possible_truncation, reason = "PromQL truncates; out of range is no date")]
    let date = Timestamp::from_second(seconds as i64).map(|at| at.to_zoned(TimeZone::UTC).datetime());
    date.map_or(f64::NAN, |date| f64::from(take(date)))
}
