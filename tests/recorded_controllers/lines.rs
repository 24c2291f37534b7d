//! What `kubectl rollout status` says of an object, and how far two of its outputs agree.

use rolltop::demo::store::Meta;
use serde_json::Value;

/// The sentences of `kubectl rollout status`.
pub fn rollout_status(kind: &str, object: &Value) -> String {
    let name = object.name();
    let number = |path: &str| object.pointer(path).and_then(Value::as_i64).unwrap_or(0);
    let spec_replicas = object.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1);
    let status = |key: &str| number(&format!("/status/{key}"));
    let unseen = number("/metadata/generation") > status("observedGeneration");
    match kind {
        "Deployment" => {
            let late = object["status"]["conditions"]
                .as_array()
                .into_iter()
                .flatten()
                .any(|each| each["reason"] == "ProgressDeadlineExceeded");
            let (updated, total, available) =
                (status("updatedReplicas"), status("replicas"), status("availableReplicas"));
            let wait = |what: String| format!("Waiting for deployment \"{name}\" rollout to finish: {what}...");
            if unseen {
                "Waiting for deployment spec update to be observed...".to_owned()
            } else if late {
                format!("error: deployment \"{name}\" exceeded its progress deadline")
            } else if updated < spec_replicas {
                wait(format!("{updated} out of {spec_replicas} new replicas have been updated"))
            } else if total > updated {
                wait(format!("{} old replicas are pending termination", total - updated))
            } else if available < updated {
                wait(format!("{available} of {updated} updated replicas are available"))
            } else {
                format!("deployment \"{name}\" successfully rolled out")
            }
        }
        "DaemonSet" => {
            let (updated, desired, available) =
                (status("updatedNumberScheduled"), status("desiredNumberScheduled"), status("numberAvailable"));
            let wait = |what: String| format!("Waiting for daemon set \"{name}\" rollout to finish: {what}...");
            if unseen {
                "Waiting for daemon set spec update to be observed...".to_owned()
            } else if updated < desired {
                wait(format!("{updated} out of {desired} new pods have been updated"))
            } else if available < desired {
                wait(format!("{available} of {desired} updated pods are available"))
            } else {
                format!("daemon set \"{name}\" successfully rolled out")
            }
        }
        _ => {
            if unseen {
                "Waiting for statefulset spec update to be observed...".to_owned()
            } else if status("readyReplicas") < spec_replicas {
                format!("Waiting for {} pods to be ready...", spec_replicas - status("readyReplicas"))
            } else if status("updatedReplicas") < spec_replicas {
                format!(
                    "Waiting for partitioned roll out to finish: {} out of {spec_replicas} new pods have been updated...",
                    status("updatedReplicas")
                )
            } else {
                format!("partitioned roll out complete: {} new pods have been updated...", status("updatedReplicas"))
            }
        }
    }
}

/// A line that kubectl sees or misses depending on when its first look falls.
pub fn is_early(line: &str) -> bool {
    line.contains("spec update to be observed")
}

pub fn distinct(lines: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut kept: Vec<String> = lines.into_iter().filter(|line| !is_early(line)).collect();
    kept.dedup();
    kept
}

/// What kubectl printed must be what ours says from the same point on; where kubectl was cut off, as far as it got.
pub fn compare(name: &str, recorded: &[String], said: &[String], extra: &[&str]) {
    let recorded = distinct(recorded.iter().cloned());
    let Some(first) = recorded.first() else { return };
    let ours = distinct(said.iter().filter(|line| !extra.iter().any(|extra| line.contains(extra))).cloned());
    let end = ours.iter().position(|line| is_final(line)).map_or(ours.len(), |at| at + 1);
    let start = ours
        .iter()
        .position(|line| line == first)
        .unwrap_or_else(|| panic!("{name}: never said {first:?}, but {ours:#?}"));
    let ours = &ours[start..end];
    let upto =
        if recorded.last().is_some_and(|line| is_final(line)) { ours.len() } else { recorded.len().min(ours.len()) };
    assert_eq!(&ours[..upto], recorded, "{name}: what kubectl rollout status says");
}

pub fn is_final(line: &str) -> bool {
    ["successfully rolled out", "error:", "roll out complete"].iter().any(|word| line.contains(word))
}
