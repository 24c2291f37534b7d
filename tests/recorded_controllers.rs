//! The simulated controllers against recordings of real ones: the same commands, in virtual time, must give
//! the same rollout-status lines, the same conditions, the same revisions, and never leave the bounds.
//!
//! `recorded/*.jsonl` are cut from recordings of a real API server and controllers (v1.20, simulated kubelets
//! without probes): the objects at the start, the commands, what `kubectl rollout status` said, the conditions
//! in the order of their first appearance, and the `ReplicaSets` at the end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

use jiff::{SignedDuration, Timestamp};
use rolltop::demo::controllers::cluster::Kind;
use rolltop::demo::engine::Engine;
use rolltop::demo::kubelet::{Behaviour, Fate};
use rolltop::demo::store::{Meta, SharedStore, Store};
use serde_json::{Value, json};

const SPACE: &str = "rec";
const NODES: usize = 20;

#[derive(Default)]
struct Recording {
    objects: Vec<Value>,
    script: Vec<(f64, Entry)>,
    conditions: Vec<[String; 4]>,
    sets: Vec<(String, String, String, i64)>,
}

#[derive(Debug, Clone)]
enum Entry {
    Run(String),
    Line(String),
    Exit,
}

fn recording(name: &str) -> Recording {
    let path = format!("{}/tests/recorded/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut recording = Recording::default();
    for line in text.lines() {
        let value: Value = serde_json::from_str(line).expect("a line of JSON");
        let at = value["t"].as_f64().unwrap_or(0.0);
        if let Some(object) = value.get("object") {
            recording.objects.push(object.clone());
        } else if let Some(run) = value["run"].as_str() {
            recording.script.push((at, Entry::Run(run.to_owned())));
        } else if let Some(line) = value["line"].as_str() {
            recording.script.push((at, Entry::Line(line.to_owned())));
        } else if value.get("exit").is_some() {
            recording.script.push((at, Entry::Exit));
        } else if let Some(parts) = value["condition"].as_array() {
            let part = |index: usize| parts[index].as_str().expect("text").to_owned();
            recording.conditions.push([part(0), part(1), part(2), part(3)]);
        } else if let Some(set) = value["set"].as_array() {
            let part = |index: usize| set[index].as_str().expect("text").to_owned();
            recording.sets.push((part(0), part(1), part(2), set[3].as_i64().expect("a number")));
        }
    }
    recording.sets.sort();
    recording
}

/// A cluster in virtual time that plays a recording.
struct Play {
    engine: Engine,
    start: Timestamp,
    seen: u64,
    /// What `kubectl rollout status` would have said of the workload in hand.
    said: Vec<String>,
    conditions: Vec<[String; 4]>,
    watched: (Kind, String),
    /// The most pods and the fewest available ones that the workload in hand ever had.
    most: i64,
    least: i64,
}

impl Play {
    fn new(recording: &Recording, behaviours: &[(&str, Behaviour)]) -> Self {
        let start = Timestamp::from_second(1_795_262_400).expect("in range");
        let before = start - SignedDuration::from_hours(1);
        let store = SharedStore::new(Store::new(11));
        let mut engine = Engine::new(store, 11, 10.0, before);
        for (image, behaviour) in behaviours {
            engine.kubelets_mut().set_behaviour(image, behaviour.clone());
        }
        engine.step(before);
        let cluster = engine.cluster_mut();
        let space = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}});
        cluster.create(Kind::Namespace, space, "test").expect("a namespace");
        for number in 0..NODES {
            let room = json!({"cpu": "32", "memory": "256Gi", "pods": "110"});
            let node = json!({
                "apiVersion": "v1", "kind": "Node", "metadata": {"name": format!("node-{number:03}")},
                "status": {"allocatable": room, "capacity": room, "conditions": [{"type": "Ready", "status": "True"}]},
            });
            cluster.create(Kind::Node, node, "test").expect("a node");
        }
        furnish(&mut engine, recording);
        engine.step_until(start);
        let seen = engine.cluster().store().with(|store| store.resource_version());
        Self {
            engine,
            start,
            seen,
            said: Vec::new(),
            conditions: Vec::new(),
            watched: (Kind::Deployment, String::new()),
            most: 0,
            least: i64::MAX,
        }
    }

    fn until(&mut self, t: f64) {
        let until = self.start + SignedDuration::try_from_secs_f64(t).expect("in range");
        self.engine.step(self.engine.cluster().now());
        self.watch();
        loop {
            let next = self.engine.next_wake().filter(|next| *next <= until);
            self.engine.step(next.unwrap_or(until));
            self.watch();
            if next.is_none() {
                return;
            }
        }
    }

    fn assert_bounds(&self, most: i64, least: i64) {
        assert!(self.most <= most, "{} pods are above the surge", self.most);
        assert!(self.least >= least, "{} available pods are too few", self.least);
    }

    /// Owner, image, revision and size of every `ReplicaSet`, in a fixed order.
    fn sets(&self) -> Vec<(String, String, String, i64)> {
        let sets = self.engine.cluster().list(Kind::ReplicaSet, Some(SPACE));
        let mut sets: Vec<_> = sets
            .iter()
            .map(|set| {
                let owner = set.controller().and_then(|owner| owner["name"].as_str()).unwrap_or("").to_owned();
                let image = set["spec"]["template"]["spec"]["containers"][0]["image"].as_str().unwrap_or("").to_owned();
                let revision = set.annotation("deployment.kubernetes.io/revision").unwrap_or("").to_owned();
                (owner, image, revision, set["spec"]["replicas"].as_i64().unwrap_or(0))
            })
            .collect();
        sets.sort();
        sets
    }

    /// Follows every change as a watch would, and checks the bounds at each of them.
    fn watch(&mut self) {
        let store = self.engine.cluster().store().clone();
        let changes = store.with(|store| {
            let changes = store.changed_since(self.seen).expect("the log reaches back").cloned().collect::<Vec<_>>();
            self.seen = store.resource_version();
            changes
        });
        for change in changes {
            let object = change.object.value();
            if change.resource.kind == "Deployment" {
                let count = |key: &str| object["status"][key].as_i64().unwrap_or(0);
                if object.name() == self.watched.1 {
                    self.most = self.most.max(count("replicas"));
                    self.least = self.least.min(count("availableReplicas"));
                }
                for condition in object["status"]["conditions"].as_array().into_iter().flatten() {
                    let part = |key: &str| condition[key].as_str().unwrap_or("").to_owned();
                    let found = [object.name().to_owned(), part("type"), part("status"), part("reason")];
                    if !self.conditions.contains(&found) {
                        self.conditions.push(found);
                    }
                }
            }
            let kind = self.watched.0.resource().kind;
            if change.resource.kind == kind && object.name() == self.watched.1 {
                let line = rollout_status(kind, object);
                if self.said.last() != Some(&line) {
                    self.said.push(line);
                }
            }
        }
    }

    fn run(&mut self, command: &str) {
        let words: Vec<&str> = command.split_whitespace().skip(3).collect();
        let target = words.iter().find_map(|word| word.split_once('/'));
        if let Some((kind, name)) = target {
            let kind = match kind {
                "sts" => Kind::StatefulSet,
                "ds" => Kind::DaemonSet,
                _ => Kind::Deployment,
            };
            if self.watched != (kind, name.to_owned()) || words[0] != "annotate" {
                self.watched = (kind, name.to_owned());
                self.said.clear();
            }
        }
        let (kind, name) = self.watched.clone();
        let cluster = self.engine.cluster_mut();
        match (words[0], words.get(1).copied().unwrap_or("")) {
            ("set", "image") => {
                let image = words[3].split_once('=').expect("container=image").1.to_owned();
                cluster.modify(kind, SPACE, &name, "kubectl-set", |object| {
                    object["spec"]["template"]["spec"]["containers"][0]["image"] = json!(image);
                });
            }
            ("annotate", _) => {
                let cause = command.split('\'').nth(1).expect("a quoted value").to_owned();
                cluster.modify(kind, SPACE, &name, "kubectl-annotate", |object| {
                    object["metadata"]["annotations"]["kubernetes.io/change-cause"] = json!(cause);
                });
            }
            ("scale", _) => {
                let replicas: i64 = words.last().expect("a number").parse().expect("a number");
                cluster.modify(kind, SPACE, &name, "kubectl", |object| object["spec"]["replicas"] = json!(replicas));
            }
            ("rollout", "restart") => {
                cluster.modify(kind, SPACE, &name, "kubectl-rollout", |object| {
                    object["spec"]["template"]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"] =
                        json!("2026-11-21T10:22:39Z");
                });
            }
            ("rollout", "undo") => undo(&mut self.engine, &name),
            ("create", "quota") => {
                let pods = cluster.list(Kind::Pod, Some(SPACE)).len().to_string();
                let quota = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q", "namespace": SPACE}, "spec": {"hard": {"pods": pods}}});
                cluster.create(Kind::ResourceQuota, quota, "kubectl-create").expect("a quota");
            }
            ("delete", "quota") => cluster.delete_now(Kind::ResourceQuota, SPACE, "q"),
            other => panic!("no such command: {other:?}"),
        }
    }
}

