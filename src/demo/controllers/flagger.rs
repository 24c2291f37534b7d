//! Flagger: a primary that serves, and a canary beside it that earns its promotion.
//!
//! ```text
//! sync       one look at each interval: services, primary, route, then what the phase asks for
//! moves      a canary begins, advances, is promoted, goes back
//! target     the primary Deployment, hashes, readiness, promotion, scaling to and from nothing
//! routes     services and the HTTPRoute with its weights
//! checks     metrics against the simulated Prometheus; webhooks against the gates
//! phase      status fields and the one condition
//! gates      the load tester: /gate/check, /gate/open, /rollback/…
//! ```
//!
//! Behaviour follows Flagger of July 2026, its oddities included: waiting for a promotion zeroes `canaryWeight` while
//! the route keeps its weights; a target set back to the promoted template is no change; a failed promotion leaves
//! everything on the canary. Not simulated: A/B tests by header, mirroring, session affinity, autoscaler references,
//! config tracking, alerts, providers other than Gateway API.

mod checks;
mod gates;
mod moves;
mod phase;
mod routes;
mod target;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::cluster::{Cluster, Key, Kind, Object};
use super::object::{deleting, dig, flag, name, namespace, put, text};
pub use gates::Gates;

const MANAGER: &str = "flagger";
/// The name by which the controller is stopped and started.
pub const FLAGGER: &str = "flagger";
/// The Service of the load tester, which answers for the gates.
pub const LOAD_TESTER: &str = "flagger-loadtester";
/// Seconds between two looks that are never undercut.
const SHORTEST: i64 = 10;

/// Looks at one canary, when its next look is due.
pub fn sync(cluster: &mut Cluster, key: &Key, now: Timestamp) {
    let Some(canary) = cluster.get(Kind::Canary, &key.namespace, &key.name) else {
        cluster.canaries.remove(key);
        return;
    };
    if cluster.is_stopped(FLAGGER) || deleting(&canary) {
        return;
    }
    if text(&canary, &["status", "phase"]).is_empty() {
        phase::write(cluster, &canary, now, |status| {
            phase::enter(status, &canary, "Initializing", now);
        });
        return;
    }
    let interval = interval(&canary);
    let (began, next) = *cluster.canaries.entry(key.clone()).or_insert((now, None));
    // An idle canary is woken by a change of something of it: it is looked at when its ticker ticks next.
    let due = next.unwrap_or_else(|| tick(began, interval, now));
    if due > now {
        cluster.canaries.insert(key.clone(), (began, Some(due)));
        cluster.wake(key.clone(), due);
        return;
    }
    let busy = Look { cluster, canary: canary.clone(), now }.advance();
    let next = busy.then(|| tick(began, interval, now + SignedDuration::from_millis(1)));
    cluster.canaries.insert(key.clone(), (began, next));
    if let Some(at) = next {
        cluster.wake(key.clone(), at);
    }
}

/// Returns the first instant from `from` on at which a ticker that began at `began` ticks.
fn tick(began: Timestamp, interval: SignedDuration, from: Timestamp) -> Timestamp {
    let step = interval.as_millis().max(1);
    let passed = from.duration_since(began).as_nanos().max(0);
    let unit = step * 1_000_000;
    let ticks = (passed + unit - 1) / unit;
    began + SignedDuration::from_millis(i64::try_from(ticks * step).unwrap_or(0))
}

fn interval(canary: &Value) -> SignedDuration {
    let written = text(canary, &["spec", "analysis", "interval"]).parse::<SignedDuration>().ok();
    let shortest = SignedDuration::from_secs(SHORTEST);
    written.unwrap_or(SignedDuration::from_secs(60)).max(shortest)
}

/// One look at one canary.
struct Look<'a> {
    cluster: &'a mut Cluster,
    canary: Object,
    now: Timestamp,
}

