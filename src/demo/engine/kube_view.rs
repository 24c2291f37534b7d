//! The cluster's state as kube-state-metrics reports it, read from the store.

use serde_json::Value;

use crate::demo::controllers::cluster::{Cluster, Kind};
use crate::demo::controllers::object::{
    amount, controller, dig, flag, holds, int, int_or, list, name, namespace, text, time, uid,
};
use crate::demo::metrics::{
    AutoscalerState, ContainerState, KubeState, NodeState, PodState, ReplicaSetState, WorkloadKind, WorkloadState,
};

/// Reads everything that is reported, but for the namespaces that `skipped` names.
pub(super) fn read(cluster: &Cluster, skipped: &dyn Fn(&str) -> bool) -> KubeState {
    let objects = |kind| cluster.list(kind, None).into_iter().filter(|object| !skipped(namespace(object)));
    let workloads = [
        (Kind::Deployment, WorkloadKind::Deployment),
        (Kind::StatefulSet, WorkloadKind::StatefulSet),
        (Kind::DaemonSet, WorkloadKind::DaemonSet),
    ];
    KubeState {
        nodes: cluster.list(Kind::Node, None).iter().map(|object| node(object)).collect(),
        pods: objects(Kind::Pod).map(|object| pod(&object)).collect(),
        workloads: workloads
            .into_iter()
            .flat_map(|(kind, reported)| objects(kind).map(move |object| workload(&object, reported)))
            .collect(),
        replica_sets: objects(Kind::ReplicaSet).map(|object| replica_set(&object)).collect(),
        autoscalers: objects(Kind::HorizontalPodAutoscaler).map(|object| autoscaler(&object)).collect(),
    }
}

fn count(object: &Value, path: &[&str]) -> u32 {
    u32::try_from(int(object, path)).unwrap_or(0)
}

fn node(object: &Value) -> NodeState {
    let allocatable = |what| amount(dig(object, &["status", "allocatable", what]));
    NodeState {
        name: name(object).to_owned(),
        ready: holds(object, "Ready"),
        cpu: allocatable("cpu"),
        memory: allocatable("memory"),
    }
}

fn pod(object: &Value) -> PodState {
    let owner = |key| controller(object).map_or("", |owner| text(owner, &[key])).to_owned();
    let labels = dig(object, &["metadata", "labels"]).and_then(Value::as_object);
    let statuses = list(object, &["status", "containerStatuses"]);
    let containers = list(object, &["spec", "containers"]).iter().map(|spec| {
        let status = statuses.iter().find(|status| status["name"] == spec["name"]).unwrap_or(&Value::Null);
        container(spec, status)
    });
    PodState {
        namespace: namespace(object).to_owned(),
        name: name(object).to_owned(),
        uid: uid(object).to_owned(),
        node: text(object, &["spec", "nodeName"]).to_owned(),
        phase: text(object, &["status", "phase"]).to_owned(),
        ready: holds(object, "Ready"),
        created: time(object, &["metadata", "creationTimestamp"]),
        owner_kind: owner("kind"),
        owner_name: owner("name"),
        labels: labels
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), value.as_str().unwrap_or("").to_owned()))
            .collect(),
        containers: containers.collect(),
    }
}

fn container(spec: &Value, status: &Value) -> ContainerState {
    let resource = |side: &str, what: &str| dig(spec, &["resources", side, what]).map(|value| amount(Some(value)));
    let reason = |path: &[&str]| Some(text(status, path)).filter(|reason| !reason.is_empty()).map(str::to_owned);
    ContainerState {
        name: text(spec, &["name"]).to_owned(),
        image: text(spec, &["image"]).to_owned(),
        ready: flag(status, &["ready"]),
        running: dig(status, &["state", "running"]).is_some(),
        restarts: count(status, &["restartCount"]),
        waiting_reason: reason(&["state", "waiting", "reason"]),
        last_terminated_reason: reason(&["lastState", "terminated", "reason"]),
        cpu_request: resource("requests", "cpu"),
        cpu_limit: resource("limits", "cpu"),
        memory_request: resource("requests", "memory"),
        memory_limit: resource("limits", "memory"),
    }
}

fn workload(object: &Value, kind: WorkloadKind) -> WorkloadState {
    let status = |key: &str| count(object, &["status", key]);
    let (desired, current, updated, ready, available) = match kind {
        WorkloadKind::DaemonSet => (
            status("desiredNumberScheduled"),
            status("currentNumberScheduled"),
            status("updatedNumberScheduled"),
            status("numberReady"),
            status("numberAvailable"),
        ),
        WorkloadKind::Deployment | WorkloadKind::StatefulSet => (
            u32::try_from(int_or(object, &["spec", "replicas"], 1)).unwrap_or(0),
            status("replicas"),
            status("updatedReplicas"),
            status("readyReplicas"),
            status("availableReplicas"),
        ),
    };
    WorkloadState {
        kind,
        namespace: namespace(object).to_owned(),
        name: name(object).to_owned(),
        desired,
        current,
        updated,
        ready,
        available,
        generation: int(object, &["metadata", "generation"]),
        observed_generation: int(object, &["status", "observedGeneration"]),
        paused: flag(object, &["spec", "paused"]),
    }
}

fn replica_set(object: &Value) -> ReplicaSetState {
    ReplicaSetState {
        namespace: namespace(object).to_owned(),
        name: name(object).to_owned(),
        deployment: controller(object).map_or("", |owner| text(owner, &["name"])).to_owned(),
        desired: count(object, &["spec", "replicas"]),
        ready: count(object, &["status", "readyReplicas"]),
    }
}

fn autoscaler(object: &Value) -> AutoscalerState {
    AutoscalerState {
        namespace: namespace(object).to_owned(),
        name: name(object).to_owned(),
        min: u32::try_from(int_or(object, &["spec", "minReplicas"], 1)).unwrap_or(1),
        max: count(object, &["spec", "maxReplicas"]),
        current: count(object, &["status", "currentReplicas"]),
        desired: count(object, &["status", "desiredReplicas"]),
    }
}
