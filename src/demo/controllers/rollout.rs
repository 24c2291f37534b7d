//! The Argo Rollouts controller: canary and blue-green, with the status fields, events and timing of the real one.
//!
//! ```text
//! sync ─▶ spec valid? ─▶ ReplicaSet there? ─▶ paused conditions ─▶ replicas changed? ─▶ canary | bluegreen ─▶ status
//!           (valid)        (sets)                (status)             sizes only
//! canary     services, weights, experiment, analysis, sizes, pause, step     replicas   weights as pod counts, pure
//! bluegreen  preview, sizes, pause, analysis, switch                         routing    selectors and the HTTPRoute
//! analysis   the runs a rollout starts and heeds                             trial      the experiment of a step
//! pause      what this pass adds to pauses and aborts                        restart    pods older than restartAt
//! status     counts, promotion, conditions, phase (condition, phase, duration)
//! ```
//!
//! As the real controller, a pass does one thing and ends; what that changes brings the next pass. Behaviour follows
//! argo-rollouts of August 2026. Not simulated: ephemeral metadata, ping-pong, step plugins, header and mirror routes,
//! workload references, anti-affinity; traffic goes by replicas or by a Gateway API `HTTPRoute`.

mod analysis;
mod bluegreen;
mod canary;
mod conditions;
mod duration;
mod pause;
mod phase;
mod replicas;
mod restart;
mod routing;
mod sets;
mod status;
mod steps;
mod trial;
mod valid;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::cluster::{Cluster, Key, Kind, Object};
use super::object::{annotation, deleting, dig, flag, int, int_or, label, list, name, namespace, put, text};
use analysis::Runs;
pub(super) use analysis::{create_run, is_final, spec_of};
use pause::Pause;

const MANAGER: &str = "rollouts-controller";
/// The label that tells the pods of one template from those of another.
pub const HASH: &str = "rollouts-pod-template-hash";
/// The revision of an update, on the Rollout and on each of its `ReplicaSets`.
pub const REVISION: &str = "rollout.argoproj.io/revision";
/// The name by which the controller is stopped and started.
pub const ARGO: &str = "argo-rollouts";

/// Brings one Rollout a step closer to its spec.
pub fn sync(cluster: &mut Cluster, key: &Key, now: Timestamp) {
    if cluster.is_stopped(ARGO) {
        return;
    }
    let Some(found) = cluster.get(Kind::Rollout, &key.namespace, &key.name) else { return };
    if deleting(&found) {
        return;
    }
    if dig(&found, &["spec", "replicas"]).is_none_or(Value::is_null) {
        cluster.modify(Kind::Rollout, &key.namespace, &key.name, MANAGER, |rollout| {
            put(rollout, &["spec", "replicas"], json!(1));
        });
        return;
    }
    if let Some(why) = valid::mistake(cluster, &found) {
        status::refuse(cluster, &found, &why, now);
        cluster.wake(key.clone(), now + cluster.scaled(20.0).max(SignedDuration::from_secs(1)));
        return;
    }
    let Some(new) = sets::find_new(cluster, &found) else {
        sets::create_new(cluster, &found, now);
        return;
    };
    let mut pass = Pass::new(cluster, (*found).clone(), new, now);
    if pass.note_pauses() {
        return;
    }
    pass.sync_revision();
    if pass.was_scaled() {
        pass.follow_scale();
    } else if pass.is_blue_green() {
        pass.blue_green();
    } else {
        pass.canary();
    }
}

/// One pass over one Rollout: what was read, and what its status is going to say.
pub(super) struct Pass<'a> {
    cluster: &'a mut Cluster,
    rollout: Value,
    now: Timestamp,
    /// The `ReplicaSet` of the template as it is now.
    new: Object,
    /// The `ReplicaSet` that `status.stableRS` names.
    stable: Option<Object>,
    /// Every `ReplicaSet`, oldest first.
    all: Vec<Object>,
    pause: Pause,
    runs: Runs,
    other_runs: Vec<Object>,
    experiment: Option<Object>,
    other_experiments: Vec<Object>,
    /// The status as far as it is known: runs, experiment, weights, times.
    next: Value,
    /// The new `ReplicaSet` is waiting to be scaled down, so going back to it is quick.
    new_within_delay: bool,
}

impl<'a> Pass<'a> {
    fn new(cluster: &'a mut Cluster, rollout: Value, new: Object, now: Timestamp) -> Self {
        let all = sets::all(cluster, &rollout);
        let stable_hash = text(&rollout, &["status", "stableRS"]);
        let stable = all.iter().find(|set| !stable_hash.is_empty() && label(set, HASH) == stable_hash).cloned();
        let (runs, other_runs) = Runs::of(cluster, &rollout);
        let (experiment, other_experiments) = trial::current(cluster, &rollout);
        let mut next = json!({"blueGreen": {}, "canary": {}});
        for path in [&["restartedAt"][..], &["duration"], &["canary", "weights"]] {
            let whole: Vec<&str> = std::iter::once("status").chain(path.iter().copied()).collect();
            if let Some(kept) = dig(&rollout, &whole).filter(|kept| !kept.is_null()) {
                put(&mut next, path, kept.clone());
            }
        }
        let mut pause = Pause::default();
        if is_promoted(&rollout) && pause.is_aborted(&rollout) {
            pause.remove_abort = true;
        }
        let new_within_delay = sets::remaining(&new, now).is_some();
        Self {
            cluster,
            rollout,
            now,
            new,
            stable,
            all,
            pause,
            runs,
            other_runs,
            experiment,
            other_experiments,
            next,
            new_within_delay,
        }
    }

