//! A Deployment's `ReplicaSets`: which is new, revision numbers, annotations, the history limit.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::arithmetic::{Wanted, new_size};
use super::{COMPONENT, MANAGER, asked, status, wanted};
use crate::demo::controllers::cluster::{Cluster, Kind, Object};
use crate::demo::controllers::hash;
use crate::demo::controllers::object::{
    annotation, deleting, dig, int, int_or, label, name, namespace, owned_by, put, remove, text, uid,
};

/// The revision of a rollout, on the Deployment and on each of its `ReplicaSets`.
pub const REVISION: &str = "deployment.kubernetes.io/revision";
/// `spec.replicas` of the Deployment when a `ReplicaSet` was last sized.
pub const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
/// `spec.replicas` plus surge when a `ReplicaSet` was last sized.
pub const MAX: &str = "deployment.kubernetes.io/max-replicas";
const HISTORY: &str = "deployment.kubernetes.io/revision-history";
const HASH: &str = "pod-template-hash";

/// Annotations that belong to one object alone and are not copied between Deployment and `ReplicaSet`.
const OWN: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    HISTORY,
    DESIRED,
    MAX,
    "deprecated.deployment.rollback.to",
];

/// The `ReplicaSets` of one Deployment, oldest first.
pub(super) struct Sets {
    pub(super) new: Option<Object>,
    pub(super) old: Vec<Object>,
}

impl Sets {
    /// Finds them by owner; the new one is the oldest whose template equals the Deployment's.
    pub(super) fn find(cluster: &Cluster, deployment: &Value) -> Self {
        let mut old = cluster.owned(uid(deployment), Kind::ReplicaSet);
        old.sort_by(|a, b| {
            let key = |set: &Value| (text(set, &["metadata", "creationTimestamp"]).to_owned(), name(set).to_owned());
            key(a).cmp(&key(b))
        });
        let want = bare(dig(deployment, &["spec", "template"]));
        let new = old.iter().position(|set| bare(dig(set, &["spec", "template"])) == want).map(|at| old.remove(at));
        Self { new, old }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Object> {
        self.old.iter().chain(&self.new)
    }

    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Object> {
        self.old.iter_mut().chain(&mut self.new)
    }

    /// Returns the only active set, or the latest where none is; nothing while several are active.
    pub(super) fn active_or_latest(&mut self) -> Option<&mut Object> {
        match self.all().filter(|set| asked(set) > 0).count() {
            0 => self.new.as_mut().or(self.old.last_mut()),
            1 => self.all_mut().find(|set| asked(set) > 0),
            _ => None,
        }
    }

    fn next_revision(&self) -> i64 {
        self.old.iter().map(|set| revision(set)).max().unwrap_or(0) + 1
    }

    /// Gives an existing new set its revision and annotations, and the Deployment the same revision.
    pub(super) fn sync_revision(&mut self, cluster: &mut Cluster, deployment: &mut Value, now: Timestamp) {
        let next = self.next_revision();
        let Some(new) = &mut self.new else { return };
        let mut changed = (**new).clone();
        annotate(&mut changed, deployment, next, true);
        put(&mut changed, &["spec", "minReadySeconds"], json!(int(deployment, &["spec", "minReadySeconds"])));
        if int(new, &["spec", "minReadySeconds"]) == 0 && int(&changed, &["spec", "minReadySeconds"]) == 0 {
            remove(&mut changed, &["spec", "minReadySeconds"]);
        }
        if changed != *new.value() {
            let updated = cluster.modify(Kind::ReplicaSet, namespace(&changed), name(&changed), MANAGER, |set| {
                *set = changed.clone();
            });
            if let Some(updated) = updated {
                *new = updated;
            }
        }
        let (revision, new_name) = (revision(new), name(new).to_owned());
        set_revision(cluster, deployment, revision);
        status::note_new_set(
            cluster,
            deployment,
            "FoundNewReplicaSet",
            &format!("Found new replica set \"{new_name}\""),
            false,
            now,
        );
    }

    /// Creates the new set where it is missing, already as big as the strategy allows.
    pub(super) fn ensure_new(&mut self, cluster: &mut Cluster, deployment: &mut Value, now: Timestamp) {
        if self.new.is_some() {
            return;
        }
        let template = dig(deployment, &["spec", "template"]).cloned().unwrap_or_default();
        let template_hash = hash::of(&template, int(deployment, &["status", "collisionCount"]));
        let wanted = wanted(deployment);
        let total = self.all().map(|set| asked(set)).sum();
        let recreate = text(deployment, &["spec", "strategy", "type"]) == "Recreate";
        let replicas = if recreate { wanted.replicas } else { new_size(wanted, 0, total) };
        let mut set = build(deployment, template, &template_hash, replicas);
        annotate(&mut set, deployment, self.next_revision(), false);
        annotate_size(&mut set, wanted);
        let new_name = name(&set).to_owned();
        match cluster.create(Kind::ReplicaSet, set, MANAGER) {
            Ok(created) => {
                if replicas > 0 {
                    let message = format!("Scaled up replica set {new_name} from 0 to {replicas}");
                    cluster.event(deployment, "Normal", "ScalingReplicaSet", &message, COMPONENT);
                }
                set_revision(cluster, deployment, revision(&created));
                let message = format!("Created new replica set \"{new_name}\"");
                status::note_new_set(cluster, deployment, "NewReplicaSetCreated", &message, true, now);
                self.new = Some(created);
            }
            Err(why) => status::note_create_error(cluster, deployment, &new_name, &why, now),
        }
    }

    /// Deletes the oldest empty sets beyond `spec.revisionHistoryLimit`.
    pub(super) fn clean_up(&self, cluster: &mut Cluster, deployment: &Value) {
        let limit = usize::try_from(int_or(deployment, &["spec", "revisionHistoryLimit"], 10)).unwrap_or(0);
        let mut sets: Vec<&Object> = self.old.iter().filter(|set| !deleting(set)).collect();
        sets.sort_by_key(|set| revision(set));
        let excess = sets.len().saturating_sub(limit);
        for set in sets.into_iter().take(excess) {
            let unseen = int(set, &["metadata", "generation"]) > int(set, &["status", "observedGeneration"]);
            if asked(set) == 0 && int(set, &["status", "replicas"]) == 0 && !unseen {
                cluster.delete(Kind::ReplicaSet, namespace(set), name(set));
            }
        }
    }
}

fn build(deployment: &Value, mut template: Value, template_hash: &str, replicas: i64) -> Value {
    put(&mut template, &["metadata", "labels", HASH], json!(template_hash));
    let mut selector = dig(deployment, &["spec", "selector"]).cloned().unwrap_or_default();
    put(&mut selector, &["matchLabels", HASH], json!(template_hash));
    let labels = dig(&template, &["metadata", "labels"]).cloned().unwrap_or_default();
    let mut set = json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {
            "name": format!("{}-{template_hash}", name(deployment)), "namespace": namespace(deployment),
            "labels": labels, "annotations": {}, "ownerReferences": owned_by(deployment),
        },
        "spec": {"replicas": replicas, "selector": selector, "template": template},
    });
    let min_ready = int(deployment, &["spec", "minReadySeconds"]);
    if min_ready > 0 {
        put(&mut set, &["spec", "minReadySeconds"], json!(min_ready));
    }
    set
}

