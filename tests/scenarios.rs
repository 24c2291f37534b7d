//! Each shipped scenario in virtual time: what it does to pods and conditions, and that a smooth release does none of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rolltop::demo::company::{self, PRODUCTION};
use rolltop::demo::controllers::cluster::Kind;
use rolltop::demo::engine::{Engine, Measured};
use rolltop::demo::logs::Logs;
use rolltop::demo::scenario;
use rolltop::demo::store::{Meta, SharedStore, Store};
use serde_json::Value;

const SPEED: f64 = 20.0;

struct Company {
    engine: Engine,
    measured: Measured,
    start: Timestamp,
}

impl Company {
    fn playing(name: &str) -> Self {
        Self::after(SignedDuration::ZERO, Some(name))
    }

    /// Plays once there are enough scrapes to ask for rates.
    fn measured(name: &str) -> Self {
        Self::after(SignedDuration::from_secs(20), Some(name))
    }

    fn after(calm: SignedDuration, story: Option<&str>) -> Self {
        let start = Timestamp::from_second(1_795_262_400).expect("in range");
        let objects = SharedStore::new(Store::new(5));
        let mut engine = Engine::new(objects, 5, SPEED, start - SignedDuration::from_hours(2000));
        company::settle(&mut engine, start);
        let measured = engine.measure(5, Logs::new(5), start);
        let start = start + calm;
        engine.step_until(start);
        if let Some(name) = story {
            engine.play(scenario::shipped(name).expect("it ships").expect("it reads"), start);
        }
        Self { engine, measured, start }
    }

    /// Goes on to a story time in seconds.
    fn at(&mut self, story: f64) -> Signs {
        let at = SignedDuration::try_from_secs_f64(story / SPEED).expect("in range");
        self.engine.step_until(self.start + at);
        self.signs()
    }

    /// Everything a person could be alarmed by now.
    fn signs(&self) -> Signs {
        let cluster = self.engine.cluster();
        let mut signs = BTreeSet::new();
        for pod in cluster.list(Kind::Pod, Some(PRODUCTION)) {
            for status in pod["status"]["containerStatuses"].as_array().into_iter().flatten() {
                for path in ["/state/waiting/reason", "/state/terminated/reason", "/lastState/terminated/reason"] {
                    signs.extend(
                        status
                            .pointer(path)
                            .and_then(Value::as_str)
                            .filter(|reason| *reason != "ContainerCreating")
                            .map(str::to_owned),
                    );
                }
            }
            if pod.is_terminating() {
                signs.insert(format!("terminating on {}", pod["spec"]["nodeName"].as_str().unwrap_or("")));
            }
        }
        for deployment in cluster.list(Kind::Deployment, Some(PRODUCTION)) {
            for condition in deployment["status"]["conditions"].as_array().into_iter().flatten() {
                let usual =
                    ["NewReplicaSetAvailable", "MinimumReplicasAvailable", "ReplicaSetUpdated", "NewReplicaSetCreated"];
                signs.extend(condition["reason"].as_str().filter(|reason| !usual.contains(reason)).map(str::to_owned));
            }
        }
        for event in cluster.list(Kind::Event, Some(PRODUCTION)) {
            if event["type"] == "Warning" {
                signs.insert(event["reason"].as_str().unwrap_or("").to_owned());
            }
        }
        Signs(signs)
    }

    fn deployment(&self, name: &str) -> Value {
        self.engine.cluster().get(Kind::Deployment, PRODUCTION, name).expect("it is there").value().clone()
    }

    fn image(&self, name: &str) -> String {
        self.deployment(name)["spec"]["template"]["spec"]["containers"][0]["image"]
            .as_str()
            .expect("an image")
            .to_owned()
    }

    fn count(&self, name: &str, count: &str) -> i64 {
        self.deployment(name)["status"][count].as_i64().unwrap_or(0)
    }

    /// Asks the company's Prometheus for one number.
    fn ask(&self, query: &str) -> f64 {
        let now = self.engine.cluster().now();
        let form =
            format!("query={}", percent_encoding::utf8_percent_encode(query, percent_encoding::NON_ALPHANUMERIC));
        let reply = self.measured.monitoring().handle(now, "GET", "/api/v1/query", &form, "");
        let answer: Value = serde_json::from_str(&reply.body).expect("JSON");
        let value = &answer["data"]["result"][0]["value"][1];
        value.as_str().unwrap_or_else(|| panic!("{query}: {answer}")).parse().expect("a number")
    }

    fn p99(&self, app: &str, share: f64) -> f64 {
        let series = format!("http_server_requests_seconds_bucket{{namespace=\"{PRODUCTION}\",app=\"{app}\"}}");
        self.ask(&format!("histogram_quantile({share}, sum by (le) (rate({series}[30s])))"))
    }

    fn errors(&self, app: &str) -> f64 {
        let rate = |more: &str| {
            format!(
                "sum(rate(http_server_requests_seconds_count{{namespace=\"{PRODUCTION}\",app=\"{app}\"{more}}}[30s]))"
            )
        };
        self.ask(&format!("({} or vector(0)) / {}", rate(",status=~\"5..\""), rate("")))
    }
}

