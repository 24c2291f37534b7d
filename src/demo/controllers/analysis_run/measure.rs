//! One measurement: the query with its arguments, the answer, and what the conditions say of it.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::cluster::Cluster;
use super::super::object::{dig, list, put, stamp, text};
use super::expression::{self, Datum};
use crate::demo::prometheus::Answer;

/// A measurement, and the query it was made with.
pub(super) struct Measured {
    pub(super) measurement: Value,
    pub(super) query: Option<String>,
}

/// Measures a metric now.
pub(super) fn take(cluster: &Cluster, run: &Value, metric: &Value, now: Timestamp) -> Measured {
    let args = list(run, &["spec", "args"]);
    let mut measurement = json!({"startedAt": stamp(now), "finishedAt": stamp(now)});
    let query =
        dig(metric, &["provider", "prometheus", "query"]).and_then(Value::as_str).map(|query| filled(query, args));
    let outcome = match &query {
        Some(Ok(query)) => ask(cluster, query, now).and_then(|(shown, datum)| {
            put(&mut measurement, &["value"], json!(shown));
            judge(metric, args, &datum)
        }),
        Some(Err(why)) => Err(why.clone()),
        None => {
            let provider = dig(metric, &["provider"]).and_then(Value::as_object).and_then(|all| all.keys().next());
            let provider = provider.map_or("none", String::as_str);
            Err(format!("the simulated company has no metric provider {provider:?}"))
        }
    };
    let phase = outcome.as_ref().map_or("Error", |phase| *phase);
    put(&mut measurement, &["phase"], json!(phase));
    if let Err(why) = outcome {
        put(&mut measurement, &["message"], json!(why));
    }
    Measured { measurement, query: query.and_then(Result::ok) }
}

/// Puts arguments in the place of `{{args.name}}`.
fn filled(text: &str, args: &[Value]) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((inner, tail)) = after.split_once("}}") else { break };
        out.push_str(before);
        let wanted = inner.trim();
        let value = wanted
            .strip_prefix("args.")
            .and_then(|wanted| args.iter().find(|arg| super::text(arg, &["name"]) == wanted)?.get("value")?.as_str());
        out.push_str(value.ok_or_else(|| format!("failed to resolve {{{{{wanted}}}}}"))?);
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
}

fn ask(cluster: &Cluster, query: &str, now: Timestamp) -> Result<(String, Datum), String> {
    let list = |values: Vec<f64>| {
        let shown: Vec<String> = values.iter().map(|value| number(*value)).collect();
        (format!("[{}]", shown.join(",")), Datum::List(values.into_iter().map(Datum::Number).collect()))
    };
    match cluster.monitoring.ask(now, query)? {
        Answer::Scalar(value) => Ok((number(value), Datum::Number(value))),
        Answer::Vector(values) => Ok(list(values.into_iter().map(|(_, value)| value).collect())),
        Answer::Matrix(_) | Answer::String(_) => Err("Prometheus metric type not supported".to_owned()),
    }
}

/// Writes a number as Prometheus does.
fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        crate::demo::prometheus::plain_number(value)
    }
}

fn judge(metric: &Value, args: &[Value], result: &Datum) -> Result<&'static str, String> {
    let evaluate = |key: &str| -> Result<Option<bool>, String> {
        let condition = filled(text(metric, &[key]), args)?;
        if condition.is_empty() {
            return Ok(None);
        }
        let truth = expression::evaluate(&condition, result).map_err(|why| {
            if matches!(result, Datum::List(all) if all.is_empty()) {
                let empty = "metric result is nil or empty: no data returned from the metric provider";
                format!("could not evaluate {key} \"{condition}\": {empty}")
            } else {
                format!("could not evaluate {key} \"{condition}\": {why}")
            }
        })?;
        Ok(Some(truth))
    };
    Ok(match (evaluate("successCondition")?, evaluate("failureCondition")?) {
        (None | Some(true), None | Some(false)) => "Successful",
        (_, Some(true)) | (Some(false), None) => "Failed",
        (Some(false), Some(false)) => "Inconclusive",
    })
}

/// Reads a duration such as `30s` or `1h30m`.
pub(super) fn duration(text: &str) -> Option<SignedDuration> {
    if text.is_empty() { None } else { text.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_conditions_together_may_leave_it_open() {
        let metric = json!({"successCondition": "result[0] < 0.01", "failureCondition": "result[0] > {{args.limit}}"});
        let args = [json!({"name": "limit", "value": "0.05"})];
        let judged = |value: f64| judge(&metric, &args, &Datum::List(vec![Datum::Number(value)]));
        assert_eq!([judged(0.0), judged(0.03), judged(0.1)], [Ok("Successful"), Ok("Inconclusive"), Ok("Failed")]);
        let empty = judge(&metric, &args, &Datum::List(Vec::new())).unwrap_err();
        assert!(empty.contains("no data returned"), "{empty}");
    }

    #[test]
    fn arguments_are_filled_in_or_missed() {
        let args = [json!({"name": "pod", "value": "a-1"})];
        assert_eq!(filled("up{pod=\"{{args.pod}}\"} + {{ args.pod }}", &args).unwrap(), "up{pod=\"a-1\"} + a-1");
        assert_eq!(filled("{{args.x}}", &args).unwrap_err(), "failed to resolve {{args.x}}");
    }
}
