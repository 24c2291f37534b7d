//! A Deployment's status: counts, Available, Progressing with its deadline, `ReplicaFailure`.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::sets::Sets;
use super::{MANAGER, asked, wanted};
use crate::demo::controllers::cluster::{Cluster, Key, Kind};
use crate::demo::controllers::condition::{self, Condition};
use crate::demo::controllers::object::{condition as get_condition, dig, flag, int, name, namespace, put, text, time};

const COMPLETE: &str = "NewReplicaSetAvailable";
const TIMED_OUT: &str = "ProgressDeadlineExceeded";

/// Writes `Progressing` as unknown while a person has paused the Deployment, and again when it is resumed.
pub(super) fn paused_conditions(cluster: &mut Cluster, deployment: &mut Value, now: Timestamp) {
    let current = get_condition(deployment, "Progressing").map(|each| text(each, &["reason"]));
    if deadline(deployment).is_none() || current == Some(TIMED_OUT) {
        return;
    }
    let (paused, marked) = (flag(deployment, &["spec", "paused"]), current == Some("DeploymentPaused"));
    let (reason, message) = match (paused, marked) {
        (true, false) => ("DeploymentPaused", "Deployment is paused"),
        (false, true) => ("DeploymentResumed", "Deployment is resumed"),
        _ => return,
    };
    let mut status = status_of(deployment);
    condition::set(&mut status, &Condition::new("Progressing", "Unknown", reason, message), now);
    write(cluster, deployment, status);
}

/// Notes that the new `ReplicaSet` was found or created.
pub(super) fn note_new_set(
    cluster: &mut Cluster,
    deployment: &mut Value,
    reason: &str,
    message: &str,
    always: bool,
    now: Timestamp,
) {
    let known = get_condition(deployment, "Progressing").is_some();
    if deadline(deployment).is_none() || (known && !always) {
        return;
    }
    let mut status = status_of(deployment);
    condition::set(&mut status, &Condition::new("Progressing", "True", reason, message), now);
    write(cluster, deployment, status);
}

/// Notes that the new `ReplicaSet` could not be created.
pub(super) fn note_create_error(cluster: &mut Cluster, deployment: &mut Value, set: &str, why: &str, now: Timestamp) {
    let message = format!("Failed to create new replica set \"{set}\": {why}");
    let mut status = status_of(deployment);
    condition::set(&mut status, &Condition::new("Progressing", "False", "ReplicaSetCreateError", &message), now);
    write(cluster, deployment, status);
    cluster.event(deployment, "Warning", "ReplicaSetCreateError", &message, super::COMPONENT);
}

/// The status while paused, scaling or deleting: counts only.
pub(super) fn sync_plain(cluster: &mut Cluster, deployment: &Value, sets: &Sets, now: Timestamp) {
    let status = calculate(deployment, sets, now);
    write(cluster, &mut deployment.clone(), status);
}

/// The status during a rollout: counts, progress and the deadline.
pub(super) fn sync_rollout(cluster: &mut Cluster, deployment: &mut Value, sets: &Sets, now: Timestamp) {
    let mut status = calculate(deployment, sets, now);
    let current = get_condition(deployment, "Progressing").cloned();
    let arrived = int(&status, &["replicas"]) == int(&status, &["updatedReplicas"])
        && current.as_ref().is_some_and(|each| text(each, &["reason"]) == COMPLETE);
    match deadline(deployment) {
        None => condition::drop(&mut status, "Progressing"),
        Some(limit) if !arrived => progress(deployment, &mut status, sets, limit, now),
        Some(_) => {}
    }
    let failure = sets.all().find_map(|set| get_condition(set, "ReplicaFailure"));
    match failure {
        Some(failure) => condition::set(&mut status, &Condition::of(failure), now),
        None => condition::drop(&mut status, "ReplicaFailure"),
    }
    watch_deadline(cluster, deployment, &status, now);
    write(cluster, deployment, status);
}

fn progress(deployment: &Value, status: &mut Value, sets: &Sets, limit: i64, now: Timestamp) {
    let subject = match &sets.new {
        Some(new) => format!("ReplicaSet \"{}\"", name(new)),
        None => format!("Deployment \"{}\"", name(deployment)),
    };
    if done(deployment, status) {
        let message = format!("{subject} has successfully progressed.");
        condition::set(status, &Condition::new("Progressing", "True", COMPLETE, &message), now);
    } else if progressed(deployment, status) {
        let message = format!("{subject} is progressing.");
        condition::renew(status, &Condition::new("Progressing", "True", "ReplicaSetUpdated", &message), now);
    } else if timed_out(status, limit, now) {
        let message = format!("{subject} has timed out progressing.");
        condition::set(status, &Condition::new("Progressing", "False", TIMED_OUT, &message), now);
    }
}

