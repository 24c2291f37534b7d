//! What a run's measurements come to: each metric against its limits, and the worst of them for the run.

use serde_json::{Value, json};

use super::super::object::{dig, flag, int, list, put, text};
use super::super::rollout::is_final;
use super::{is_ending, wanted};

/// Tells an event: type, reason, message.
type Tell<'a> = &'a mut dyn FnMut(&str, &str, &str);

/// Brings every metric's phase and the summaries up to date; returns the run's phase and message.
pub(super) fn of(run: &Value, status: &mut Value, tell: Tell<'_>) -> (&'static str, String) {
    let ending = is_ending(run, status);
    let metrics = list(run, &["spec", "metrics"]);
    let mut results = list(status, &["metricResults"]).to_vec();
    let (mut worst, mut message, mut done) = ("", String::new(), true);
    if flag(run, &["spec", "terminate"]) {
        "Run Terminated".clone_into(&mut message);
    }
    let (mut wet, mut dry) = (Summary::default(), Summary::default());
    for metric in metrics {
        let result = results.iter_mut().find(|result| result["name"] == metric["name"]);
        let is_dry = result.as_ref().is_some_and(|result| flag(result, &["dryRun"]));
        let summary = if is_dry { &mut dry } else { &mut wet };
        summary.count += 1;
        let Some(result) = result else {
            done = false;
            continue;
        };
        let phase = assess(metric, result, ending);
        if text(result, &["phase"]) != phase {
            put(result, &["phase"], json!(phase));
            let last = list(result, &["measurements"]).last().map(|last| text(last, &["message"]).to_owned());
            if let Some(last) = last.filter(|last| !last.is_empty()) {
                put(result, &["message"], json!(last));
            }
            if is_final(phase) {
                let kind = if matches!(phase, "Failed" | "Error") { "Warning" } else { "Normal" };
                let told = format!("Metric '{}' Completed. Result: {phase}", text(metric, &["name"]));
                tell(kind, &format!("Metric{phase}"), &told);
            }
        }
        if !is_final(phase) {
            done = false;
            continue;
        }
        let limits = beyond(metric, result);
        summary.add(limits.as_ref().map_or("Successful", |(phase, _)| phase));
        if is_dry {
            worst = worse(worst, "Successful");
            continue;
        }
        if worst.is_empty() || worse(worst, phase) != worst {
            worst = phase;
            if let Some((_, why)) = &limits {
                message = format!("Metric \"{}\" assessed {phase} due to {why}", text(metric, &["name"]));
                if !text(result, &["message"]).is_empty() {
                    message = format!("{message}: \"Error Message: {}\"", text(result, &["message"]));
                }
            }
        }
    }
    if !results.is_empty() {
        put(status, &["metricResults"], json!(results));
    }
    put(status, &["runSummary"], wet.value());
    put(status, &["dryRunSummary"], dry.value());
    if ending {
        return (if worst.is_empty() { "Successful" } else { worst }, message);
    }
    if !done || worst.is_empty() { ("Running", String::new()) } else { (worst, message) }
}

const ORDER: [&str; 6] = ["", "Successful", "Running", "Inconclusive", "Error", "Failed"];

fn worse(one: &'static str, other: &'static str) -> &'static str {
    let rank = |phase| ORDER.iter().position(|known| *known == phase);
    if rank(other) > rank(one) { other } else { one }
}

fn limit(metric: &Value, key: &str, default: i64) -> i64 {
    let value = dig(metric, &[key]);
    value.and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok())).unwrap_or(default)
}

