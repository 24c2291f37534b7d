//! What a canary must pass: webhooks, and metrics within their ranges.

use serde_json::{Value, json};

use super::super::cluster::Kind;
use super::super::object::{dig, list, name, namespace, put, text};
use super::{LOAD_TESTER, Look};
use crate::demo::prometheus::Answer;

/// What the built-in checks ask of the company's services, which name their series as Micrometer does.
const SUCCESS_RATE: &str = "100 - 100 * (sum(rate(http_server_requests_seconds_count{namespace=\"{{ namespace }}\",\
    pod=~\"{{ target }}-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)\",status=~\"5..\"}[{{ interval }}])) or vector(0)) / \
    sum(rate(http_server_requests_seconds_count{namespace=\"{{ namespace }}\",\
    pod=~\"{{ target }}-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)\"}[{{ interval }}]))";
const DURATION: &str = "1000 * histogram_quantile(0.99, sum(rate(http_server_requests_seconds_bucket{\
    namespace=\"{{ namespace }}\",pod=~\"{{ target }}-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)\"}[{{ interval }}])) by (le))";

impl Look<'_> {
    fn hooks(&self, kind: &str) -> Vec<Value> {
        let all = list(&self.canary, &["spec", "analysis", "webhooks"]).iter();
        let is = |hook: &&Value| {
            let own = text(hook, &["type"]);
            own == kind || (kind == "rollout" && own.is_empty())
        };
        all.filter(is).cloned().collect()
    }

    /// Calls a webhook; the error is the body of the refusal.
    fn call(&self, hook: &Value) -> Result<(), String> {
        let url = text(hook, &["url"]);
        let path = url.split_once("://").map_or(url, |(_, rest)| rest);
        let path = path.find('/').map_or("/", |at| &path[at..]);
        let host = url.split_once("://").map_or("", |(_, rest)| rest).split(['/', ':']).next().unwrap_or("");
        if host.split('.').next() != Some(LOAD_TESTER) {
            return Err(format!("Post {url:?}: dial tcp: lookup {host}: no such host"));
        }
        let body = json!({
            "name": name(&self.canary), "namespace": namespace(&self.canary), "phase": self.phase(),
            "metadata": hook.get("metadata").cloned().unwrap_or_default(),
        });
        let (status, answer) = self.cluster.gates.handle(path, body.to_string().as_bytes());
        if status <= 202 { Ok(()) } else { Err(answer.to_owned()) }
    }

    /// Asks the gates of a kind; a closed one is waited at in a phase.
    pub(super) fn passes(&mut self, kind: &str, waiting: &str, what: &str) -> bool {
        for hook in self.hooks(kind) {
            let hook_name = text(&hook, &["name"]).to_owned();
            if self.call(&hook).is_err() {
                if self.phase() != waiting {
                    self.enter(waiting);
                    let message = format!("Halt {} {what} {hook_name}", self.full(name(&self.canary)));
                    self.warn(&message);
                } else if kind == "confirm-promotion" {
                    let iterations = self.iterations() - 1;
                    self.update(|status| put(status, &["iterations"], json!(iterations)));
                }
                return false;
            }
            let word = if kind == "confirm-rollout" { "Confirm-rollout" } else { "Confirm-promotion" };
            self.info(&format!("{word} check {hook_name} passed"));
        }
        true
    }

    pub(super) fn passes_traffic_increase(&mut self) -> bool {
        for hook in self.hooks("confirm-traffic-increase") {
            let hook_name = text(&hook, &["name"]).to_owned();
            if self.call(&hook).is_err() {
                let message = format!(
                    "Halt {} advancement waiting for traffic increase approval {hook_name}",
                    self.full(name(&self.canary))
                );
                self.warn(&message);
                return false;
            }
            self.info(&format!("Confirm-traffic-increase check {hook_name} passed"));
        }
        true
    }

    /// Calls the hooks of a kind that are only called: before, after.
    pub(super) fn passes_hooks(&mut self, kind: &str, what: &str) -> bool {
        for hook in self.hooks(kind) {
            let hook_name = text(&hook, &["name"]).to_owned();
            if let Err(why) = self.call(&hook) {
                let message = format!("Halt {} {what} {hook_name} failed {why}", self.full(name(&self.canary)));
                self.warn(&message);
                return false;
            }
            let word = if kind == "pre-rollout" { "Pre-rollout" } else { "Post-rollout" };
            self.info(&format!("{word} check {hook_name} passed"));
        }
        true
    }

    /// Says whether somebody opened the rollback gate.
    pub(super) fn rollback_asked(&mut self) -> bool {
        for hook in self.hooks("rollback") {
            let hook_name = text(&hook, &["name"]).to_owned();
            if self.call(&hook).is_ok() {
                self.warn(&format!("Rollback check {hook_name} passed"));
                return true;
            }
            self.info(&format!("Rollback hook {hook_name} not signaling a rollback"));
        }
        false
    }

    /// Runs the checks that come with traffic: load test, then metrics.
    pub(super) fn passes_analysis(&mut self) -> bool {
        for hook in self.hooks("rollout") {
            if let Err(why) = self.call(&hook) {
                let message = format!(
                    "Halt {} advancement external check {} failed {why}",
                    self.full(name(&self.canary)),
                    text(&hook, &["name"])
                );
                self.warn(&message);
                return false;
            }
        }
        let metrics = list(&self.canary, &["spec", "analysis", "metrics"]).to_vec();
        metrics.iter().all(|metric| match self.check(metric) {
            Ok(()) => true,
            Err(why) => {
                self.warn(&why);
                false
            }
        })
    }

    /// Checks one metric against its range; the error is the sentence of the event.
    fn check(&self, metric: &Value) -> Result<(), String> {
        let metric_name = text(metric, &["name"]);
        let query = self.query(metric)?;
        let nothing = || format!("Halt advancement no values found for custom metric: {metric_name}: no values found");
        let answer = self.cluster.monitoring.ask(self.now, &query);
        let answer = answer.map_err(|why| format!("Metric query failed for {metric_name}: {why}"))?;
        let value = match answer {
            Answer::Scalar(value) => value,
            Answer::Vector(values) => values.first().map(|(_, value)| *value).ok_or_else(nothing)?,
            Answer::Matrix(_) | Answer::String(_) => return Err(nothing()),
        };
        if value.is_nan() {
            return Err(nothing());
        }
        let full = self.full(name(&self.canary));
        let (what, shown) = match metric_name {
            "request-success-rate" => ("success rate".to_owned(), format!("{value:.2}%")),
            "request-duration" => ("request duration".to_owned(), format!("{value:.0}ms")),
            other => (other.to_owned(), format!("{value:.2}")),
        };
        let bound = |key: &str| dig(metric, &["thresholdRange", key]).and_then(Value::as_f64);
        let halt = |sign: &str, bound: f64| Err(format!("Halt {full} advancement {what} {shown} {sign} {bound}"));
        match (bound("min"), bound("max"), dig(metric, &["threshold"]).and_then(Value::as_f64)) {
            (Some(least), _, _) if value < least => halt("<", least),
            (_, Some(most), _) if value > most => halt(">", most),
            (None, None, Some(least)) if metric_name == "request-success-rate" && value < least => halt("<", least),
            (None, None, Some(most)) if metric_name != "request-success-rate" && value > most => halt(">", most),
            _ => Ok(()),
        }
    }

    /// Returns a metric's query with its variables filled in.
    fn query(&self, metric: &Value) -> Result<String, String> {
        let metric_name = text(metric, &["name"]);
        let reference = text(metric, &["templateRef", "name"]);
        let query = if !reference.is_empty() {
            let space = match text(metric, &["templateRef", "namespace"]) {
                "" => namespace(&self.canary),
                space => space,
            };
            let template = self.cluster.get(Kind::MetricTemplate, space, reference).ok_or_else(|| {
                format!("Metric template {reference}.{space} error: metrictemplate.flagger.app {reference:?} not found")
            })?;
            text(&template, &["spec", "query"]).to_owned()
        } else if !text(metric, &["query"]).is_empty() {
            text(metric, &["query"]).to_owned()
        } else {
            match metric_name {
                "request-success-rate" => SUCCESS_RATE.to_owned(),
                "request-duration" => DURATION.to_owned(),
                _ => return Err(format!("Halt advancement no values found for metric: {metric_name}")),
            }
        };
        let interval = match text(metric, &["interval"]) {
            "" => "1m",
            interval => interval,
        };
        let target = self.target_name();
        let mut filled = query;
        for (variable, value) in [
            ("namespace", namespace(&self.canary)),
            ("name", name(&self.canary)),
            ("target", target.as_str()),
            ("service", target.as_str()),
            ("interval", interval),
        ] {
            for form in [format!("{{{{ {variable} }}}}"), format!("{{{{{variable}}}}}")] {
                filled = filled.replace(&form, value);
            }
        }
        Ok(filled)
    }
}
