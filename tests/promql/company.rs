//! A small company with a day of metrics behind it.

use jiff::{SignedDuration, Timestamp};
use rolltop::demo::metrics::{
    ContainerState, KubeState, METADATA, PodState, Recorder, WorkloadKind, WorkloadState, backfill, rules,
};
use rolltop::demo::prometheus::Prometheus;
use rolltop::demo::traffic::{Defect, PodInput, Traffic};

/// The namespace of all pods.
pub const NAMESPACE: &str = "mambogo-production";

/// A company that has been up for two days, and what records its metrics.
pub fn company(now: Timestamp) -> (Prometheus, Recorder) {
    let apps = [("gateway", 2), ("product", 2), ("order", 3), ("payment", 2), ("inventory", 2), ("cart", 1)];
    let stores = [("postgres", 1), ("redis", 1), ("kafka", 1)];
    let (mut pods, mut state) = (Vec::new(), KubeState::default());
    for (app, count) in apps.into_iter().chain(stores) {
        for index in 0..count {
            let pod = pod(app, index);
            state.pods.push(pod_state(&pod));
            pods.push(pod);
        }
        state.workloads.push(WorkloadState {
            kind: WorkloadKind::Deployment,
            namespace: NAMESPACE.to_owned(),
            name: app.to_owned(),
            desired: count,
            current: count,
            updated: count,
            ready: count,
            available: count,
            generation: 1,
            observed_generation: 1,
            paused: false,
        });
    }
    let mut server = Prometheus { rules: rules(10.0, 15.0), metadata: METADATA, ..Prometheus::default() };
    let mut recorder = Recorder::new();
    backfill(&mut recorder, &mut server.db, &Traffic::new(7), now, &pods, &state, SignedDuration::from_secs(15));
    server.targets = recorder.targets(Some(now));
    (server, recorder)
}

fn pod(app: &str, index: u32) -> PodInput {
    PodInput {
        namespace: NAMESPACE.to_owned(),
        pod: format!("{app}-{index}"),
        container: app.to_owned(),
        app: app.to_owned(),
        version: "v1.0.0".to_owned(),
        node: format!("node-{index}"),
        running: true,
        ready: true,
        share: None,
        container_age: 172_800.0,
        cpu_request: Some(0.25),
        cpu_limit: Some(0.5),
        memory_request: Some(536_870_912.0),
        memory_limit: Some(1_073_741_824.0),
        defect: Defect::default(),
    }
}

fn pod_state(pod: &PodInput) -> PodState {
    PodState {
        namespace: pod.namespace.clone(),
        name: pod.pod.clone(),
        uid: format!("uid-{}", pod.pod),
        node: pod.node.clone(),
        phase: "Running".to_owned(),
        ready: true,
        created: None,
        owner_kind: "ReplicaSet".to_owned(),
        owner_name: format!("{}-5d4f", pod.app),
        labels: vec![("app".to_owned(), pod.app.clone())],
        containers: vec![ContainerState {
            name: pod.container.clone(),
            image: format!("mambogo/{}:{}", pod.app, pod.version),
            ready: true,
            running: true,
            cpu_request: pod.cpu_request,
            cpu_limit: pod.cpu_limit,
            memory_request: pod.memory_request,
            memory_limit: pod.memory_limit,
            ..ContainerState::default()
        }],
    }
}
