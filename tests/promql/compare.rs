//! Whether two answers of the query API say the same.

use std::collections::BTreeMap;

use serde_json::Value;

/// Relative difference up to which values are equal.
const TOLERANCE: f64 = 1e-9;

/// Compares two answers, of whatever type: the same series, instants and values.
pub fn answers(expected: &Value, actual: &Value) -> Result<(), String> {
    let kind = |answer: &Value| answer["data"]["resultType"].clone();
    if expected["status"] != actual["status"] || kind(expected) != kind(actual) {
        return Err(format!("{} {} against {}", expected["status"], kind(expected), actual));
    }
    if kind(expected) == "string" {
        let same = expected["data"] == actual["data"];
        return if same { Ok(()) } else { Err(actual.to_string()) };
    }
    let (expected, actual) = (series(&expected["data"]), series(&actual["data"]));
    if expected.keys().ne(actual.keys()) {
        return Err(format!("series {:?} against {:?}", expected.keys(), actual.keys()));
    }
    for (labels, samples) in &expected {
        samples_are_equal(samples, &actual[labels]).map_err(|difference| format!("{labels}: {difference}"))?;
    }
    Ok(())
}

/// Samples by label set; a scalar has no labels.
fn series(data: &Value) -> BTreeMap<String, Vec<(f64, f64)>> {
    let of = |element: &Value| -> Vec<(f64, f64)> {
        match element.get("values") {
            Some(values) => values.as_array().unwrap().iter().map(sample).collect(),
            None => vec![sample(&element["value"])],
        }
    };
    match data["resultType"].as_str() {
        Some("scalar") => BTreeMap::from([(String::new(), vec![sample(&data["result"])])]),
        _ => {
            data["result"].as_array().unwrap().iter().map(|element| (labels(&element["metric"]), of(element))).collect()
        }
    }
}

fn labels(metric: &Value) -> String {
    let sorted: BTreeMap<&String, &Value> = metric.as_object().unwrap().iter().collect();
    format!("{sorted:?}")
}

fn sample(pair: &Value) -> (f64, f64) {
    (pair[0].as_f64().unwrap(), pair[1].as_str().unwrap().parse().unwrap())
}

fn samples_are_equal(expected: &[(f64, f64)], actual: &[(f64, f64)]) -> Result<(), String> {
    if expected.len() != actual.len() {
        return Err(format!("{} samples against {}", expected.len(), actual.len()));
    }
    for ((at, value), (own_at, own)) in expected.iter().zip(actual) {
        if at != own_at || !close(*value, *own) {
            return Err(format!("{value} at {at} against {own} at {own_at}"));
        }
    }
    Ok(())
}

/// Whether two values are equal but for rounding.
fn close(one: f64, other: f64) -> bool {
    nearly(one, other, TOLERANCE)
}

/// Whether two values are equal but for a relative difference.
pub fn nearly(one: f64, other: f64, tolerance: f64) -> bool {
    one == other || one.is_nan() && other.is_nan() || (one - other).abs() <= tolerance * one.abs().max(other.abs())
}
