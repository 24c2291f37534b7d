//! A cluster in virtual time that does what a recording did, and is watched at every change.

use jiff::{SignedDuration, Timestamp};
use rolltop::demo::controllers::cluster::Kind;
use rolltop::demo::engine::Engine;
use rolltop::demo::kubelet::Behaviour;
use rolltop::demo::store::{Meta, SharedStore, Store};
use serde_json::{Value, json};

use crate::lines::rollout_status;
use crate::recording::Recording;

const SPACE: &str = "rec";
const NODES: usize = 20;

/// A cluster in virtual time that plays a recording.
pub struct Play {
    pub engine: Engine,
    start: Timestamp,
    seen: u64,
    /// What `kubectl rollout status` would have said of the workload in hand.
    pub said: Vec<String>,
    pub conditions: Vec<[String; 4]>,
    watched: (Kind, String),
    /// The most pods and the fewest available ones that the workload in hand ever had.
    most: i64,
    least: i64,
}

impl Play {
    pub fn new(recording: &Recording, behaviours: &[(&str, Behaviour)]) -> Self {
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

    pub fn until(&mut self, t: f64) {
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

    pub fn assert_bounds(&self, most: i64, least: i64) {
        assert!(self.most <= most, "{} pods are above the surge", self.most);
        assert!(self.least >= least, "{} available pods are too few", self.least);
    }

    /// Owner, image, revision and size of every `ReplicaSet`, in a fixed order.
    pub fn sets(&self) -> Vec<(String, String, String, i64)> {
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

    pub fn run(&mut self, command: &str) {
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
pub fn furnish(engine: &mut Engine, recording: &Recording) {
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
pub fn undo(engine: &mut Engine, name: &str) {
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
