//! How Mambogo's services reach production: Argo Rollouts, Flagger, tracks and slots, and what each needs beside it.
//!
//! | Service | How | Objects |
//! | --- | --- | --- |
//! | gateway-service | Argo canary, weights in an `HTTPRoute` | services `-stable` and `-canary`, analysis templates |
//! | storefront | Argo blue-green | service `-preview`, analysis before and after the switch |
//! | cart-service | Flagger canary | a `Canary`, metric templates; Flagger makes `-primary` and the rest |
//! | inventory-service | two Deployments, label `track` | `inventory-service` and `inventory-service-canary` |
//! | search-service | two Deployments, label `slot` | `search-service-blue` and `search-service-green` |

use jiff::Timestamp;
use serde_json::{Value, json};

use super::manifest::{self, App, Delivery, Pace, Release, Space};
use super::{KUBECTL, apply, cart, set_version};
use crate::demo::controllers::cluster::{Cluster, Kind};
use crate::demo::controllers::object::{dig, int, list, name, put, remove, text};
use crate::demo::engine::Engine;
use crate::demo::store::custom;

const PLUGIN: &str = "kubectl-argo-rollouts";

/// Creates the definitions of the custom kinds.
pub(super) fn define(cluster: &mut Cluster) {
    for definition in custom::definitions() {
        // Made by the store itself; it cannot refuse it.
        let _ = cluster.create(Kind::CustomResourceDefinition, definition, "kubectl-create");
    }
}

/// Creates what the deliveries of the production namespace need beside their workloads.
pub(super) fn furnish(cluster: &mut Cluster, space: Space, pace: Pace) {
    for suffix in ["-stable", "-canary"] {
        let mut service = manifest::service("gateway-service", space.name, ("http", 8080), false);
        put(&mut service, &["metadata", "name"], json!(format!("gateway-service{suffix}")));
        apply(cluster, Kind::Service, service);
    }
    apply(cluster, Kind::HttpRoute, gateway_route(space));
    let mut preview = manifest::service("storefront", space.name, ("http", 8080), false);
    put(&mut preview, &["metadata", "name"], json!("storefront-preview"));
    apply(cluster, Kind::Service, preview);
    cluster.modify(Kind::Service, space.name, "search-service", KUBECTL, |service| {
        put(service, &["spec", "selector", "slot"], json!(SLOTS[0]));
    });
    cart::furnish(cluster, space);
    for template in analysis_templates(space, pace) {
        apply(cluster, Kind::AnalysisTemplate, template);
    }
}

fn gateway_route(space: Space) -> Value {
    let backend = |service: &str, weight: i64| json!({"group": "", "kind": "Service", "name": service, "port": 8080, "weight": weight});
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": {"name": "gateway-service", "namespace": space.name, "labels": {"app": "gateway-service"}},
        "spec": {
            "parentRefs": [{"group": "", "kind": "Service", "name": "gateway-service", "port": 8080}],
            "rules": [{
                "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
                "backendRefs": [backend("gateway-service-stable", 100), backend("gateway-service-canary", 0)],
            }],
        },
    })
}

/// The templates by which versions are judged: the pods of an app whose template has a hash.
fn analysis_templates(space: Space, pace: Pace) -> Vec<Value> {
    let window = format!("{}s", pace.seconds(120.0, 30));
    let interval = format!("{}s", pace.seconds(60.0, 5));
    let series = |name: &str, more: &str| {
        format!("{name}{{namespace=\"{}\",pod=~\"{{{{args.app}}}}-{{{{args.hash}}}}-.*\"{more}}}", space.name)
    };
    let requests = |more: &str| format!("sum(rate({}[{window}]))", series("http_server_requests_seconds_count", more));
    let template = |name: &str, metric: Value| {
        json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate",
            "metadata": {"name": name, "namespace": space.name},
            "spec": {"args": [{"name": "app"}, {"name": "hash"}], "metrics": [metric]},
        })
    };
    let prometheus = |query: String| json!({"prometheus": {"address": "http://prometheus-operated.monitoring.svc:9090", "query": query}});
    // In the background it is measured for as long as the update lasts.
    let errors = json!({
        "name": "error-share", "interval": interval, "failureLimit": 1, "successCondition": "result[0] <= 0.05",
        "provider": prometheus(format!(
            "({} or vector(0)) / ({} > 0 or vector(1))", requests(",status=~\"5..\""), requests("")
        )),
    });
    let mut some_errors = errors.clone();
    put(&mut some_errors, &["count"], json!(3));
    vec![
        template("error-share", errors),
        template("error-share-of-three", some_errors),
        template(
            "latency-p99",
            json!({
                "name": "latency-p99", "interval": interval, "count": 3, "failureLimit": 1,
                "successCondition": "len(result) == 0 || isNaN(result[0]) || result[0] <= 2",
                "provider": prometheus(format!(
                    "histogram_quantile(0.99, sum by (le) (rate({}[{window}])))",
                    series("http_server_requests_seconds_bucket", "")
                )),
            }),
        ),
        template(
            "no-restarts",
            json!({
                "name": "no-restarts", "interval": interval, "count": 3, "successCondition": "result[0] == 0",
                "provider": prometheus(format!(
                    "sum(increase({}[{window}])) or vector(0)",
                    series("kube_pod_container_status_restarts_total", "")
                )),
            }),
        ),
    ]
}

