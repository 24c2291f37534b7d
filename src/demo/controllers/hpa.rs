//! The horizontal pod autoscaler (v2): replicas from CPU and memory, within limits, in its own words.

mod arithmetic;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub use arithmetic::Memory;
use arithmetic::{Policy, Rules, Sample};

use super::cluster::{Cluster, Key, Kind, Object};
use super::object::{condition, deleting, dig, int, int_or, list, name, namespace, put, selects, stamp, text};
use super::pods;

const MANAGER: &str = "kube-controller-manager";
const COMPONENT: &str = "horizontal-pod-autoscaler";
/// Seconds between two looks at a target, at speed 1.
const PERIOD: f64 = 15.0;

/// What came out for one metric.
struct Proposal {
    replicas: i64,
    metric: String,
    current: Value,
}

/// Looks at one autoscaler, at most once in its period.
pub fn sync(cluster: &mut Cluster, key: &Key, now: Timestamp) {
    let Some(scaler) = cluster.get(Kind::HorizontalPodAutoscaler, &key.namespace, &key.name) else {
        cluster.autoscaled.remove(key);
        return;
    };
    let (next, mut memory) = cluster.autoscaled.remove(key).unwrap_or_default();
    // Before the first scrape there is nothing to go by; the first one wakes us.
    if cluster.usage.is_empty() || next > now {
        cluster.autoscaled.insert(key.clone(), (next, memory));
        return;
    }
    let next = now + cluster.scaled(PERIOD).max(SignedDuration::from_millis(500));
    cluster.wake(key.clone(), next);
    look(cluster, &scaler, &mut memory, now);
    cluster.autoscaled.insert(key.clone(), (next, memory));
}

fn look(cluster: &mut Cluster, scaler: &Object, memory: &mut Memory, now: Timestamp) {
    let target_name = text(scaler, &["spec", "scaleTargetRef", "name"]);
    let kind = match text(scaler, &["spec", "scaleTargetRef", "kind"]) {
        "StatefulSet" => Kind::StatefulSet,
        _ => Kind::Deployment,
    };
    let mut conditions = Conditions::new(scaler, now);
    let Some(target) = cluster.get(kind, namespace(scaler), target_name) else {
        let message = format!(
            "the HPA controller was unable to get the target's current scale: deployments/scale.apps \"{target_name}\" not found"
        );
        conditions.set("AbleToScale", "False", "FailedGetScale", &message);
        write(cluster, scaler, (0, 0), &Value::Null, &conditions, now);
        return;
    };
    let current = int_or(&target, &["spec", "replicas"], 1);
    if current == 0 {
        conditions.set(
            "AbleToScale",
            "True",
            "SucceededGetScale",
            "the HPA controller was able to get the target's current scale",
        );
        conditions.set(
            "ScalingActive",
            "False",
            "ScalingDisabled",
            "scaling is disabled since the replica count of the target is zero",
        );
        write(cluster, scaler, (0, 0), &Value::Null, &conditions, now);
        return;
    }
    let proposals = propose(cluster, scaler, &target, current);
    let Some(best) = proposals.iter().max_by_key(|proposal| proposal.replicas) else {
        let message = "the HPA was unable to compute the replica count: no metrics returned from resource metrics API";
        conditions.set("ScalingActive", "False", "FailedGetResourceMetric", message);
        write(cluster, scaler, (current, current), &Value::Null, &conditions, now);
        return;
    };
    let message = format!("the HPA was able to successfully calculate a replica count from {}", best.metric);
    conditions.set("ScalingActive", "True", "ValidMetricFound", &message);
    let (desired, reason) = if let Some((nearest, reason)) = beyond(scaler, current) {
        (nearest, reason.to_owned())
    } else {
        let desired = limit(scaler, memory, best.replicas, current, &mut conditions, now);
        let up = format!("{} above target", best.metric);
        (desired, if desired > current { up } else { "All metrics below target".to_owned() })
    };
    if desired == current {
        if best.replicas >= current {
            conditions.set("AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size");
        }
    } else {
        let message = format!("the HPA controller was able to update the target scale to {desired}");
        conditions.set("AbleToScale", "True", "SucceededRescale", &message);
        memory.note_change(desired - current, now);
        cluster.modify(kind, namespace(scaler), target_name, MANAGER, |target| {
            put(target, &["spec", "replicas"], json!(desired));
        });
        let message = format!("New size: {desired}; reason: {reason}");
        cluster.event(scaler, "Normal", "SuccessfulRescale", &message, COMPONENT);
    }
    let metrics: Value = proposals.iter().map(|proposal| proposal.current.clone()).collect();
    write(cluster, scaler, (current, desired), &metrics, &conditions, now);
}