/// Says which limit a metric went beyond.
fn beyond(metric: &Value, result: &Value) -> Option<(&'static str, String)> {
    let counted = |key: &str| int(result, &[key]);
    let (failures, doubts) = (limit(metric, "failureLimit", 0), limit(metric, "inconclusiveLimit", 0));
    let errors = limit(metric, "consecutiveErrorLimit", 4);
    let mut found = None;
    if failures >= 0 && counted("failed") > failures {
        found = Some(("Failed", format!("failed ({}) > failureLimit ({failures})", counted("failed"))));
    }
    if counted("inconclusive") > doubts {
        let why = format!("inconclusive ({}) > inconclusiveLimit ({doubts})", counted("inconclusive"));
        found = Some(("Inconclusive", why));
    }
    if counted("consecutiveError") > errors {
        let why = format!("consecutiveErrors ({}) > consecutiveErrorLimit ({errors})", counted("consecutiveError"));
        found = Some(("Error", why));
    }
    found
}

fn assess(metric: &Value, result: &Value, ending: bool) -> &'static str {
    if let Some(known) = ORDER.iter().find(|known| is_final(known) && **known == text(result, &["phase"])) {
        return known;
    }
    if let Some((phase, _)) = beyond(metric, result) {
        return phase;
    }
    let in_a_row = limit(metric, "consecutiveSuccessLimit", 0);
    if in_a_row > 0 && int(result, &["consecutiveSuccess"]) >= in_a_row {
        return "Successful";
    }
    if wanted(metric).is_some_and(|wanted| int(result, &["count"]) >= wanted) {
        return match (limit(metric, "failureLimit", 0) >= 0, in_a_row > 0) {
            (true, true) => "Inconclusive",
            (false, true) => "Failed",
            _ => "Successful",
        };
    }
    if ending { "Successful" } else { "Running" }
}

#[derive(Default)]
struct Summary {
    count: i64,
    successful: i64,
    failed: i64,
    inconclusive: i64,
    error: i64,
}

impl Summary {
    fn add(&mut self, phase: &str) {
        match phase {
            "Failed" => self.failed += 1,
            "Inconclusive" => self.inconclusive += 1,
            "Error" => self.error += 1,
            _ => self.successful += 1,
        }
    }

    fn value(&self) -> Value {
        let mut value = json!({});
        for (key, count) in [
            ("count", self.count),
            ("successful", self.successful),
            ("failed", self.failed),
            ("inconclusive", self.inconclusive),
            ("error", self.error),
        ] {
            if count > 0 {
                put(&mut value, &[key], json!(count));
            }
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(metric: &Value, result: &Value, terminate: bool) -> (&'static str, String) {
        let run = json!({"spec": {"metrics": [metric], "terminate": terminate}});
        let mut status = json!({"metricResults": [result]});
        of(&run, &mut status, &mut |_, _, _| {})
    }

    #[test]
    fn limits_decide_in_the_order_of_the_original() {
        let metric = json!({"name": "m", "interval": "5s", "failureLimit": 1});
        let of = |counts: Value| verdict(&metric, &counts, false).0;
        assert_eq!(of(json!({"name": "m", "phase": "Running", "failed": 1, "count": 4})), "Running");
        assert_eq!(of(json!({"name": "m", "phase": "Running", "failed": 2, "count": 4})), "Failed");
        assert_eq!(of(json!({"name": "m", "phase": "Running", "inconclusive": 1, "count": 1})), "Inconclusive");
        assert_eq!(of(json!({"name": "m", "phase": "Running", "consecutiveError": 5, "error": 5})), "Error");
        let why = verdict(&metric, &json!({"name": "m", "phase": "Running", "failed": 2, "count": 2}), false).1;
        assert_eq!(why, "Metric \"m\" assessed Failed due to failed (2) > failureLimit (1)");
    }

    #[test]
    fn a_count_reached_is_a_success_and_so_is_a_run_that_somebody_ends() {
        let counted = json!({"name": "m", "interval": "5s", "count": 3});
        let result = json!({"name": "m", "phase": "Running", "successful": 3, "count": 3});
        assert_eq!(verdict(&counted, &result, false).0, "Successful");
        let endless = json!({"name": "m", "interval": "5s"});
        assert_eq!(verdict(&endless, &result, false).0, "Running");
        assert_eq!(verdict(&endless, &result, true), ("Successful", "Run Terminated".to_owned()));
    }
}
