//! Bytes into series.

use serde_json::Value;

use super::{Answer, Error};
use crate::domain::{Sample, Series, Text, text::clean};

/// Longest piece of a foreign answer that is quoted, in characters.
const QUOTE: usize = 120;

/// Reads an answer of the query API; returns its `data`.
pub(super) fn data(place: &str, answer: &Answer) -> Result<Value, Error> {
    let said: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let said = said.as_ref().and_then(Value::as_object);
    let word = |key: &str| said.and_then(|said| said.get(key)?.as_str()).unwrap_or_default();
    if word("kind") == "Status" && word("apiVersion") == "v1" {
        return Err(from_api_server(place, answer.status, word("message")));
    }
    match word("status") {
        "success" => Ok(said.and_then(|said| said.get("data")).cloned().unwrap_or(Value::Null)),
        "error" => Err(Error::Query {
            kind: clean(word("errorType"), false).into_owned(),
            message: clean(word("error"), false).into_owned(),
        }),
        _ if matches!(answer.status, 401 | 403) => Err(Error::Refused {
            place: place.to_owned(),
            status: answer.status,
            why: format!("{}; give a token or basic auth under [prometheus]", quote(answer)),
        }),
        _ => Err(Error::NotPrometheus { place: place.to_owned(), status: answer.status, quote: quote(answer) }),
    }
}

/// The proxy's own refusals look like any of the API server's.
fn from_api_server(place: &str, status: u16, message: &str) -> Error {
    let (place, why) = (place.to_owned(), clean(message, false).into_owned());
    match status {
        401 | 403 => Error::Refused { place, status, why: format!("{why}; the rule needed is get services/proxy") },
        404 | 502 | 503 => Error::NoEndpoint { place, why },
        _ => Error::Unreachable { place, why: format!("{status} {why}") },
    }
}

/// Reads a range answer.
pub(super) fn matrix(data: &Value) -> Result<Vec<Series>, Error> {
    rows("matrix", data)?.iter().map(|row| series(row, row.get("values").and_then(Value::as_array))).collect()
}

/// Reads an instant answer; a scalar becomes a series without labels.
pub(super) fn vector(data: &Value) -> Result<Vec<Series>, Error> {
    if data.get("resultType").and_then(Value::as_str) == Some("scalar") {
        let samples = data.get("result").map(|pair| vec![sample(pair)]).unwrap_or_default();
        return Ok(vec![Series { samples: samples.into_iter().flatten().collect(), ..Series::default() }]);
    }
    let rows = rows("vector", data)?;
    Ok(rows
        .iter()
        .map(|row| Series { labels: labels(row), samples: row.get("value").and_then(sample).into_iter().collect() })
        .collect())
}

fn rows<'a>(wanted: &'static str, data: &'a Value) -> Result<&'a Vec<Value>, Error> {
    let found = data.get("resultType").and_then(Value::as_str).unwrap_or("nothing");
    match data.get("result").and_then(Value::as_array) {
        Some(rows) if found == wanted => Ok(rows),
        _ => Err(Error::WrongType { wanted, found: clean(found, false).into_owned() }),
    }
}

fn series(row: &Value, values: Option<&Vec<Value>>) -> Result<Series, Error> {
    let Some(values) = values else {
        return Err(Error::WrongType { wanted: "matrix", found: "matrix without values".to_owned() });
    };
    Ok(Series { labels: labels(row), samples: values.iter().filter_map(sample).collect() })
}

fn labels(row: &Value) -> std::collections::BTreeMap<Text, Text> {
    let pairs = row.get("metric").and_then(Value::as_object).into_iter().flatten();
    pairs
        .filter_map(|(name, value)| {
            Some((Text::from(&*clean(name, false)), Text::from(&*clean(value.as_str()?, false))))
        })
        .collect()
}

/// Reads `[1435781430.781, "1"]`; a pair that is none is left out. Values may be `NaN`, `+Inf` and `-Inf`.
fn sample(pair: &Value) -> Option<Sample> {
    Some(Sample { at: pair.get(0)?.as_f64()?, value: pair.get(1)?.as_str()?.parse().ok()? })
}

/// Quotes the beginning of a foreign answer; of a web page only that it is one.
fn quote(answer: &Answer) -> String {
    let start = answer.body.trim_ascii_start();
    if answer.content_type.starts_with("text/html") || start.first() == Some(&b'<') {
        return "a web page (HTML); a login page or a proxy is likely in the way".to_owned();
    }
    if start.is_empty() {
        return "an empty body".to_owned();
    }
    let text = String::from_utf8_lossy(&start[..start.len().min(4 * QUOTE)]).into_owned();
    let text = clean(text.trim(), false);
    match text.char_indices().nth(QUOTE) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.into_owned(),
    }
}
