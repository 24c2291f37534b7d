//! A container's probes as its spec writes them.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::demo::controllers::object::{dig, int, int_or, text};

/// One probe: when it asks and how often it may hear no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    delay: SignedDuration,
    period: SignedDuration,
    /// Failures in a row that count.
    pub failures: i64,
    /// Successes in a row that count.
    pub successes: i64,
    target: String,
}

/// The probes of one container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Probes {
    /// Holds the others back until it passes.
    pub startup: Option<Probe>,
    /// Decides whether the container gets traffic.
    pub readiness: Option<Probe>,
    /// Decides whether the container is restarted.
    pub liveness: Option<Probe>,
}

impl Probes {
    /// Reads a container's probes.
    pub fn of(container: &Value) -> Self {
        let probe = |key| dig(container, &[key]).filter(|probe| probe.is_object()).map(Probe::of);
        Self { startup: probe("startupProbe"), readiness: probe("readinessProbe"), liveness: probe("livenessProbe") }
    }
}

impl Probe {
    fn of(value: &Value) -> Self {
        let port = dig(value, &["httpGet", "port"]).map(ToString::to_string).unwrap_or_default();
        Self {
            delay: SignedDuration::from_secs(int(value, &["initialDelaySeconds"])),
            period: SignedDuration::from_secs(int_or(value, &["periodSeconds"], 10).max(1)),
            failures: int_or(value, &["failureThreshold"], 3).max(1),
            successes: int_or(value, &["successThreshold"], 1).max(1),
            target: format!(":{}{}", port.trim_matches('"'), text(value, &["httpGet", "path"])),
        }
    }

    /// Returns when the probe asks first, counted from `start`.
    pub fn first(&self, start: Timestamp) -> Timestamp {
        start + self.delay
    }

    /// Returns when the probe, which has asked regularly since `start`, asks next at or after `from`.
    pub fn next(&self, start: Timestamp, from: Timestamp) -> Timestamp {
        let first = self.first(start);
        let past = from.duration_since(first).as_millis().max(0);
        let period = self.period.as_millis().max(1);
        i32::try_from((past + period - 1) / period).map_or(from, |turns| first + self.period * turns)
    }

    /// Returns when the probe asks again after it asked at `last`.
    pub fn after(&self, last: Timestamp) -> Timestamp {
        last + self.period
    }

    /// Words a failure as the kubelet does for a probe of the given name.
    pub fn failure(&self, name: &str, ip: &str, listening: bool) -> String {
        if listening {
            format!("{name} probe failed: HTTP probe failed with statuscode: 503")
        } else {
            let target = &self.target;
            let port = target.find('/').map_or(target.as_str(), |slash| &target[..slash]);
            format!(
                "{name} probe failed: Get \"http://{ip}{target}\": dial tcp {ip}{port}: connect: connection refused"
            )
        }
    }
}
