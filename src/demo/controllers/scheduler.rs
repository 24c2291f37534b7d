//! The scheduler: which node has room for a pod, and in which words none has.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::cluster::{Cluster, Key, Kind, Object};
use super::condition::{self, Condition};
use super::object::{amount, deleting, dig, label, list, name, namespace, put, text};
use super::{daemonset, pods};

const COMPONENT: &str = "default-scheduler";

/// What the pods on a node have asked for.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Taken {
    /// Cores.
    pub cpu: f64,
    /// Bytes.
    pub memory: f64,
    /// Pods.
    pub pods: u32,
}

/// What is taken on each node, kept up to date from single changes.
#[derive(Debug, Default)]
pub struct Ledger(HashMap<String, Taken>);

impl Ledger {
    /// Accounts for a pod that changed from `before` to `after`.
    pub fn account(&mut self, before: Option<&Value>, after: Option<&Value>) {
        let place = |pod: Option<&Value>| {
            pod.filter(|pod| !pods::finished(pod)).map(|pod| text(pod, &["spec", "nodeName"]).to_owned())
        };
        if place(before) == place(after) {
            return;
        }
        for (pod, sign) in [(before, -1.0), (after, 1.0)] {
            let Some(pod) = pod.filter(|pod| !pods::finished(pod)) else { continue };
            let node = text(pod, &["spec", "nodeName"]);
            if node.is_empty() {
                continue;
            }
            let taken = self.0.entry(node.to_owned()).or_default();
            taken.cpu += sign * pods::requested(pod, "cpu");
            taken.memory += sign * pods::requested(pod, "memory");
            taken.pods = if sign > 0.0 { taken.pods + 1 } else { taken.pods.saturating_sub(1) };
        }
    }

    /// Returns what is taken on a node.
    pub fn on(&self, node: &str) -> Taken {
        self.0.get(node).copied().unwrap_or_default()
    }
}

/// Says whether a toleration covers a taint.
pub fn tolerates(toleration: &Value, taint: &Value) -> bool {
    let effect = text(toleration, &["effect"]);
    let key = text(toleration, &["key"]);
    let exists = text(toleration, &["operator"]) == "Exists";
    (effect.is_empty() || effect == text(taint, &["effect"]))
        && ((key.is_empty() && exists) || key == text(taint, &["key"]))
        && (exists || text(toleration, &["value"]) == text(taint, &["value"]))
}

/// Finds a node for a pod that has none.
pub fn sync(cluster: &mut Cluster, key: &Key, now: Timestamp) {
    let Some(pod) = cluster.get(Kind::Pod, &key.namespace, &key.name) else { return };
    if !text(&pod, &["spec", "nodeName"]).is_empty()
        || deleting(&pod)
        || !list(&pod, &["spec", "schedulingGates"]).is_empty()
    {
        return;
    }
    let nodes = cluster.list(Kind::Node, None);
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    let mut best: Option<(f64, &Object)> = None;
    for node in &nodes {
        match fit(cluster, &pod, node) {
            Ok(load) => {
                if best.is_none_or(|(least, _)| load < least) {
                    best = Some((load, node));
                }
            }
            Err(reason) => *reasons.entry(reason).or_insert(0) += 1,
        }
    }
    match best.map(|(_, node)| name(node).to_owned()) {
        Some(node) => {
            if cluster.bind(key, &node).is_some() {
                let message = format!("Successfully assigned {}/{} to {node}", key.namespace, key.name);
                cluster.event(&pod, "Normal", "Scheduled", &message, COMPONENT);
            }
        }
        None => refuse(cluster, &pod, key, nodes.len(), &reasons, now),
    }
}

/// Returns how full a node would be (0 to 1, fuller is worse), or why the pod cannot go there.
fn fit(cluster: &Cluster, pod: &Value, node: &Value) -> Result<f64, String> {
    let pinned = daemonset::target_node(pod);
    let selector = dig(pod, &["spec", "nodeSelector"]).and_then(Value::as_object);
    let selected =
        selector.is_none_or(|all| all.iter().all(|(key, want)| label(node, key) == want.as_str().unwrap_or("")));
    let tolerations = list(pod, &["spec", "tolerations"]);
    if daemonset::cordoned(node)
        && !tolerations.iter().any(|each| text(each, &["key"]) == "node.kubernetes.io/unschedulable")
    {
        return Err("node(s) were unschedulable".to_owned());
    }
    if let Some(taint) = list(node, &["spec", "taints"]).iter().find(|taint| {
        text(taint, &["effect"]) != "PreferNoSchedule" && !tolerations.iter().any(|each| tolerates(each, taint))
    }) {
        return Err(format!(
            "node(s) had untolerated taint {{{}: {}}}",
            text(taint, &["key"]),
            text(taint, &["value"])
        ));
    }
    if !selected || (!pinned.is_empty() && pinned != name(node)) {
        return Err("node(s) didn't match Pod's node affinity/selector".to_owned());
    }
    let taken = cluster.ledger.on(name(node));
    let room = |what| amount(dig(node, &["status", "allocatable", what]));
    if f64::from(taken.pods + 1) > room("pods") {
        return Err("Too many pods".to_owned());
    }
    let cpu = (taken.cpu + pods::requested(pod, "cpu")) / room("cpu").max(1e-9);
    let memory = (taken.memory + pods::requested(pod, "memory")) / room("memory").max(1.0);
    // A hair of slack: sums of millicores in binary fractions must not refuse the last fitting pod.
    if cpu > 1.0 + 1e-9 {
        return Err("Insufficient cpu".to_owned());
    }
    if memory > 1.0 + 1e-9 {
        return Err("Insufficient memory".to_owned());
    }
    Ok(f64::midpoint(cpu, memory) + f64::from(taken.pods) * 1e-3)
}

fn refuse(
    cluster: &mut Cluster,
    pod: &Value,
    key: &Key,
    nodes: usize,
    reasons: &BTreeMap<String, usize>,
    now: Timestamp,
) {
    let mut parts: Vec<String> = reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    parts.sort();
    let mut message = format!("0/{nodes} nodes are available: {}.", parts.join(", "));
    let hopeless =
        reasons.iter().filter(|(reason, _)| !reason.starts_with("Insufficient") && *reason != "Too many pods");
    let (hopeless, total) = (hopeless.map(|(_, count)| count).sum::<usize>(), reasons.values().sum::<usize>());
    let mut preemption = Vec::new();
    if hopeless > 0 {
        preemption.push(format!("{hopeless} Preemption is not helpful for scheduling"));
    }
    if total > hopeless {
        preemption.push(format!("{} No preemption victims found for incoming pod", total - hopeless));
    }
    preemption.sort();
    message = format!("{message} preemption: 0/{nodes} nodes are available: {}.", preemption.join(", "));
    let unscheduled = Condition::new("PodScheduled", "False", "Unschedulable", &message);
    cluster.modify_status(Kind::Pod, namespace(pod), name(pod), "kube-scheduler", |pod| {
        let mut status = dig(pod, &["status"]).cloned().unwrap_or_else(|| json!({}));
        condition::renew(&mut status, &unscheduled, now);
        put(pod, &["status"], status);
    });
    cluster.event(pod, "Warning", "FailedScheduling", &message, COMPONENT);
    cluster.park(key.clone());
    let pause = cluster.scaled(300.0).max(SignedDuration::from_secs(5));
    cluster.wake(key.clone(), now + pause);
}