/// Rolls a version out the way the service does, and sees it through as people once did.
pub(super) fn release(engine: &mut Engine, app: &App, index: usize, space: Space, pace: Pace) {
    let delivery = if space.full { app.delivery } else { Delivery::Rolling };
    let release = &app.releases[index];
    match delivery {
        Delivery::Flagger => {
            let deployment = cart::deployment(app, release, space, pace);
            roll(engine.cluster_mut(), Kind::Deployment, deployment, app, release);
            cart::see_through(engine, app, space, pace);
        }
        Delivery::Rolling => {
            let cluster = engine.cluster_mut();
            let deployment = manifest::deployment(app, release, space, pace);
            roll(cluster, Kind::Deployment, deployment, app, release);
        }
        Delivery::ArgoCanary | Delivery::ArgoBlueGreen => {
            let rollout = rollout(app, release, space, pace);
            roll(engine.cluster_mut(), Kind::Rollout, rollout, app, release);
            see_through(engine, app, space);
        }
        Delivery::Tracks => {
            for track in ["stable", "canary"] {
                let deployment = track_deployment(app, release, space, pace, track);
                roll(engine.cluster_mut(), Kind::Deployment, deployment, app, release);
            }
        }
        Delivery::Slots => {
            let slot = SLOTS[index % 2];
            let deployment = slot_deployment(app, release, space, pace, slot);
            roll(engine.cluster_mut(), Kind::Deployment, deployment, app, release);
            step(engine, 600.0);
            engine.cluster_mut().modify(Kind::Service, space.name, app.name, KUBECTL, |service| {
                put(service, &["spec", "selector", "slot"], json!(slot));
            });
        }
    }
}

/// The slots of a plain blue-green pair, the one of the first version first.
const SLOTS: [&str; 2] = ["green", "blue"];

fn step(engine: &mut Engine, seconds: f64) {
    let until: Timestamp = engine.cluster().now() + engine.cluster().scaled(seconds);
    engine.step_until(until);
}

/// Creates a workload, or gives it its new version.
fn roll(cluster: &mut Cluster, kind: Kind, workload: Value, app: &App, release: &Release) {
    let (space, workload_name) = (text(&workload, &["metadata", "namespace"]).to_owned(), name(&workload).to_owned());
    if cluster.get(kind, &space, &workload_name).is_some() {
        cluster.modify(kind, &space, &workload_name, app.manager, |workload| set_version(workload, app, release));
    } else if app.manager == KUBECTL {
        apply(cluster, kind, workload);
    } else {
        // Made by this module; the store cannot refuse it.
        let _ = cluster.create(kind, workload, app.manager);
    }
}

/// Promotes a Rollout whenever it waits for somebody, until it has arrived.
fn see_through(engine: &mut Engine, app: &App, space: Space) {
    for _ in 0..60 {
        step(engine, 60.0);
        let cluster = engine.cluster_mut();
        let Some(rollout) = cluster.get(Kind::Rollout, space.name, app.name) else { return };
        let promoted = dig(&rollout, &["status", "stableRS"]) == dig(&rollout, &["status", "currentPodHash"]);
        if promoted && int(&rollout, &["status", "updatedReplicas"]) == int(&rollout, &["spec", "replicas"]) {
            break;
        }
        if !list(&rollout, &["status", "pauseConditions"]).is_empty() {
            cluster.modify_status(Kind::Rollout, space.name, app.name, PLUGIN, |rollout| {
                remove(rollout, &["status", "pauseConditions"]);
            });
        }
    }
    step(engine, 600.0);
}

