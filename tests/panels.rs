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
    let expected = [("largest pod", "0.400"), ("mean", "0.250"), ("request", "0.250"), ("limit", "0.500")];
    assert_eq!(store.show("cpu"), lines(&expected));
    assert_eq!(store.show("memory"), lines(&[("largest pod", "120.000"), ("mean", "120.000")]));
}

#[test]
fn restarts_are_whole() {
    let store =
        Store::new().series("kube_pod_container_status_restarts_total", PODS[0], &[("container", "cart")], |seconds| {
            if seconds < 540.0 { 3.0 } else { 4.0 }
        });
    assert_eq!(store.show("restarts"), lines(&[("restarts", "1.000")]));
}
