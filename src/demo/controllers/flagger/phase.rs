//! The status: phase, counters, hashes, and the one condition that says whether the canary is promoted.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::cluster::{Cluster, Kind, Object};
use super::super::object::{dig, list, name, namespace, put, stamp, text};
use super::{MANAGER, number};

/// Changes the status of a canary.
pub(super) fn write(
    cluster: &mut Cluster,
    canary: &Object,
    now: Timestamp,
    change: impl FnOnce(&mut Value),
) -> Option<Object> {
    cluster.modify_status(Kind::Canary, namespace(canary), name(canary), MANAGER, |object| {
        let mut status =
            object.get("status").filter(|status| status.is_object()).cloned().unwrap_or_else(
                || json!({"canaryWeight": 0, "failedChecks": 0, "iterations": 0, "trackedConfigs": {}}),
            );
        let before = status.clone();
        change(&mut status);
        if status != before {
            put(&mut status, &["lastTransitionTime"], stamp(now));
        }
        put(object, &["status"], status);
    })
}

/// Enters a phase without touching anything but the condition.
pub(super) fn enter(status: &mut Value, canary: &Value, phase: &str, now: Timestamp) {
    put(status, &["phase"], json!(phase));
    condition(status, canary, phase, now);
}

/// Enters a phase as most changes do: weight and iterations are zeroed, but for those that go on from where they are.
pub(super) fn set(status: &mut Value, canary: &Value, phase: &str, now: Timestamp) {
    if !matches!(phase, "Progressing" | "Waiting" | "Promoting") {
        put(status, &["canaryWeight"], json!(0));
        let iterations = number(canary, &["spec", "analysis", "iterations"]);
        put(status, &["iterations"], json!(if phase == "WaitingPromotion" { iterations - 1 } else { 0 }));
    }
    if matches!(phase, "Initialized" | "Succeeded") {
        let applied = dig(status, &["lastAppliedSpec"]).cloned().unwrap_or_default();
        put(status, &["lastPromotedSpec"], applied);
    }
    enter(status, canary, phase, now);
}

/// Begins a phase anew for the target as it is now.
pub(super) fn sync(status: &mut Value, canary: &Value, (phase, weight): (&str, i64), hash: &str, now: Timestamp) {
    for (key, value) in [("canaryWeight", weight), ("failedChecks", 0), ("iterations", 0)] {
        put(status, &[key], json!(value));
    }
    put(status, &["lastAppliedSpec"], json!(hash));
    if phase == "Initialized" {
        put(status, &["lastPromotedSpec"], json!(hash));
    }
    enter(status, canary, phase, now);
}

fn condition(status: &mut Value, canary: &Value, phase: &str, now: Timestamp) {
    let kind = text(canary, &["spec", "targetRef", "kind"]);
    let (word, message) = match phase {
        "Initialized" => ("True", format!("{kind} initialization completed.")),
        "Waiting" | "WaitingPromotion" => ("Unknown", "Waiting for approval.".to_owned()),
        "Progressing" => ("Unknown", "New revision detected, progressing canary analysis.".to_owned()),
        "Promoting" => ("Unknown", "Canary analysis completed, starting primary rolling update.".to_owned()),
        "Finalising" => ("Unknown", "Canary analysis completed, routing all traffic to primary.".to_owned()),
        "Succeeded" => ("True", "Canary analysis completed successfully, promotion finished.".to_owned()),
        "Failed" => ("False", format!("Canary analysis failed, {kind} scaled to zero.")),
        _ => ("Unknown", format!("New {kind} detected, starting initialization.")),
    };
    let before = list(status, &["conditions"]).first().cloned().unwrap_or_default();
    if text(&before, &["status"]) == word && text(&before, &["reason"]) == phase {
        return;
    }
    let since = if text(&before, &["status"]) == word { before["lastTransitionTime"].clone() } else { stamp(now) };
    put(
        status,
        &["conditions"],
        json!([{
            "type": "Promoted", "status": word, "lastUpdateTime": stamp(now), "lastTransitionTime": since,
            "reason": phase, "message": message,
        }]),
    );
}