/// A Rollout running one release.
fn rollout(app: &App, release: &Release, space: Space, pace: Pace) -> Value {
    let strategy = if app.delivery == Delivery::ArgoCanary {
        json!({"canary": canary(app.name, space, pace)})
    } else {
        json!({"blueGreen": blue_green(app.name, pace)})
    };
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
        "metadata": manifest::metadata(app, release, space),
        "spec": {
            "replicas": app.replicas,
            "revisionHistoryLimit": 10,
            "progressDeadlineSeconds": pace.seconds(600.0, 5),
            "selector": {"matchLabels": {"app": app.name}},
            "strategy": strategy,
            "template": manifest::template(app.name, release, space, pace),
        },
    })
}

/// An analysis of the pods of the newest version.
fn analysis(app: &str, templates: &[&str]) -> Value {
    let templates: Vec<Value> = templates.iter().map(|template| json!({"templateName": template})).collect();
    let hash = json!({"name": "hash", "valueFrom": {"podTemplateHashValue": "Latest"}});
    json!({"templates": templates, "args": [{"name": "app", "value": app}, hash]})
}

fn canary(app: &str, space: Space, pace: Pace) -> Value {
    let pause = |seconds: f64| json!({"pause": {"duration": format!("{}s", pace.seconds(seconds, 2))}});
    let trial = |name: &str, source: &str| json!({"name": name, "specRef": source, "replicas": 1, "weight": 5});
    let mut background = analysis(app, &["error-share"]);
    put(&mut background, &["startingStep"], json!(2));
    json!({
        "stableService": format!("{app}-stable"),
        "canaryService": format!("{app}-canary"),
        "trafficRouting": {"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": app, "namespace": space.name}}},
        "scaleDownDelaySeconds": pace.seconds(60.0, 5),
        "abortScaleDownDelaySeconds": pace.seconds(60.0, 5),
        "analysis": background,
        "steps": [
            {"setCanaryScale": {"replicas": 1}},
            {"setWeight": 10},
            pause(120.0),
            {"analysis": analysis(app, &["latency-p99"])},
            {"setCanaryScale": {"matchTrafficWeight": true}},
            {"setWeight": 25},
            {"experiment": {
                "duration": format!("{}s", pace.seconds(180.0, 5)), "scaleDownDelaySeconds": pace.seconds(30.0, 1),
                "templates": [trial("baseline", "stable"), trial("candidate", "canary")],
            }},
            {"pause": {}},
            {"setWeight": 50},
            pause(120.0),
        ],
    })
}

fn blue_green(app: &str, pace: Pace) -> Value {
    json!({
        "activeService": app,
        "previewService": format!("{app}-preview"),
        "autoPromotionEnabled": false,
        "scaleDownDelaySeconds": pace.seconds(300.0, 10),
        "abortScaleDownDelaySeconds": pace.seconds(60.0, 5),
        "prePromotionAnalysis": analysis(app, &["no-restarts"]),
        "postPromotionAnalysis": analysis(app, &["error-share-of-three"]),
    })
}

/// One of the two Deployments behind the Service of a label canary; the canary's rests at no pods.
fn track_deployment(app: &App, release: &Release, space: Space, pace: Pace, track: &str) -> Value {
    let mut deployment = manifest::deployment(app, release, space, pace);
    label(&mut deployment, "track", track);
    if track == "canary" {
        put(&mut deployment, &["metadata", "name"], json!(format!("{}-canary", app.name)));
        put(&mut deployment, &["spec", "replicas"], json!(0));
    }
    deployment
}

/// One of the two Deployments of a plain blue-green pair.
fn slot_deployment(app: &App, release: &Release, space: Space, pace: Pace, slot: &str) -> Value {
    let mut deployment = manifest::deployment(app, release, space, pace);
    label(&mut deployment, "slot", slot);
    put(&mut deployment, &["metadata", "name"], json!(format!("{}-{slot}", app.name)));
    deployment
}

/// Tells a Deployment and its pods from their siblings.
fn label(deployment: &mut Value, key: &str, value: &str) {
    for path in
        [&["metadata", "labels"][..], &["spec", "selector", "matchLabels"], &["spec", "template", "metadata", "labels"]]
    {
        let whole: Vec<&str> = path.iter().copied().chain([key]).collect();
        put(deployment, &whole, json!(value));
    }
}
