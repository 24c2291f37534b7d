//! A pod's status as its kubelet writes it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::container::{Container, Role, State};
use super::pace::Surroundings;
use super::pod::PodRun;
use crate::demo::controllers::object::{condition, list, stamp, text, time};

/// Renders the whole status; conditions keep their transition times from `before`.
pub(super) fn render(pod: &Value, run: &PodRun, around: &Surroundings<'_>, now: Timestamp) -> Value {
    let lasting = || run.all().filter(|each| each.role != Role::Init);
    let ready = !run.containers.is_empty() && lasting().all(|each| each.ready) && !run.stopped;
    let begun = run.containers.iter().any(|each| {
        !matches!(each.state, State::Waiting | State::Pulling(_) | State::NoImage(..)) || each.restarts > 0
    });
    let phase = if begun { "Running" } else { "Pending" };
    let names: Vec<&str> = lasting().filter(|each| !each.ready).map(|each| each.name.as_str()).collect();
    let unready = format!("containers with unready status: [{}]", names.join(" "));
    let busy: Vec<&str> =
        run.init.iter().filter(|each| !each.lets_others_start()).map(|each| each.name.as_str()).collect();
    let incomplete = format!("containers with incomplete status: [{}]", busy.join(" "));
    let initialized = run.initialized();
    let conditions = [
        shown(pod, "PodReadyToStartContainers", true, "", "", now),
        shown(pod, "Initialized", initialized, "ContainersNotInitialized", &incomplete, now),
        shown(pod, "Ready", ready, "ContainersNotReady", &unready, now),
        shown(pod, "ContainersReady", ready, "ContainersNotReady", &unready, now),
        condition(pod, "PodScheduled").cloned().unwrap_or_else(|| shown(pod, "PodScheduled", true, "", "", now)),
    ];
    let mut status = json!({
        "phase": phase,
        "conditions": conditions,
        "hostIP": run.host_ip, "hostIPs": [{"ip": run.host_ip}],
        "podIP": run.ip, "podIPs": [{"ip": run.ip}],
        "startTime": time(pod, &["status", "startTime"]).map_or_else(|| stamp(now), stamp),
        "containerStatuses": run.containers.iter().map(|each| container(each, around)).collect::<Vec<_>>(),
        "qosClass": text(pod, &["status", "qosClass"]),
    });
    if !run.init.is_empty() {
        status["initContainerStatuses"] = run.init.iter().map(|each| container(each, around)).collect();
    }
    if phase == "Pending"
        && run.init.is_empty()
        && let Some(map) = status.as_object_mut()
    {
        map.shift_remove("podIP");
        map.shift_remove("podIPs");
    }
    let gates = list(pod, &["spec", "readinessGates"]);
    if !gates.is_empty()
        && let Some(all) = status["conditions"].as_array_mut()
    {
        all.extend(gates.iter().filter_map(|gate| condition(pod, text(gate, &["conditionType"]))).cloned());
    }
    status
}

fn shown(pod: &Value, kind: &str, holds: bool, reason: &str, message: &str, now: Timestamp) -> Value {
    let status = if holds { "True" } else { "False" };
    let since = condition(pod, kind)
        .filter(|before| text(before, &["status"]) == status)
        .and_then(|before| before.get("lastTransitionTime").cloned())
        .unwrap_or_else(|| stamp(now));
    let mut value = json!({"type": kind, "status": status, "lastProbeTime": null, "lastTransitionTime": since});
    if !holds {
        value["reason"] = json!(reason);
        value["message"] = json!(message);
    }
    value
}

fn container(container: &Container, around: &Surroundings<'_>) -> Value {
    let runs_or_ran =
        matches!(container.state, State::Running(_) | State::Ended(..) | State::BackOff(..) | State::Done(_));
    let hash = crate::demo::controllers::hash::of(&json!(container.image), 0);
    json!({
        "name": container.name,
        "state": container.shown(around),
        "lastState": container.last.clone().unwrap_or_else(|| json!({})),
        "ready": container.ready,
        "restartCount": container.restarts,
        "image": container.image,
        "imageID": if runs_or_ran { format!("docker.io/{}@sha256:{hash:0>64}", container.image.split(':').next().unwrap_or("")) } else { String::new() },
        "containerID": if runs_or_ran { container.id() } else { String::new() },
        "started": container.started,
    })
}
