//! The simulated Prometheus, judged by what the real one answered.
//!
//! `tests/promql/answers.json.gz` holds what Prometheus 2.42 said to each line of `expressions.txt`
//! over `samples.om.gz`, in three forms: a range on the grid of the samples, one off it, and an
//! instant.

#![expect(clippy::unwrap_used, clippy::float_cmp, reason = "a test")]

#[path = "promql/compare.rs"]
mod compare;
#[path = "promql/openmetrics.rs"]
mod openmetrics;

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use jiff::Timestamp;
use rolltop::demo::prometheus::{Prometheus, Reply};
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

fn ask(server: &Prometheus, endpoint: &str, query: &str, parameters: &[(&str, f64)]) -> Reply {
    let encoded = percent_encoding::utf8_percent_encode(query, percent_encoding::NON_ALPHANUMERIC);
    let mut address = format!("query={encoded}");
    for (name, value) in parameters {
        let _ = write!(address, "&{name}={value}");
    }
    server.handle(Timestamp::UNIX_EPOCH, "GET", &format!("/api/v1/{endpoint}"), &address, "")
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
            let reply = ask(&server, endpoint, query, parameters);
            let ours: Value = serde_json::from_str(&reply.body).unwrap();
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
            let reply = ask(&server, endpoint, query, parameters);
            let ours: Value = serde_json::from_str(&reply.body).unwrap();
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
