//! Mambogo, the simulated shop: its nodes, namespaces, services and the releases it has behind it.
//!
//! The past is not invented: the company is created days ago and its releases are rolled out by the same
//! controllers that run later, in virtual time. What a client finds at the start is what they left behind.

mod cart;
mod crowd;
mod delivery;
mod manifest;

pub use crowd::{Crowd, SPACE as CROWD};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::controllers::cluster::{Cluster, Kind};
use super::controllers::object::{dig, put};
use super::engine::Engine;
use manifest::{APPS, App, Pace, Release, Space};

/// The namespace with the real users.
pub const PRODUCTION: &str = "mambogo-production";
const SPACES: [Space; 3] = [
    Space { name: PRODUCTION, full: true },
    Space { name: "mambogo-staging", full: false },
    Space { name: "mambogo-dev", full: false },
];
const KUBECTL: &str = "kubectl-client-side-apply";
const NODES: usize = 5;
/// Hours before the story when the cluster was installed.
const FOUNDED: f64 = 1100.0;

/// Rolls Mambogo's past out in virtual time, up to `now`.
pub fn settle(engine: &mut Engine, now: Timestamp) {
    let pace = Pace(engine.cluster().speed());
    let at = |hours: f64| now - SignedDuration::try_from_secs_f64(hours * 3600.0).unwrap_or_default();
    engine.step(at(FOUNDED));
    found(engine.cluster_mut(), at(FOUNDED));
    delivery::define(engine.cluster_mut());
    engine.step_until(at(FOUNDED) + SignedDuration::from_mins(5));
    for space in SPACES {
        furnish(engine.cluster_mut(), space, pace);
    }
    watch_over(engine.cluster_mut(), pace);
    let mut past: Vec<(f64, Space, &App, usize)> = Vec::new();
    for space in SPACES {
        for app in APPS {
            // Staging gets a release a few hours before production, dev a day before.
            let ahead = match space.name {
                PRODUCTION => 0.0,
                "mambogo-staging" => 5.0,
                _ => 26.0,
            };
            // Only production's history is of interest.
            let from = if space.full { 0 } else { app.releases.len() - 1 };
            let releases = app.releases.iter().enumerate().skip(from);
            past.extend(releases.map(|(index, release)| (release.hours_ago + ahead, space, app, index)));
        }
    }
    past.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (hours, space, app, index) in past {
        engine.step_until(at(hours));
        // Nobody watches yet: what changed before the start need not be kept for a watch that comes back.
        engine.cluster_mut().forget_changes();
        delivery::release(engine, app, index, space, pace);
    }
    engine.step_until(now - SignedDuration::from_mins(90));
    let autoscaler = manifest::autoscaler(SPACES[0], pace);
    apply(engine.cluster_mut(), Kind::HorizontalPodAutoscaler, autoscaler);
    engine.step_until(now);
    engine.cluster_mut().forget_changes();
}

/// Namespaces and nodes.
fn found(cluster: &mut Cluster, now: Timestamp) {
    for space in ["default", "kube-system", "kube-public", "kube-node-lease", "monitoring"]
        .into_iter()
        .chain(SPACES.map(|space| space.name))
    {
        let labels = json!({"kubernetes.io/metadata.name": space});
        let namespace = json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space, "labels": labels}, "status": {"phase": "Active"},
        });
        // A namespace that the store made itself is as good.
        let _ = cluster.create(Kind::Namespace, namespace, "kube-apiserver");
    }
    for number in 1..=NODES {
        add_node(cluster, number, ("4", "16Gi", "110"), now);
    }
}

pub(super) fn add_node(cluster: &mut Cluster, number: usize, size: (&str, &str, &str), now: Timestamp) {
    let mut node = manifest::node(number, size);
    let stamp = super::controllers::object::stamp(now);
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        json!({
            "type": kind, "status": status, "reason": reason, "message": message,
            "lastHeartbeatTime": stamp, "lastTransitionTime": stamp,
        })
    };
    put(
        &mut node,
        &["status", "conditions"],
        json!([
            condition(
                "MemoryPressure",
                "False",
                "KubeletHasSufficientMemory",
                "kubelet has sufficient memory available"
            ),
            condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
        ]),
    );
    let _ = cluster.create(Kind::Node, node, "kubelet");
}

