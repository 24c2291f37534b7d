//! The simulated Prometheus, judged by what the real one answered.
//!
//! `tests/promql/answers.json.gz` holds what Prometheus 2.42 said to each line of `expressions.txt`
//! over `samples.om.gz`, in three forms: a range on the grid of the samples, one off it, and an
//! instant.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::float_cmp,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

#[path = "promql/company.rs"]
mod company;
#[path = "promql/compare.rs"]
mod compare;
#[path = "promql/openmetrics.rs"]
mod openmetrics;
#[path = "promql/panels.rs"]
mod panels;
#[path = "promql/real.rs"]
mod real;
#[path = "promql/unit_tests.rs"]
mod unit_tests;

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use jiff::Timestamp;
use real::Real;
use rolltop::demo::prometheus::{Credentials, Prometheus, Reply, serve};
use serde_json::Value;

/// The first sample's second.
const START: f64 = 1_795_168_800.0;

/// Expressions whose answer differs from Prometheus 2.42's, with the reason.
const EXCEPTIONS: [(&str, &str); 0] = [];

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/promql").join(name)
}

fn unpacked(name: &str) -> String {
    let file = std::fs::File::open(data(name)).unwrap();
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

fn lines(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(data(name)).unwrap();
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn answers() -> Vec<Value> {
    serde_json::from_str(&unpacked("answers.json.gz")).unwrap()
}

fn loaded() -> Prometheus {
    let mut server = Prometheus::default();
    openmetrics::load(&mut server.db, &unpacked("samples.om.gz"));
    server
}

/// A form in which each expression was asked: name, endpoint, parameters.
type Form = (&'static str, &'static str, &'static [(&'static str, f64)]);

const FORMS: [Form; 3] = [
    ("A", "query_range", &[("start", START + 600.0), ("end", START + 4200.0), ("step", 30.0)]),
    ("B", "query_range", &[("start", START + 607.5), ("end", START + 4200.0), ("step", 37.0)]),
    ("I", "query", &[("time", START + 1807.25)]),
];

fn address(query: &str, parameters: &[(&str, f64)]) -> String {
    let encoded = percent_encoding::utf8_percent_encode(query, percent_encoding::NON_ALPHANUMERIC);
    let mut address = format!("query={encoded}");
    for (name, value) in parameters {
        let _ = write!(address, "&{name}={value}");
    }
    address
}

fn ask(server: &Prometheus, endpoint: &str, query: &str, parameters: &[(&str, f64)]) -> Value {
    let path = format!("/api/v1/{endpoint}");
    let reply = server.handle(Timestamp::UNIX_EPOCH, "GET", &path, &address(query, parameters), "");
    serde_json::from_str(&reply.body).unwrap()
}

/// Asks the simulated and the real one the same, and tells how they differ.
fn differences(server: &Prometheus, real: &Real, queries: &[String], forms: &[Form]) -> Vec<String> {
    let mut differing = Vec::new();
    for (form, endpoint, parameters) in forms {
        for query in queries {
            let path = format!("/api/v1/{endpoint}?{}", address(query, parameters));
            if let Err(difference) = compare::answers(&real.get(&path), &ask(server, endpoint, query, parameters)) {
                differing.push(format!("{form} {query}: {difference}"));
            }
        }
    }
    differing
}

#[test]
fn expressions_have_the_answers_of_prometheus() {
    let server = loaded();
    let expressions = lines("expressions.txt");
    let mut answers = answers();
    answers.retain(|answer| expressions.iter().any(|query| answer["q"] == **query));
    assert_eq!(answers.len(), 104);
    for (form, endpoint, parameters) in FORMS {
        let mut differing = Vec::new();
        for answer in &answers {
            let query = answer["q"].as_str().unwrap();
            let ours = ask(&server, endpoint, query, parameters);
            if let Err(difference) = compare::answers(&answer[form], &ours) {
                println!("{form} {query}: {difference}");
                differing.push(query);
            }
        }
        let excused: Vec<&str> = EXCEPTIONS.iter().map(|(query, _)| *query).collect();
        assert_eq!(differing, excused, "form {form}");
    }
    assert!(EXCEPTIONS.len() <= 4);
}

/// Refusals in other words than Prometheus' own: promql-parser does not say where it failed.
const OTHER_WORDS: [&str; 3] = ["sum by (pod (kube_pod_info)", "kube_pod_info and 1", "clamp_min(kube_pod_info)"];

