//! A Rollout's `ReplicaSets`: which is new, revisions, sizes, and when one may go.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::cluster::{Cluster, Kind, Object};
use super::super::hash;
use super::super::object::{
    annotation, deleting, dig, int, int_or, label, name, namespace, owned_by, put, remove, seconds, uid,
};
use super::{HASH, MANAGER, Pass, REVISION, replicas_of, revision_of};
use crate::demo::controllers::condition::{self, Condition};
use crate::demo::store;

const DESIRED: &str = "rollout.argoproj.io/desired-replicas";
const HISTORY: &str = "rollout.argoproj.io/revision-history";
/// When a `ReplicaSet` that serves nobody any more goes.
pub(super) const DEADLINE: &str = "scale-down-deadline";
/// Annotations of the Rollout that its `ReplicaSets` do not get.
const OWN: [&str; 5] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    HISTORY,
    DESIRED,
    "rollout.argoproj.io/workload-generation",
];

/// Returns every `ReplicaSet` of a Rollout, oldest first.
pub(super) fn all(cluster: &Cluster, rollout: &Value) -> Vec<Object> {
    let mut all = cluster.owned(uid(rollout), Kind::ReplicaSet);
    all.sort_by_key(|set| (created(set).to_owned(), name(set).to_owned()));
    all
}

pub(super) fn created(set: &Value) -> &str {
    super::text(set, &["metadata", "creationTimestamp"])
}

/// Finds the `ReplicaSet` of a Rollout's template: by its hash, else by what it says.
pub(super) fn find_new(cluster: &Cluster, rollout: &Value) -> Option<Object> {
    let all = all(cluster, rollout);
    let template = dig(rollout, &["spec", "template"])?;
    let wanted = hash_of(rollout);
    if let Some(found) = all.iter().find(|set| label(set, HASH) == wanted) {
        return Some(found.clone());
    }
    let wanted = bare(template);
    all.into_iter().find(|set| dig(set, &["spec", "template"]).is_some_and(|template| bare(template) == wanted))
}

fn hash_of(rollout: &Value) -> String {
    let template = dig(rollout, &["spec", "template"]).unwrap_or(&Value::Null);
    hash::of(template, int(rollout, &["status", "collisionCount"]))
}

/// A template with the API's defaults and without what the controller adds, in one canonical order.
fn bare(template: &Value) -> Value {
    let mut template = template.clone();
    store::default_template(&mut template);
    remove(&mut template, &["metadata", "labels", HASH]);
    hash::canonical(&template)
}

/// Creates the `ReplicaSet` of a new template, empty as yet.
pub(super) fn create_new(cluster: &mut Cluster, rollout: &Object, now: Timestamp) {
    let template_hash = hash_of(rollout);
    let newest = all(cluster, rollout).iter().map(|set| revision_of(set)).max().unwrap_or(0);
    let mut template = dig(rollout, &["spec", "template"]).cloned().unwrap_or_default();
    put(&mut template, &["metadata", "labels", HASH], json!(template_hash));
    let mut selector = dig(rollout, &["spec", "selector"]).cloned().unwrap_or_default();
    put(&mut selector, &["matchLabels", HASH], json!(template_hash));
    let mut set = json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {
            "name": format!("{}-{template_hash}", name(rollout)), "namespace": namespace(rollout),
            "labels": dig(&template, &["metadata", "labels"]), "annotations": {}, "ownerReferences": owned_by(rollout),
        },
        "spec": {"replicas": 0, "selector": selector, "template": template},
    });
    let min_ready = int(rollout, &["spec", "minReadySeconds"]);
    if min_ready > 0 {
        put(&mut set, &["spec", "minReadySeconds"], json!(min_ready));
    }
    annotate(&mut set, rollout, newest + 1);
    put(&mut set, &["metadata", "annotations", DESIRED], json!(replicas_of(rollout).to_string()));
    let set_name = name(&set).to_owned();
    match cluster.create(Kind::ReplicaSet, set, MANAGER) {
        Ok(created) => {
            let revision = revision_of(&created);
            set_revision(cluster, rollout, revision);
            let message = format!("Created ReplicaSet {set_name} (revision {revision})");
            cluster.event(rollout, "Normal", "NewReplicaSetCreated", &message, MANAGER);
            let message = format!("Created new replica set \"{set_name}\"");
            note(cluster, rollout, &Condition::new("Progressing", "True", "NewReplicaSetCreated", &message), now);
        }
        Err(why) => {
            let message = format!("Failed to create new replica set \"{set_name}\": {why}");
            cluster.event(rollout, "Warning", "ReplicaSetCreateError", &message, MANAGER);
            note(cluster, rollout, &Condition::new("Progressing", "False", "ReplicaSetCreateError", &message), now);
        }
    }
}

