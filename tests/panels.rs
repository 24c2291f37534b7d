//! The shipped panels say what they mean: their queries, answered from series made by hand.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

use std::collections::BTreeMap;
use std::time::Duration;

use rolltop::demo::prometheus::Tsdb;
use rolltop::demo::prometheus::eval::{Answer, Options, instant};
use rolltop::domain::{Kind, Series, WorkloadKey};
use rolltop::panel::{self, Query, Variables};

/// Two pods of the workload asked about, and one of a neighbour whose name begins alike.
const PODS: [&str; 2] = ["cart-7d9c6f5b4-aaaaa", "cart-7d9c6f5b4-bbbbb"];
const NEIGHBOUR: &str = "cart-redis-5c7d8f9b6-ccccc";

/// Ten minutes of samples every 15 s.
const END: i64 = 1_800_000_600_000;
const STEPS: i64 = 41;

struct Store(Tsdb);

impl Store {
    fn new() -> Self {
        Self(Tsdb::new())
    }

    /// A series of a pod whose value at each step is `value(seconds since the first)`.
    fn series(mut self, name: &str, pod: &str, labels: &[(&str, &str)], value: impl Fn(f64) -> f64) -> Self {
        let mut all = vec![("namespace", "shop"), ("pod", pod)];
        all.extend(labels);
        let id = self.0.series(name, &all);
        let mut seconds = 0.0;
        for step in 0..STEPS {
            self.0.append(id, END - (STEPS - 1 - step) * 15_000, value(seconds));
            seconds += 15.0;
        }
        self
    }

    /// A counter of the workload's pods and the neighbour's, growing by `rate` a second in each.
    fn counters(self, name: &str, labels: &[(&str, &str)], rate: f64) -> Self {
        PODS.iter()
            .chain([&NEIGHBOUR])
            .fold(self, |store, pod| store.series(name, pod, labels, |seconds| rate * seconds))
    }

    /// What a panel's lines show at the end of the samples, rounded to a thousandth, by legend.
    fn show(&self, id: &str) -> BTreeMap<String, String> {
        let (panels, _) = panel::load(&panel::shelf());
        let panel = panels.iter().find(|panel| panel.id == id).unwrap();
        let lines = self.lines(&panel.queries);
        match &panel.fallback {
            Some(fallback) if lines.is_empty() => self.lines(&fallback.queries),
            _ => lines,
        }
    }

    /// What the evidence queries count of the pods of a ReplicaSet: `requests`, `errors`, `le` bounds.
    fn evidence(&self, set: &str) -> BTreeMap<String, String> {
        let key = WorkloadKey { namespace: "shop".into(), name: "cart".into(), kind: Kind::Rollout };
        let variables = Variables::of_pods(&key, &Variables::pods_of_sets([set]), Duration::from_secs(300));
        let mut counted = BTreeMap::new();
        for question in panel::evidence(&[]) {
            let promql = question.promql(&variables);
            let Answer::Vector(rows) = instant(&self.0, Options::default(), &promql, END).unwrap() else {
                panic!("{promql} is no vector")
            };
            for (labels, value) in rows {
                let name = match labels.get("le") {
                    "" => format!("{:?}", question.counts).to_lowercase(),
                    bound => bound.to_owned(),
                };
                counted.insert(name, format!("{value:.0}"));
            }
        }
        counted
    }

    fn lines(&self, queries: &[Query]) -> BTreeMap<String, String> {
        let key = WorkloadKey { namespace: "shop".into(), name: "cart".into(), kind: Kind::Deployment };
        let variables = Variables::of(&key, None, Duration::from_secs(120));
        let mut lines = BTreeMap::new();
        for query in queries {
            let promql = query.promql(&variables);
            let Answer::Vector(rows) = instant(&self.0, Options::default(), &promql, END).unwrap() else {
                panic!("{promql} is no vector")
            };
            for (_, value) in rows {
                lines.insert(query.legend(&Series::default()), format!("{value:.3}"));
            }
        }
        lines
    }
}

fn lines(expected: &[(&str, &str)]) -> BTreeMap<String, String> {
    expected.iter().map(|(legend, value)| ((*legend).to_owned(), (*value).to_owned())).collect()
}

const COUNT: &str = "http_server_requests_seconds_count";

#[test]
fn nothing_measured_is_nothing_shown() {
    let store = Store::new();
    for panel in ["request-rate", "error-share", "latency", "cpu", "memory", "restarts"] {
        assert_eq!(store.show(panel), lines(&[]), "{panel}");
    }
}

#[test]
fn requests_of_the_workload_count_and_its_probes_do_not() {
    let store = Store::new().counters(COUNT, &[("uri", "/cart"), ("status", "200")], 10.0).counters(
        COUNT,
        &[("uri", "/actuator/health"), ("status", "200")],
        7.0,
    );
    assert_eq!(store.show("request-rate"), lines(&[("requests", "20.000")]));
    assert_eq!(store.show("error-share"), lines(&[("5xx", "0.000")]), "nothing failed is zero, not a gap");
    let store = store.series(COUNT, PODS[0], &[("uri", "/cart"), ("status", "503")], |seconds| 5.0 * seconds);
    assert_eq!(store.show("request-rate"), lines(&[("requests", "25.000")]));
    assert_eq!(store.show("error-share"), lines(&[("5xx", "0.200")]));
}

