//! Mambogo's manifests: one table of what runs, one function per kind of object.

use serde_json::{Value, json};

/// A version that was once released: tag, commit, who, how many hours before the story.
#[derive(Debug, Clone, Copy)]
pub(super) struct Release {
    pub(super) version: &'static str,
    pub(super) commit: &'static str,
    pub(super) author: &'static str,
    pub(super) hours_ago: f64,
}

/// A stateless service.
#[derive(Debug, Clone, Copy)]
pub(super) struct App {
    pub(super) name: &'static str,
    pub(super) replicas: i64,
    /// Surge and unavailability as written in the manifest.
    pub(super) rolling: (&'static str, &'static str),
    /// Oldest first; the last one runs.
    pub(super) releases: &'static [Release],
    /// Which tool rolls it out, as managedFields tells.
    pub(super) manager: &'static str,
    /// How a new version reaches production; elsewhere all are plain Deployments.
    pub(super) delivery: Delivery,
}

/// How a new version of a service reaches production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    /// A Deployment, pod by pod.
    Rolling,
    /// An Argo Rollout, canary.
    ArgoCanary,
    /// An Argo Rollout, blue-green.
    ArgoBlueGreen,
    /// A Deployment that Flagger watches.
    Flagger,
    /// Two Deployments behind one Service, told apart by the label `track`.
    Tracks,
    /// Two Deployments of which a Service selects one by the label `slot`.
    Slots,
}

const fn release(version: &'static str, commit: &'static str, author: &'static str, hours_ago: f64) -> Release {
    Release { version, commit, author, hours_ago }
}

const ARGO: &str = "argocd-controller";
const ACTIONS: &str = "github-actions";
const KUBECTL: &str = "kubectl-client-side-apply";

/// The Deployments of the shop.
pub(super) const APPS: &[App] = &[
    App {
        name: "storefront",
        replicas: 3,
        rolling: ("25%", "25%"),
        releases: &[release("v5.2.0", "4be1c09", "mira", 171.0), release("v5.2.1", "a90d3f2", "jonas", 51.0)],
        manager: ARGO,
        delivery: Delivery::ArgoBlueGreen,
    },
    App {
        name: "gateway-service",
        replicas: 3,
        rolling: ("1", "0"),
        releases: &[
            release("v1.9.0", "0d6f2ab", "lena", 312.0),
            release("v1.9.1", "71cc8e4", "lena", 166.0),
            release("v1.9.2", "e2a4b17", "tom", 74.0),
        ],
        manager: ARGO,
        delivery: Delivery::ArgoCanary,
    },
    App {
        name: "product-service",
        replicas: 5,
        rolling: ("25%", "25%"),
        releases: &[release("v3.1.3", "c3d09aa", "amir", 240.0), release("v3.1.4", "5f77b20", "amir", 75.0)],
        manager: ACTIONS,
        delivery: Delivery::Rolling,
    },
    App {
        name: "search-service",
        replicas: 3,
        rolling: ("25%", "25%"),
        releases: &[release("v0.14.1", "40bd7c1", "sofia", 236.0), release("v0.14.2", "9a1e6d5", "sofia", 122.0)],
        manager: ACTIONS,
        delivery: Delivery::Slots,
    },
    App {
        name: "cart-service",
        replicas: 3,
        rolling: ("25%", "25%"),
        releases: &[release("v2.0.6", "d81f3c7", "jonas", 200.0), release("v2.0.7", "3b94e0f", "mira", 98.0)],
        manager: ARGO,
        delivery: Delivery::Flagger,
    },
    App {
        name: "order-service",
        replicas: 5,
        rolling: ("2", "1"),
        releases: &[
            release("v0.9.7", "11aa0c5", "tom", 290.0),
            release("v0.9.8", "8e2bd41", "sofia", 169.0),
            release("v1.0.0", "abc1234", "sofia", 49.0),
        ],
        manager: ACTIONS,
        delivery: Delivery::Rolling,
    },
    App {
        name: "payment-service",
        replicas: 3,
        rolling: ("1", "0"),
        releases: &[
            release("v2.2.0", "f04c9d8", "amir", 265.0),
            release("v2.2.1", "b7715e3", "lena", 145.0),
            release("v2.3.0", "6c2d8fa", "amir", 97.0),
        ],
        manager: ACTIONS,
        delivery: Delivery::Rolling,
    },
    App {
        name: "inventory-service",
        replicas: 3,
        rolling: ("25%", "25%"),
        releases: &[release("v1.6.0", "2f9e7b4", "tom", 150.0)],
        manager: ACTIONS,
        delivery: Delivery::Tracks,
    },
    App {
        name: "config-server",
        replicas: 2,
        rolling: ("1", "0"),
        releases: &[release("v1.2.0", "7d30e6b", "lena", 430.0)],
        manager: KUBECTL,
        delivery: Delivery::Rolling,
    },
    App {
        name: "eureka",
        replicas: 3,
        rolling: ("1", "0"),
        releases: &[release("v1.1.5", "e8c5a92", "lena", 430.0)],
        manager: KUBECTL,
        delivery: Delivery::Rolling,
    },
];

