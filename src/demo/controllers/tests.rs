//! Controllers that play together in virtual time, where a table of numbers would prove too little.

mod autoscaler;
mod deployments;
mod numbered;
mod proportions;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::cluster::{Cluster, Kind, Object};
use super::object::{int, list, text};
use crate::demo::engine::Engine;
use crate::demo::store::{SharedStore, Store};

const SPACE: &str = "shop";

/// A cluster with room for everything, at speed 1.
struct Stage {
    engine: Engine,
    now: Timestamp,
}

impl Stage {
    fn new() -> Self {
        let now = Timestamp::from_second(1_795_262_400).expect("in range");
        let mut engine = Engine::new(SharedStore::new(Store::new(5)), 5, 1.0, now);
        engine.step(now);
        let room = json!({"cpu": "64", "memory": "256Gi", "pods": "200"});
        let node = json!({
            "apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"},
            "status": {"allocatable": room, "capacity": room, "conditions": [{"type": "Ready", "status": "True"}]},
        });
        let space = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}});
        let mut stage = Self { engine, now };
        stage.make(Kind::Node, node);
        stage.make(Kind::Namespace, space);
        stage
    }

    fn cluster(&mut self) -> &mut Cluster {
        self.engine.cluster_mut()
    }

    fn make(&mut self, kind: Kind, object: Value) {
        self.cluster().create(kind, object, "kubectl-create").expect("it is valid");
    }

    /// Makes a Deployment `web`, whose pods ask for a core each.
    fn deploy(&mut self, replicas: i64, strategy: &Value) {
        self.make(
            Kind::Deployment,
            json!({
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": SPACE},
                "spec": {
                    "replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "strategy": strategy,
                    "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{
                        "name": "web", "image": "shop/web:v1", "resources": {"requests": {"cpu": "1", "memory": "1Gi"}},
                    }]}},
                },
            }),
        );
    }

    fn change(&mut self, kind: Kind, name: &str, change: impl FnOnce(&mut Value)) {
        self.cluster().modify(kind, SPACE, name, "kubectl-edit", change).expect("it is there");
    }

    fn wait(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
        self.engine.step_until(self.now);
    }

    fn get(&self, kind: Kind, name: &str) -> Object {
        self.engine.cluster().get(kind, SPACE, name).expect("it is there")
    }

    /// Image, size asked for and size there of each `ReplicaSet` that is not empty, by image.
    fn sets(&self) -> Vec<(String, i64, i64)> {
        let sets = self.engine.cluster().list(Kind::ReplicaSet, Some(SPACE));
        let sets = sets.iter().map(|set| {
            let image = text(&list(set, &["spec", "template", "spec", "containers"])[0], &["image"]).to_owned();
            (image, int(set, &["spec", "replicas"]), int(set, &["status", "replicas"]))
        });
        let mut sets: Vec<_> = sets.filter(|(_, asked, there)| asked + there > 0).collect();
        sets.sort();
        sets
    }

    fn set_image(&mut self, tag: &str) {
        self.change(Kind::Deployment, "web", |web| {
            web["spec"]["template"]["spec"]["containers"][0]["image"] = json!(format!("shop/web:{tag}"));
        });
    }

    fn scale(&mut self, replicas: i64) {
        self.change(Kind::Deployment, "web", |web| web["spec"]["replicas"] = json!(replicas));
    }

    fn sizes(&self) -> Vec<(String, i64)> {
        self.sets().into_iter().map(|(image, asked, _)| (image, asked)).collect()
    }
}