/// Returns the nearest allowed count where somebody set one that is not, which no metric is asked about, and the reason.
fn beyond(scaler: &Value, current: i64) -> Option<(i64, &'static str)> {
    let (least, most) = bounds(scaler);
    if current > most {
        Some((most, "Current number of replicas above Spec.MaxReplicas"))
    } else if current < least {
        Some((least, "Current number of replicas below Spec.MinReplicas"))
    } else {
        None
    }
}

fn bounds(scaler: &Value) -> (i64, i64) {
    (int_or(scaler, &["spec", "minReplicas"], 1), int(scaler, &["spec", "maxReplicas"]))
}

fn propose(cluster: &Cluster, scaler: &Value, target: &Value, current: i64) -> Vec<Proposal> {
    let Some(selector) = dig(target, &["spec", "selector"]) else { return Vec::new() };
    let selected = |pod: &Object| selects(selector, dig(pod, &["metadata", "labels"]).unwrap_or(&Value::Null));
    let mine: Vec<Object> = cluster
        .list(Kind::Pod, Some(namespace(scaler)))
        .into_iter()
        .filter(|pod| selected(pod) && !deleting(pod))
        .collect();
    let metrics = list(scaler, &["spec", "metrics"]).iter().filter(|metric| text(metric, &["type"]) == "Resource");
    metrics
        .filter_map(|metric| {
            let what = text(metric, &["resource", "name"]);
            let target = int_or(metric, &["resource", "target", "averageUtilization"], 80);
            let sample = sample(cluster, &mine, what);
            let utilization = sample.utilization()?;
            let mean = sample.ready.iter().map(|(used, _)| used).sum::<f64>()
                / f64::from(u32::try_from(sample.ready.len()).ok()?.max(1));
            let value = if what == "cpu" { format!("{:.0}m", mean * 1000.0) } else { format!("{mean:.0}") };
            Some(Proposal {
                replicas: sample.replicas(target, current),
                metric: format!("{what} resource utilization (percentage of request)"),
                current: json!({"type": "Resource", "resource": {
                    "name": what, "current": {"averageUtilization": utilization, "averageValue": value},
                }}),
            })
        })
        .collect()
}

fn sample(cluster: &Cluster, mine: &[Object], what: &str) -> Sample {
    let mut sample = Sample::default();
    for pod in mine {
        let asked = pods::requested(pod, what);
        let used = cluster.usage.get(&Key::new(Kind::Pod, namespace(pod), name(pod)));
        match (pods::ready(pod), used) {
            (false, _) => sample.unready.push(asked),
            (true, None) => sample.missing.push(asked),
            (true, Some((cpu, memory))) => sample.ready.push((if what == "cpu" { *cpu } else { *memory }, asked)),
        }
    }
    sample
}

