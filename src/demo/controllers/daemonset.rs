//! The `DaemonSet` controller: one pod on every fitting node, replaced within maxUnavailable or maxSurge.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::cluster::{Cluster, Key, Kind, Object};
use super::object::{deleting, dig, flag, int, label, list, name, namespace, put, text, uid};
use super::{pods, revision, rounding};

const MANAGER: &str = "kube-controller-manager";
const COMPONENT: &str = "daemonset-controller";

/// The pods of one node, by whether they carry the newest template.
#[derive(Default)]
struct OnNode {
    new: Vec<Object>,
    old: Vec<Object>,
}

/// Brings one `DaemonSet` a step closer to its spec.
pub fn sync(cluster: &mut Cluster, key: &Key, now: Timestamp) {
    let Some(set) = cluster.get(Kind::DaemonSet, &key.namespace, &key.name) else { return };
    if deleting(&set) {
        return;
    }
    let history = revision::history(cluster, &set);
    let Some(update) = revision::of_template(cluster, &set, &history) else { return };
    let hash = label(&update, revision::HASH).to_owned();
    let nodes: Vec<Object> = cluster.list(Kind::Node, None).into_iter().filter(|node| fits(&set, node)).collect();
    let mut by_node = place(cluster, &set, &hash);
    for (node, here) in &mut by_node {
        let wanted = nodes.iter().any(|each| name(each) == node);
        for pod in here.new.iter().chain(&here.old) {
            if !deleting(pod) && (!wanted || pods::finished(pod)) {
                delete(cluster, &set, pod);
            }
        }
    }
    for node in &nodes {
        if by_node.get(name(node)).is_none_or(|here| here.new.is_empty() && here.old.is_empty()) {
            create(cluster, &set, name(node), &hash);
        }
    }
    if text(&set, &["spec", "updateStrategy", "type"]) != "OnDelete" {
        roll(cluster, &set, &nodes, &by_node, &hash, now);
    }
    by_node = place(cluster, &set, &hash);
    write_status(cluster, &set, &nodes, &by_node, now);
    let in_use = |each: &Value| {
        let old = label(each, revision::HASH);
        name(each) == name(&update)
            || by_node.values().any(|here| here.old.iter().any(|pod| label(pod, revision::POD_HASH) == old))
    };
    let history = revision::history(cluster, &set);
    revision::clean_up(cluster, &set, &history, &in_use);
}

fn place(cluster: &Cluster, set: &Value, hash: &str) -> BTreeMap<String, OnNode> {
    let mut by_node: BTreeMap<String, OnNode> = BTreeMap::new();
    for pod in cluster.owned(uid(set), Kind::Pod) {
        let here = by_node.entry(target_node(&pod).to_owned()).or_default();
        if label(&pod, revision::POD_HASH) == hash { here.new.push(pod) } else { here.old.push(pod) }
    }
    by_node
}

/// Returns the node a daemon pod is on, or is meant for while it waits to be bound.
pub fn target_node(pod: &Value) -> &str {
    let bound = text(pod, &["spec", "nodeName"]);
    if !bound.is_empty() {
        return bound;
    }
    let terms =
        ["spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"];
    let fields = list(pod, &terms).iter().flat_map(|term| list(term, &["matchFields"]));
    fields
        .filter(|field| text(field, &["key"]) == "metadata.name")
        .find_map(|field| list(field, &["values"]).first().and_then(Value::as_str))
        .unwrap_or("")
}

fn fits(set: &Value, node: &Value) -> bool {
    let tolerations = list(set, &["spec", "template", "spec", "tolerations"]);
    let selector = dig(set, &["spec", "template", "spec", "nodeSelector"]).and_then(Value::as_object);
    let selected =
        selector.is_none_or(|all| all.iter().all(|(key, want)| label(node, key) == want.as_str().unwrap_or("")));
    selected
        && list(node, &["spec", "taints"]).iter().all(|taint| {
            text(taint, &["key"]).starts_with("node.kubernetes.io/")
                || text(taint, &["effect"]) == "PreferNoSchedule"
                || tolerations.iter().any(|each| super::scheduler::tolerates(each, taint))
        })
}

/// Replaces old pods: those that are not available at once, then as many as maxUnavailable allows, or (with
/// maxSurge) starts new ones beside them first.
fn roll(
    cluster: &mut Cluster,
    set: &Value,
    nodes: &[Object],
    by_node: &BTreeMap<String, OnNode>,
    hash: &str,
    now: Timestamp,
) {
    let total = i64::try_from(nodes.len()).unwrap_or(0);
    let rolling = dig(set, &["spec", "updateStrategy", "rollingUpdate"]);
    let surge = rounding::scaled(rolling.and_then(|all| all.get("maxSurge")), total, true);
    let one = json!(1);
    let unavailable = rolling.and_then(|all| all.get("maxUnavailable")).unwrap_or(&one);
    let unavailable = rounding::scaled(Some(unavailable), total, true).max(i64::from(surge == 0));
    let min_ready = int(set, &["spec", "minReadySeconds"]);
    let available = |pod: &Object| !deleting(pod) && pods::available(pod, min_ready, now);
    if surge > 0 {
        surge_roll(cluster, set, by_node, surge, hash, &available);
        return;
    }
    let up =
        |node: &Object| by_node.get(name(node)).is_some_and(|here| here.new.iter().chain(&here.old).any(available));
    let mut down = i64::try_from(nodes.iter().filter(|node| !up(node)).count()).unwrap_or(0);
    for here in by_node.values() {
        for pod in here.old.iter().filter(|pod| !deleting(pod)) {
            if !available(pod) {
                delete(cluster, set, pod);
            } else if down < unavailable {
                down += 1;
                delete(cluster, set, pod);
            }
        }
    }
}

