//! Many Deployments beside the shop's, for measurements: settled at once, restarted at a steady pace.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::controllers::cluster::{Cluster, Kind, Object};
use super::super::controllers::object::{self, name, namespace, put, stamp, text, uid};
use super::super::controllers::{DESIRED, MAX, REVISION, hash, pods};
use super::super::engine::Engine;
use super::add_node;

/// Where they live.
pub const SPACE: &str = "crowd";
/// Pods on each of the nodes that are added for them.
const PER_NODE: usize = 100;
const MANAGER: &str = "kube-controller-manager";

/// How many, and how lively.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crowd {
    /// Deployments.
    pub deployments: usize,
    /// Pods of each.
    pub replicas: usize,
    /// Restarts per second, of one Deployment after another.
    pub churn: f64,
}

impl Crowd {
    /// Creates them as they would be after days of running.
    ///
    /// Rolling ten thousand pods out one by one would take longer than a start may; here the end state is
    /// written as the controllers and kubelets would have, and they find nothing to do.
    pub fn settle(self, engine: &mut Engine, now: Timestamp) {
        let born = now - SignedDuration::from_hours(30);
        let speed = engine.cluster().speed();
        let nodes = (self.deployments * self.replicas).div_ceil(PER_NODE);
        let cluster = engine.cluster_mut();
        let space = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}, "status": {"phase": "Active"}});
        // Nothing here can be refused: the names are this module's own.
        let _ = cluster.create(Kind::Namespace, space, "kube-apiserver");
        for number in 0..nodes {
            add_node(cluster, 1000 + number, ("64", "512Gi", "250"), born);
        }
        let mut made = Vec::new();
        for number in 0..self.deployments {
            made.extend(self.deployment(cluster, number, nodes, born));
        }
        cluster.adopt();
        for pod in made {
            engine.kubelets_mut().adopt(&pod, speed);
        }
        if self.churn > 0.0 {
            engine.churn(SPACE, self.churn, now);
        }
    }

    fn deployment(self, cluster: &mut Cluster, number: usize, nodes: usize, born: Timestamp) -> Vec<Object> {
        let app = format!("app-{number:04}");
        let template = template(&app);
        let counts = json!({
            "observedGeneration": 1, "replicas": self.replicas, "updatedReplicas": self.replicas, "readyReplicas": self.replicas,
            "availableReplicas": self.replicas,
        });
        let template_hash = hash::of(&template, 0);
        let set_name = format!("{app}-{template_hash}");
        let message = format!("ReplicaSet \"{set_name}\" has successfully progressed.");
        let mut status = counts.clone();
        put(
            &mut status,
            &["conditions"],
            json!([
                condition("Available", "MinimumReplicasAvailable", "Deployment has minimum availability.", born),
                condition("Progressing", "NewReplicaSetAvailable", &message, born),
            ]),
        );
        let selector = json!({"matchLabels": {"app": app}});
        let deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": app, "namespace": SPACE, "labels": {"app": app}, "annotations": {REVISION: "1"}},
            "spec": {"replicas": self.replicas, "revisionHistoryLimit": 2, "selector": selector, "template": template},
            "status": status,
        });
        let Ok(deployment) = cluster.create(Kind::Deployment, deployment, "argocd-controller") else {
            return Vec::new();
        };
        let Some(set) = replica_set(cluster, &deployment, (&set_name, &template_hash), &counts, self.replicas) else {
            return Vec::new();
        };
        (0..self.replicas)
            .filter_map(|index| {
                let place = (number * self.replicas + index) % nodes.max(1);
                let pod = pod(cluster, &set, place, number * self.replicas + index, born);
                cluster.create(Kind::Pod, pod, MANAGER).ok()
            })
            .collect()
    }
}

fn condition(kind: &str, reason: &str, message: &str, at: Timestamp) -> Value {
    json!({
        "type": kind, "status": "True", "lastUpdateTime": stamp(at), "lastTransitionTime": stamp(at), "reason": reason, "message": message,
    })
}

