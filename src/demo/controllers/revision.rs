//! `ControllerRevisions`: how `StatefulSets` and `DaemonSets` remember their templates.

use serde_json::{Value, json};

use super::cluster::{Cluster, Kind, Object};
use super::hash;
use super::object::{dig, int, int_or, name, namespace, owned_by, put, remove, uid};

const MANAGER: &str = "kube-controller-manager";
/// The label with the hash of a revision's data.
pub const HASH: &str = "controller.kubernetes.io/hash";
/// The label of a pod that names the revision it was made from.
pub const POD_HASH: &str = "controller-revision-hash";

/// Returns the owner's revisions, oldest first.
pub fn history(cluster: &Cluster, owner: &Value) -> Vec<Object> {
    let mut all = cluster.owned(uid(owner), Kind::ControllerRevision);
    all.sort_by_key(|revision| (int(revision, &["revision"]), name(revision).to_owned()));
    all
}

/// Returns the revision of the owner's template: created where it is new, moved to the end where it is an old one.
pub fn of_template(cluster: &mut Cluster, owner: &Value, history: &[Object]) -> Option<Object> {
    let data = data(owner);
    let next = history.last().map_or(1, |last| int(last, &["revision"]) + 1);
    let same =
        history.iter().rev().find(|each| dig(each, &["data"]).map(hash::canonical) == Some(hash::canonical(&data)));
    if let Some(same) = same {
        if int(same, &["revision"]) + 1 == next {
            return Some(same.clone());
        }
        return cluster.modify(Kind::ControllerRevision, namespace(same), name(same), MANAGER, |revision| {
            put(revision, &["revision"], json!(next));
        });
    }
    let template_hash = hash::of(&data, int(owner, &["status", "collisionCount"]));
    let mut labels = dig(owner, &["spec", "template", "metadata", "labels"]).cloned().unwrap_or_else(|| json!({}));
    put(&mut labels, &[HASH], json!(template_hash));
    put(&mut labels, &[POD_HASH], json!(template_hash));
    let mut annotations = dig(owner, &["metadata", "annotations"]).cloned().unwrap_or_else(|| json!({}));
    remove(&mut annotations, &["kubectl.kubernetes.io/last-applied-configuration"]);
    let revision = json!({
        "apiVersion": "apps/v1", "kind": "ControllerRevision",
        "metadata": {
            "name": format!("{}-{template_hash}", name(owner)), "namespace": namespace(owner),
            "labels": labels, "annotations": annotations, "ownerReferences": owned_by(owner),
        },
        "data": data, "revision": next,
    });
    cluster.create(Kind::ControllerRevision, revision, MANAGER).ok()
}

/// Deletes the oldest revisions beyond the limit that no pod uses.
pub fn clean_up(cluster: &mut Cluster, owner: &Value, history: &[Object], in_use: &dyn Fn(&Value) -> bool) {
    let limit = usize::try_from(int_or(owner, &["spec", "revisionHistoryLimit"], 10)).unwrap_or(0);
    let unused: Vec<&Object> = history.iter().filter(|revision| !in_use(revision)).collect();
    let excess = unused.len().saturating_sub(limit);
    for revision in unused.into_iter().take(excess) {
        cluster.delete(Kind::ControllerRevision, namespace(revision), name(revision));
    }
}

/// What a revision stores: a patch that replaces the owner's template.
fn data(owner: &Value) -> Value {
    let mut template = dig(owner, &["spec", "template"]).cloned().unwrap_or_default();
    put(&mut template, &["$patch"], json!("replace"));
    json!({ "spec": { "template": template } })
}

/// Returns the template that a revision stores.
pub fn template(revision: &Value) -> Value {
    let mut template = dig(revision, &["data", "spec", "template"]).cloned().unwrap_or_default();
    remove(&mut template, &["$patch"]);
    template
}
