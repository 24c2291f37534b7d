//! The analysis run controller: takes measurements when they are due, and judges them as Argo Rollouts does.
//!
//! ```text
//! sync      which metrics are due, measure, count, judge     expression   successCondition and failureCondition
//! measure   ask Prometheus, evaluate                         verdict      limits: failed, inconclusive, errors
//! ```
//!
//! Only Prometheus is there to be asked; a metric of another provider is an error, as one whose address does not answer.

mod expression;
mod measure;
mod verdict;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::cluster::{Cluster, Key, Kind, Object};
use super::object::{deleting, dig, flag, int, list, name, namespace, put, remove, stamp, text, time};
use super::rollout::{ARGO, is_final};

const MANAGER: &str = "rollouts-controller";
/// Measurements kept of each metric.
const KEPT: usize = 10;
/// Seconds until a measurement that could not be made is tried again, at speed 1.
const RETRY: f64 = 10.0;

/// Takes what is due of one run.
pub fn sync(cluster: &mut Cluster, key: &Key, now: Timestamp) {
    if cluster.is_stopped(ARGO) {
        return;
    }
    let Some(run) = cluster.get(Kind::AnalysisRun, &key.namespace, &key.name) else { return };
    if deleting(&run) || is_final(text(&run, &["status", "phase"])) {
        return;
    }
    let mut status = run.get("status").filter(|status| status.is_object()).cloned().unwrap_or_else(|| json!({}));
    let metrics = list(&run, &["spec", "metrics"]);
    if metrics.is_empty() {
        finish(cluster, &run, &mut status, ("Error", "Analysis spec invalid: no metrics specified"), now);
        return write(cluster, &run, status);
    }
    let mut next = None;
    for metric in metrics {
        let wake = take(cluster, &run, &mut status, metric, now);
        next = [next, wake].into_iter().flatten().min();
    }
    if dig(&status, &["startedAt"]).is_none() {
        put(&mut status, &["startedAt"], stamp(now));
    }
    let verdict = verdict::of(&run, &mut status, &mut |kind, reason, message| {
        cluster.event(&run, kind, reason, message, MANAGER);
    });
    if text(&status, &["phase"]) != verdict.0 {
        finish(cluster, &run, &mut status, (verdict.0, &verdict.1), now);
    }
    if let Some(at) = next.filter(|_| !is_final(verdict.0)) {
        cluster.wake(key.clone(), at.max(now) + SignedDuration::from_millis(1));
    }
    write(cluster, &run, status);
}

fn finish(cluster: &mut Cluster, run: &Object, status: &mut Value, (phase, message): (&str, &str), now: Timestamp) {
    put(status, &["phase"], json!(phase));
    if message.is_empty() {
        remove(status, &["message"]);
    } else {
        put(status, &["message"], json!(message));
    }
    if is_final(phase) {
        put(status, &["completedAt"], stamp(now));
        let kind = if matches!(phase, "Failed" | "Error") { "Warning" } else { "Normal" };
        let told = format!("Analysis Completed. Result: {phase}");
        cluster.event(run, kind, &format!("AnalysisRun{phase}"), &told, MANAGER);
    }
}

/// An analysis run has no status subresource: the status is written with the rest.
fn write(cluster: &mut Cluster, run: &Object, status: Value) {
    if run.get("status") != Some(&status) {
        cluster.modify(Kind::AnalysisRun, namespace(run), name(run), MANAGER, |run| put(run, &["status"], status));
    }
}

/// Says whether no more measurements are taken: somebody ended the run, or a metric has.
fn is_ending(run: &Value, status: &Value) -> bool {
    let bad = |result: &Value| {
        !flag(result, &["dryRun"]) && matches!(text(result, &["phase"]), "Failed" | "Error" | "Inconclusive")
    };
    flag(run, &["spec", "terminate"]) || list(status, &["metricResults"]).iter().any(bad)
}

