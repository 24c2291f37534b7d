//! What the server says of itself: rules, alerts, targets, metadata, build.

use jiff::Timestamp;

use super::super::rules::{Alert, Group, Rule, State};
use super::super::{Prometheus, Target, number};
use super::json::Json;
use super::params::Params;

/// Type and help of metrics, all or those of one name.
pub(super) fn metadata(server: &Prometheus, params: &Params) -> String {
    let wanted = params.get("metric");
    let known = server.metadata.iter().filter(|known| wanted.is_empty() || known.name == wanted);
    let mut json = Json::default();
    json.list(["{", "}"], known, |json, known| {
        json.string(known.name).raw(r#":[{"type":"#).string(known.kind);
        json.raw(r#","help":"#).string(known.help).raw(r#","unit":""}]"#);
    });
    json.finish()
}

/// Groups of rules with the state of their alerts; `type` narrows to `alert` or `record`.
pub(super) fn rules(server: &Prometheus, params: &Params) -> String {
    let mut json = Json::default();
    json.raw(r#"{"groups":"#);
    json.list(["[", "]"], &server.rules.groups, |json, group| self::group(json, group, params.get("type")));
    json.raw("}");
    json.finish()
}

/// Alerts that are pending or firing.
pub(super) fn alerts(server: &Prometheus) -> String {
    let mut json = Json::default();
    let rules = server.rules.groups.iter().flat_map(|group| &group.rules);
    json.raw(r#"{"alerts":"#).list(["[", "]"], rules.flat_map(Rule::alerts), alert).raw("}");
    json.finish()
}

fn group(json: &mut Json, group: &Group, kind: &str) {
    json.raw(r#"{"name":"#).string(&group.name).raw(r#","file":"#).string(&group.file).raw(r#","rules":"#);
    let rules = group.rules.iter().filter(|rule| match kind {
        "alert" => rule.alerting.is_some(),
        "record" => rule.alerting.is_none(),
        _ => true,
    });
    json.list(["[", "]"], rules, |json, rule| self::rule(json, rule, group.evaluated));
    json.raw(&format!(r#","interval":{},"limit":0,"evaluationTime":0.001,"lastEvaluation":"#, group.interval));
    json.string(&time(group.evaluated)).raw("}");
}

fn rule(json: &mut Json, rule: &Rule, evaluated: Option<Timestamp>) {
    json.raw("{");
    if let Some(alerting) = &rule.alerting {
        json.raw(r#""state":"#).string(rule.state().name()).raw(",");
        json.raw(&format!(r#""duration":{},"annotations":"#, alerting.pending));
        json.object(alerting.annotations.iter().map(|(name, value)| (&**name, &**value)));
        json.raw(r#","alerts":"#).list(["[", "]"], rule.alerts(), alert).raw(",");
    }
    json.raw(r#""name":"#).string(&rule.name).raw(r#","query":"#).string(&rule.expr);
    json.raw(r#","labels":"#).object(rule.labels.iter().map(|(name, value)| (&**name, &**value)));
    json.raw(r#","health":"#).string(if rule.error.is_some() { "err" } else { "ok" });
    if let Some(error) = &rule.error {
        json.raw(r#","lastError":"#).string(error);
    }
    json.raw(r#","evaluationTime":0.001,"lastEvaluation":"#).string(&time(evaluated));
    json.raw(r#","type":"#).string(if rule.alerting.is_some() { "alerting" } else { "recording" }).raw("}");
}

fn alert(json: &mut Json, alert: &Alert) {
    json.raw(r#"{"labels":"#).labels(&alert.labels).raw(r#","annotations":"#);
    json.object(alert.annotations.iter().map(|(name, value)| (&**name, &**value)));
    json.raw(r#","state":"#).string(alert.state.name()).raw(r#","activeAt":"#).string(&alert.since.to_string());
    json.raw(r#","value":"#).string(&number::scientific(alert.value)).raw("}");
}

fn time(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "0001-01-01T00:00:00Z".to_owned(), |at| at.to_string())
}

/// What is scraped; `state=dropped` shows none.
pub(super) fn targets(server: &Prometheus, params: &Params) -> String {
    let mut json = Json::default();
    let shown: &[Target] = if params.get("state") == "dropped" { &[] } else { &server.targets };
    json.raw(r#"{"activeTargets":"#).list(["[", "]"], shown, |json, target| {
        let labels = || target.labels.iter().map(|(name, value)| (&**name, &**value));
        json.raw(r#"{"discoveredLabels":{"__address__":"#).string(&target.address).raw(r#","__metrics_path__":"#);
        json.string(&target.path).raw(r#"},"labels":"#).object(labels()).raw(r#","scrapePool":"#).string(&target.pool);
        let url = format!("http://{}{}", target.address, target.path);
        json.raw(r#","scrapeUrl":"#).string(&url).raw(r#","globalUrl":"#).string(&url);
        json.raw(r#","lastError":"#).string(&target.error).raw(r#","lastScrape":"#).string(&time(target.scraped));
        let health = if target.error.is_empty() { "up" } else { "down" };
        json.raw(r#","lastScrapeDuration":0.004,"health":"#).string(health);
        json.raw(&format!(r#","scrapeInterval":"{0}s","scrapeTimeout":"10s"}}"#, server.scrape_interval));
    });
    json.raw(r#","droppedTargets":[]}"#);
    json.finish()
}

/// The version whose answers we give.
pub(super) fn build_info() -> String {
    r#"{"version":"2.42.0","revision":"","branch":"simulated","buildUser":"","buildDate":"","goVersion":""}"#.to_owned()
}

/// A configuration in YAML that names the intervals.
pub(super) fn config(server: &Prometheus) -> String {
    let yaml = format!("global:\n  scrape_interval: {0}s\n  evaluation_interval: {0}s\n", server.scrape_interval);
    let mut json = Json::default();
    json.raw(r#"{"yaml":"#).string(&yaml).raw("}");
    json.finish()
}

/// The flags that matter to a client.
pub(super) fn flags() -> String {
    r#"{"query.lookback-delta":"5m","query.max-samples":"50000000","query.timeout":"2m","storage.tsdb.retention.time":"1d"}"#.to_owned()
}

/// Size of the store.
pub(super) fn runtime_info(server: &Prometheus) -> String {
    format!(r#"{{"timeSeriesCount":{},"storageRetention":"1d","reloadConfigSuccess":true}}"#, server.db.len())
}

impl State {
    fn name(self) -> &'static str {
        match self {
            State::Inactive => "inactive",
            State::Pending => "pending",
            State::Firing => "firing",
        }
    }
}