impl Look<'_> {
    fn phase(&self) -> &str {
        text(&self.canary, &["status", "phase"])
    }

    fn space(&self) -> String {
        namespace(&self.canary).to_owned()
    }

    fn target_name(&self) -> String {
        text(&self.canary, &["spec", "targetRef", "name"]).to_owned()
    }

    fn primary_name(&self) -> String {
        format!("{}-primary", self.target_name())
    }

    /// `NAME.NAMESPACE`, as the messages have it.
    fn full(&self, name: &str) -> String {
        format!("{name}.{}", namespace(&self.canary))
    }

    fn info(&mut self, message: &str) {
        self.cluster.event(&self.canary, "Normal", "Synced", message, MANAGER);
    }

    fn warn(&mut self, message: &str) {
        self.cluster.event(&self.canary, "Warning", "Synced", message, MANAGER);
    }

    fn skips_analysis(&self) -> bool {
        flag(&self.canary, &["spec", "skipAnalysis"])
    }

    fn iterations(&self) -> i64 {
        number(&self.canary, &["spec", "analysis", "iterations"])
    }

    fn threshold(&self) -> i64 {
        let written = number(&self.canary, &["spec", "analysis", "threshold"]);
        if written > 0 { written } else { 1 }
    }

    /// Changes the status, and reads it again.
    fn update(&mut self, change: impl FnOnce(&mut Value)) {
        if let Some(updated) = phase::write(self.cluster, &self.canary, self.now, change) {
            self.canary = updated;
        }
    }

    fn enter(&mut self, phase: &str) {
        let (canary, now) = (self.canary.clone(), self.now);
        self.update(|status| phase::set(status, &canary, phase, now));
    }

    /// Restarts the status at a phase, with the target as it is now.
    fn restart(&mut self, phase: &str, weight: i64) {
        let (canary, now, hash) = (self.canary.clone(), self.now, self.target_hash());
        self.update(|status| phase::sync(status, &canary, (phase, weight), &hash, now));
    }

    /// Does what one look does; says whether the next one matters even if nothing changes.
    fn advance(&mut self) -> bool {
        if flag(&self.canary, &["spec", "suspend"]) {
            self.info("skipping canary run as object is suspended");
            return true;
        }
        if self.target().is_none() {
            let (target, space) = (self.target_name(), self.space());
            self.warn(&format!("deployment {target}.{space} get query error: deployments.apps \"{target}\" not found"));
            return true;
        }
        self.ensure_services();
        if !self.ensure_primary() {
            return true;
        }
        self.point_apex();
        if matches!(self.phase(), "" | "Initializing") {
            self.scale_target(0);
        }
        self.ensure_route();
        if matches!(self.phase(), "" | "Initializing") {
            self.restart("Initialized", 0);
            let done = format!("Initialization done! {}", self.full(name(&self.canary)));
            self.info(&done);
        }
        if !self.should_advance() {
            return false;
        }
        self.work();
        true
    }

    fn should_advance(&mut self) -> bool {
        match self.phase() {
            "Progressing" | "Waiting" | "WaitingPromotion" | "Promoting" | "Finalising" => return true,
            "Failed" => {
                // The target is taken as it is, so that the failed template alone starts nothing.
                let hash = self.target_hash();
                if text(&self.canary, &["status", "lastAppliedSpec"]) != hash {
                    let changed = self.target_changed();
                    if !changed {
                        self.update(|status| put(status, &["lastAppliedSpec"], json!(hash)));
                    }
                    return changed;
                }
                return false;
            }
            _ => {}
        }
        self.target_changed()
    }

    fn work(&mut self) {
        if !self.skips_analysis()
            && let Err(trouble) = self.readiness(&self.primary_name())
        {
            self.warn(&trouble.message);
            if !trouble.retriable {
                if matches!(self.phase(), "Promoting" | "Finalising") {
                    self.fail_promotion(&trouble);
                } else {
                    self.roll_back();
                }
            }
            return;
        }
        let (primary, weight) = match self.weights() {
            Ok(weights) => weights,
            Err(why) => return self.warn(&why),
        };
        if !matches!(self.phase(), "Progressing" | "WaitingPromotion" | "Promoting" | "Finalising") {
            return self.begin();
        }
        if matches!(self.phase(), "Progressing" | "WaitingPromotion") && self.target_changed() {
            return self.begin_again();
        }
        if let Err(trouble) = self.readiness(&self.target_name()) {
            self.warn(&trouble.message);
            if !trouble.retriable {
                self.roll_back();
            }
            return;
        }
        if self.skips_analysis() {
            return self.promote_at_once();
        }
        if matches!(self.phase(), "Progressing" | "WaitingPromotion") && self.rollback_asked() {
            let message = format!("Rolling back {} manual webhook invoked", self.full(name(&self.canary)));
            self.warn(&message);
            return self.roll_back();
        }
        match self.phase() {
            "Promoting" => self.shift_back(primary, weight),
            "Finalising" => self.finish(),
            _ => self.analyse(weight),
        }
    }
}

/// Reads a whole number, written as a number of any kind.
fn number(object: &Value, path: &[&str]) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "weights and counts are small")]
    dig(object, path).and_then(Value::as_f64).map_or(0, |number| number as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_come_at_full_intervals_whenever_they_are_asked_for() {
        let at = |seconds: i64| Timestamp::from_second(1_000 + seconds).expect("in range");
        let next = |now: Timestamp| tick(at(0), SignedDuration::from_secs(10), now).as_second() - 1_000;
        assert_eq!([next(at(0)), next(at(7)), next(at(10)), next(at(3_601))], [0, 10, 10, 3_610]);
        let late = at(10) + SignedDuration::from_micros(300);
        assert_eq!(next(late), 20, "a wall clock is never on time");
    }

    #[test]
    fn an_interval_is_never_shorter_than_ten_seconds() {
        let of = |text: &str| interval(&json!({"spec": {"analysis": {"interval": text}}})).as_secs();
        assert_eq!([of("1m"), of("15s"), of("2s"), of("")], [60, 15, 10, 60]);
    }
}