#[test]
fn what_prometheus_refuses_is_refused_in_its_words() {
    let server = loaded();
    let rejected = lines("rejected.txt");
    assert_eq!(rejected.len(), 16);
    for answer in answers().iter().filter(|answer| rejected.iter().any(|query| answer["q"] == **query)) {
        let query = answer["q"].as_str().unwrap();
        for (form, endpoint, parameters) in FORMS {
            let ours = ask(&server, endpoint, query, parameters);
            let expected = &answer[form];
            assert_eq!(
                (&ours["status"], &ours["errorType"]),
                (&expected["status"], &expected["errorType"]),
                "{form} {query}"
            );
            if ours["status"] == "success" {
                compare::answers(expected, &ours).unwrap();
            } else if OTHER_WORDS.contains(&query) {
                println!("{query}: {} instead of {}", ours["error"], expected["error"]);
            } else {
                assert_eq!(ours["error"], expected["error"], "{form} {query}");
            }
        }
    }
}

#[test]
fn the_installed_prometheus_agrees_on_the_expressions() {
    if !real::is_installed() {
        return;
    }
    let server = loaded();
    let real = Real::holding(&server.db.export_openmetrics());
    let differing = differences(&server, &real, &lines("expressions.txt"), &FORMS);
    println!("{} differ: {differing:#?}", differing.len());
    assert!(differing.len() <= 4, "{differing:#?}");
}

/// A day and an hour, ending at the company's noon.
const RANGES: [Form; 3] = [
    ("1h", "query_range", &[("start", NOON - 3600.0), ("end", NOON), ("step", 15.0)]),
    ("24h", "query_range", &[("start", NOON - 86_000.0), ("end", NOON), ("step", 360.0)]),
    ("now", "query", &[("time", NOON)]),
];

/// 2026-11-21T12:00:00Z.
const NOON: f64 = 1_795_262_400.0;

#[test]
fn the_installed_prometheus_agrees_on_every_panel_and_rule() {
    if !real::is_installed() {
        return;
    }
    let (server, _) = company::company("2026-11-21T12:00:00Z".parse().unwrap());
    let mut queries = panels::queries();
    assert!(queries.len() > 10, "the built-in panels are there");
    queries.extend(server.rules.groups.iter().flat_map(|group| &group.rules).map(|rule| rule.expr.clone()));
    let real = Real::holding(&server.db.export_openmetrics());
    let differing = differences(&server, &real, &queries, &RANGES);
    assert!(differing.is_empty(), "{differing:#?}");
    let with_data = queries.iter().filter(|query| {
        let answer = ask(&server, "query", query, &[("time", NOON)]);
        answer["data"]["result"].as_array().is_some_and(|found| !found.is_empty())
    });
    let with_data = with_data.count();
    println!("{with_data} of {} queries have data", queries.len());
    assert!(with_data * 2 > queries.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_installed_prometheus_can_scrape_a_pod() {
    if !real::is_installed() {
        return;
    }
    let (server, recorder) = company::company(Timestamp::now());
    let text = recorder.exposition(&server.db, company::NAMESPACE, "order-0").unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (seen, mut scrapes) = tokio::sync::mpsc::unbounded_channel();
    let exposed = text.clone();
    tokio::spawn(serve(listener, Credentials::None, move |_, path, _, _| {
        let _ = seen.send(path.to_owned());
        Reply { status: 200, content_type: rolltop::demo::metrics::CONTENT_TYPE, body: exposed.clone() }
    }));
    let real = tokio::task::spawn_blocking(move || Real::scraping(&address)).await.unwrap();
    for _ in 0..2 {
        // The second scrape starts after the first one's samples are in.
        assert_eq!(scrapes.recv().await.unwrap(), "/actuator/prometheus");
    }
    let (up, targets) = tokio::task::spawn_blocking(move || {
        (real.get("/api/v1/query?query=scrape_samples_scraped"), real.get("/api/v1/targets"))
    })
    .await
    .unwrap();
    let samples = text.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(up["data"]["result"][0]["value"][1], samples.to_string(), "{up}");
    let target = &targets["data"]["activeTargets"][0];
    assert_eq!((&target["health"], &target["lastError"]), (&"up".into(), &"".into()));
    let ours: Value =
        serde_json::from_str(&server.handle(Timestamp::now(), "GET", "/api/v1/targets", "", "").body).unwrap();
    let keys = |target: &Value| -> Vec<String> { target.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(keys(&ours["data"]["activeTargets"][0]), keys(target));
}