/// Says whether the written status is that of a finished rollout.
pub(super) fn complete(deployment: &Value) -> bool {
    dig(deployment, &["status"]).is_some_and(|status| done(deployment, status))
}

fn done(deployment: &Value, status: &Value) -> bool {
    let replicas = wanted(deployment).replicas;
    ["updatedReplicas", "replicas", "availableReplicas"].iter().all(|key| int(status, &[key]) == replicas)
        && int(status, &["observedGeneration"]) >= int(deployment, &["metadata", "generation"])
}

fn progressed(deployment: &Value, status: &Value) -> bool {
    let before = |key| int(deployment, &["status", key]);
    let after = |key| int(status, &[key]);
    after("updatedReplicas") > before("updatedReplicas")
        || after("replicas") - after("updatedReplicas") < before("replicas") - before("updatedReplicas")
        || after("readyReplicas") > before("readyReplicas")
        || after("availableReplicas") > before("availableReplicas")
}

fn timed_out(status: &Value, limit: i64, now: Timestamp) -> bool {
    let Some(current) = condition::get(status, "Progressing") else { return false };
    match text(current, &["reason"]) {
        COMPLETE => false,
        TIMED_OUT => true,
        _ => time(current, &["lastUpdateTime"]).is_some_and(|since| since + SignedDuration::from_secs(limit) < now),
    }
}

/// Asks to be looked at again just after the deadline, where one runs.
fn watch_deadline(cluster: &mut Cluster, deployment: &Value, status: &Value, now: Timestamp) {
    let Some(limit) = deadline(deployment) else { return };
    let Some(current) = condition::get(status, "Progressing") else { return };
    if matches!(text(current, &["reason"]), COMPLETE | TIMED_OUT) || done(deployment, status) {
        return;
    }
    let since = time(current, &["lastUpdateTime"]).unwrap_or(now);
    let at = since + SignedDuration::from_secs(limit) + SignedDuration::from_millis(1);
    cluster.wake(Key::new(Kind::Deployment, namespace(deployment), name(deployment)), at.max(now));
}

fn deadline(deployment: &Value) -> Option<i64> {
    let limit = dig(deployment, &["spec", "progressDeadlineSeconds"]).and_then(Value::as_i64)?;
    (limit < i64::from(i32::MAX)).then_some(limit)
}

fn status_of(deployment: &Value) -> Value {
    dig(deployment, &["status"]).filter(|status| status.is_object()).cloned().unwrap_or_else(|| json!({}))
}

fn calculate(deployment: &Value, sets: &Sets, now: Timestamp) -> Value {
    let sum = |key: &str| sets.all().map(|set| int(set, &["status", key])).sum::<i64>();
    let available = sum("availableReplicas");
    let unavailable = (sets.all().map(|set| asked(set)).sum::<i64>() - available).max(0);
    let counts = [
        ("observedGeneration", int(deployment, &["metadata", "generation"])),
        ("replicas", sum("replicas")),
        ("updatedReplicas", sets.new.as_ref().map_or(0, |new| int(new, &["status", "replicas"]))),
        ("readyReplicas", sum("readyReplicas")),
        ("availableReplicas", available),
        ("unavailableReplicas", unavailable),
    ];
    let mut status = json!({});
    for (key, count) in counts.into_iter().filter(|(_, count)| *count != 0) {
        put(&mut status, &[key], json!(count));
    }
    if let Some(conditions) = dig(deployment, &["status", "conditions"]) {
        put(&mut status, &["conditions"], conditions.clone());
    }
    if let Some(collisions) = dig(deployment, &["status", "collisionCount"]) {
        put(&mut status, &["collisionCount"], collisions.clone());
    }
    let wanted = wanted(deployment);
    let enough = available >= wanted.replicas - wanted.unavailable;
    let available = if enough {
        Condition::new("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    } else {
        Condition::new(
            "Available",
            "False",
            "MinimumReplicasUnavailable",
            "Deployment does not have minimum availability.",
        )
    };
    condition::set(&mut status, &available, now);
    status
}

fn write(cluster: &mut Cluster, deployment: &mut Value, status: Value) {
    if dig(deployment, &["status"]) == Some(&status) {
        return;
    }
    let updated = cluster.modify_status(Kind::Deployment, namespace(deployment), name(deployment), MANAGER, |object| {
        put(object, &["status"], status);
    });
    if let Some(updated) = updated {
        *deployment = (*updated).clone();
    }
}
