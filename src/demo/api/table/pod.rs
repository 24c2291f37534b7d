//! The pod's row: its status in the one word kubectl finds for it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::cells::{age, human, or_none};
use super::{Printer, name_of, text, wide};
use crate::demo::store::Meta;

pub(super) static PODS: Printer = Printer {
    columns: &[
        text("Name"),
        text("Ready"),
        text("Status"),
        text("Restarts"),
        text("Age"),
        wide("IP"),
        wide("Node"),
        wide("Nominated Node"),
        wide("Readiness Gates"),
    ],
    cells,
};

fn cells(pod: &Value, now: Timestamp) -> Vec<Value> {
    let main = pod["spec"]["containers"].as_array().map_or(0, Vec::len);
    let sidecars = init_statuses(pod).filter(|(_, is_sidecar, _)| *is_sidecar).count();
    let ready = statuses(pod, "containerStatuses")
        .filter(|status| status["ready"] == true && !status["state"]["running"].is_null())
        .count();
    let helping = init_statuses(pod)
        .filter(|(_, is_sidecar, status)| *is_sidecar && status["started"] == true && status["ready"] == true)
        .count();
    vec![
        name_of(pod),
        json!(format!("{}/{}", ready + helping, main + sidecars)),
        json!(status(pod)),
        json!(restarts(pod, now)),
        age(pod, now),
        or_none(&pod["status"]["podIP"]),
        or_none(&pod["spec"]["nodeName"]),
        or_none(&pod["status"]["nominatedNodeName"]),
        json!(super::cells::NONE),
    ]
}

fn statuses<'a>(pod: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    pod["status"][list].as_array().into_iter().flatten()
}

/// The init containers in their order: place, whether it is a sidecar, status (null while there is none).
fn init_statuses(pod: &Value) -> impl Iterator<Item = (usize, bool, &Value)> {
    let specs = pod["spec"]["initContainers"].as_array().into_iter().flatten();
    specs
        .enumerate()
        .map(|(at, spec)| (at, spec["restartPolicy"] == "Always", &pod["status"]["initContainerStatuses"][at]))
}

/// Counts the restarts of what runs now: of the init containers until they are through, then of the others.
fn restarts(pod: &Value, now: Timestamp) -> String {
    let through = initializing(pod).is_none() || has_condition(pod, "Initialized");
    let init = init_statuses(pod).filter(|(_, is_sidecar, _)| *is_sidecar || !through).map(|(.., status)| status);
    let main = statuses(pod, "containerStatuses").filter(|_| through);
    let counted: Vec<&Value> = init.chain(main).collect();
    let count: i64 = counted.iter().map(|status| status["restartCount"].as_i64().unwrap_or(0)).sum();
    let last = counted
        .iter()
        .filter_map(|status| status["lastState"]["terminated"]["finishedAt"].as_str()?.parse::<Timestamp>().ok())
        .max();
    match last {
        Some(last) if count > 0 => format!("{count} ({} ago)", human(now.duration_since(last).as_secs())),
        _ => count.to_string(),
    }
}

/// Returns the word kubectl prints for a pod's state.
fn status(pod: &Value) -> String {
    let phase = pod["status"]["phase"].as_str().unwrap_or("Unknown");
    let own = pod["status"]["reason"].as_str().unwrap_or_default();
    let mut word = if own.is_empty() { phase } else { own }.to_owned();
    let initial = initializing(pod);
    if let Some(initial) = &initial {
        word.clone_from(initial);
    }
    if initial.is_none() || has_condition(pod, "Initialized") {
        word = of_containers(pod, word);
    }
    if pod.is_terminating() {
        if own == "NodeLost" {
            return "Unknown".to_owned();
        }
        if !matches!(phase, "Succeeded" | "Failed") {
            return "Terminating".to_owned();
        }
    }
    word
}

fn initializing(pod: &Value) -> Option<String> {
    let total = pod["spec"]["initContainers"].as_array().map_or(0, Vec::len);
    for (index, is_sidecar, status) in init_statuses(pod).filter(|(.., status)| !status.is_null()) {
        let state = &status["state"];
        if state["terminated"]["exitCode"] == 0 || (is_sidecar && status["started"] == true) {
            continue;
        }
        return Some(if state["terminated"].is_object() {
            format!("Init:{}", ended(&state["terminated"]))
        } else if let Some(reason) = state["waiting"]["reason"].as_str().filter(|reason| *reason != "PodInitializing") {
            format!("Init:{reason}")
        } else {
            format!("Init:{index}/{total}")
        });
    }
    None
}

fn ended(terminated: &Value) -> String {
    match (terminated["reason"].as_str().unwrap_or_default(), terminated["signal"].as_i64().unwrap_or(0)) {
        ("", 0) => format!("ExitCode:{}", terminated["exitCode"]),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}

fn of_containers(pod: &Value, mut word: String) -> String {
    let mut running = false;
    for status in pod["status"]["containerStatuses"].as_array().into_iter().flatten().rev() {
        let state = &status["state"];
        if let Some(reason) = state["waiting"]["reason"].as_str().filter(|reason| !reason.is_empty()) {
            reason.clone_into(&mut word);
        } else if state["terminated"].is_object() {
            word = ended(&state["terminated"]);
        } else if status["ready"] == true && state["running"].is_object() {
            running = true;
        }
    }
    if word == "Completed" && running {
        return if has_condition(pod, "Ready") { "Running" } else { "NotReady" }.to_owned();
    }
    word
}

fn has_condition(pod: &Value, kind: &str) -> bool {
    pod["status"]["conditions"]
        .as_array()
        .into_iter()
        .flatten()
        .any(|condition| condition["type"] == kind && condition["status"] == "True")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_have_kubectls_words() {
        let waiting = |reason: &str| json!({"containerStatuses": [{"state": {"waiting": {"reason": reason}}, "restartCount": 7}], "phase": "Running"});
        let ended = |terminated: Value| json!({"containerStatuses": [{"state": {"terminated": terminated}}], "phase": "Running"});
        let cases = [
            (json!({"phase": "Pending"}), "Pending"),
            (waiting("CrashLoopBackOff"), "CrashLoopBackOff"),
            (ended(json!({"reason": "OOMKilled", "exitCode": 137})), "OOMKilled"),
            (ended(json!({"exitCode": 3})), "ExitCode:3"),
            (ended(json!({"exitCode": 137, "signal": 9})), "Signal:9"),
            (json!({"phase": "Failed", "reason": "Evicted"}), "Evicted"),
            (json!({"phase": "Pending", "initContainerStatuses": [{"state": {"running": {}}}]}), "Init:0/2"),
            (
                json!({"phase": "Pending", "initContainerStatuses": [{"state": {"terminated": {"exitCode": 1, "reason": "Error"}}}]}),
                "Init:Error",
            ),
        ];
        for (state, expected) in cases {
            let mut pod = json!({"metadata": {}, "spec": {"initContainers": [{}, {}]}});
            pod["status"] = state;
            assert_eq!(status(&pod), expected);
            pod["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
            let gone = if expected == "Evicted" { "Evicted" } else { "Terminating" };
            assert_eq!(status(&pod), gone);
        }
    }
}