/// Recreates the workloads of a recording with their `ReplicaSets`, and lets them settle.
fn furnish(engine: &mut Engine, recording: &Recording) {
    let cluster = engine.cluster_mut();
    let of_kind = |kind: &'static str| recording.objects.iter().filter(move |object| object["kind"] == kind);
    let mut owners = std::collections::HashMap::new();
    for (kind, name) in
        [(Kind::Deployment, "Deployment"), (Kind::StatefulSet, "StatefulSet"), (Kind::DaemonSet, "DaemonSet")]
    {
        for object in of_kind(name) {
            let made = cluster.create(kind, object.clone(), "test").unwrap_or_else(|error| panic!("{error}"));
            owners.insert(made.name().to_owned(), made.uid().to_owned());
        }
    }
    for object in of_kind("ReplicaSet") {
        let mut object = object.clone();
        let owner = object["metadata"].as_object_mut().expect("metadata").remove("owner").expect("an owner");
        let owner = owner.as_str().expect("a name");
        object["metadata"]["ownerReferences"] = json!([{
            "apiVersion": "apps/v1", "kind": "Deployment", "name": owner, "uid": owners[owner], "controller": true, "blockOwnerDeletion": true,
        }]);
        cluster.create(Kind::ReplicaSet, object, "test").unwrap_or_else(|error| panic!("{error}"));
    }
}

