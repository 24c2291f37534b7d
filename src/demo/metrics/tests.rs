//! Series that follow from loads and states.

use jiff::{SignedDuration, Timestamp};

use super::super::prometheus::eval::{Answer, Options, instant, range};
use super::super::prometheus::{Prometheus, Tsdb};
use super::super::traffic::{Defect, PodInput, Traffic, Weather};
use super::*;

const MIB: f64 = 1024.0 * 1024.0;

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn shop() -> (Vec<PodInput>, KubeState) {
    let counts = [
        ("storefront", 3),
        ("gateway", 4),
        ("product", 5),
        ("search", 2),
        ("cart", 3),
        ("order", 5),
        ("payment", 3),
        ("inventory", 3),
        ("config-server", 2),
        ("eureka", 3),
        ("postgres", 1),
        ("redis", 1),
        ("kafka", 3),
        ("log-shipper", 4),
    ];
    let mut pods = Vec::new();
    let mut state = KubeState::default();
    for (app, count) in counts {
        for index in 0..count {
            let name = format!("{app}-{index}");
            let container = ContainerState {
                name: app.into(),
                image: format!("mambogo/{app}:v1.0.0"),
                ready: true,
                running: true,
                cpu_request: Some(0.25),
                cpu_limit: Some(0.5),
                memory_request: Some(512.0 * MIB),
                memory_limit: Some(1024.0 * MIB),
                ..ContainerState::default()
            };
            state.pods.push(PodState {
                namespace: "mambogo-production".into(),
                name: name.clone(),
                uid: format!("uid-{name}"),
                node: "node-1".into(),
                phase: "Running".into(),
                ready: true,
                created: Some(now()),
                owner_kind: "ReplicaSet".into(),
                owner_name: format!("{app}-5d4f"),
                labels: vec![("app".into(), app.into()), ("app.kubernetes.io/version".into(), "v1.0.0".into())],
                containers: vec![container],
            });
            pods.push(PodInput {
                namespace: "mambogo-production".into(),
                pod: name,
                container: app.into(),
                app: app.into(),
                version: "v1.0.0".into(),
                node: "node-1".into(),
                running: true,
                ready: true,
                share: None,
                container_age: 3.0 * 86_400.0,
                cpu_request: Some(0.25),
                cpu_limit: Some(0.5),
                memory_request: Some(512.0 * MIB),
                memory_limit: Some(1024.0 * MIB),
                defect: Defect::default(),
            });
        }
    }
    (pods, state)
}

/// A company after its back-fill.
struct Company {
    server: Prometheus,
    recorder: Recorder,
    traffic: Traffic,
    pods: Vec<PodInput>,
    state: KubeState,
    now: Timestamp,
}

impl Company {
    fn new() -> Self {
        let (pods, state) = shop();
        let mut server = Prometheus { rules: rules(10.0, 15.0), ..Prometheus::default() };
        let (mut recorder, traffic) = (Recorder::new(), Traffic::new(7));
        backfill(&mut recorder, &mut server.db, &traffic, now(), &pods, &state, SignedDuration::from_secs(15));
        Self { server, recorder, traffic, pods, state, now: now() }
    }

    fn run(&mut self, seconds: i64) {
        for _ in 0..seconds / 15 {
            self.now += SignedDuration::from_secs(15);
            for pod in self.pods.iter_mut().filter(|pod| pod.running) {
                pod.container_age += 15.0;
            }
            let loads = self.traffic.step(self.now, 15.0, &self.pods, &Weather::default());
            let db = &mut self.server.db;
            self.recorder.observe(db, 15.0, &self.pods, &loads, &&self.state);
            self.recorder.scrape(db, self.now, &self.state);
            self.server.evaluate_rules(self.now);
        }
    }

    fn value(&self, query: &str) -> Option<f64> {
        let at = self.now.as_millisecond();
        match instant(&self.server.db, Options::default(), query, at).unwrap() {
            Answer::Vector(elements) => elements.first().map(|(_, value)| *value),
            other => panic!("{query}: {other:?}"),
        }
    }
}

#[test]
fn charts_of_every_range_are_full_at_the_start() {
    let company = Company::new();
    let rate = |window: &str| {
        format!(
            "sum(rate(http_server_requests_seconds_count{{namespace=\"mambogo-production\",pod=~\"order-.*\"}}[{window}]))"
        )
    };
    // The windows of rates that a chart as wide as a wide screen asks for.
    for (hours, window) in [(1, "1m"), (6, "75s"), (23, "315s")] {
        let end = now().as_millisecond();
        let step = hours * 3_600_000 / 100;
        let times = (end - hours * 3_600_000 + step, end, step);
        let answer = range(&company.server.db, Options::default(), &rate(window), times).unwrap();
        let Answer::Matrix(series) = answer else { panic!() };
        assert_eq!(series[0].1.len(), 100, "{hours} h");
        let calm = series[0].1.iter().all(|(_, value)| (30.0..200.0).contains(value));
        assert!(calm, "{hours} h: {:?}", series[0].1);
    }
    assert_eq!(company.value("count(up == 1)"), Some(33.0));
    assert_eq!(company.value("sum(kube_pod_container_status_restarts_total)"), Some(0.0));
    assert!(company.server.rules.groups[0].rules.iter().all(|rule| rule.alerts().is_empty()));
}

