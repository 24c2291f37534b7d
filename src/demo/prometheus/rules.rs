//! Recording and alerting rules.

mod template;

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::eval::{self, Answer, Options};
use super::labels::Labels;
use super::tsdb::{SeriesId, Tsdb};

/// Names and texts.
pub type Pairs = Vec<(String, String)>;

/// All groups of rules.
#[derive(Debug, Default)]
pub struct Rules {
    /// The groups, evaluated in order.
    pub groups: Vec<Group>,
}

/// Rules that are evaluated together.
#[derive(Debug)]
pub struct Group {
    /// Name of the group.
    pub name: String,
    /// File it is said to come from.
    pub file: String,
    /// Seconds between evaluations, as clients are told.
    pub interval: f64,
    /// The rules, evaluated in order.
    pub rules: Vec<Rule>,
    /// When they were evaluated last.
    pub evaluated: Option<Timestamp>,
}

/// A rule: records what its expression gives, or raises an alert for each element of it.
#[derive(Debug)]
pub struct Rule {
    /// Name of the alert or of the recorded series.
    pub name: String,
    /// The expression.
    pub expr: String,
    /// Labels added to the result.
    pub labels: Pairs,
    /// What makes it an alert; none for a recording rule.
    pub alerting: Option<Alerting>,
    /// Why the last evaluation failed.
    pub error: Option<String>,
    active: HashMap<Labels, Alert>,
    /// Series written by the last evaluation; those not written again are ended.
    written: Vec<SeriesId>,
}

/// The part of a rule that only alerts have.
#[derive(Debug)]
pub struct Alerting {
    /// Seconds an element must be there before the alert fires.
    pub pending: f64,
    /// Texts with `{{ $labels.x }}` and `{{ $value }}`.
    pub annotations: Pairs,
}

/// State of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Its expression gives nothing.
    Inactive,
    /// Its expression gives something, but not for long enough.
    Pending,
    /// It fires.
    Firing,
}

/// One alert of a rule.
#[derive(Debug, Clone)]
pub struct Alert {
    /// Labels, `alertname` among them.
    pub labels: Labels,
    /// Annotations, filled in.
    pub annotations: Pairs,
    /// Pending or firing.
    pub state: State,
    /// Since when the expression gives it.
    pub since: Timestamp,
    /// What the expression gives.
    pub value: f64,
}

impl Rule {
    /// An alerting rule that fires after `pending` seconds.
    pub fn alert(name: &str, expr: String, pending: f64, severity: &str, annotations: &[(&str, &str)]) -> Self {
        let own = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        let annotations = annotations.iter().map(own).collect();
        let labels = vec![("severity".to_owned(), severity.to_owned())];
        Self { labels, alerting: Some(Alerting { pending, annotations }), ..Self::record(name, expr) }
    }

    /// A recording rule.
    pub fn record(name: &str, expr: String) -> Self {
        Self {
            name: name.to_owned(),
            expr,
            labels: Vec::new(),
            alerting: None,
            error: None,
            active: HashMap::new(),
            written: Vec::new(),
        }
    }

    /// Its alerts in the order of their labels.
    pub fn alerts(&self) -> Vec<&Alert> {
        let mut alerts: Vec<&Alert> = self.active.values().collect();
        alerts.sort_by(|one, other| one.labels.cmp(&other.labels));
        alerts
    }

    /// The gravest state of its alerts.
    pub fn state(&self) -> State {
        self.active.values().map(|alert| alert.state).max().unwrap_or(State::Inactive)
    }

    /// Evaluates the rule and writes what follows from it.
    fn evaluate(&mut self, db: &mut Tsdb, options: Options, now: Timestamp) {
        let elements = match eval::instant(db, options, &self.expr, now.as_millisecond()) {
            Ok(Answer::Vector(elements)) => elements,
            Ok(Answer::Scalar(value)) => vec![(Labels::empty(), value)],
            Ok(_) => Vec::new(),
            Err(error) => {
                self.error = Some(error.to_string());
                return;
            }
        };
        self.error = None;
        let written = if self.alerting.is_some() {
            self.raise(elements, now);
            self.write_alerts(db, now)
        } else {
            self.write_records(db, &elements, now)
        };
        for gone in self.written.iter().filter(|id| !written.contains(id)) {
            db.end(*gone, now.as_millisecond());
        }
        self.written = written;
    }

    /// Brings the alerts into line with what the expression gives now.
    fn raise(&mut self, elements: Vec<(Labels, f64)>, now: Timestamp) {
        let Some(alerting) = &self.alerting else { return };
        let mut active = HashMap::with_capacity(elements.len());
        for (found, value) in elements {
            let mut labels = found.without_name().with("alertname", &self.name);
            for (name, text) in &self.labels {
                labels = labels.with(name, &template::fill(text, &found, value));
            }
            let since = self.active.get(&labels).map_or(now, |alert| alert.since);
            let lasting = now.duration_since(since) >= SignedDuration::from_secs_f64(alerting.pending);
            let state = if lasting { State::Firing } else { State::Pending };
            let fill = |(name, text): &(String, String)| (name.clone(), template::fill(text, &found, value));
            let annotations = alerting.annotations.iter().map(fill).collect();
            active.insert(labels.clone(), Alert { labels, annotations, state, since, value });
        }
        self.active = active;
    }

    /// Writes `ALERTS` and `ALERTS_FOR_STATE`.
    fn write_alerts(&self, db: &mut Tsdb, now: Timestamp) -> Vec<SeriesId> {
        let mut written = Vec::new();
        for alert in self.active.values() {
            let mut labels: Vec<(&str, &str)> = alert.labels.iter().collect();
            let since = db.series("ALERTS_FOR_STATE", &labels);
            labels.push(("alertstate", if alert.state == State::Firing { "firing" } else { "pending" }));
            let state = db.series("ALERTS", &labels);
            let at = now.as_millisecond();
            db.append(state, at, 1.0);
            #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit")]
            db.append(since, at, alert.since.as_second() as f64);
            written.extend([state, since]);
        }
        written
    }

    /// Writes the recorded series.
    fn write_records(&self, db: &mut Tsdb, elements: &[(Labels, f64)], now: Timestamp) -> Vec<SeriesId> {
        let write = |(labels, value): &(Labels, f64)| {
            let labels = self.labels.iter().fold(labels.without_name(), |labels, (name, text)| labels.with(name, text));
            let id = db.series(&self.name, &labels.iter().collect::<Vec<_>>());
            db.append(id, now.as_millisecond(), *value);
            id
        };
        elements.iter().map(write).collect()
    }
}

impl Rules {
    /// Evaluates every group.
    pub fn evaluate(&mut self, db: &mut Tsdb, options: Options, now: Timestamp) {
        for group in &mut self.groups {
            for rule in &mut group.rules {
                rule.evaluate(db, options, now);
            }
            group.evaluated = Some(now);
        }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "small integers")]
mod tests;