/// Writes durations as the served specs have them: divided by the speed, whole seconds, at least `least`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace(pub(super) f64);

impl Pace {
    #[expect(clippy::cast_possible_truncation, reason = "durations in specs are small")]
    pub(super) fn seconds(self, written: f64, least: i64) -> i64 {
        ((written / self.0).round() as i64).max(least)
    }
}

/// A namespace and what it gives its services.
#[derive(Debug, Clone, Copy)]
pub(super) struct Space {
    pub(super) name: &'static str,
    pub(super) full: bool,
}

pub(super) fn image(app: &str, version: &str) -> String {
    format!("mambogo/{app}:{version}")
}

/// A Deployment running one release.
pub(super) fn deployment(app: &App, release: &Release, space: Space, pace: Pace) -> Value {
    let (surge, unavailable) = (amount(app.rolling.0), amount(app.rolling.1));
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": metadata(app, release, space),
        "spec": {
            "replicas": if space.full { app.replicas } else { 1 },
            "revisionHistoryLimit": 10,
            "progressDeadlineSeconds": pace.seconds(600.0, 5),
            "minReadySeconds": if app.name == "order-service" { pace.seconds(10.0, 1) } else { 0 },
            "selector": {"matchLabels": {"app": app.name}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}},
            "template": template(app.name, release, space, pace),
        },
    })
}

/// The metadata of a service's workload.
pub(super) fn metadata(app: &App, release: &Release, space: Space) -> Value {
    json!({
        "name": app.name, "namespace": space.name,
        "labels": {"app": app.name, "app.kubernetes.io/name": app.name, "app.kubernetes.io/part-of": "mambogo", "team": team(app.name)},
        "annotations": {"kubernetes.io/change-cause": change_cause(release)},
    })
}

pub(super) fn change_cause(release: &Release) -> String {
    format!("release {} ({}) by {}", release.version, release.commit, release.author)
}

fn amount(text: &str) -> Value {
    text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number))
}

fn team(app: &str) -> &'static str {
    match app {
        "payment-service" | "order-service" => "checkout",
        "storefront" | "cart-service" => "web",
        "config-server" | "eureka" | "gateway-service" => "platform",
        _ => "catalogue",
    }
}

pub(super) fn template(app: &str, release: &Release, space: Space, pace: Pace) -> Value {
    let requests =
        if space.full { json!({"cpu": "250m", "memory": "512Mi"}) } else { json!({"cpu": "50m", "memory": "256Mi"}) };
    let probe = |path: &str, delay: f64, period: f64| {
        json!({
            "httpGet": {"path": path, "port": 8080, "scheme": "HTTP"}, "initialDelaySeconds": pace.seconds(delay, 1),
            "periodSeconds": pace.seconds(period, 1), "timeoutSeconds": 5, "successThreshold": 1, "failureThreshold": 3,
        })
    };
    json!({
        "metadata": {
            "labels": {"app": app, "app.kubernetes.io/version": release.version, "git-sha": release.commit},
            "annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": "8080", "prometheus.io/path": "/actuator/prometheus"},
        },
        "spec": {
            "serviceAccountName": app,
            "terminationGracePeriodSeconds": pace.seconds(30.0, 2),
            "containers": [{
                "name": app,
                "image": image(app, release.version),
                "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
                "env": [
                    {"name": "SPRING_PROFILES_ACTIVE", "value": space.name.rsplit('-').next().unwrap_or("production")},
                    {"name": "SPRING_CONFIG_IMPORT", "value": "configserver:http://config-server:8080"},
                    {"name": "EUREKA_CLIENT_SERVICEURL_DEFAULTZONE", "value": "http://eureka:8080/eureka"},
                    {"name": "JAVA_TOOL_OPTIONS", "value": "-XX:MaxRAMPercentage=75.0 -XX:+ExitOnOutOfMemoryError"},
                ],
                "envFrom": [{"configMapRef": {"name": format!("{app}-config")}}],
                "resources": {"requests": requests, "limits": {"cpu": "500m", "memory": "1Gi"}},
                "livenessProbe": probe("/actuator/health/liveness", 60.0, 30.0),
                "readinessProbe": probe("/actuator/health/readiness", 30.0, 10.0),
            }],
        },
    })
}

/// A `StatefulSet` of one of the data stores.
pub(super) fn store(app: &str, image: &str, replicas: i64, port: i64, space: Space, pace: Pace) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet",
        "metadata": {"name": app, "namespace": space.name, "labels": {"app": app, "app.kubernetes.io/part-of": "mambogo", "team": "platform"}},
        "spec": {
            "replicas": if space.full { replicas } else { 1 },
            "serviceName": app,
            "selector": {"matchLabels": {"app": app}},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
            "template": {
                "metadata": {"labels": {"app": app}},
                "spec": {
                    "terminationGracePeriodSeconds": pace.seconds(60.0, 2),
                    "containers": [{
                        "name": app, "image": image, "ports": [{"name": "tcp", "containerPort": port, "protocol": "TCP"}],
                        "resources": {
                            "requests": {"cpu": if space.full { "250m" } else { "50m" }, "memory": if space.full { "512Mi" } else { "256Mi" }},
                            "limits": {"cpu": "1", "memory": "2Gi"},
                        },
                        "readinessProbe": {
                            "tcpSocket": {"port": port}, "initialDelaySeconds": pace.seconds(10.0, 1),
                            "periodSeconds": pace.seconds(10.0, 1), "timeoutSeconds": 1, "successThreshold": 1, "failureThreshold": 3,
                        },
                    }],
                },
            },
        },
    })
}