/// Copies the Deployment's annotations and raises the revision, remembering the one it replaces.
fn annotate(set: &mut Value, deployment: &Value, next: i64, existed: bool) {
    if let Some(all) = dig(deployment, &["metadata", "annotations"]).and_then(Value::as_object) {
        for (key, value) in all.iter().filter(|(key, _)| !OWN.contains(&key.as_str())) {
            put(set, &["metadata", "annotations", key], value.clone());
        }
    }
    let before = revision(set);
    if before < next {
        if existed && before > 0 {
            let history = match annotation(set, HISTORY) {
                Some(earlier) if !earlier.is_empty() => format!("{earlier},{before}"),
                _ => before.to_string(),
            };
            put(set, &["metadata", "annotations", HISTORY], json!(history));
        }
        put(set, &["metadata", "annotations", REVISION], json!(next.to_string()));
    }
}

/// Writes for which `spec.replicas` and surge a set was sized.
pub(super) fn annotate_size(set: &mut Value, wanted: Wanted) {
    put(set, &["metadata", "annotations", DESIRED], json!(wanted.replicas.to_string()));
    put(set, &["metadata", "annotations", MAX], json!((wanted.replicas + wanted.surge).to_string()));
}

fn set_revision(cluster: &mut Cluster, deployment: &mut Value, revision: i64) {
    let revision = revision.to_string();
    if annotation(deployment, REVISION) == Some(revision.as_str()) {
        return;
    }
    let updated = cluster.modify_status(Kind::Deployment, namespace(deployment), name(deployment), MANAGER, |object| {
        put(object, &["metadata", "annotations", REVISION], json!(revision));
    });
    if let Some(updated) = updated {
        *deployment = (*updated).clone();
    }
}

/// Returns an object's revision number, 0 where it has none.
pub(super) fn revision(object: &Value) -> i64 {
    annotation(object, REVISION).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// A template without what the controller itself adds to it, in one canonical order.
fn bare(template: Option<&Value>) -> Value {
    let mut template = template.map(hash::canonical).unwrap_or_default();
    if !label(&template, HASH).is_empty() {
        remove(&mut template, &["metadata", "labels", HASH]);
    }
    template
}