    fn is_blue_green(&self) -> bool {
        dig(&self.rollout, &["spec", "strategy", "blueGreen"]).is_some_and(Value::is_object)
    }

    /// Returns a field of the strategy in use.
    fn strategy(&self, key: &str) -> Option<&Value> {
        let kind = if self.is_blue_green() { "blueGreen" } else { "canary" };
        dig(&self.rollout, &["spec", "strategy", kind, key]).filter(|value| !value.is_null())
    }

    fn strategy_text(&self, key: &str) -> String {
        self.strategy(key).and_then(Value::as_str).unwrap_or("").to_owned()
    }

    fn status(&self, path: &[&str]) -> Option<&Value> {
        let status = self.rollout.get("status")?;
        dig(status, path).filter(|value| !value.is_null())
    }

    fn status_text(&self, path: &[&str]) -> &str {
        self.status(path).and_then(Value::as_str).unwrap_or("")
    }

    fn is_aborted(&self) -> bool {
        self.pause.is_aborted(&self.rollout)
    }

    fn promotes_full(&self) -> bool {
        flag(&self.rollout, &["status", "promoteFull"])
    }

    fn replicas(&self) -> i64 {
        replicas_of(&self.rollout)
    }

    fn has_routing(&self) -> bool {
        !self.is_blue_green() && self.strategy("trafficRouting").is_some()
    }

    /// Says whether nothing may move: a person paused it, or an analysis could not decide.
    fn is_halted(&self) -> bool {
        flag(&self.rollout, &["spec", "paused"]) || self.paused_for("InconclusiveAnalysisRun").is_some()
    }

    /// Returns the pause condition with this reason.
    fn paused_for(&self, reason: &str) -> Option<&Value> {
        let conditions = list(&self.rollout, &["status", "pauseConditions"]);
        conditions.iter().find(|each| text(each, &["reason"]) == reason)
    }

    /// Returns the `ReplicaSets` that are neither new nor stable.
    fn others(&self) -> Vec<Object> {
        let is_other = |set: &&Object| {
            name(set) != name(&self.new) && self.stable.as_ref().is_none_or(|stable| name(stable) != name(set))
        };
        self.all.iter().filter(is_other).cloned().collect()
    }

    /// Returns the stable `ReplicaSet` where it is another than the new one.
    fn distinct_stable(&self) -> Option<&Object> {
        self.stable.as_ref().filter(|stable| name(stable) != name(&self.new))
    }

    fn hash(&self) -> &str {
        label(&self.new, HASH)
    }

    fn event(&mut self, kind: &str, reason: &str, message: &str) {
        self.cluster.event(&self.rollout, kind, reason, message, MANAGER);
    }

    fn key(&self) -> Key {
        Key::new(Kind::Rollout, namespace(&self.rollout), name(&self.rollout))
    }

    fn wake(&mut self, at: Timestamp) {
        let key = self.key();
        self.cluster.wake(key, at.max(self.now) + SignedDuration::from_millis(1));
    }

    /// Says whether the template is another than the one the status speaks of.
    fn template_changed(&self) -> bool {
        let recorded = self.status_text(&["currentPodHash"]);
        !recorded.is_empty() && recorded != self.hash()
    }

    /// Says whether this update goes back to where the Rollout was, and so needs no steps.
    fn is_fast_rollback(&self) -> bool {
        let Some(stable) = &self.stable else { return false };
        let to_stable = name(stable) == name(&self.new);
        let is_older = sets::created(&self.new) < sets::created(stable);
        (to_stable || is_older)
            && (to_stable || self.is_within_window() || (self.new_within_delay && self.is_blue_green()))
    }

    /// Says whether `spec.rollbackWindow` covers the way back.
    fn is_within_window(&self) -> bool {
        let Some(stable) = &self.stable else { return false };
        let window = int(&self.rollout, &["spec", "rollbackWindow", "revisions"]);
        let (new, stable) = (sets::created(&self.new), sets::created(stable));
        if window <= 0 || new >= stable {
            return false;
        }
        let between = self.all.iter().map(|set| sets::created(set)).filter(|at| *at > new && *at < stable).count();
        i64::try_from(between).unwrap_or(i64::MAX) < window
    }
}

fn replicas_of(rollout: &Value) -> i64 {
    int_or(rollout, &["spec", "replicas"], 1)
}

/// Says whether the template that is wanted is also the stable one.
fn is_promoted(rollout: &Value) -> bool {
    text(rollout, &["status", "stableRS"]) == text(rollout, &["status", "currentPodHash"])
}

fn revision_of(object: &Value) -> i64 {
    annotation(object, REVISION).and_then(|text| text.parse().ok()).unwrap_or(0)
}
