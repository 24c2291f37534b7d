//! The `ReplicaSet` controller: as many pods as asked, the least useful ones deleted first.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::cluster::{Cluster, Key, Kind, Object};
use super::condition::{self, Condition};
use super::object::{controller_uid, deleting, dig, int, int_or, name, namespace, put, selects, text, uid};
use super::{pods, ranking};

const MANAGER: &str = "kube-controller-manager";
const COMPONENT: &str = "replicaset-controller";
/// The controller creates and deletes at most this many pods in one go.
const BURST: usize = 500;

/// Brings one `ReplicaSet` a step closer to its spec.
pub fn sync(cluster: &mut Cluster, key: &Key, now: Timestamp) {
    let Some(set) = cluster.get(Kind::ReplicaSet, &key.namespace, &key.name) else { return };
    let active = |pods: Vec<Object>| -> Vec<Object> { pods.into_iter().filter(|pod| pods::active(pod)).collect() };
    let mine = active(cluster.owned(uid(&set), Kind::Pod));
    let failure = if deleting(&set) { Ok(()) } else { manage(cluster, &set, &mine, now) };
    match failure {
        Ok(()) => cluster.forget_failures(key),
        Err(_) => cluster.retry_later(key, now),
    }
    let mine = active(cluster.owned(uid(&set), Kind::Pod));
    write_status(cluster, &set, &mine, failure, now);
}

fn manage(cluster: &mut Cluster, set: &Object, mine: &[Object], now: Timestamp) -> Result<(), String> {
    let asked = usize::try_from(int_or(set, &["spec", "replicas"], 1)).unwrap_or(0);
    if mine.len() < asked {
        return create(cluster, set, (asked - mine.len()).min(BURST));
    }
    let excess = (mine.len() - asked).min(BURST);
    if excess > 0 {
        let related = related_nodes(cluster, set);
        let ordered = ranking::by_usefulness(mine, &related, now);
        for pod in ordered.into_iter().take(excess) {
            let message = format!("Deleted pod: {}", name(pod));
            cluster.delete(Kind::Pod, namespace(pod), name(pod));
            cluster.event(set, "Normal", "SuccessfulDelete", &message, COMPONENT);
        }
    }
    Ok(())
}

/// Creates pods in batches of 1, 2, 4 …, so that a quota is not asked a hundred times for the same no.
fn create(cluster: &mut Cluster, set: &Object, mut missing: usize) -> Result<(), String> {
    let mut batch = 1;
    while missing > 0 {
        let mut failure = None;
        for _ in 0..batch.min(missing) {
            let pod_name = format!("{}-{}", name(set), cluster.suffix());
            let pod = pods::from_template(set, &pod_name, cluster);
            match cluster.create(Kind::Pod, pod, MANAGER) {
                Ok(pod) => {
                    let message = format!("Created pod: {}", name(&pod));
                    cluster.event(set, "Normal", "SuccessfulCreate", &message, COMPONENT);
                }
                Err(why) => {
                    cluster.event(set, "Warning", "FailedCreate", &format!("Error creating: {why}"), COMPONENT);
                    failure = Some(why);
                }
            }
            missing -= 1;
        }
        if let Some(why) = failure {
            return Err(why);
        }
        batch *= 2;
    }
    Ok(())
}

/// Counts the active pods of all `ReplicaSets` of the same owner on each node: crowded nodes lose pods first.
fn related_nodes(cluster: &Cluster, set: &Object) -> std::collections::HashMap<String, usize> {
    let family = match controller_uid(set) {
        Some(owner) => cluster.owned(owner, Kind::ReplicaSet),
        None => vec![set.clone()],
    };
    let mut nodes = std::collections::HashMap::new();
    for pod in family.iter().flat_map(|member| cluster.owned(uid(member), Kind::Pod)) {
        let node = text(&pod, &["spec", "nodeName"]);
        if pods::active(&pod) && !node.is_empty() {
            *nodes.entry(node.to_owned()).or_insert(0) += 1;
        }
    }
    nodes
}

fn write_status(cluster: &mut Cluster, set: &Value, mine: &[Object], failure: Result<(), String>, now: Timestamp) {
    let min_ready = int(set, &["spec", "minReadySeconds"]);
    let template_labels = dig(set, &["spec", "template", "metadata", "labels"]).cloned().unwrap_or_default();
    let wanted_labels = json!({ "matchLabels": template_labels });
    let count = |test: &dyn Fn(&Value) -> bool| mine.iter().filter(|pod| test(pod)).count();
    let labelled = count(&|pod| selects(&wanted_labels, dig(pod, &["metadata", "labels"]).unwrap_or(&Value::Null)));
    let mut status = json!({ "replicas": mine.len() });
    let counts = [
        ("fullyLabeledReplicas", labelled),
        ("readyReplicas", count(&|pod| pods::ready(pod))),
        ("availableReplicas", count(&|pod| pods::available(pod, min_ready, now))),
    ];
    for (key, number) in counts.into_iter().filter(|(_, number)| *number > 0) {
        put(&mut status, &[key], json!(number));
    }
    put(&mut status, &["observedGeneration"], json!(int(set, &["metadata", "generation"])));
    if let Some(conditions) = dig(set, &["status", "conditions"]) {
        put(&mut status, &["conditions"], conditions.clone());
    }
    match failure {
        Err(why) if condition::get(&status, "ReplicaFailure").is_none() => {
            condition::set(&mut status, &Condition::new("ReplicaFailure", "True", "FailedCreate", &why), now);
        }
        Err(_) => {}
        Ok(()) => condition::drop(&mut status, "ReplicaFailure"),
    }
    if let Some(next) = pods::next_available(mine, min_ready, now) {
        cluster.wake(Key::new(Kind::ReplicaSet, namespace(set), name(set)), next + SignedDuration::from_millis(1));
    }
    if dig(set, &["status"]) != Some(&status) {
        cluster
            .modify_status(Kind::ReplicaSet, namespace(set), name(set), MANAGER, |set| put(set, &["status"], status));
    }
}
