//! What a Deployment may ask for beyond a rolling update: each rule seen at work.

use serde_json::{Value, json};

use super::{Kind, SPACE, Stage};
use crate::demo::controllers::object::{annotation, condition, int, name, text};
use crate::demo::controllers::{REVISION, pods};

impl Stage {
    fn status(&self, key: &str) -> i64 {
        int(&self.get(Kind::Deployment, "web"), &["status", key])
    }

    /// Status and reason of a condition of the Deployment.
    fn says(&self, kind: &str) -> (String, String) {
        let web = self.get(Kind::Deployment, "web");
        let part = |key: &str| condition(&web, kind).map_or_else(String::new, |found| text(found, &[key]).to_owned());
        (part("status"), part("reason"))
    }

    /// Revision and image of every `ReplicaSet`, those without pods too, oldest revision first.
    fn history(&self) -> Vec<(i64, String)> {
        let sets = self.engine.cluster().list(Kind::ReplicaSet, Some(SPACE));
        let mut all: Vec<(i64, String)> = sets
            .iter()
            .map(|set| {
                let revision = annotation(set, REVISION).and_then(|text| text.parse().ok()).unwrap_or(0);
                let image = set.pointer("/spec/template/spec/containers/0/image").and_then(Value::as_str);
                (revision, image.unwrap_or_default().trim_start_matches("shop/web:").to_owned())
            })
            .collect();
        all.sort();
        all
    }
}

#[test]
fn recreate_lets_every_old_pod_go_before_a_new_one_comes() {
    let mut stage = Stage::new();
    stage.deploy(4, &json!({"type": "Recreate"}));
    stage.wait(60);
    stage.set_image("v2");
    stage.wait(1);
    let (mut empty, mut seconds) = (stage.status("availableReplicas") == 0, 0);
    while stage.status("updatedReplicas") < 4 || stage.status("availableReplicas") < 4 {
        stage.wait(1);
        seconds += 1;
        assert!(seconds < 120, "it arrives");
        let there = stage.engine.cluster().list(Kind::Pod, Some(SPACE));
        let of = |tag: &str| {
            let image = format!("shop/web:{tag}");
            there.iter().filter(|pod| pod["spec"]["containers"][0]["image"] == image.as_str()).count()
        };
        assert!(of("v1") == 0 || of("v2") == 0, "{} old and {} new ones at once", of("v1"), of("v2"));
        empty |= stage.status("availableReplicas") == 0;
    }
    assert!(empty, "nobody served in between");
}

