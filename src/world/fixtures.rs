//! Small objects for tests.

use jiff::Timestamp;

use crate::domain::{
    Condition, Container, ContainerState, ContainerStatus, Kind, Meta, Owner, Pod, ReplicaSet, Strategy, Template,
    Text, Workload, WorkloadStatus,
};

/// Seconds after a fixed instant.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

/// Metadata in namespace `shop`; the UID is `uid-` and the name.
pub(crate) fn meta(name: &str) -> Meta {
    Meta {
        name: name.into(),
        namespace: "shop".into(),
        uid: format!("uid-{name}").into(),
        generation: 1,
        created: Some(at(0)),
        ..Meta::default()
    }
}

/// Metadata owned by `kind/owner`.
pub(crate) fn owned(name: &str, kind: &str, owner: &str) -> Meta {
    let owner = Owner { kind: kind.into(), name: owner.into(), uid: format!("uid-{owner}").into() };
    Meta { owner: Some(owner), ..meta(name) }
}

/// A template of one container.
pub(crate) fn template(image: &str) -> Template {
    let container = Container { name: "app".into(), image: image.into(), ..Container::default() };
    Template { containers: [container].into(), ..Template::default() }
}

/// A healthy Deployment of three pods that has arrived at revision 1.
pub(crate) fn deployment(name: &str) -> Workload {
    let mut meta = meta(name);
    meta.annotations.insert("deployment.kubernetes.io/revision".into(), "1".into());
    Workload {
        kind: Kind::Deployment,
        meta,
        selector: crate::domain::Selector::default(),
        paused: false,
        replicas: Some(3),
        min_ready_seconds: 0,
        progress_deadline_seconds: Some(600),
        strategy: Strategy::Rolling { max_surge: None, max_unavailable: None, partition: None, declared: true },
        template: template("shop/app:v1"),
        status: WorkloadStatus {
            observed_generation: 1,
            replicas: 3,
            updated: 3,
            ready: 3,
            available: 3,
            ..WorkloadStatus::default()
        },
        conditions: vec![condition("Progressing", "True", "NewReplicaSetAvailable")],
        delivery: None,
    }
}

/// A condition without times.
pub(crate) fn condition(kind: &str, status: &str, reason: &str) -> Condition {
    Condition { kind: kind.into(), status: status.into(), reason: reason.into(), ..Condition::default() }
}

/// A ReplicaSet of three pods.
pub(crate) fn replica_set(deployment: &str, hash: &str, revision: i64) -> ReplicaSet {
    ReplicaSet {
        meta: owned(&format!("{deployment}-{hash}"), "Deployment", deployment),
        revision,
        hash: hash.into(),
        desired: 3,
        replicas: 3,
        ready: 3,
        available: 3,
        observed_generation: 1,
        template: template(&format!("shop/app:v{revision}")),
        conditions: Vec::new(),
    }
}

/// A ready pod of a ReplicaSet.
pub(crate) fn pod(set: &ReplicaSet, suffix: &str) -> Pod {
    let mut meta = owned(&format!("{}-{suffix}", set.meta.name), "ReplicaSet", &set.meta.name);
    meta.labels.insert("pod-template-hash".into(), set.hash.clone());
    Pod {
        meta,
        node: "node-1".into(),
        phase: "Running".into(),
        started: Some(at(0)),
        containers: set.template.containers.clone(),
        statuses: vec![running("app", true)],
        conditions: vec![Condition { since: Some(at(1)), ..condition("Ready", "True", "") }],
        ..Pod::default()
    }
}

/// A running container.
pub(crate) fn running(name: &str, ready: bool) -> ContainerStatus {
    ContainerStatus {
        name: Text::from(name),
        ready,
        started: true,
        state: ContainerState::Running { since: Some(at(1)) },
        ..ContainerStatus::default()
    }
}