/// Brings a recommendation within stabilisation, pace, and the minimum and maximum.
fn limit(
    scaler: &Value,
    memory: &mut Memory,
    wanted: i64,
    current: i64,
    conditions: &mut Conditions,
    now: Timestamp,
) -> i64 {
    let (least, most) = bounds(scaler);
    let (up, down) = (rules(scaler, "scaleUp", 0), rules(scaler, "scaleDown", 300));
    let stable = memory.stabilize(wanted, current, &up, &down, now);
    if stable > wanted {
        let message = "recent recommendations were higher than current one, applying the highest recent recommendation";
        conditions.set("AbleToScale", "True", "ScaleDownStabilized", message);
    } else {
        conditions.set(
            "AbleToScale",
            "True",
            "SucceededGetScale",
            "the HPA controller was able to get the target's current scale",
        );
    }
    let paced = stable.clamp(memory.floor(current, &down, now), memory.ceiling(current, &up, now));
    let desired = paced.clamp(least, most.max(least));
    let (status, reason, message) = if paced > most || (stable > most && desired == most) {
        ("True", "TooManyReplicas", "the desired replica count is more than the maximum replica count")
    } else if paced < least {
        ("True", "TooFewReplicas", "the desired replica count is less than the minimum replica count")
    } else if paced < stable {
        ("True", "ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate")
    } else if paced > stable {
        ("True", "ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate")
    } else {
        ("False", "DesiredWithinRange", "the desired count is within the acceptable range")
    };
    conditions.set("ScalingLimited", status, reason, message);
    desired
}

fn rules(scaler: &Value, direction: &str, window: i64) -> Rules {
    let at = |key: &str| dig(scaler, &["spec", "behavior", direction, key]);
    let policies = at("policies").and_then(Value::as_array).map_or_else(
        || {
            let period = SignedDuration::from_secs(15);
            let all = Policy { percent: true, value: 100, period };
            if direction == "scaleUp" { vec![all, Policy { percent: false, value: 4, period }] } else { vec![all] }
        },
        |all| all.iter().map(policy).collect(),
    );
    let strictest = match at("selectPolicy").and_then(Value::as_str) {
        Some("Disabled") => None,
        Some("Min") => Some(true),
        _ => Some(false),
    };
    let window = at("stabilizationWindowSeconds").and_then(Value::as_i64).unwrap_or(window);
    Rules { window: SignedDuration::from_secs(window), policies, strictest }
}

fn policy(value: &Value) -> Policy {
    Policy {
        percent: text(value, &["type"]) == "Percent",
        value: int(value, &["value"]),
        period: SignedDuration::from_secs(int_or(value, &["periodSeconds"], 15)),
    }
}

/// The autoscaler's conditions; these have no update time.
struct Conditions {
    all: Vec<Value>,
    now: Timestamp,
}

impl Conditions {
    fn new(scaler: &Value, now: Timestamp) -> Self {
        Self {
            all: ["AbleToScale", "ScalingActive", "ScalingLimited"]
                .iter()
                .filter_map(|kind| condition(scaler, kind).cloned())
                .collect(),
            now,
        }
    }

    fn set(&mut self, kind: &str, status: &str, reason: &str, message: &str) {
        let since = self.all.iter().find(|each| text(each, &["type"]) == kind && text(each, &["status"]) == status);
        let since = since.and_then(|each| each.get("lastTransitionTime").cloned()).unwrap_or_else(|| stamp(self.now));
        let new =
            json!({"type": kind, "status": status, "lastTransitionTime": since, "reason": reason, "message": message});
        match self.all.iter_mut().find(|each| text(each, &["type"]) == kind) {
            Some(old) => *old = new,
            None => self.all.push(new),
        }
    }
}

fn write(
    cluster: &mut Cluster,
    scaler: &Value,
    (current, desired): (i64, i64),
    metrics: &Value,
    conditions: &Conditions,
    now: Timestamp,
) {
    let mut status = json!({"currentReplicas": current, "desiredReplicas": desired, "currentMetrics": metrics, "conditions": conditions.all});
    let last = if current == desired { dig(scaler, &["status", "lastScaleTime"]).cloned() } else { Some(stamp(now)) };
    if let Some(at) = last {
        put(&mut status, &["lastScaleTime"], at);
    }
    if dig(scaler, &["status"]) != Some(&status) {
        let at = (namespace(scaler), name(scaler));
        cluster.modify_status(Kind::HorizontalPodAutoscaler, at.0, at.1, MANAGER, |scaler| {
            put(scaler, &["status"], status);
        });
    }
}