#[derive(Debug)]
struct Signs(BTreeSet<String>);

impl Signs {
    fn has(&self, sign: &str) -> bool {
        self.0.contains(sign)
    }
}

#[test]
fn a_smooth_release_arrives_without_any_sign() {
    let mut company = Company::measured("smooth-release");
    let before = (company.at(30.0), company.p99("product-service", 0.99)).1;
    let mut seen = BTreeSet::new();
    for story in (40..600).step_by(5) {
        seen.extend(company.at(f64::from(story)).0);
    }
    seen.retain(|sign| !sign.starts_with("terminating"));
    // A probe may ask once before the service listens; kubelets tell it, and nobody minds.
    seen.remove("Unhealthy");
    assert_eq!(seen, BTreeSet::new());
    assert_eq!(company.image("product-service"), "mambogo/product-service:v3.2.0");
    assert_eq!(company.count("product-service", "updatedReplicas"), 5);
    assert!(company.p99("product-service", 0.99) < before * 3.0);
    assert!(company.errors("product-service") < 0.01);
}

#[test]
fn a_healthy_company_stays_as_it_is() {
    let mut company = Company::after(SignedDuration::ZERO, None);
    let replicas = |company: &Company| {
        let all = company.engine.cluster().list(Kind::Deployment, Some(PRODUCTION));
        all.iter().map(|each| (each.name().to_owned(), each["spec"]["replicas"].clone())).collect::<Vec<_>>()
    };
    let before = replicas(&company);
    // Half an hour at this speed.
    for story in (0..=1800).step_by(60) {
        let signs = company.at(f64::from(story));
        assert_eq!(signs.0, BTreeSet::new(), "at {story}");
        assert_eq!(replicas(&company), before, "at {story}");
        let pods = company.engine.cluster().list(Kind::Pod, Some(PRODUCTION));
        for status in pods.iter().flat_map(|pod| pod["status"]["containerStatuses"].as_array().into_iter().flatten()) {
            assert_eq!((&status["ready"], &status["restartCount"]), (&Value::from(true), &Value::from(0)), "{status}");
        }
    }
    let now = company.engine.cluster().now();
    let alerts = company.measured.monitoring().handle(now, "GET", "/api/v1/alerts", "", "");
    let alerts: Value = serde_json::from_str(&alerts.body).expect("JSON");
    assert_eq!(alerts["data"]["alerts"], Value::Array(Vec::new()));
}

#[test]
fn the_default_story_has_one_release_that_arrives_and_one_that_crashes() {
    let mut company = Company::playing(scenario::DEFAULT);
    company.at(190.0);
    assert_eq!(company.count("order-service", "updatedReplicas"), company.count("order-service", "availableReplicas"));
    assert_eq!(company.image("order-service"), "mambogo/order-service:v1.1.0");
    let signs = company.at(400.0);
    assert!(signs.has("CrashLoopBackOff") || signs.has("Error"), "{signs:?}");
    assert_eq!(
        (company.count("payment-service", "updatedReplicas"), company.count("payment-service", "availableReplicas")),
        (1, 3)
    );
    let signs = company.at(1000.0);
    assert!(signs.has("ProgressDeadlineExceeded"), "{signs:?}");
}

#[test]
fn faults_of_pods_show_in_pods() {
    for (name, story, sign, workload) in [
        ("crash-loop", 300.0, "BackOff", "payment-service"),
        ("image-typo", 300.0, "ImagePullBackOff", "order-service"),
        ("readiness-never-true", 1000.0, "ProgressDeadlineExceeded", "product-service"),
        ("slow-start", 600.0, "Unhealthy", "product-service"),
        ("quota-blocks-surge", 200.0, "FailedCreate", "payment-service"),
    ] {
        let mut company = Company::playing(name);
        let before = company.at(5.0);
        assert!(!before.has(sign), "{name}: {before:?}");
        let mut signs = company.at(story);
        for later in 1..20 {
            if signs.has(sign) {
                break;
            }
            signs = company.at(story + f64::from(later) * 5.0);
        }
        assert!(signs.has(sign), "{name}: {signs:?}");
        let available = company.count(workload, "availableReplicas");
        assert!(
            available >= company.deployment(workload)["spec"]["replicas"].as_i64().unwrap_or(0) - 1,
            "{name}: the old pods serve on"
        );
    }
}

#[test]
fn a_slow_start_is_killed_by_its_liveness_probe() {
    let mut company = Company::playing("slow-start");
    company.at(600.0);
    let pods = company.engine.cluster().list(Kind::Pod, Some(PRODUCTION));
    let killed = pods.iter().any(|pod| {
        let status = &pod["status"]["containerStatuses"][0];
        pod["metadata"]["labels"]["app"] == "product-service" && status["restartCount"].as_i64() > Some(0)
    });
    assert!(killed, "its container was restarted");
}

