//! Cell texts that several kinds share: ages, selectors, images.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::demo::store::{LabelSelector, Meta};

/// What an empty cell says.
pub(super) const NONE: &str = "<none>";

/// Shortens a duration the way kubectl shows ages.
pub(super) fn human(seconds: i64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let both = |large: i64, unit: &str, small: i64, under: &str| {
        if small == 0 { format!("{large}{unit}") } else { format!("{large}{unit}{small}{under}") }
    };
    match seconds {
        i64::MIN..-1 => "<invalid>".to_owned(),
        -1..0 => "0s".to_owned(),
        _ if seconds < 120 => format!("{seconds}s"),
        _ if minutes < 10 => both(minutes, "m", seconds % 60, "s"),
        _ if minutes < 180 => format!("{minutes}m"),
        _ if hours < 8 => both(hours, "h", minutes % 60, "m"),
        _ if hours < 48 => format!("{hours}h"),
        _ if hours < 192 => both(days, "d", hours % 24, "h"),
        _ if days < 730 => format!("{days}d"),
        _ if days < 2920 => both(days / 365, "y", days % 365, "d"),
        _ => format!("{}y", days / 365),
    }
}

/// Returns how long ago a timestamp field was.
pub(super) fn since(value: &Value, now: Timestamp) -> String {
    let then = value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    then.map_or_else(|| "<unknown>".to_owned(), |then| human(now.duration_since(then).as_secs()))
}

/// Returns an object's age.
pub(super) fn age(object: &Value, now: Timestamp) -> Value {
    json!(since(&object["metadata"]["creationTimestamp"], now))
}

/// Returns a text, or `<none>` where it is empty or absent.
pub(super) fn or_none(value: &Value) -> Value {
    json!(value.as_str().filter(|text| !text.is_empty()).unwrap_or(NONE))
}

/// Returns a whole number, 0 where absent.
pub(super) fn count(value: &Value) -> Value {
    json!(value.as_i64().unwrap_or(0))
}

/// Joins one field of every container.
pub(super) fn containers(pod_spec: &Value, field: &str) -> Value {
    let values =
        pod_spec["containers"].as_array().into_iter().flatten().filter_map(|container| container[field].as_str());
    json!(values.collect::<Vec<_>>().join(","))
}

/// Returns a label selector as text.
pub(super) fn selector(selector: &Value) -> Value {
    let text =
        LabelSelector::from_object(selector).map(|selector| selector.to_string()).filter(|text| !text.is_empty());
    json!(text.as_deref().unwrap_or(NONE))
}

/// Returns a map as `a=b,c=d`.
pub(super) fn map(labels: &Value) -> Value {
    let pairs: Vec<String> = labels
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    json!(if pairs.is_empty() { NONE.to_owned() } else { pairs.join(",") })
}

/// Returns the name and age every kind has.
pub(super) fn name_and_age(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![json!(object.name()), age(object, now)]
}

#[cfg(test)]
mod tests {
    use super::human;

    #[test]
    fn ages_read_like_kubectls() {
        let cases = [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (185, "3m5s"),
            (601, "10m"),
            (10_799, "179m"),
            (11_100, "3h5m"),
            (90_000, "25h"),
            (180_000, "2d2h"),
            (864_000, "10d"),
            (70_000_000, "2y80d"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(human(seconds), expected);
        }
    }
}