fn surge_roll(
    cluster: &mut Cluster,
    set: &Value,
    by_node: &BTreeMap<String, OnNode>,
    surge: i64,
    hash: &str,
    available: &dyn Fn(&Object) -> bool,
) {
    let both =
        by_node.values().filter(|here| !here.new.is_empty() && here.old.iter().any(|pod| !deleting(pod))).count();
    let mut room = surge - i64::try_from(both).unwrap_or(0);
    for (node, here) in by_node {
        for old in here.old.iter().filter(|pod| !deleting(pod)) {
            if here.new.iter().any(available) || (!available(old) && !here.new.is_empty()) {
                delete(cluster, set, old);
            } else if here.new.is_empty() && room > 0 {
                room -= 1;
                create(cluster, set, node, hash);
            }
        }
    }
}

fn create(cluster: &mut Cluster, set: &Value, node: &str, hash: &str) {
    let pod_name = format!("{}-{}", name(set), cluster.suffix());
    let mut pod = pods::from_template(set, &pod_name, cluster);
    let generation = super::object::annotation(set, "deprecated.daemonset.template.generation").unwrap_or("1");
    put(&mut pod, &["metadata", "labels", revision::POD_HASH], json!(hash));
    put(&mut pod, &["metadata", "labels", "pod-template-generation"], json!(generation));
    put(
        &mut pod,
        &["spec", "affinity"],
        json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}],
        }}}),
    );
    put(&mut pod, &["spec", "tolerations"], tolerations(set));
    match cluster.create(Kind::Pod, pod, MANAGER) {
        Ok(pod) => {
            let message = format!("Created pod: {}", name(&pod));
            cluster.event(set, "Normal", "SuccessfulCreate", &message, COMPONENT);
        }
        Err(why) => {
            cluster.event(set, "Warning", "FailedCreate", &format!("Error creating: {why}"), COMPONENT);
            cluster.retry_later(&Key::new(Kind::DaemonSet, namespace(set), name(set)), cluster.now());
        }
    }
}

fn tolerations(set: &Value) -> Value {
    let mut all = list(set, &["spec", "template", "spec", "tolerations"]).to_vec();
    for (key, effect) in [
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
    ] {
        all.push(json!({"key": format!("node.kubernetes.io/{key}"), "operator": "Exists", "effect": effect}));
    }
    json!(all)
}

fn delete(cluster: &mut Cluster, set: &Value, pod: &Value) {
    let message = format!("Deleted pod: {}", name(pod));
    cluster.delete(Kind::Pod, namespace(pod), name(pod));
    cluster.event(set, "Normal", "SuccessfulDelete", &message, COMPONENT);
}

fn write_status(
    cluster: &mut Cluster,
    set: &Value,
    nodes: &[Object],
    by_node: &BTreeMap<String, OnNode>,
    now: Timestamp,
) {
    let min_ready = int(set, &["spec", "minReadySeconds"]);
    let wanted = |node: &str| nodes.iter().any(|each| name(each) == node);
    let on_wanted: Vec<&OnNode> = by_node.iter().filter(|(node, _)| wanted(node)).map(|(_, here)| here).collect();
    let count = |test: &dyn Fn(&Object) -> bool| {
        on_wanted.iter().filter(|here| here.new.iter().chain(&here.old).any(test)).count()
    };
    let ready = count(&|pod| pods::ready(pod));
    let available = count(&|pod| pods::available(pod, min_ready, now));
    let updated = on_wanted.iter().filter(|here| !here.new.is_empty()).count();
    let misplaced = by_node.len() - on_wanted.len();
    let mut status = json!({
        "currentNumberScheduled": count(&|_| true), "numberMisscheduled": misplaced,
        "desiredNumberScheduled": nodes.len(), "numberReady": ready,
        "observedGeneration": int(set, &["metadata", "generation"]),
    });
    let optional = [
        ("updatedNumberScheduled", updated),
        ("numberAvailable", available),
        ("numberUnavailable", nodes.len() - available),
    ];
    for (key, number) in optional.into_iter().filter(|(_, number)| *number > 0) {
        put(&mut status, &[key], json!(number));
    }
    let all: Vec<Object> = by_node.values().flat_map(|here| here.new.iter().chain(&here.old).cloned()).collect();
    if let Some(next) = pods::next_available(&all, min_ready, now) {
        cluster.wake(Key::new(Kind::DaemonSet, namespace(set), name(set)), next + SignedDuration::from_millis(1));
    }
    if dig(set, &["status"]) != Some(&status) {
        cluster.modify_status(Kind::DaemonSet, namespace(set), name(set), MANAGER, |set| put(set, &["status"], status));
    }
}

/// Says whether a node takes no new pods.
pub fn cordoned(node: &Value) -> bool {
    flag(node, &["spec", "unschedulable"])
}