/// The `DaemonSet` that ships logs from every node.
pub(super) fn log_shipper(space: Space, pace: Pace) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": "log-shipper", "namespace": space.name, "labels": {"app": "log-shipper", "team": "platform"}},
        "spec": {
            "selector": {"matchLabels": {"app": "log-shipper"}},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
            "template": {
                "metadata": {"labels": {"app": "log-shipper"}},
                "spec": {
                    "terminationGracePeriodSeconds": pace.seconds(30.0, 2),
                    "tolerations": [{"operator": "Exists", "effect": "NoSchedule"}],
                    "containers": [{
                        "name": "shipper", "image": "mambogo/log-shipper:1.0.0",
                        "resources": {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
                    }],
                },
            },
        },
    })
}

/// A service in front of the pods labelled `app`.
pub(super) fn service(app: &str, space: &str, port: (&str, i64), headless: bool) -> Value {
    let mut service = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": app, "namespace": space, "labels": {"app": app}},
        "spec": {
            "type": "ClusterIP", "selector": {"app": app},
            "ports": [{"name": port.0, "port": port.1, "targetPort": port.1, "protocol": "TCP"}],
        },
    });
    if headless {
        service["spec"]["clusterIP"] = json!("None");
    }
    service
}

/// What a service is configured with.
pub(super) fn config(app: &str, space: Space) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": format!("{app}-config"), "namespace": space.name, "labels": {"app": app}},
        "data": {
            "SPRING_DATASOURCE_URL": "jdbc:postgresql://postgres:5432/mambogo",
            "SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE": "10",
            "PAYMENT_PROVIDER_TIMEOUT": "2s",
        },
    })
}

/// The autoscaler of the order service.
pub(super) fn autoscaler(space: Space, pace: Pace) -> Value {
    let target = |name: &str, share: i64| json!({"type": "Resource", "resource": {"name": name, "target": {"type": "Utilization", "averageUtilization": share}}});
    json!({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "order-service", "namespace": space.name, "labels": {"app": "order-service"}},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "order-service"},
            "minReplicas": 5, "maxReplicas": 20,
            "metrics": [target("cpu", 70), target("memory", 80)],
            "behavior": {
                "scaleUp": {
                    "stabilizationWindowSeconds": 0, "selectPolicy": "Max",
                    "policies": [
                        {"type": "Percent", "value": 100, "periodSeconds": pace.seconds(15.0, 1)},
                        {"type": "Pods", "value": 4, "periodSeconds": pace.seconds(15.0, 1)},
                    ],
                },
                "scaleDown": {
                    "stabilizationWindowSeconds": pace.seconds(300.0, 1), "selectPolicy": "Max",
                    "policies": [{"type": "Percent", "value": 100, "periodSeconds": pace.seconds(15.0, 1)}],
                },
            },
        },
    })
}

/// A disruption budget that lets one pod of a service go.
pub(super) fn budget(app: &str, space: Space) -> Value {
    json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": {"name": app, "namespace": space.name, "labels": {"app": app}},
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": app}}},
    })
}

/// A worker node.
pub(super) fn node(number: usize, size: (&str, &str, &str)) -> Value {
    let node_name = format!("worker-{number}");
    let (cpu, memory, pods) = size;
    let capacity = json!({"cpu": cpu, "memory": memory, "pods": pods, "ephemeral-storage": "101430960Ki"});
    let zone = ["a", "b", "c"][number % 3];
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": node_name, "labels": {
            "kubernetes.io/hostname": node_name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
            "node.kubernetes.io/instance-type": "m6i.xlarge",
            "topology.kubernetes.io/region": "eu-central-1", "topology.kubernetes.io/zone": format!("eu-central-1{zone}"),
        }},
        "spec": {"podCIDR": format!("10.244.{}.0/24", number % 250), "providerID": format!("demo:///eu-central-1{zone}/{node_name}")},
        "status": {
            "capacity": capacity, "allocatable": capacity,
            "addresses": [
                {"type": "InternalIP", "address": format!("10.1.{}.{}", number / 200, number % 200 + 10)},
                {"type": "Hostname", "address": node_name},
            ],
            "nodeInfo": {
                "architecture": "amd64", "operatingSystem": "linux", "osImage": "Debian GNU/Linux 12 (bookworm)",
                "kernelVersion": "6.1.0-28-amd64", "containerRuntimeVersion": "containerd://1.7.24",
                "kubeletVersion": "v1.32.2", "kubeProxyVersion": "v1.32.2", "machineID": "", "systemUUID": "", "bootID": "",
            },
        },
    })
}