/// `kubectl rollout undo`: the template and annotations of the second highest revision.
fn undo(engine: &mut Engine, name: &str) {
    let cluster = engine.cluster_mut();
    let deployment = cluster.get(Kind::Deployment, SPACE, name).expect("it is there");
    let mut sets = cluster.owned(deployment.uid(), Kind::ReplicaSet);
    let revision = |object: &Value| {
        object.annotation("deployment.kubernetes.io/revision").and_then(|text| text.parse::<i64>().ok()).unwrap_or(0)
    };
    sets.sort_by_key(|set| -revision(set));
    let mut template = sets[1]["spec"]["template"].clone();
    template["metadata"]["labels"].as_object_mut().expect("labels").remove("pod-template-hash");
    cluster.modify(Kind::Deployment, SPACE, name, "kubectl-rollout", |object| object["spec"]["template"] = template);
}

/// The sentences of `kubectl rollout status`.
fn rollout_status(kind: &str, object: &Value) -> String {
    let name = object.name();
    let number = |path: &str| object.pointer(path).and_then(Value::as_i64).unwrap_or(0);
    let spec_replicas = object.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1);
    let status = |key: &str| number(&format!("/status/{key}"));
    let unseen = number("/metadata/generation") > status("observedGeneration");
    match kind {
        "Deployment" => {
            let late = object["status"]["conditions"]
                .as_array()
                .into_iter()
                .flatten()
                .any(|each| each["reason"] == "ProgressDeadlineExceeded");
            let (updated, total, available) =
                (status("updatedReplicas"), status("replicas"), status("availableReplicas"));
            let wait = |what: String| format!("Waiting for deployment \"{name}\" rollout to finish: {what}...");
            if unseen {
                "Waiting for deployment spec update to be observed...".to_owned()
            } else if late {
                format!("error: deployment \"{name}\" exceeded its progress deadline")
            } else if updated < spec_replicas {
                wait(format!("{updated} out of {spec_replicas} new replicas have been updated"))
            } else if total > updated {
                wait(format!("{} old replicas are pending termination", total - updated))
            } else if available < updated {
                wait(format!("{available} of {updated} updated replicas are available"))
            } else {
                format!("deployment \"{name}\" successfully rolled out")
            }
        }
        "DaemonSet" => {
            let (updated, desired, available) =
                (status("updatedNumberScheduled"), status("desiredNumberScheduled"), status("numberAvailable"));
            let wait = |what: String| format!("Waiting for daemon set \"{name}\" rollout to finish: {what}...");
            if unseen {
                "Waiting for daemon set spec update to be observed...".to_owned()
            } else if updated < desired {
                wait(format!("{updated} out of {desired} new pods have been updated"))
            } else if available < desired {
                wait(format!("{available} of {desired} updated pods are available"))
            } else {
                format!("daemon set \"{name}\" successfully rolled out")
            }
        }
        _ => {
            if unseen {
                "Waiting for statefulset spec update to be observed...".to_owned()
            } else if status("readyReplicas") < spec_replicas {
                format!("Waiting for {} pods to be ready...", spec_replicas - status("readyReplicas"))
            } else if status("updatedReplicas") < spec_replicas {
                format!(
                    "Waiting for partitioned roll out to finish: {} out of {spec_replicas} new pods have been updated...",
                    status("updatedReplicas")
                )
            } else {
                format!("partitioned roll out complete: {} new pods have been updated...", status("updatedReplicas"))
            }
        }
    }
}

/// A line that kubectl sees or misses depending on when its first look falls.
fn is_early(line: &str) -> bool {
    line.contains("spec update to be observed")
}

fn distinct(lines: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut kept: Vec<String> = lines.into_iter().filter(|line| !is_early(line)).collect();
    kept.dedup();
    kept
}