/// Returns how many measurements a metric wants; none for one that goes on for ever.
fn wanted(metric: &Value) -> Option<i64> {
    let count = dig(metric, &["count"]).and_then(|count| count.as_i64().or_else(|| count.as_str()?.parse().ok()));
    match count.filter(|count| *count > 0) {
        None if text(metric, &["interval"]).is_empty() => Some(1),
        count => count,
    }
}

/// Takes a metric's measurement where it is due; returns when the next one is.
fn take(cluster: &Cluster, run: &Object, status: &mut Value, metric: &Value, now: Timestamp) -> Option<Timestamp> {
    let wanted_name = text(metric, &["name"]);
    let result = result_of(status, wanted_name).cloned();
    if result.as_ref().is_some_and(|result| is_final(text(result, &["phase"]))) || is_ending(run, status) {
        return None;
    }
    let due = due(cluster, status, metric, result.as_ref(), now)?;
    if due > now {
        return Some(due);
    }
    let measured = measure::take(cluster, run, metric, now);
    let mut result = result.unwrap_or_else(|| {
        let mut new = json!({"name": wanted_name, "phase": "Running", "measurements": []});
        let dry = list(run, &["spec", "dryRun"]);
        if dry
            .iter()
            .any(|each| matches!(text(each, &["metricName"]), "*" | ".*") || text(each, &["metricName"]) == wanted_name)
        {
            put(&mut new, &["dryRun"], json!(true));
        }
        if let Some(query) = &measured.query {
            put(&mut new, &["metadata"], json!({"ResolvedPrometheusQuery": query}));
        }
        new
    });
    count(&mut result, text(&measured.measurement, &["phase"]));
    if let Some(all) = result.get_mut("measurements").and_then(Value::as_array_mut) {
        all.push(measured.measurement);
        let excess = all.len().saturating_sub(KEPT);
        all.drain(..excess);
    }
    set_result(status, result);
    let result = result_of(status, wanted_name).cloned();
    self::due(cluster, status, metric, result.as_ref(), now)
}

/// Returns when a metric is measured next; none where it has enough.
fn due(cluster: &Cluster, status: &Value, metric: &Value, result: Option<&Value>, now: Timestamp) -> Option<Timestamp> {
    let Some(result) = result else {
        let delay = measure::duration(text(metric, &["initialDelay"])).unwrap_or_default();
        return Some(time(status, &["startedAt"]).unwrap_or(now) + delay);
    };
    if wanted(metric).is_some_and(|wanted| int(result, &["count"]) >= wanted) {
        return None;
    }
    let last = list(result, &["measurements"]).last()?;
    let finished = time(last, &["finishedAt"])?;
    let retry = cluster.scaled(RETRY).max(SignedDuration::from_secs(1));
    let wait =
        if text(last, &["phase"]) == "Error" { Some(retry) } else { measure::duration(text(metric, &["interval"])) };
    Some(finished + wait?)
}

fn result_of<'a>(status: &'a Value, metric: &str) -> Option<&'a Value> {
    list(status, &["metricResults"]).iter().find(|result| text(result, &["name"]) == metric)
}

fn set_result(status: &mut Value, result: Value) {
    let mut all = list(status, &["metricResults"]).to_vec();
    match all.iter_mut().find(|known| known["name"] == result["name"]) {
        Some(known) => *known = result,
        None => all.push(result),
    }
    put(status, &["metricResults"], json!(all));
}

/// Counts a measurement into its metric's result.
fn count(result: &mut Value, phase: &str) {
    let mut add = |key: &str| {
        let more = int(result, &[key]) + 1;
        put(result, &[key], json!(more));
    };
    let keys: &[&str] = match phase {
        "Successful" => &["successful", "count", "consecutiveSuccess"],
        "Failed" => &["failed", "count"],
        "Inconclusive" => &["inconclusive", "count"],
        _ => &["error", "consecutiveError"],
    };
    for key in keys {
        add(key);
    }
    if phase != "Error" {
        remove(result, &["consecutiveError"]);
    }
    if phase != "Successful" {
        remove(result, &["consecutiveSuccess"]);
    }
}
