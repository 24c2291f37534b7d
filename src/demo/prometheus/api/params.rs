//! Parameters of a request: form encoding, times and durations.

use std::str::FromStr as _;

use jiff::Timestamp;
use percent_encoding::percent_decode_str;

use super::Refusal;

/// Names and values, in the order of the request.
#[derive(Debug)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    /// Decodes what stands in the address and what stands in the body.
    pub fn parse(query: &str, form: &str) -> Self {
        // A body's values win, as in Go.
        let parts = form.split('&').chain(query.split('&')).filter(|part| !part.is_empty());
        Self(
            parts
                .map(|part| part.split_once('=').unwrap_or((part, "")))
                .map(|(name, value)| (decode(name), decode(value)))
                .collect(),
        )
    }

    /// First value of a parameter, empty where there is none.
    pub fn get(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or("")
    }

    /// Every value of a parameter.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(own, _)| own == name).map(|(_, value)| &**value)
    }

    /// An instant in milliseconds since 1970, written as seconds or in RFC 3339; none where absent.
    pub fn time(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let text = self.get(name);
        if text.is_empty() {
            return Ok(None);
        }
        let parsed = match text.parse::<f64>() {
            Ok(seconds) => milliseconds(seconds),
            Err(_) => Timestamp::from_str(text).ok().map(Timestamp::as_millisecond),
        };
        let refusal = || Refusal::parameter(name, format!("cannot parse {text:?} to a valid timestamp"));
        parsed.map(Some).ok_or_else(refusal)
    }

    /// A length of time in milliseconds, written as seconds or as `1m30s`.
    pub fn duration(&self, name: &str) -> Result<i64, Refusal> {
        let text = self.get(name);
        let parsed = if let Ok(seconds) = text.parse::<f64>() {
            milliseconds(seconds)
        } else {
            let duration = promql_parser::util::parse_duration(text).ok();
            duration.and_then(|duration| i64::try_from(duration.as_millis()).ok())
        };
        parsed.ok_or_else(|| Refusal::parameter(name, format!("cannot parse {text:?} to a valid duration")))
    }
}

/// Seconds as milliseconds, where they are an instant within some millennia.
#[expect(clippy::cast_possible_truncation, reason = "bounded")]
fn milliseconds(seconds: f64) -> Option<i64> {
    let milliseconds = (seconds * 1000.0).round();
    (milliseconds.abs() < 1e15).then_some(milliseconds as i64)
}

fn decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}