fn note(cluster: &mut Cluster, rollout: &Value, new: &Condition, now: Timestamp) {
    cluster.modify_status(Kind::Rollout, namespace(rollout), name(rollout), MANAGER, |rollout| {
        let mut status =
            rollout.get("status").filter(|status| status.is_object()).cloned().unwrap_or_else(|| json!({}));
        condition::set(&mut status, new, now);
        put(rollout, &["status"], status);
    });
}

/// Copies the Rollout's annotations and raises the revision, remembering the one it replaces.
fn annotate(set: &mut Value, rollout: &Value, revision: i64) {
    let all = dig(rollout, &["metadata", "annotations"]).and_then(Value::as_object);
    for (key, value) in all.into_iter().flatten().filter(|(key, _)| !OWN.contains(&key.as_str())) {
        put(set, &["metadata", "annotations", key], value.clone());
    }
    let before = revision_of(set);
    if before >= revision {
        return;
    }
    if before > 0 {
        let history = match annotation(set, HISTORY) {
            Some(earlier) if !earlier.is_empty() => format!("{earlier},{before}"),
            _ => before.to_string(),
        };
        put(set, &["metadata", "annotations", HISTORY], json!(history));
    }
    put(set, &["metadata", "annotations", REVISION], json!(revision.to_string()));
}

fn set_revision(cluster: &mut Cluster, rollout: &Value, revision: i64) {
    let revision = revision.to_string();
    if annotation(rollout, REVISION) == Some(revision.as_str()) {
        return;
    }
    cluster.modify(Kind::Rollout, namespace(rollout), name(rollout), MANAGER, |rollout| {
        put(rollout, &["metadata", "annotations", REVISION], json!(revision));
    });
    let message = format!("Rollout updated to revision {revision}");
    cluster.event(rollout, "Normal", "RolloutUpdated", &message, MANAGER);
}

/// Returns how many pods a set is asked for.
pub(super) fn asked(set: &Value) -> i64 {
    int_or(set, &["spec", "replicas"], 1)
}

/// Returns how many pods of a set are available.
pub(super) fn available(set: &Value) -> i64 {
    int(set, &["status", "availableReplicas"])
}

/// Returns how long a set has before its scale-down deadline; none where there is no deadline ahead.
pub(super) fn remaining(set: &Value, now: Timestamp) -> Option<SignedDuration> {
    let deadline: Timestamp = annotation(set, DEADLINE)?.parse().ok()?;
    (deadline > now).then(|| deadline.duration_since(now))
}

/// Returns the instant of a set's scale-down deadline.
pub(super) fn deadline(set: &Value) -> Option<Timestamp> {
    annotation(set, DEADLINE)?.parse().ok()
}

