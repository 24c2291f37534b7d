//! The company in virtual time, as people act on it.

use jiff::{SignedDuration, Timestamp};
use rolltop::demo::company::{self, PRODUCTION};
use rolltop::demo::controllers::cluster::{Cluster, Kind};
use rolltop::demo::engine::{Engine, Measured};
use rolltop::demo::logs::Logs;
use rolltop::demo::scenario::Action;
use rolltop::demo::store::{SharedStore, Store};
use serde_json::{Value, json};

pub const SPEED: f64 = 20.0;

pub struct Shop {
    pub engine: Engine,
    pub measured: Measured,
}

impl Shop {
    /// A company with a minute of measurements behind it.
    pub fn new() -> Self {
        let start = Timestamp::from_second(1_795_262_400).expect("in range");
        let objects = SharedStore::new(Store::new(5));
        let mut engine = Engine::new(objects, 5, SPEED, start - SignedDuration::from_hours(2000));
        company::settle(&mut engine, start);
        let measured = engine.measure(5, Logs::new(5), start);
        engine.step_until(start + SignedDuration::from_secs(60));
        Self { engine, measured }
    }

    pub fn cluster(&self) -> &Cluster {
        self.engine.cluster()
    }

    pub fn now(&self) -> Timestamp {
        self.cluster().now()
    }

    pub fn wait(&mut self, seconds: i64) {
        self.engine.step_until(self.now() + SignedDuration::from_secs(seconds));
    }

    /// Waits until something holds, a second at a time.
    pub fn until(&mut self, what: &str, seconds: i64, holds: impl Fn(&Self) -> bool) {
        for _ in 0..seconds {
            if holds(self) {
                return;
            }
            self.wait(1);
        }
        panic!("not within {seconds} s: {what}");
    }

    pub fn get(&self, kind: Kind, name: &str) -> Value {
        self.find(kind, name).unwrap_or_else(|| panic!("{name} is there"))
    }

    pub fn find(&self, kind: Kind, name: &str) -> Option<Value> {
        self.cluster().get(kind, PRODUCTION, name).map(|object| object.value().clone())
    }

    pub fn release(&mut self, workload: &str, tag: &str) {
        let image = format!("mambogo/{}:{tag}", workload.trim_end_matches("-canary"));
        let action =
            Action::Release { workload: workload.to_owned(), image, cause: None, by: "github-actions".to_owned() };
        let now = self.now();
        self.engine.act(action, now);
    }

    pub fn merge_status(&mut self, kind: Kind, name: &str, patch: &Value) {
        self.engine.cluster_mut().modify_status(kind, PRODUCTION, name, "test", |object| merge(object, patch));
    }

    /// Reasons of the events about an object, oldest first.
    pub fn reasons(&self, kind: &str, name: &str) -> Vec<String> {
        self.events(kind, name).into_iter().map(|(reason, _)| reason).collect()
    }

    pub fn events(&self, kind: &str, name: &str) -> Vec<(String, String)> {
        let mut all: Vec<_> = self
            .cluster()
            .list(Kind::Event, Some(PRODUCTION))
            .into_iter()
            .filter(|event| event["involvedObject"]["kind"] == kind && event["involvedObject"]["name"] == name)
            .collect();
        all.sort_by_key(|event| event["metadata"]["name"].as_str().unwrap_or("").to_owned());
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        all.iter().map(|event| (text(&event["reason"]), text(&event["message"]))).collect()
    }

    /// Requests a second that pods whose names match a pattern served in the last half minute.
    pub fn requests(&self, pods: &str) -> f64 {
        self.ask(&format!("sum(rate(http_server_requests_seconds_count{{pod=~\"{pods}\"}}[30s])) or vector(0)"))
    }

    pub fn ask(&self, query: &str) -> f64 {
        let form =
            format!("query={}", percent_encoding::utf8_percent_encode(query, percent_encoding::NON_ALPHANUMERIC));
        let reply = self.measured.monitoring().handle(self.now(), "GET", "/api/v1/query", &form, "");
        let answer: Value = serde_json::from_str(&reply.body).expect("JSON");
        let value = &answer["data"]["result"][0]["value"][1];
        value.as_str().unwrap_or_else(|| panic!("{query}: {answer}")).parse().expect("a number")
    }
}

pub fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (key, value) in patch {
        if value.is_null() {
            target.as_object_mut().unwrap().shift_remove(key);
        } else {
            merge(&mut target[key], value);
        }
    }
}
