//! What one event costs at 10 000 pods: folding it in, and judging its workload again.
//!
//! The objects come through the wire structs, as they do from a cluster. The size printed first is the growth of the
//! resident set by the whole world (Linux only).

#![expect(clippy::expect_used, clippy::print_stderr, reason = "a benchmark stops loudly and prints its figures")]

use std::{fs, hint::black_box};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use jiff::{SignedDuration, Timestamp};
use rolltop::{
    cluster::wire::{self, Interner, Object},
    domain::{Delta, Family, Kind, Observation, Pod},
    release::{Assessments, assess},
    world::World,
};
use serde_json::{Value, json};

const DEPLOYMENTS: usize = 500;
const REPLICAS: usize = 20;

fn now() -> Timestamp {
    Timestamp::from_second(1_795_000_000).expect("a valid second")
}

fn meta(name: &str, owner: Option<(&str, String)>) -> Value {
    let owner = owner.map(|(kind, name)| json!({"kind": kind, "name": name, "uid": uid(&name), "controller": true}));
    json!({
        "name": name, "namespace": "shop", "uid": uid(name), "resourceVersion": "12345678", "generation": 1,
        "creationTimestamp": "2026-11-18T10:00:00Z", "ownerReferences": owner.into_iter().collect::<Vec<_>>(),
        "labels": {"app": name.split('.').next(), "tier": "backend", "pod-template-hash": "5b5fc4844b"},
        "annotations": {"deployment.kubernetes.io/revision": "1", "prometheus.io/scrape": "true"},
    })
}

/// A UID as long as a real one.
fn uid(name: &str) -> String {
    format!("{name:-<36.36}")
}

fn template() -> Value {
    let resources = json!({"requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"cpu": "500m", "memory": "1Gi"}});
    json!({"containers": [
        {"name": "app", "image": "shop/app:v1", "resources": resources, "readinessProbe": {"periodSeconds": 10}},
        {"name": "proxy", "image": "shop/proxy:v1", "resources": resources},
    ]})
}

fn deployment(name: &str) -> Value {
    json!({
        "metadata": meta(name, None),
        "spec": {"replicas": REPLICAS, "template": {"spec": template()}, "strategy": {"type": "RollingUpdate"}},
        "status": {"observedGeneration": 1, "replicas": REPLICAS, "updatedReplicas": REPLICAS,
            "readyReplicas": REPLICAS, "availableReplicas": REPLICAS,
            "conditions": [{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}]},
    })
}

fn replica_set(deployment: &str) -> Value {
    json!({
        "metadata": meta(&format!("{deployment}.rs"), Some(("Deployment", deployment.to_owned()))),
        "spec": {"replicas": REPLICAS, "template": {"spec": template()}},
        "status": {"replicas": REPLICAS, "readyReplicas": REPLICAS, "availableReplicas": REPLICAS},
    })
}

fn pod(deployment: &str, number: usize, ready: bool) -> Value {
    let condition = |kind: &str| json!({"type": kind, "status": if ready { "True" } else { "False" }, "lastTransitionTime": "2026-11-18T10:01:00Z"});
    let status = |name: &str| {
        json!({"name": name, "ready": ready, "started": true, "restartCount": 0, "image": format!("shop/{name}:v1"),
        "state": {"running": {"startedAt": "2026-11-18T10:00:30Z"}}})
    };
    json!({
        "metadata": meta(&format!("{deployment}.rs-{number:05}"), Some(("ReplicaSet", format!("{deployment}.rs")))),
        "spec": {"nodeName": format!("node-{:03}", number % 100), "containers": template()["containers"]},
        "status": {"phase": "Running", "startTime": "2026-11-18T10:00:01Z",
            "conditions": (["Ready", "Initialized", "ContainersReady", "PodScheduled"].map(condition)),
            "containerStatuses": (["app", "proxy"].map(status))},
    })
}

fn decode(family: Family, value: &Value, intern: &mut Interner) -> Object {
    wire::decode_value(family, value, intern).expect("an object")
}

fn decode_pod(value: &Value, intern: &mut Interner) -> Pod {
    match decode(Family::Pods, value, intern) {
        Object::Pod(pod) => pod,
        other => unreachable!("{other:?}"),
    }
}

/// A synced world of 500 × 20 pods.
fn shop(intern: &mut Interner) -> World {
    let names: Vec<String> = (0..DEPLOYMENTS).map(|number| format!("app-{number:03}")).collect();
    let mut world = World::new();
    let mut list = |family, objects: &mut dyn Iterator<Item = Value>| {
        let objects = objects.map(|value| decode(family, &value, intern)).collect();
        world.apply(wire::reset(family, None, objects), now());
    };
    list(Family::Workloads(Kind::Deployment), &mut names.iter().map(|name| deployment(name)));
    list(Family::ReplicaSets, &mut names.iter().map(|name| replica_set(name)));
    let mut pods = names.iter().flat_map(|name| (0..REPLICAS).map(move |number| pod(name, number, true)));
    list(Family::Pods, &mut pods);
    assert_eq!(world.pods().count(), DEPLOYMENTS * REPLICAS);
    world
}

/// Resident set in KiB.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix(" kB")?.parse().ok()
}

fn judge(criterion: &mut Criterion) {
    let mut intern = Interner::default();
    let before = resident();
    let mut world = shop(&mut intern);
    if let (Some(before), Some(after)) = (before, resident()) {
        eprintln!("world of {} pods: {} KiB", DEPLOYMENTS * REPLICAS, after.saturating_sub(before));
    }
    let mut all = Assessments::new();
    let everything = rolltop::world::Changed {
        workloads: world.workloads().map(rolltop::domain::Workload::key).collect(),
        ..rolltop::world::Changed::default()
    };
    let versions = [false, true].map(|ready| decode_pod(&pod("app-250", 7, ready), &mut intern));
    let key = versions.first().and_then(|pod| world.workload_of_pod(pod)).expect("an owner");

    criterion.bench_function("judge 500 workloads of 20 pods", |bench| {
        bench.iter(|| black_box(all.refresh(&world, &everything, now())));
    });
    criterion.bench_function("judge one workload of 20 pods", |bench| {
        bench.iter(|| black_box(assess(&world, &key, now())));
    });
    let mut turn = versions.iter().cycle();
    criterion.bench_function("apply a pod event among 10 000", |bench| {
        bench.iter_batched(
            || turn.next().cloned().expect("a cycle"),
            |pod| black_box(world.apply(Observation::Pods(Delta::Applied(pod)), now())),
            BatchSize::SmallInput,
        );
    });
    let mut second = 0;
    criterion.bench_function("apply a pod event and judge what changed", |bench| {
        bench.iter_batched(
            || turn.next().cloned().expect("a cycle"),
            |pod| {
                second += 1;
                let now = now() + SignedDuration::from_millis(second);
                let changed = world.apply(Observation::Pods(Delta::Applied(pod)), now);
                black_box(all.refresh(&world, &changed, now))
            },
            BatchSize::SmallInput,
        );
    });
}

criterion_group!(benches, judge);
criterion_main!(benches);