#[test]
fn a_bad_release_shows_in_series_and_alerts_and_goes_away() {
    let mut company = Company::new();
    for pod in company.pods.iter_mut().filter(|pod| pod.app == "payment") {
        pod.defect = Defect { error_share: 0.3, memory_leak: 12.0 * MIB, ..Defect::default() };
        pod.container_age = 0.0;
    }
    company.run(30);
    let firing = |company: &Company| {
        company.value("count(ALERTS{alertname=\"HighErrorRate\",alertstate=\"firing\",app=\"payment\"})")
    };
    assert_eq!(firing(&company), None);
    assert!(
        company
            .value("sum(rate(http_server_requests_seconds_count{app=\"payment\",outcome=\"SERVER_ERROR\"}[1m]))")
            .unwrap()
            > 1.0
    );
    company.run(90);
    assert_eq!(firing(&company), Some(1.0));
    assert_eq!(company.value("count(ALERTS{alertname=\"HighMemoryUsage\",alertstate=\"firing\"})"), Some(3.0));
    for pod in company.pods.iter_mut().filter(|pod| pod.app == "payment") {
        (pod.defect, pod.container_age) = (Defect::default(), 0.0);
    }
    company.run(120);
    assert_eq!(company.value("count(ALERTS)"), None);
}

#[test]
fn a_restart_resets_counters_and_a_removal_ends_series() {
    let mut company = Company::new();
    let count = "sum(http_server_requests_seconds_count{pod=\"order-0\"})";
    let before = company.value(count).unwrap();
    company.pods.iter_mut().find(|pod| pod.pod == "order-0").unwrap().container_age = -15.0;
    company.run(15);
    assert!(company.value(count).unwrap() < before);
    assert!(company.value("rate(process_uptime_seconds{pod=\"order-0\"}[1m])").unwrap() >= 0.0);
    for pod in company.pods.iter_mut().filter(|pod| pod.pod == "order-0") {
        pod.running = false;
    }
    company.run(15);
    assert_eq!(company.value("up{pod=\"order-0\"}"), Some(0.0));
    assert_eq!(company.value(count), None);
    company.pods.retain(|pod| pod.pod != "order-0");
    company.state.pods.retain(|pod| pod.name != "order-0");
    company.run(15);
    assert_eq!(company.value("count({pod=\"order-0\"})"), None);
}

#[test]
fn a_crash_loop_is_told_by_the_cluster() {
    let mut company = Company::new();
    let container = &mut company.state.pods.iter_mut().find(|pod| pod.name == "payment-1").unwrap().containers[0];
    container.restarts = 7;
    container.waiting_reason = Some("CrashLoopBackOff".into());
    container.last_terminated_reason = Some("OOMKilled".into());
    company.run(60);
    assert_eq!(company.value("kube_pod_container_status_restarts_total{pod=\"payment-1\"}"), Some(7.0));
    assert_eq!(company.value("kube_pod_container_status_last_terminated_reason{reason=\"OOMKilled\"}"), Some(1.0));
    assert_eq!(company.value("count(ALERTS{alertname=\"PodCrashLooping\",alertstate=\"firing\"})"), Some(1.0));
}

#[test]
fn a_pods_exposition_is_its_own_and_complete() {
    let company = Company::new();
    let text = company.recorder.exposition(&company.server.db, "mambogo-production", "order-0").unwrap();
    assert!(text.contains("# TYPE http_server_requests_seconds histogram\n"), "{text}");
    let bucket = "http_server_requests_seconds_bucket{le=\"+Inf\",method=\"POST\",outcome=\"SUCCESS\",status=\"201\",uri=\"/api/orders\"} ";
    assert!(text.contains(bucket), "{text}");
    assert!(text.contains("hikaricp_connections_max{pool=\"HikariPool-1\"} 10\n"), "{text}");
    assert!(!text.contains("namespace=") && !text.contains("container_"));
    assert!(company.recorder.exposition(&company.server.db, "mambogo-production", "redis-0").is_none());
    let targets = company.recorder.targets(Some(now()));
    assert_eq!(targets.len(), 33);
    assert!(targets.iter().all(|target| target.error.is_empty()));
}

#[test]
fn the_store_stays_small() {
    let company = Company::new();
    let db: &Tsdb = &company.server.db;
    let (series, bytes) = (db.len(), db.bytes());
    println!("{series} series, {} KiB of samples", bytes / 1024);
    assert!(series < 5000, "{series} series");
    assert!(bytes < 24 * 1024 * 1024, "{bytes} bytes");
}
