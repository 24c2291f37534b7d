//! The `StatefulSet` controller: pods by number, one after another, updated from the highest down.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::cluster::{Cluster, Key, Kind, Object};
use super::object::{deleting, dig, int, int_or, label, list, name, namespace, put, text, uid};
use super::{pods, revision};

const MANAGER: &str = "kube-controller-manager";
const COMPONENT: &str = "statefulset-controller";

/// The two revisions a set moves between.
struct Revisions {
    current: Object,
    update: Object,
}

/// Brings one `StatefulSet` a step closer to its spec.
pub fn sync(cluster: &mut Cluster, key: &Key, now: Timestamp) {
    let Some(set) = cluster.get(Kind::StatefulSet, &key.namespace, &key.name) else { return };
    if deleting(&set) {
        return;
    }
    let history = revision::history(cluster, &set);
    let Some(update) = revision::of_template(cluster, &set, &history) else { return };
    let current_name = text(&set, &["status", "currentRevision"]);
    let current = history.iter().find(|each| name(each) == current_name).cloned().unwrap_or_else(|| update.clone());
    let revisions = Revisions { current, update };
    let mine = owned(cluster, &set);
    step(cluster, &set, &revisions, &mine, now);
    let mine = owned(cluster, &set);
    write_status(cluster, &set, &revisions, &mine, now);
    let history = revision::history(cluster, &set);
    let in_use = |each: &Value| {
        let hash = label(each, revision::HASH);
        [name(&revisions.current), name(&revisions.update)].contains(&name(each))
            || mine.iter().any(|pod| label(pod, revision::POD_HASH).ends_with(hash))
    };
    revision::clean_up(cluster, &set, &history, &in_use);
}

fn owned(cluster: &Cluster, set: &Value) -> Vec<Object> {
    let mut mine = cluster.owned(uid(set), Kind::Pod);
    mine.sort_by_key(|pod| ordinal(pod));
    mine
}

fn ordinal(pod: &Value) -> i64 {
    name(pod).rsplit_once('-').and_then(|(_, number)| number.parse().ok()).unwrap_or(-1)
}

fn step(cluster: &mut Cluster, set: &Value, revisions: &Revisions, mine: &[Object], now: Timestamp) {
    let replicas = int_or(set, &["spec", "replicas"], 1);
    let ordered = text(set, &["spec", "podManagementPolicy"]) != "Parallel";
    let min_ready = int(set, &["spec", "minReadySeconds"]);
    for number in 0..replicas {
        match mine.iter().find(|pod| ordinal(pod) == number) {
            Some(pod) if pods::finished(pod) && !deleting(pod) => {
                delete(cluster, set, pod);
                return;
            }
            Some(pod) if ordered && (deleting(pod) || !pods::available(pod, min_ready, now)) => return,
            Some(_) => {}
            None => {
                create(cluster, set, revisions, number);
                if ordered {
                    return;
                }
            }
        }
    }
    let condemned = mine.iter().rev().filter(|pod| ordinal(pod) >= replicas);
    for pod in condemned {
        if !deleting(pod) {
            delete(cluster, set, pod);
        }
        if ordered {
            return;
        }
    }
    update(cluster, set, revisions, mine, replicas, now);
}

/// Deletes the highest pod that is not of the update revision, once all above it are healthy.
fn update(cluster: &mut Cluster, set: &Value, revisions: &Revisions, mine: &[Object], replicas: i64, now: Timestamp) {
    if text(set, &["spec", "updateStrategy", "type"]) == "OnDelete" {
        return;
    }
    let partition = int(set, &["spec", "updateStrategy", "rollingUpdate", "partition"]);
    let min_ready = int(set, &["spec", "minReadySeconds"]);
    for pod in mine.iter().rev().filter(|pod| ordinal(pod) >= partition && ordinal(pod) < replicas) {
        if label(pod, revision::POD_HASH) != name(&revisions.update) && !deleting(pod) {
            delete(cluster, set, pod);
            return;
        }
        if deleting(pod) || !pods::available(pod, min_ready, now) {
            return;
        }
    }
}

