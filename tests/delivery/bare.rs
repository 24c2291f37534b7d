//! A cluster with one big node and nothing else: cheap enough for a test of every path.

use jiff::{SignedDuration, Timestamp};
use rolltop::demo::controllers::cluster::Kind;
use rolltop::demo::engine::Engine;
use rolltop::demo::store::{SharedStore, Store, custom};
use serde_json::{Value, json};

use super::shop::merge;

pub const SPACE: &str = "mambogo-production";
pub const NAME: &str = "web";

pub struct Bare {
    pub engine: Engine,
}

impl Bare {
    pub fn new() -> Self {
        let now = Timestamp::from_second(1_795_262_400).unwrap();
        let mut engine = Engine::new(SharedStore::new(Store::new(3)), 3, 20.0, now);
        let cluster = engine.cluster_mut();
        for definition in custom::definitions() {
            cluster.create(Kind::CustomResourceDefinition, definition, "test").unwrap();
        }
        let ample = json!({"cpu": "64", "memory": "256Gi", "pods": "500"});
        let ready = json!({
            "type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status",
            "lastHeartbeatTime": now.to_string(), "lastTransitionTime": now.to_string(),
        });
        let node = json!({
            "apiVersion": "v1", "kind": "Node", "metadata": {"name": "worker-1"},
            "status": {"capacity": ample, "allocatable": ample, "conditions": [ready]},
        });
        cluster.create(Kind::Node, node, "test").unwrap();
        let space = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}});
        let _ = cluster.create(Kind::Namespace, space, "test");
        let mut bare = Self { engine };
        bare.wait(1);
        bare
    }

    /// A Rollout of four pods with a strategy, at its first version, and the services and routes that it may name.
    pub fn rollout(strategy: &Value) -> Self {
        let mut bare = Self::new();
        for service in ["web", "web-stable", "web-canary", "web-preview"] {
            let service = json!({
                "apiVersion": "v1", "kind": "Service", "metadata": {"name": service, "namespace": SPACE},
                "spec": {"selector": {"app": NAME}, "ports": [{"port": 80, "targetPort": 8080}]},
            });
            bare.create(Kind::Service, service);
        }
        let backend = |service: &str, weight: i64| json!({"group": "", "kind": "Service", "name": service, "port": 80, "weight": weight});
        bare.create(
            Kind::HttpRoute,
            json!({
                "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
                "metadata": {"name": NAME, "namespace": SPACE},
                "spec": {
                    "parentRefs": [{"group": "", "kind": "Service", "name": NAME, "port": 80}],
                    "rules": [{"backendRefs": [backend("web-stable", 100), backend("web-canary", 0)]}],
                },
            }),
        );
        for (name, query) in [("good", "vector(1)"), ("bad", "vector(0)"), ("unsure", "vector(2)")] {
            bare.create(
                Kind::AnalysisTemplate,
                json!({
                    "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate",
                    "metadata": {"name": name, "namespace": SPACE},
                    "spec": {"metrics": [{
                        "name": name, "interval": "5s", "count": 2, "successCondition": "result[0] == 1",
                        "failureCondition": "result[0] == 0",
                        "provider": {"prometheus": {"address": "http://prometheus:9090", "query": query}},
                    }]},
                }),
            );
        }
        bare.create(
            Kind::Rollout,
            json!({
                "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
                "metadata": {"name": NAME, "namespace": SPACE},
                "spec": {
                    "replicas": 4, "progressDeadlineSeconds": 20, "selector": {"matchLabels": {"app": NAME}},
                    "strategy": strategy, "template": template("v1"),
                },
            }),
        );
        bare.until("it is healthy", 60, |bare| bare.phase().0 == "Healthy");
        bare
    }

    pub fn create(&mut self, kind: Kind, object: Value) {
        self.engine.cluster_mut().create(kind, object, "test").unwrap();
    }

    pub fn wait(&mut self, seconds: i64) {
        let until = self.engine.cluster().now() + SignedDuration::from_secs(seconds);
        self.engine.step_until(until);
    }

    /// Waits until something holds, a second at a time.
    pub fn until(&mut self, what: &str, seconds: i64, holds: impl Fn(&Self) -> bool) {
        for _ in 0..seconds {
            if holds(self) {
                return;
            }
            self.wait(1);
        }
        let shown = self.find(Kind::Rollout, NAME).or_else(|| self.find(Kind::Canary, NAME)).unwrap_or_default();
        panic!("not within {seconds} s: {what}\n{:#}\n{:#?}", shown["status"], self.events());
    }

    pub fn find(&self, kind: Kind, name: &str) -> Option<Value> {
        self.engine.cluster().get(kind, SPACE, name).map(|object| object.value().clone())
    }

    pub fn get(&self, kind: Kind, name: &str) -> Value {
        self.find(kind, name).unwrap_or_else(|| panic!("{name} is there"))
    }

    pub fn list(&self, kind: Kind) -> Vec<Value> {
        self.engine.cluster().list(kind, Some(SPACE)).iter().map(|object| object.value().clone()).collect()
    }

    /// A field of the Rollout's status.
    pub fn status(&self, pointer: &str) -> Value {
        self.get(Kind::Rollout, NAME)["status"].pointer(pointer).cloned().unwrap_or_default()
    }

    pub fn phase(&self) -> (String, String) {
        let text = |key: &str| self.status(key).as_str().unwrap_or("").to_owned();
        (text("/phase"), text("/message"))
    }

    pub fn step(&self) -> i64 {
        self.status("/currentStepIndex").as_i64().unwrap_or(-1)
    }

    /// Status and reason of a condition.
    pub fn condition(&self, kind: &str) -> (String, String) {
        let all = self.status("/conditions");
        let found = all.as_array().into_iter().flatten().find(|each| each["type"] == kind).cloned().unwrap_or_default();
        let text = |key: &str| found[key].as_str().unwrap_or("").to_owned();
        (text("status"), text("reason"))
    }

    pub fn patch(&mut self, patch: &Value) {
        self.engine.cluster_mut().modify(Kind::Rollout, SPACE, NAME, "test", |object| merge(object, patch));
    }

    pub fn patch_status(&mut self, patch: &Value) {
        let patch = json!({"status": patch});
        self.engine.cluster_mut().modify_status(Kind::Rollout, SPACE, NAME, "test", |object| merge(object, &patch));
    }

    pub fn release(&mut self, tag: &str) {
        self.patch(&json!({"spec": {"template": template(tag)}}));
    }

    /// Desired pods of the set with the version, by the Rollout's hash.
    pub fn pods(&self, tag: &str) -> i64 {
        self.set(tag).map_or(0, |set| set["spec"]["replicas"].as_i64().unwrap())
    }

    pub fn set(&self, tag: &str) -> Option<Value> {
        let image = format!("mambogo/web:{tag}");
        let owned = |set: &Value| set["metadata"]["ownerReferences"][0]["kind"] == "Rollout";
        let sets = self.list(Kind::ReplicaSet).into_iter().filter(owned);
        sets.into_iter().find(|set| set["spec"]["template"]["spec"]["containers"][0]["image"] == json!(image))
    }

    pub fn hash(&self, tag: &str) -> String {
        let set = self.set(tag).unwrap();
        set["metadata"]["labels"]["rollouts-pod-template-hash"].as_str().unwrap().to_owned()
    }

    /// The hash that a service selects.
    pub fn selected(&self, service: &str) -> String {
        let service = self.get(Kind::Service, service);
        service["spec"]["selector"]["rollouts-pod-template-hash"].as_str().unwrap_or("").to_owned()
    }

    pub fn weights(&self) -> Vec<i64> {
        let route = self.get(Kind::HttpRoute, NAME);
        let backends = route["spec"]["rules"][0]["backendRefs"].as_array().unwrap();
        backends.iter().map(|backend| backend["weight"].as_i64().unwrap()).collect()
    }

    /// Reason and message of all events, oldest first.
    pub fn events(&self) -> Vec<(String, String)> {
        let mut all = self.list(Kind::Event);
        all.retain(|event| {
            matches!(
                event["involvedObject"]["kind"].as_str(),
                Some("Rollout" | "Canary" | "AnalysisRun" | "Experiment")
            )
        });
        all.sort_by_key(|event| event["metadata"]["name"].as_str().unwrap_or("").to_owned());
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        all.iter().map(|event| (text(&event["reason"]), text(&event["message"]))).collect()
    }

    pub fn tells(&self, reason: &str, part: &str) -> bool {
        self.events().iter().any(|(known, message)| known == reason && message.contains(part))
    }
}

pub fn template(tag: &str) -> Value {
    json!({
        "metadata": {"labels": {"app": NAME}},
        "spec": {"containers": [{
            "name": NAME, "image": format!("mambogo/web:{tag}"),
            "readinessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1},
        }]},
    })
}
