//! `status.phase` and `status.message`: what the conditions and counts come to, in a word and a sentence.

use serde_json::{Value, json};

use super::super::object::{dig, flag, int, list, put, remove, text};
use super::replicas_of;

/// Writes the phase of a status into it.
pub(super) fn write(rollout: &Value, status: &mut Value) {
    let (phase, message) = of(rollout, status);
    put(status, &["phase"], json!(phase));
    if message.is_empty() {
        remove(status, &["message"]);
    } else {
        put(status, &["message"], json!(message));
    }
}

fn of(rollout: &Value, status: &Value) -> (&'static str, String) {
    for each in list(status, &["conditions"]) {
        let (reason, message) = (text(each, &["reason"]), text(each, &["message"]));
        if text(each, &["type"]) == "InvalidSpec" {
            return ("Degraded", format!("InvalidSpec: {message}"));
        }
        if matches!(reason, "RolloutAborted" | "ProgressDeadlineExceeded") {
            return ("Degraded", format!("{reason}: {message}"));
        }
    }
    if flag(rollout, &["spec", "paused"]) {
        return ("Paused", "manually paused".to_owned());
    }
    if let Some(pause) = list(status, &["pauseConditions"]).first() {
        return ("Paused", text(pause, &["reason"]).to_owned());
    }
    match pending(rollout, status) {
        Some(what) => ("Progressing", what.to_owned()),
        None => ("Healthy", String::new()),
    }
}

/// Returns what the update still waits for.
fn pending(rollout: &Value, status: &Value) -> Option<&'static str> {
    let restart = dig(rollout, &["spec", "restartAt"]).filter(|at| !at.is_null());
    if restart.is_some() && restart != dig(status, &["restartedAt"]) {
        return Some("rollout is restarting");
    }
    let count = |key: &str| int(status, &[key]);
    if count("updatedReplicas") < replicas_of(rollout) {
        return Some("more replicas need to be updated");
    }
    if count("availableReplicas") < count("updatedReplicas") {
        return Some("updated replicas are still becoming available");
    }
    let promoted = super::conditions::is_completed(status);
    let blue_green = dig(rollout, &["spec", "strategy", "blueGreen"]).filter(|strategy| strategy.is_object());
    if let Some(blue_green) = blue_green {
        let active = text(status, &["blueGreen", "activeSelector"]);
        if active.is_empty() || active != text(status, &["currentPodHash"]) {
            return Some("active service cutover pending");
        }
        let run = text(status, &["blueGreen", "postPromotionAnalysisRunStatus", "status"]);
        let analysed = blue_green.get("postPromotionAnalysis").is_none() || super::analysis::is_final(run);
        return match (promoted, analysed) {
            (true, _) => None,
            (false, false) => Some("waiting for analysis to complete"),
            (false, true) => Some("waiting for post-promotion verification to complete"),
        };
    }
    let routed = dig(rollout, &["spec", "strategy", "canary", "trafficRouting"]).is_some_and(Value::is_object);
    if !routed && count("replicas") > count("updatedReplicas") {
        return Some("old replicas are pending termination");
    }
    (!promoted).then_some("waiting for all steps to complete")
}