impl Pass<'_> {
    /// Puts a set that was written in the place of what was read of it.
    fn replace(&mut self, updated: &Object) {
        let is = |set: &Object| name(set) == name(updated);
        if is(&self.new) {
            self.new = updated.clone();
        }
        if self.stable.as_ref().is_some_and(is) {
            self.stable = Some(updated.clone());
        }
        for set in self.all.iter_mut().filter(|set| is(set)) {
            *set = updated.clone();
        }
    }

    fn write_set(&mut self, set: &Object, change: impl FnOnce(&mut Value)) {
        let written = self.cluster.modify(Kind::ReplicaSet, namespace(set), name(set), MANAGER, change);
        if let Some(updated) = written {
            self.replace(&updated);
        }
    }

    /// Gives the new set the highest revision, and the Rollout the same.
    pub(super) fn sync_revision(&mut self) {
        let new = self.new.clone();
        let older = self.all.iter().filter(|set| name(set) != name(&new));
        let revision = older.map(|set| revision_of(set)).max().unwrap_or(0) + 1;
        let mut wanted = (*new).clone();
        annotate(&mut wanted, &self.rollout, revision);
        let min_ready = int(&self.rollout, &["spec", "minReadySeconds"]);
        if int(&wanted, &["spec", "minReadySeconds"]) != min_ready {
            put(&mut wanted, &["spec", "minReadySeconds"], json!(min_ready));
        }
        if wanted != *new.value() {
            self.write_set(&new, |set| *set = wanted);
        }
        let revision = revision_of(&self.new);
        set_revision(self.cluster, &self.rollout, revision);
        put(&mut self.rollout, &["metadata", "annotations", REVISION], json!(revision.to_string()));
    }

    /// Says whether `spec.replicas` is another than when the new or the stable set was last sized.
    pub(super) fn was_scaled(&self) -> bool {
        let replicas = self.replicas();
        let active = [Some(&self.new), self.stable.as_ref()].into_iter().flatten().filter(|set| asked(set) > 0);
        let then = active.filter_map(|set| annotation(set, DESIRED)?.parse::<i64>().ok());
        then.into_iter().any(|then| then != replicas)
    }

    /// Sizes a set; says whether that changed its size.
    pub(super) fn scale(&mut self, set: &Object, to: i64) -> bool {
        let (from, replicas) = (asked(set), self.replicas().to_string());
        if from == to && annotation(set, DESIRED) == Some(replicas.as_str()) {
            return false;
        }
        let keeps_deadline = self.delays_abort();
        self.write_set(set, |set| {
            put(set, &["spec", "replicas"], json!(to));
            put(set, &["metadata", "annotations", DESIRED], json!(replicas));
            if to == 0 && !keeps_deadline {
                remove(set, &["metadata", "annotations", DEADLINE]);
            }
        });
        if from != to {
            let way = if to > from { "up" } else { "down" };
            let message =
                format!("Scaled {way} ReplicaSet {} (revision {}) from {from} to {to}", name(set), revision_of(set));
            self.event("Normal", "ScalingReplicaSet", &message);
        }
        from != to
    }

    /// Says whether a set is as big as the Rollout wants, and all of it available.
    pub(super) fn is_saturated(&self, set: &Object) -> bool {
        let replicas = self.replicas();
        asked(set) == replicas
            && annotation(set, DESIRED) == Some(replicas.to_string().as_str())
            && available(set) == replicas
    }

    /// Sets the new and the stable set free of deadlines they got while they were old.
    pub(super) fn lift_deadlines(&mut self) {
        let mut sets: Vec<Object> = self.stable.iter().cloned().collect();
        if !self.delays_abort() && sets.iter().all(|set| name(set) != name(&self.new)) {
            sets.push(self.new.clone());
        }
        for set in sets.into_iter().filter(|set| annotation(set, DEADLINE).is_some()) {
            self.write_set(&set, |set| remove(set, &["metadata", "annotations", DEADLINE]));
        }
    }

    /// Writes by when a set goes.
    pub(super) fn add_deadline(&mut self, set: &Object, delay: i64) {
        if delay == 0 {
            return;
        }
        let at = seconds(self.now) + SignedDuration::from_secs(delay);
        self.write_set(set, |set| put(set, &["metadata", "annotations", DEADLINE], json!(at.to_string())));
        self.wake(at);
    }

    /// Decides the size of a set that serves nobody any more: as it is until its deadline, which it gets here.
    pub(super) fn delayed_size(&mut self, set: &Object, marked: &mut i64, replicas: i64) -> i64 {
        let limit = self.strategy("scaleDownDelayRevisionLimit").and_then(Value::as_i64).unwrap_or(i64::MAX);
        if annotation(set, DEADLINE).is_none() {
            if asked(set) == 0 || *marked >= limit {
                return 0;
            }
            *marked += 1;
            let delay = self.scale_down_delay();
            self.add_deadline(set, delay);
            return asked(set);
        }
        *marked += 1;
        match remaining(set, self.now) {
            Some(_) if *marked <= limit => {
                if let Some(at) = deadline(set) {
                    self.wake(at);
                }
                replicas
            }
            _ => 0,
        }
    }

    fn scale_down_delay(&self) -> i64 {
        if !self.is_blue_green() && !self.has_routing() {
            return 0;
        }
        self.strategy("scaleDownDelaySeconds").and_then(Value::as_i64).unwrap_or(30)
    }

    /// Deletes the oldest empty sets beyond `spec.revisionHistoryLimit`, and the runs and experiments of theirs.
    pub(super) fn trim_history(&mut self) {
        let limit = usize::try_from(int_or(&self.rollout, &["spec", "revisionHistoryLimit"], 10)).unwrap_or(0);
        let others: Vec<Object> = self.others().into_iter().filter(|set| !deleting(set)).collect();
        let excess = others.len().saturating_sub(limit);
        for set in others.into_iter().take(excess) {
            let unseen = int(&set, &["metadata", "generation"]) > int(&set, &["status", "observedGeneration"]);
            if asked(&set) == 0 && int(&set, &["status", "replicas"]) == 0 && !unseen {
                self.cluster.delete(Kind::ReplicaSet, namespace(&set), name(&set));
                let gone = label(&set, HASH);
                for (kind, things) in
                    [(Kind::AnalysisRun, &self.other_runs), (Kind::Experiment, &self.other_experiments)]
                {
                    for thing in things.iter().filter(|thing| label(thing, HASH) == gone) {
                        self.cluster.delete(kind, namespace(thing), name(thing));
                    }
                }
            }
        }
    }
}