fn delete(cluster: &mut Cluster, set: &Value, pod: &Value) {
    let message = format!("delete Pod {} in StatefulSet {} successful", name(pod), name(set));
    cluster.delete(Kind::Pod, namespace(pod), name(pod));
    cluster.event(set, "Normal", "SuccessfulDelete", &message, COMPONENT);
}

fn create(cluster: &mut Cluster, set: &Value, revisions: &Revisions, number: i64) {
    let rolling = dig(set, &["spec", "updateStrategy", "rollingUpdate"]);
    let stays = match rolling {
        Some(rolling) => number < int(rolling, &["partition"]),
        None => number < int(set, &["status", "currentReplicas"]),
    };
    let chosen = if stays { &revisions.current } else { &revisions.update };
    let mut owner = set.clone();
    put(&mut owner, &["spec", "template"], revision::template(chosen));
    let pod_name = format!("{}-{number}", name(set));
    let mut pod = pods::from_template(&owner, &pod_name, cluster);
    put(&mut pod, &["metadata", "labels", revision::POD_HASH], json!(name(chosen)));
    put(&mut pod, &["metadata", "labels", "statefulset.kubernetes.io/pod-name"], json!(pod_name));
    put(&mut pod, &["metadata", "labels", "apps.kubernetes.io/pod-index"], json!(number.to_string()));
    put(&mut pod, &["spec", "hostname"], json!(pod_name));
    put(&mut pod, &["spec", "subdomain"], json!(text(set, &["spec", "serviceName"])));
    match cluster.create(Kind::Pod, pod, MANAGER) {
        Ok(_) => {
            let message = format!("create Pod {pod_name} in StatefulSet {} successful", name(set));
            cluster.event(set, "Normal", "SuccessfulCreate", &message, COMPONENT);
        }
        Err(why) => {
            let message = format!("create Pod {pod_name} in StatefulSet {} failed error: {why}", name(set));
            cluster.event(set, "Warning", "FailedCreate", &message, COMPONENT);
            cluster.retry_later(&Key::new(Kind::StatefulSet, namespace(set), name(set)), cluster.now());
        }
    }
}

fn write_status(cluster: &mut Cluster, set: &Value, revisions: &Revisions, mine: &[Object], now: Timestamp) {
    let min_ready = int(set, &["spec", "minReadySeconds"]);
    let (current_name, update_name) = (name(&revisions.current), name(&revisions.update));
    let count = |test: &dyn Fn(&Value) -> bool| mine.iter().filter(|pod| test(pod)).count();
    let of = |wanted: &str| count(&|pod| !deleting(pod) && label(pod, revision::POD_HASH) == wanted);
    let ready = count(&|pod| pods::ready(pod));
    let available = count(&|pod| pods::available(pod, min_ready, now));
    let (mut current, updated) = (of(current_name), of(update_name));
    let mut current_name = current_name.to_owned();
    let rolling = text(set, &["spec", "updateStrategy", "type"]) != "OnDelete";
    if rolling && updated == mine.len() && ready == mine.len() {
        update_name.clone_into(&mut current_name);
        current = updated;
    }
    let mut status = json!({
        "observedGeneration": int(set, &["metadata", "generation"]), "replicas": mine.len(),
    });
    let counts = [("readyReplicas", ready), ("currentReplicas", current), ("updatedReplicas", updated)];
    for (key, number) in counts.into_iter().filter(|(_, number)| *number > 0) {
        put(&mut status, &[key], json!(number));
    }
    put(&mut status, &["currentRevision"], json!(current_name));
    put(&mut status, &["updateRevision"], json!(update_name));
    put(&mut status, &["collisionCount"], json!(int(set, &["status", "collisionCount"])));
    put(&mut status, &["availableReplicas"], json!(available));
    if !list(set, &["status", "conditions"]).is_empty() {
        put(&mut status, &["conditions"], json!(list(set, &["status", "conditions"])));
    }
    if let Some(next) = pods::next_available(mine, min_ready, now) {
        cluster.wake(Key::new(Kind::StatefulSet, namespace(set), name(set)), next + SignedDuration::from_millis(1));
    }
    if dig(set, &["status"]) != Some(&status) {
        cluster
            .modify_status(Kind::StatefulSet, namespace(set), name(set), MANAGER, |set| put(set, &["status"], status));
    }
}