/// Plays a recording; `extra` are lines that ours may say beyond the recorded ones.
fn play(name: &str, behaviours: &[(&str, Behaviour)], extra: &[&str]) -> Play {
    let recording = recording(name);
    let mut play = Play::new(&recording, behaviours);
    let mut recorded: Vec<String> = Vec::new();
    for (at, entry) in &recording.script {
        match entry {
            Entry::Run(command) if command.starts_with("sleep") => {}
            Entry::Run(command) => {
                play.until(*at);
                play.run(command);
                recorded.clear();
            }
            Entry::Line(line) => recorded.push(line.clone()),
            Entry::Exit => {
                play.until(*at + 0.5);
                // Commands that follow at once must not find our rollout still under way.
                if play.said.iter().all(|line| !is_final(line)) {
                    play.until(*at + 3.0);
                }
                compare(name, &recorded, &play.said, extra);
                recorded.clear();
            }
        }
    }
    let end = recording.script.last().map_or(0.0, |(at, _)| *at) + 30.0;
    play.until(end);
    compare(name, &recorded, &play.said, extra);
    for condition in &recording.conditions {
        assert!(play.conditions.contains(condition), "{name}: {condition:?} is missing from {:?}", play.conditions);
    }
    let order =
        |all: &[[String; 4]], kind: &str| all.iter().filter(|each| each[1] == kind).cloned().collect::<Vec<_>>();
    for kind in ["Progressing", "ReplicaFailure"] {
        assert_eq!(
            order(&play.conditions, kind),
            order(&recording.conditions, kind),
            "{name}: conditions in their order"
        );
    }
    assert_eq!(play.sets(), recording.sets, "{name}: owner, image, revision, size of each ReplicaSet at the end");
    play
}

/// What kubectl printed must be what ours says from the same point on; where kubectl was cut off, as far as it got.
fn compare(name: &str, recorded: &[String], said: &[String], extra: &[&str]) {
    let recorded = distinct(recorded.iter().cloned());
    let Some(first) = recorded.first() else { return };
    let ours = distinct(said.iter().filter(|line| !extra.iter().any(|extra| line.contains(extra))).cloned());
    let end = ours.iter().position(|line| is_final(line)).map_or(ours.len(), |at| at + 1);
    let start = ours
        .iter()
        .position(|line| line == first)
        .unwrap_or_else(|| panic!("{name}: never said {first:?}, but {ours:#?}"));
    let ours = &ours[start..end];
    let upto =
        if recorded.last().is_some_and(|line| is_final(line)) { ours.len() } else { recorded.len().min(ours.len()) };
    assert_eq!(&ours[..upto], recorded, "{name}: what kubectl rollout status says");
}

fn is_final(line: &str) -> bool {
    ["successfully rolled out", "error:", "roll out complete"].iter().any(|word| line.contains(word))
}

fn instant(pull: f64) -> Behaviour {
    Behaviour { pull, startup: 0.0, ..Behaviour::default() }
}

#[test]
fn a_rolling_update_goes_in_the_recorded_waves() {
    play("rolling-update-succeeds", &[], &[]).assert_bounds(7, 4);
}

#[test]
fn a_crash_loop_meets_the_deadline_and_an_undo_brings_the_old_revision_back() {
    play("crash-loop-deadline-then-undo", &[], &[]).assert_bounds(7, 4);
}

#[test]
fn an_image_that_cannot_be_pulled_never_takes_the_old_pods_away() {
    play("image-pull-fails", &[], &[]).assert_bounds(7, 4);
}

#[test]
fn pods_that_are_never_ready_meet_the_deadline() {
    play("readiness-never-true", &[], &[]).assert_bounds(7, 4);
}

#[test]
fn a_restart_is_a_rolling_update() {
    play("restart", &[], &[]).assert_bounds(7, 4);
}

#[test]
fn a_quota_holds_the_surge_up_until_it_is_gone() {
    play("quota-blocks-surge", &[], &[]).assert_bounds(4, 3);
}

#[test]
fn scaling_keeps_the_revision() {
    play("scale-up-and-down", &[], &[]).assert_bounds(8, 0);
}

#[test]
fn a_rollout_that_completes_may_die_of_memory_later() {
    let oom = Behaviour { fate: Some(Fate::OutOfMemory { after: 40.0 }), ..instant(2.0) };
    // There the old pods went one after another, and all new ones were ready before the last had gone.
    let extra = ["2 old replicas", "4 of 5 updated"];
    play("oom-killed-after-rollout", &[("mambogo/order-service:v1.3.0-oom", oom)], &extra).assert_bounds(7, 0);
}

#[test]
fn a_stateful_set_goes_from_the_highest_number_down() {
    play("statefulset-update", &[], &[]);
}

#[test]
fn a_daemon_set_goes_node_by_node() {
    play("daemonset-update", &[], &[]);
}