#[test]
fn a_leak_kills_after_the_rollout_is_done() {
    let mut company = Company::playing("oom-under-load");
    let signs = company.at(200.0);
    assert!(!signs.has("OOMKilled"), "{signs:?}");
    assert!(company.count("order-service", "availableReplicas") >= 5, "it has arrived");
    let signs = company.at(900.0);
    assert!(signs.has("OOMKilled"), "{signs:?}");
}

#[test]
fn a_latency_regression_shows_in_p99_only() {
    let mut company = Company::measured("latency-regression");
    company.at(30.0);
    let before = (company.p99("product-service", 0.5), company.p99("product-service", 0.99));
    company.at(1600.0);
    let after = (company.p99("product-service", 0.5), company.p99("product-service", 0.99));
    assert!(after.1 > before.1 * 5.0, "{before:?} {after:?}");
    assert!(after.0 < before.0 * 1.5, "{before:?} {after:?}");
}

#[test]
fn a_connection_leak_ends_in_errors_or_waiting() {
    let mut company = Company::measured("connection-leak");
    company.at(30.0);
    let before = company.p99("payment-service", 0.99);
    company.at(2400.0);
    assert!(company.p99("payment-service", 0.99) > before * 3.0 || company.errors("payment-service") > 0.05);
}

#[test]
fn an_autoscaler_reaches_its_maximum_in_a_peak() {
    let mut company = Company::playing("hpa-at-max");
    company.at(1500.0);
    let scaler =
        company.engine.cluster().get(Kind::HorizontalPodAutoscaler, PRODUCTION, "order-service").expect("it is there");
    assert_eq!(scaler["status"]["desiredReplicas"], 20, "{}", scaler["status"]);
    let limited =
        scaler["status"]["conditions"].as_array().into_iter().flatten().find(|each| each["type"] == "ScalingLimited");
    assert_eq!(limited.map(|each| &each["reason"]), Some(&Value::from("TooManyReplicas")));
}

#[test]
fn a_lost_node_loses_its_pods_and_the_rollout_goes_on() {
    let mut company = Company::playing("node-lost");
    let signs = company.at(700.0);
    assert!(signs.has("terminating on worker-3"), "{signs:?}");
    assert_eq!(company.count("product-service", "updatedReplicas"), 5);
    let signs = company.at(1700.0);
    assert!(!signs.has("terminating on worker-3"), "{signs:?}");
    assert_eq!(company.count("product-service", "availableReplicas"), 5);
}

#[test]
fn causes_outside_of_a_release_show_without_one() {
    for (name, app) in [("config-change", "payment-service"), ("slow-payment-provider", "payment-service")] {
        let mut company = Company::measured(name);
        company.at(40.0);
        let before =
            (company.errors(app), company.p99(app, 0.99), company.deployment(app)["metadata"]["generation"].clone());
        company.at(1400.0);
        let after =
            (company.errors(app), company.p99(app, 0.99), company.deployment(app)["metadata"]["generation"].clone());
        assert_eq!(before.2, after.2, "{name}: nothing was released");
        assert!(after.0 > 0.05 || after.1 > before.1 * 3.0, "{name}: {before:?} {after:?}");
    }
}

#[test]
fn a_noisy_neighbour_slows_what_is_on_its_node() {
    let mut company = Company::measured("noisy-neighbour");
    company.at(100.0);
    let throttled = |company: &Company| {
        let node = company.engine.cluster().list(Kind::Pod, Some(PRODUCTION));
        let on = |name: &str| {
            node.iter()
                .filter(|pod| pod["spec"]["nodeName"] == name)
                .map(|pod| pod.name().to_owned())
                .collect::<Vec<_>>()
                .join("|")
        };
        let mean = |pods: &str| {
            let of = format!("{{namespace=\"{PRODUCTION}\",app!=\"\",pod=~\"{pods}\"}}[30s]))");
            company.ask(&format!(
                "sum(rate(http_server_requests_seconds_sum{of} / sum(rate(http_server_requests_seconds_count{of}"
            ))
        };
        mean(&on("worker-2")) / mean(&on("worker-4"))
    };
    let before = throttled(&company);
    company.at(1500.0);
    assert!(throttled(&company) > before * 1.25, "{before} {}", throttled(&company));
}

#[test]
fn a_gitops_tool_undoes_the_undo() {
    let mut company = Company::playing("gitops-reverts");
    company.at(200.0);
    assert_eq!(company.image("inventory-service"), "mambogo/inventory-service:v1.7.0");
    company.engine.cluster_mut().modify(
        Kind::Deployment,
        PRODUCTION,
        "inventory-service",
        "kubectl-rollout",
        |deployment| {
            deployment["spec"]["template"]["spec"]["containers"][0]["image"] =
                "mambogo/inventory-service:v1.6.0".into();
        },
    );
    company.at(210.0);
    assert_eq!(company.image("inventory-service"), "mambogo/inventory-service:v1.6.0");
    company.at(500.0);
    assert_eq!(company.image("inventory-service"), "mambogo/inventory-service:v1.7.0");
}