#[test]
fn a_ready_pod_is_available_only_after_its_time() {
    let mut stage = Stage::new();
    stage.deploy(2, &json!({"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}));
    stage.wait(60);
    stage.change(Kind::Deployment, "web", |web| web["spec"]["minReadySeconds"] = json!(40));
    stage.set_image("v2");
    let ready = |stage: &Stage| {
        let there = stage.engine.cluster().list(Kind::Pod, Some(SPACE));
        there.iter().filter(|pod| pods::ready(pod) && pod["spec"]["containers"][0]["image"] == "shop/web:v2").count()
    };
    while ready(&stage) == 0 {
        stage.wait(1);
    }
    stage.wait(38);
    assert_eq!((ready(&stage), stage.sets().len()), (1, 2));
    assert_eq!(stage.sets()[0].1, 2, "both old pods are kept until the new one has proved itself");
    stage.wait(3);
    assert_eq!(stage.sets()[0].1, 1);
    stage.wait(120);
    assert_eq!(stage.says("Progressing"), ("True".into(), "NewReplicaSetAvailable".into()));
}

#[test]
fn old_revisions_are_kept_up_to_the_limit_and_an_old_template_comes_back_under_a_new_number() {
    let mut stage = Stage::new();
    stage.deploy(1, &json!({"type": "RollingUpdate"}));
    stage.change(Kind::Deployment, "web", |web| web["spec"]["revisionHistoryLimit"] = json!(2));
    for tag in ["v2", "v3", "v4", "v5"] {
        stage.wait(60);
        stage.set_image(tag);
    }
    stage.wait(60);
    let of = |all: &[(i64, &str)]| all.iter().map(|(number, tag)| (*number, (*tag).to_owned())).collect::<Vec<_>>();
    assert_eq!(stage.history(), of(&[(3, "v3"), (4, "v4"), (5, "v5")]));
    stage.set_image("v3");
    stage.wait(60);
    assert_eq!(stage.history(), of(&[(4, "v4"), (5, "v5"), (6, "v3")]), "its ReplicaSet is used again");
    assert_eq!(annotation(&stage.get(Kind::Deployment, "web"), REVISION), Some("6"));
}

#[test]
fn a_paused_deployment_scales_but_does_not_roll_and_its_deadline_stands_still() {
    let mut stage = Stage::new();
    stage.deploy(2, &json!({"type": "RollingUpdate"}));
    stage.change(Kind::Deployment, "web", |web| web["spec"]["progressDeadlineSeconds"] = json!(30));
    stage.wait(60);
    stage.change(Kind::Deployment, "web", |web| web["spec"]["paused"] = json!(true));
    stage.set_image("v2-noready");
    stage.scale(3);
    stage.wait(120);
    assert_eq!(stage.sizes(), [("shop/web:v1".to_owned(), 3)]);
    assert_eq!(stage.says("Progressing"), ("Unknown".into(), "DeploymentPaused".into()));
    stage.change(Kind::Deployment, "web", |web| web["spec"]["paused"] = json!(false));
    stage.wait(1);
    assert_ne!(stage.says("Progressing").1, "ProgressDeadlineExceeded", "time in the pause does not count");
    stage.change(Kind::Deployment, "web", |web| {
        web["spec"]["template"]["spec"]["containers"][0]["readinessProbe"] =
            json!({"httpGet": {"path": "/", "port": 80}, "periodSeconds": 5, "failureThreshold": 3});
    });
    stage.wait(120);
    assert_eq!(stage.says("Progressing"), ("False".into(), "ProgressDeadlineExceeded".into()));
    assert_eq!(stage.says("Available").0, "True", "the old pods serve on");
    assert!(stage.sets().iter().any(|(image, asked, _)| image == "shop/web:v1" && *asked >= 2));
}

#[test]
fn what_the_api_lets_through_but_no_node_has_room_for_is_told_by_the_scheduler() {
    let mut stage = Stage::new();
    let room = |cpu: &str| json!({"cpu": cpu, "memory": "8Gi", "pods": "5"});
    for (name, spec, cpu) in [
        ("node-2", json!({"taints": [{"key": "dedicated", "value": "db", "effect": "NoSchedule"}]}), "64"),
        ("node-3", json!({"unschedulable": true}), "64"),
        ("node-4", json!({}), "1"),
    ] {
        stage.make(Kind::Node, json!({
            "apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {"disk": name}}, "spec": spec,
            "status": {"allocatable": room(cpu), "capacity": room(cpu), "conditions": [{"type": "Ready", "status": "True"}]},
        }));
    }
    let pod = |name: &str, cpu: &str, more: Value| {
        let mut pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": SPACE},
            "spec": {"containers": [{"name": "main", "image": "shop/x:v1", "resources": {"requests": {"cpu": cpu}}}]},
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            pod["spec"][key] = value.clone();
        }
        pod
    };
    stage.make(Kind::Pod, pod("huge", "100", json!({})));
    stage.make(Kind::Pod, pod("picky", "1", json!({"nodeSelector": {"disk": "gold"}})));
    stage.make(
        Kind::Pod,
        pod(
            "guest",
            "1",
            json!({
                "nodeSelector": {"disk": "node-2"}, "tolerations": [{"key": "dedicated", "operator": "Exists"}],
            }),
        ),
    );
    stage.wait(30);
    let told = |stage: &Stage, pod: &str| {
        let pod = stage.get(Kind::Pod, pod);
        condition(&pod, "PodScheduled")
            .map(|found| (text(found, &["reason"]).to_owned(), text(found, &["message"]).to_owned()))
    };
    let (reason, message) = told(&stage, "huge").expect("it is told");
    assert_eq!(reason, "Unschedulable");
    assert_eq!(
        message,
        "0/4 nodes are available: 1 node(s) had untolerated taint {dedicated: db}, 1 node(s) were unschedulable, 2 Insufficient cpu. \
         preemption: 0/4 nodes are available: 2 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling."
    );
    let (_, message) = told(&stage, "picky").expect("it is told");
    assert!(message.contains("2 node(s) didn't match Pod's node affinity/selector"), "{message}");
    assert_eq!(
        text(&stage.get(Kind::Pod, "guest"), &["spec", "nodeName"]),
        "node-2",
        "who tolerates the taint may come"
    );
    let events = stage.engine.cluster().list(Kind::Event, Some(SPACE));
    let failed = events.iter().find(|event| text(event, &["involvedObject", "name"]) == "huge").expect("an event");
    assert_eq!(
        (text(failed, &["reason"]), text(failed, &["type"])),
        ("FailedScheduling", "Warning"),
        "{}",
        name(failed)
    );
    // Room appears, and the one that waited is placed without anybody asking again.
    stage.make(Kind::Node, json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-5"},
        "status": {"allocatable": room("128"), "capacity": room("128"), "conditions": [{"type": "Ready", "status": "True"}]},
    }));
    stage.wait(1);
    assert_eq!(text(&stage.get(Kind::Pod, "huge"), &["spec", "nodeName"]), "node-5");
}