#[test]
fn common_names_serve_where_the_frameworks_own_are_absent() {
    let store = Store::new().counters("http_requests_total", &[("code", "200")], 3.0);
    assert_eq!(store.show("request-rate"), lines(&[("requests", "6.000")]));
    assert_eq!(store.show("error-share"), lines(&[("5xx", "0.000")]));
    let store = store.counters("http_requests_total", &[("code", "500")], 1.0);
    assert_eq!(store.show("error-share"), lines(&[("5xx", "0.250")]));
}

#[test]
fn latency_comes_from_buckets_else_mean_and_max() {
    let uri = ("uri", "/cart");
    let store = Store::new()
        .counters("http_server_requests_seconds_sum", &[uri], 2.0)
        .counters(COUNT, &[uri], 10.0)
        .counters("http_server_requests_seconds_max", &[uri], 0.0)
        .series("http_server_requests_seconds_max", PODS[1], &[("uri", "/slow")], |_| 1.5);
    assert_eq!(store.show("latency"), lines(&[("mean", "0.200"), ("max", "1.500")]));
    let bucket = "http_server_requests_seconds_bucket";
    let store = store
        .counters(bucket, &[uri, ("le", "0.1")], 5.0)
        .counters(bucket, &[uri, ("le", "1")], 10.0)
        .counters(bucket, &[uri, ("le", "+Inf")], 10.0);
    assert_eq!(store.show("latency"), lines(&[("p50", "0.100"), ("p95", "0.910"), ("p99", "0.982")]));
}

#[test]
fn pods_are_held_against_what_one_pod_requests_and_may_use() {
    let app = [("container", "cart")];
    let cpu = "container_cpu_usage_seconds_total";
    let mut store = Store::new()
        .series(cpu, PODS[0], &app, |seconds| 0.1 * seconds)
        .series(cpu, PODS[1], &app, |seconds| 0.4 * seconds)
        // What cadvisor sums up over the whole pod would count everything twice.
        .series(cpu, PODS[1], &[("container", "")], |seconds| 0.4 * seconds)
        .series(cpu, NEIGHBOUR, &app, |seconds| 9.0 * seconds);
    let memory = "container_memory_working_set_bytes";
    for pod in PODS {
        store = store
            .series(memory, pod, &app, |_| 100.0)
            .series(memory, pod, &[("container", "proxy")], |_| 20.0)
            .series("kube_pod_container_resource_requests", pod, &[("container", "cart"), ("resource", "cpu")], |_| {
                0.25
            })
            .series("kube_pod_container_resource_limits", pod, &[("container", "cart"), ("resource", "cpu")], |_| 0.5);
    }
    let expected = [("largest", "0.400"), ("mean", "0.250"), ("request", "0.250"), ("limit", "0.500")];
    assert_eq!(store.show("cpu"), lines(&expected));
    assert_eq!(store.show("memory"), lines(&[("largest", "120.000"), ("mean", "120.000")]));
}

#[test]
fn restarts_are_whole() {
    let store =
        Store::new().series("kube_pod_container_status_restarts_total", PODS[0], &[("container", "cart")], |seconds| {
            if seconds < 540.0 { 3.0 } else { 4.0 }
        });
    assert_eq!(store.show("restarts"), lines(&[("restarts", "1.000")]));
}

#[test]
fn each_side_of_a_canary_is_counted_for_itself() {
    let (stable, canary) = ("cart-7d9c6f5b4", "cart-6f5b4d9c7");
    let (stable_pod, canary_pod) = ("cart-7d9c6f5b4-aaaaa", "cart-6f5b4d9c7-aaaaa");
    assert_eq!(Store::new().evidence(stable), lines(&[]), "nothing counts them");
    let bucket = "http_server_requests_seconds_bucket";
    let well = [("uri", "/cart"), ("status", "200")];
    let store = Store::new()
        .series(COUNT, stable_pod, &well, |seconds| 10.0 * seconds)
        .series(COUNT, stable_pod, &[("uri", "/actuator/health"), ("status", "200")], |seconds| 7.0 * seconds)
        .series(COUNT, NEIGHBOUR, &well, |seconds| 90.0 * seconds)
        .series(COUNT, canary_pod, &well, |seconds| 2.0 * seconds)
        .series(COUNT, canary_pod, &[("uri", "/cart"), ("status", "502")], |seconds| seconds)
        .series(bucket, canary_pod, &[("uri", "/cart"), ("le", "0.1")], |seconds| seconds)
        .series(bucket, canary_pod, &[("uri", "/cart"), ("le", "+Inf")], |seconds| 3.0 * seconds);
    assert_eq!(store.evidence(stable), lines(&[("requests", "3000"), ("errors", "0")]));
    let counted = [("requests", "900"), ("errors", "300"), ("0.1", "300"), ("+Inf", "900")];
    assert_eq!(store.evidence(canary), lines(&counted));
    let common = Store::new().series("http_requests_total", stable_pod, &[("code", "500")], |seconds| seconds).series(
        "http_request_duration_seconds_bucket",
        stable_pod,
        &[("le", "1")],
        |seconds| seconds,
    );
    assert_eq!(common.evidence(stable), lines(&[("requests", "300"), ("errors", "300"), ("1", "300")]));
}
