//! cart-service on Flagger: the canary, how it is measured, the load tester whose gate it waits at.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::apply;
use super::manifest::{self, App, Pace, Release, Space};
use crate::demo::controllers::cluster::{Cluster, Kind};
use crate::demo::controllers::flagger::LOAD_TESTER;
use crate::demo::controllers::object::{put, text};
use crate::demo::engine::Engine;

/// The label by which the Deployment selects its pods: the one that Flagger gives another value on the primary's.
const SELECTOR: &str = "app.kubernetes.io/name";
/// Looks of Flagger's after which a release of the past is given up.
const LOOKS: usize = 60;

/// Creates the load tester's Service and the metric templates.
pub(super) fn furnish(cluster: &mut Cluster, space: Space) {
    let mut tester = manifest::service(LOAD_TESTER, space.name, ("http", 80), false);
    put(
        &mut tester,
        &["spec", "ports"],
        json!([{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}]),
    );
    apply(cluster, Kind::Service, tester);
    for template in metric_templates(space) {
        apply(cluster, Kind::MetricTemplate, template);
    }
}

/// The Deployment that Flagger takes its template from.
pub(super) fn deployment(app: &App, release: &Release, space: Space, pace: Pace) -> Value {
    let mut deployment = manifest::deployment(app, release, space, pace);
    put(&mut deployment, &["spec", "selector"], json!({"matchLabels": {SELECTOR: app.name}}));
    put(&mut deployment, &["spec", "template", "metadata", "labels", SELECTOR], json!(app.name));
    deployment
}

/// Creates the canary where it is missing, and sees a release through with the gate open, as people once did.
pub(super) fn see_through(engine: &mut Engine, app: &App, space: Space, pace: Pace) {
    let cluster = engine.cluster_mut();
    if cluster.get(Kind::Canary, space.name, app.name).is_none() {
        apply(cluster, Kind::Canary, canary(app.name, space, pace));
    }
    let gate = format!("{}.{}", app.name, space.name);
    cluster.gates.set(&gate, true);
    for look in 0..LOOKS {
        let next = engine.cluster().now() + SignedDuration::from_secs(pace.seconds(60.0, 10));
        engine.step_until(next);
        let canary = engine.cluster().get(Kind::Canary, space.name, app.name);
        let phase = canary.as_deref().map_or("", |canary| text(canary, &["status", "phase"]));
        if look > 1 && matches!(phase, "Initialized" | "Succeeded") {
            break;
        }
    }
    engine.cluster().gates.set(&gate, false);
}

fn canary(app: &str, space: Space, pace: Pace) -> Value {
    let window = format!("{}s", pace.seconds(120.0, 30));
    let tester = format!("http://{LOAD_TESTER}.{}", space.name);
    let metric = |name: &str, most: f64| json!({"name": name, "templateRef": {"name": name}, "thresholdRange": {"max": most}, "interval": window});
    let hook =
        |name: &str, kind: &str, path: &str| json!({"name": name, "type": kind, "url": format!("{tester}{path}")});
    json!({
        "apiVersion": "flagger.app/v1beta1", "kind": "Canary",
        "metadata": {"name": app, "namespace": space.name, "labels": {"app": app, "team": "web"}},
        "spec": {
            "provider": "gatewayapi:v1",
            "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": app},
            "progressDeadlineSeconds": pace.seconds(600.0, 20),
            "service": {
                "port": 8080, "targetPort": 8080, "portName": "http",
                "gatewayRefs": [{"group": "", "kind": "Service", "name": app, "port": 8080}],
            },
            "analysis": {
                "interval": format!("{}s", pace.seconds(60.0, 10)),
                "threshold": 3, "stepWeight": 10, "maxWeight": 50,
                "metrics": [metric("error-rate", 5.0), metric("latency", 2.0)],
                "webhooks": [
                    hook("load-test", "rollout", "/"),
                    hook("product-owner", "confirm-promotion", "/gate/check"),
                    hook("emergency-brake", "rollback", "/rollback/check"),
                ],
            },
        },
    })
}

/// The metrics of the canary's pods: share of failed requests in percent, 99th percentile in seconds; none is 0.
fn metric_templates(space: Space) -> Vec<Value> {
    let series = |name: &str, more: &str| {
        format!(
            "{name}{{namespace=\"{{{{ namespace }}}}\",pod=~\"{{{{ target }}}}-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)\"{more}}}\
             [{{{{ interval }}}}]"
        )
    };
    let requests = |more: &str| format!("sum(rate({}))", series("http_server_requests_seconds_count", more));
    let template = |name: &str, query: String| {
        json!({
            "apiVersion": "flagger.app/v1beta1", "kind": "MetricTemplate",
            "metadata": {"name": name, "namespace": space.name},
            "spec": {
                "provider": {"type": "prometheus", "address": "http://prometheus-operated.monitoring:9090"}, "query": query,
            },
        })
    };
    vec![
        template(
            "error-rate",
            format!("100 * ({} or vector(0)) / ({} > 0 or vector(1))", requests(",status=~\"5..\""), requests("")),
        ),
        template(
            "latency",
            format!(
                "(histogram_quantile(0.99, sum by (le) (rate({}))) >= 0) or vector(0)",
                series("http_server_requests_seconds_bucket", "")
            ),
        ),
    ]
}
