//! `StatefulSets` and `DaemonSets`: order, partitions, bounds.

use serde_json::{Value, json};

use super::{Kind, SPACE, Stage};
use crate::demo::controllers::object::{deleting, int, name, text};
use crate::demo::controllers::pods;

impl Stage {
    fn make_set(&mut self, kind: Kind, spec: &Value) {
        let template = json!({"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "db", "image": "shop/db:v1"}]}});
        let word = if kind == Kind::DaemonSet { "DaemonSet" } else { "StatefulSet" };
        let mut set = json!({
            "apiVersion": "apps/v1", "kind": word, "metadata": {"name": "db", "namespace": SPACE},
            "spec": {"selector": {"matchLabels": {"app": "db"}}, "template": template},
        });
        for (key, value) in spec.as_object().into_iter().flatten() {
            set["spec"][key] = value.clone();
        }
        self.make(kind, set);
    }

    fn set_tag(&mut self, kind: Kind, tag: &str) {
        self.change(kind, "db", |set| {
            set["spec"]["template"]["spec"]["containers"][0]["image"] = json!(format!("shop/db:{tag}"));
        });
    }

    /// Name, tag and whether it is ready, of each pod that is to stay, by name.
    fn pods(&self) -> Vec<(String, String, bool)> {
        let pods = self.engine.cluster().list(Kind::Pod, Some(SPACE));
        let mut all: Vec<_> = pods
            .iter()
            .filter(|pod| !deleting(pod))
            .map(|pod| {
                let image = pod["spec"]["containers"][0]["image"].as_str().unwrap_or_default();
                (name(pod).to_owned(), image.trim_start_matches("shop/db:").to_owned(), pods::ready(pod))
            })
            .collect();
        all.sort();
        all
    }

    fn tags(&self) -> String {
        self.pods().iter().map(|(_, tag, _)| tag.as_str()).collect::<Vec<_>>().join(" ")
    }
}

#[test]
fn pods_come_one_after_another_and_go_from_the_highest() {
    let mut stage = Stage::new();
    stage.make_set(Kind::StatefulSet, &json!({"replicas": 3, "serviceName": "db"}));
    let mut most = 0;
    for _ in 0..120 {
        stage.wait(1);
        let pods = stage.pods();
        let waiting = pods.iter().filter(|(_, _, ready)| !ready).count();
        assert!(waiting <= 1, "the next one waits for the one before: {pods:?}");
        assert!(pods.len() >= most, "{pods:?}");
        most = pods.len();
    }
    assert_eq!(stage.pods().iter().map(|(name, ..)| name.as_str()).collect::<Vec<_>>(), ["db-0", "db-1", "db-2"]);
    stage.change(Kind::StatefulSet, "db", |set| set["spec"]["replicas"] = json!(1));
    stage.wait(1);
    assert_eq!(stage.pods().len(), 2, "one goes first");
    stage.wait(60);
    assert_eq!(stage.pods().iter().map(|(name, ..)| name.as_str()).collect::<Vec<_>>(), ["db-0"]);

    let mut together = Stage::new();
    together
        .make_set(Kind::StatefulSet, &json!({"replicas": 3, "serviceName": "db", "podManagementPolicy": "Parallel"}));
    together.wait(1);
    assert_eq!(together.pods().len(), 3);
}

#[test]
fn a_partition_keeps_the_lower_numbers_and_a_broken_pod_stops_the_rest() {
    let mut stage = Stage::new();
    let rolling = |partition: i64| json!({"type": "RollingUpdate", "rollingUpdate": {"partition": partition}});
    stage.make_set(Kind::StatefulSet, &json!({"replicas": 4, "serviceName": "db", "updateStrategy": rolling(2)}));
    stage.wait(200);
    stage.set_tag(Kind::StatefulSet, "v2");
    stage.wait(200);
    assert_eq!(stage.tags(), "v1 v1 v2 v2");
    let set = stage.get(Kind::StatefulSet, "db");
    assert_eq!((int(&set, &["status", "updatedReplicas"]), int(&set, &["status", "currentReplicas"])), (2, 2));
    assert_ne!(text(&set, &["status", "currentRevision"]), text(&set, &["status", "updateRevision"]));
    // A pod that is lost below the partition comes back as it was.
    stage.cluster().delete(Kind::Pod, SPACE, "db-0");
    stage.wait(120);
    assert_eq!(stage.tags(), "v1 v1 v2 v2");
    stage.change(Kind::StatefulSet, "db", |set| set["spec"]["updateStrategy"] = rolling(0));
    stage.wait(200);
    assert_eq!(stage.tags(), "v2 v2 v2 v2");
    let set = stage.get(Kind::StatefulSet, "db");
    assert_eq!(text(&set, &["status", "currentRevision"]), text(&set, &["status", "updateRevision"]));
    stage.set_tag(Kind::StatefulSet, "v3-pull");
    stage.wait(300);
    assert_eq!(stage.tags(), "v2 v2 v2 v3-pull", "it goes no further than the one that does not get ready");
}

#[test]
fn a_daemon_runs_once_on_each_node_that_lets_it_and_is_replaced_within_its_bound() {
    let mut stage = Stage::new();
    let room = json!({"cpu": "64", "memory": "256Gi", "pods": "200"});
    for (name, spec) in [
        ("node-2", json!({})),
        ("node-3", json!({})),
        ("node-4", json!({})),
        ("node-5", json!({"taints": [{"key": "dedicated", "value": "db", "effect": "NoSchedule"}]})),
    ] {
        stage.make(
            Kind::Node,
            json!({
                "apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": spec,
                "status": {"allocatable": room, "capacity": room, "conditions": [{"type": "Ready", "status": "True"}]},
            }),
        );
    }
    let strategy = json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}});
    stage.make_set(Kind::DaemonSet, &json!({"updateStrategy": strategy}));
    stage.wait(60);
    let count = |stage: &Stage, key: &str| int(&stage.get(Kind::DaemonSet, "db"), &["status", key]);
    assert_eq!((stage.pods().len(), count(&stage, "desiredNumberScheduled"), count(&stage, "numberReady")), (4, 4, 4));
    stage.set_tag(Kind::DaemonSet, "v2");
    for _ in 0..120 {
        stage.wait(1);
        let ready = stage.pods().iter().filter(|(_, _, ready)| *ready).count();
        assert!(ready >= 2, "two may be away at once: {:?}", stage.pods());
    }
    assert_eq!((stage.tags().as_str(), count(&stage, "updatedNumberScheduled")), ("v2 v2 v2 v2", 4));
    stage.change(Kind::DaemonSet, "db", |set| set["spec"]["updateStrategy"] = json!({"type": "OnDelete"}));
    stage.set_tag(Kind::DaemonSet, "v3");
    stage.wait(60);
    assert_eq!(stage.tags(), "v2 v2 v2 v2", "nothing happens by itself");
    let first = stage.pods()[0].0.clone();
    stage.cluster().delete(Kind::Pod, SPACE, &first);
    stage.wait(60);
    assert_eq!(stage.pods().iter().filter(|(_, tag, _)| tag == "v3").count(), 1);
}
