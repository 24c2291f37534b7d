//! What series, label names and label values there are.

use std::collections::BTreeSet;

use jiff::Timestamp;
use promql_parser::parser::Expr;

use super::super::labels::Labels;
use super::super::tsdb::with_name;
use super::super::{Prometheus, eval, syntax, tsdb};
use super::Refusal;
use super::json::Json;
use super::params::Params;

/// Label sets of the series that match.
pub(super) fn series(server: &Prometheus, now: Timestamp, params: &Params) -> Result<String, Refusal> {
    if params.all("match[]").next().is_none() {
        return Err(Refusal::bad_data("no match[] parameter provided"));
    }
    let mut json = Json::default();
    json.list(["[", "]"], matching(server, now, params)?, |json, labels| {
        json.labels(labels);
    });
    Ok(json.finish())
}

/// Label names of the series that match, or of all.
pub(super) fn names(server: &Prometheus, now: Timestamp, params: &Params) -> Result<String, Refusal> {
    let matching = matching(server, now, params)?;
    let names: BTreeSet<&str> = matching.iter().flat_map(|labels| labels.iter()).map(|(name, _)| name).collect();
    let mut json = Json::default();
    json.strings(names);
    Ok(json.finish())
}

/// Values of a label on the series that match, or on all.
pub(super) fn values(server: &Prometheus, now: Timestamp, label: &str, params: &Params) -> Result<String, Refusal> {
    if !eval::is_label_name(label) {
        return Err(Refusal::bad_data(format!("invalid label name: {label:?}")));
    }
    let matching = matching(server, now, params)?;
    let values: BTreeSet<&str> =
        matching.iter().map(|labels| labels.get(label)).filter(|value| !value.is_empty()).collect();
    let mut json = Json::default();
    json.strings(values);
    Ok(json.finish())
}

/// Label sets that match any `match[]`, or all without one, and are alive between `start` and `end`.
fn matching<'s>(server: &'s Prometheus, now: Timestamp, params: &Params) -> Result<BTreeSet<&'s Labels>, Refusal> {
    let from = params.time("start")?.unwrap_or(now.as_millisecond() - tsdb::RETENTION * 1000);
    let to = params.time("end")?.unwrap_or(now.as_millisecond());
    let db = &server.db;
    let mut ids = BTreeSet::new();
    let mut selectors = params.all("match[]").peekable();
    if selectors.peek().is_none() {
        ids.extend(db.all().map(|(id, _)| id));
    }
    for text in selectors {
        let expr = syntax::parse(text)
            .map_err(|error| Refusal::bad_data(error.to_string().replacen("\"query\"", "\"match[]\"", 1)))?;
        let Expr::VectorSelector(selector) = expr else {
            return Err(Refusal::bad_data("1:1: parse error: unexpected expression, expected a series selector"));
        };
        ids.extend(db.select(&with_name(selector.name.as_deref(), &selector.matchers)));
    }
    let alive = ids.into_iter().filter(|id| db.is_alive(*id, from, to));
    Ok(alive.filter_map(|id| db.labels(id)).collect())
}