fn replica_set(
    cluster: &mut Cluster,
    deployment: &Object,
    (set_name, template_hash): (&str, &str),
    counts: &Value,
    replicas: usize,
) -> Option<Object> {
    let mut template = object::dig(deployment, &["spec", "template"]).cloned()?;
    put(&mut template, &["metadata", "labels", "pod-template-hash"], json!(template_hash));
    let mut selector = object::dig(deployment, &["spec", "selector"]).cloned()?;
    put(&mut selector, &["matchLabels", "pod-template-hash"], json!(template_hash));
    let surge = replicas.div_ceil(4);
    let set = json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {
            "name": set_name, "namespace": SPACE, "labels": object::dig(&template, &["metadata", "labels"]),
            "annotations": {REVISION: "1", DESIRED: replicas.to_string(), MAX: (replicas + surge).to_string()},
            "ownerReferences": object::owned_by(deployment),
        },
        "spec": {"replicas": replicas, "selector": selector, "template": template},
        "status": {
            "replicas": replicas, "fullyLabeledReplicas": replicas, "readyReplicas": counts["readyReplicas"],
            "availableReplicas": replicas, "observedGeneration": 1,
        },
    });
    cluster.create(Kind::ReplicaSet, set, MANAGER).ok()
}

/// Two containers with probes, environment and volumes: about the size of a real service's pod.
fn template(app: &str) -> Value {
    let probe = |path: &str| {
        json!({
            "httpGet": {"path": path, "port": 8080, "scheme": "HTTP"}, "initialDelaySeconds": 1, "periodSeconds": 10,
            "timeoutSeconds": 5, "successThreshold": 1, "failureThreshold": 3,
        })
    };
    let env: Vec<Value> = (0..4)
        .map(|number| json!({"name": format!("SETTING_{number:02}"), "value": format!("value-{number}-of-{app}")}))
        .collect();
    let mounts = json!([
        {"name": "config", "mountPath": "/etc/app", "readOnly": true}, {"name": "cache", "mountPath": "/var/cache/app"},
        {"name": "kube-api-access", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": true},
    ]);
    let container = |name: &str, image: &str, cpu: &str, memory: &str| {
        json!({
            "name": name, "image": image, "ports": [{"name": name, "containerPort": if name == "proxy" { 15001 } else { 8080 }, "protocol": "TCP"}],
            "env": env, "resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": {"cpu": "1", "memory": "1Gi"}},
            "volumeMounts": mounts, "livenessProbe": probe("/healthz"), "readinessProbe": probe("/readyz"),
            "securityContext": {"allowPrivilegeEscalation": false, "runAsNonRoot": true, "capabilities": {"drop": ["ALL"]}},
        })
    };
    json!({
        "metadata": {"labels": {"app": app, "app.kubernetes.io/version": "v1.0.0"}, "annotations": {"prometheus.io/scrape": "true"}},
        "spec": {
            "containers": [
                container(app, &format!("crowd/{app}:v1.0.0"), "100m", "128Mi"), container("proxy", "crowd/proxy:v1.20.1", "20m", "64Mi"),
            ],
            "terminationGracePeriodSeconds": 3,
            "volumes": [
                {"name": "config", "configMap": {"name": format!("{app}-config"), "defaultMode": 420}}, {"name": "cache", "emptyDir": {}},
                {"name": "kube-api-access", "emptyDir": {}},
            ],
        },
    })
}

fn pod(cluster: &mut Cluster, set: &Object, place: usize, number: usize, born: Timestamp) -> Value {
    let pod_name = format!("{}-{}", name(set), cluster.suffix());
    let mut pod = pods::from_template(set, &pod_name, cluster);
    let at = stamp(born);
    let condition =
        |kind: &str| json!({"type": kind, "status": "True", "lastProbeTime": null, "lastTransitionTime": at});
    let statuses: Vec<Value> = object::list(&pod, &["spec", "containers"])
        .iter()
        .map(|container| {
            let image = text(container, &["image"]);
            let id = hash::of(&json!([namespace(set), uid(set), number, image]), 0);
            json!({
                "name": container["name"], "state": {"running": {"startedAt": at}}, "lastState": {}, "ready": true, "restartCount": 0,
                "image": image, "imageID": format!("docker.io/{image}@sha256:{id:0>64}"), "containerID": format!("containerd://{id:0>64}"),
                "started": true,
            })
        })
        .collect();
    let address = format!("10.{}.{}.{}", 128 + number / 62_500, number / 250 % 250, number % 250 + 2);
    let host = format!("10.1.{}.{}", (1000 + place) / 200, (1000 + place) % 200 + 10);
    put(&mut pod, &["spec", "nodeName"], json!(format!("worker-{}", 1000 + place)));
    let conditions =
        ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"].map(condition);
    put(
        &mut pod,
        &["status"],
        json!({
            "phase": "Running",
            "conditions": conditions,
            "hostIP": host, "hostIPs": [{"ip": host}], "podIP": address, "podIPs": [{"ip": address}], "startTime": at,
            "containerStatuses": statuses, "qosClass": "Burstable",
        }),
    );
    pod
}