/// Everything in a namespace but its Deployments.
fn furnish(cluster: &mut Cluster, space: Space, pace: Pace) {
    for app in APPS {
        apply(cluster, Kind::ConfigMap, manifest::config(app.name, space));
        apply(
            cluster,
            Kind::ServiceAccount,
            json!({
                "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": app.name, "namespace": space.name},
            }),
        );
        apply(cluster, Kind::Service, manifest::service(app.name, space.name, ("http", 8080), false));
        if space.full {
            apply(cluster, Kind::PodDisruptionBudget, manifest::budget(app.name, space));
        }
    }
    for (name, image, replicas, port) in [
        ("postgres", "postgres:16.6", 3, 5432),
        ("redis", "redis:7.4.1", 3, 6379),
        ("kafka", "mambogo/kafka:3.6.0", 3, 9092),
    ] {
        apply(cluster, Kind::Service, manifest::service(name, space.name, ("tcp", port), true));
        apply(cluster, Kind::StatefulSet, manifest::store(name, image, replicas, port, space, pace));
    }
    if space.full {
        apply(cluster, Kind::DaemonSet, manifest::log_shipper(space, pace));
        delivery::furnish(cluster, space, pace);
    }
}

/// Monitoring and what the cluster itself needs.
fn watch_over(cluster: &mut Cluster, pace: Pace) {
    let space = Space { name: "monitoring", full: false };
    let mut prometheus =
        manifest::store("prometheus-k8s", "quay.io/prometheus/prometheus:v2.55.1", 1, 9090, space, pace);
    put(
        &mut prometheus,
        &["spec", "template", "metadata", "labels"],
        json!({"app": "prometheus-k8s", "app.kubernetes.io/name": "prometheus"}),
    );
    put(&mut prometheus, &["spec", "serviceName"], json!("prometheus-operated"));
    let mut service = manifest::service("prometheus-operated", space.name, ("web", 9090), true);
    put(&mut service, &["spec", "selector"], json!({"app.kubernetes.io/name": "prometheus"}));
    put(&mut service, &["metadata", "labels"], json!({"operated-prometheus": "true"}));
    apply(cluster, Kind::Service, service);
    apply(cluster, Kind::StatefulSet, prometheus);
    for (name, image, replicas) in [
        ("coredns", "registry.k8s.io/coredns/coredns:v1.11.3", 2),
        ("metrics-server", "registry.k8s.io/metrics-server/metrics-server:v0.7.2", 1),
    ] {
        apply(
            cluster,
            Kind::Deployment,
            json!({
                "apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": {"name": name, "namespace": "kube-system", "labels": {"k8s-app": name}},
                "spec": {
                    "replicas": replicas, "selector": {"matchLabels": {"k8s-app": name}},
                    "template": {
                        "metadata": {"labels": {"k8s-app": name}},
                        "spec": {"containers": [{
                            "name": name, "image": image, "resources": {"requests": {"cpu": "100m", "memory": "70Mi"}, "limits": {"memory": "170Mi"}},
                        }]},
                    },
                },
            }),
        );
    }
}

fn set_image(deployment: &mut Value, image: &str) {
    let containers = deployment.pointer_mut("/spec/template/spec/containers");
    if let Some(first) = containers.and_then(|all| all.get_mut(0)) {
        put(first, &["image"], json!(image));
    }
}

/// Sets a version as a pipeline does: change-cause, labels and image in one write.
fn set_version(object: &mut Value, app: &App, release: &Release) {
    put(object, &["metadata", "annotations", "kubernetes.io/change-cause"], json!(manifest::change_cause(release)));
    put(object, &["spec", "template", "metadata", "labels", "app.kubernetes.io/version"], json!(release.version));
    put(object, &["spec", "template", "metadata", "labels", "git-sha"], json!(release.commit));
    set_image(object, &manifest::image(app.name, release.version));
}

/// Creates an object as `kubectl apply` does, with the annotation it compares with next time.
fn apply(cluster: &mut Cluster, kind: Kind, mut object: Value) {
    let mut last = object.clone();
    if dig(&last, &["metadata", "annotations"]).is_none() {
        put(&mut last, &["metadata", "annotations"], json!({}));
    }
    put(
        &mut object,
        &["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"],
        json!(format!("{last}\n")),
    );
    // Made in advance by this module; the store cannot refuse it.
    let _ = cluster.create(kind, object, KUBECTL);
}
