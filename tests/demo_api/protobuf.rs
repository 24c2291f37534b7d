//! Protobuf: envelopes, lists, pages, watches and refusals, read by numbers taken from the API's definitions and compared with JSON.

#[path = "protobuf/reader.rs"]
mod reader;

use reader::{Frames, Message, enveloped};
use reqwest::{Method, Response};
use rolltop::demo::store::resource::{PODS, REPLICA_SETS};
use rolltop::demo::store::{Part, Store, Writer};
use serde_json::{Value, json};

use crate::support::{APPS, Cluster, PODS_PATH};

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

async fn ask(cluster: &Cluster, path: &str, accept: &str) -> Response {
    cluster.as_admin(Method::GET, path).header("accept", accept).send().await.unwrap()
}

fn media_type(response: &Response) -> String {
    response.headers()["content-type"].to_str().unwrap().to_owned()
}

async fn read(cluster: &Cluster, path: &str) -> (String, Message) {
    let response = ask(cluster, path, PROTOBUF).await;
    assert_eq!(media_type(&response), PROTOBUF);
    enveloped(&response.bytes().await.unwrap())
}

fn full_pod(cluster: &Cluster) {
    let writer = Writer::new("kubelet", "2026-11-21T12:00:00Z".parse().unwrap());
    let pod = json!({
        "metadata": {
            "name": "full", "namespace": "shop", "labels": {"b": "2", "app": "order"}, "annotations": {"note": "grüße"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "order-1", "uid": "u-1", "controller": true}],
        },
        "spec": {
            "nodeName": "n1",
            "volumes": [{"name": "settings", "configMap": {"name": "order", "optional": true}}],
            "containers": [{
                "name": "main", "image": "shop/x:v1", "ports": [{"name": "http", "containerPort": 8080}],
                "env": [{"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
                "resources": {"requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"cpu": "500m", "memory": "1Gi"}},
                "readinessProbe": {"httpGet": {"path": "/actuator/health", "port": "http"}, "periodSeconds": 10},
                "volumeMounts": [{"name": "settings", "mountPath": "/config"}],
            }],
        },
    });
    let status = json!({
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady", "lastTransitionTime": "2026-11-21T12:00:00Z"}],
        "containerStatuses": [{
            "name": "main", "ready": false, "restartCount": 7, "image": "shop/x:v1", "imageID": "",
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
        }],
    });
    cluster.store.with(|store| {
        store.create(&PODS, pod, &writer).unwrap();
        store.modify(&PODS, ("shop", "full"), Part::Status, &writer, |pod| pod["status"] = status.clone()).unwrap();
    });
}

/// What a watcher keeps of a pod, by the numbers measured on a real API server.
fn kept(pod: &Message) -> Value {
    let (metadata, spec, status) = (pod.message(1), pod.message(2), pod.message(3));
    let owner = metadata.message(13);
    let condition = status.message(2);
    let container = spec.message(2);
    let state = status.message(8);
    json!({
        "name": metadata.text(1), "namespace": metadata.text(3), "uid": metadata.text(5), "version": metadata.text(6),
        "created": metadata.message(8).number(1),
        "labels": metadata.entries(11), "annotations": metadata.entries(12),
        "owner": [owner.text(1), owner.text(3), owner.text(4), owner.text(5)], "controls": owner.number(6),
        "managers": metadata.messages(17).iter().map(|entry| {
            let fields: Value = serde_json::from_slice(entry.message(7).bytes(1)).unwrap();
            json!([entry.text(1), entry.text(2), entry.message(4).number(1), fields])
        }).collect::<Vec<_>>(),
        "node": spec.text(10),
        "container": container.text(1), "image": container.text(2), "port": container.message(6).number(3),
        "field": container.message(7).message(3).message(1).text(2),
        "limits": container.message(8).entries_of(1, |amount| amount.text(1)),
        "requests": container.message(8).entries_of(2, |amount| amount.text(1)),
        "mount": [container.message(9).text(1), container.message(9).text(3)],
        "probe": container.message(11).message(1).message(2).text(1),
        "probed": container.message(11).message(1).message(2).message(2).text(3),
        "period": container.message(11).number(4),
        "volume": [spec.message(1).text(1), spec.message(1).message(2).message(19).message(1).text(1)],
        "phase": status.text(1),
        "condition": [condition.text(1), condition.text(2), condition.text(5)], "since": condition.message(4).number(1),
        "status": state.text(1), "ready": state.number(4), "restarts": state.number(5),
        "waiting": state.message(2).message(1).text(1),
        "exit": state.message(3).message(3).number(1), "died": state.message(3).message(3).text(3),
    })
}

fn seconds(text: &Value) -> i64 {
    text.as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second()
}

/// The same, from JSON.
fn kept_of_json(pod: &Value) -> Value {
    let (metadata, spec, status) = (&pod["metadata"], &pod["spec"], &pod["status"]);
    let owner = &metadata["ownerReferences"][0];
    let condition = &status["conditions"][0];
    let container = &spec["containers"][0];
    let state = &status["containerStatuses"][0];
    let probe = &container["readinessProbe"];
    json!({
        "name": metadata["name"], "namespace": metadata["namespace"], "uid": metadata["uid"], "version": metadata["resourceVersion"],
        "created": seconds(&metadata["creationTimestamp"]),
        "labels": metadata["labels"], "annotations": metadata["annotations"],
        "owner": [owner["kind"], owner["name"], owner["uid"], owner["apiVersion"]], "controls": i64::from(owner["controller"] == true),
        "managers": metadata["managedFields"].as_array().unwrap().iter().map(|entry| {
            json!([entry["manager"], entry["operation"], seconds(&entry["time"]), entry["fieldsV1"]])
        }).collect::<Vec<_>>(),
        "node": spec["nodeName"],
        "container": container["name"], "image": container["image"], "port": container["ports"][0]["containerPort"],
        "field": container["env"][0]["valueFrom"]["fieldRef"]["fieldPath"],
        "limits": container["resources"]["limits"], "requests": container["resources"]["requests"],
        "mount": [container["volumeMounts"][0]["name"], container["volumeMounts"][0]["mountPath"]],
        "probe": probe["httpGet"]["path"], "probed": probe["httpGet"]["port"], "period": probe["periodSeconds"],
        "volume": [spec["volumes"][0]["name"], spec["volumes"][0]["configMap"]["name"]],
        "phase": status["phase"],
        "condition": [condition["type"], condition["status"], condition["reason"]], "since": seconds(&condition["lastTransitionTime"]),
        "status": state["name"], "ready": i64::from(state["ready"] == true), "restarts": state["restartCount"],
        "waiting": state["state"]["waiting"]["reason"],
        "exit": state["lastState"]["terminated"]["exitCode"], "died": state["lastState"]["terminated"]["reason"],
    })
}

#[tokio::test]
async fn a_pod_says_the_same_in_both_forms() {
    let cluster = Cluster::start().await;
    full_pod(&cluster);
    let path = format!("{PODS_PATH}/full");
    let (kind, pod) = read(&cluster, &path).await;
    assert_eq!(kind, "v1 Pod");
    let json = cluster.get(&path).await.body;
    assert_eq!(kept(&pod), kept_of_json(&json));
    assert_eq!(json["metadata"]["managedFields"].as_array().unwrap().len(), 2, "the managers were compared, too");
}

#[tokio::test]
async fn lists_come_in_pages() {
    let cluster = Cluster::start().await;
    full_pod(&cluster);
    cluster.running_pod("second");
    let (kind, list) = read(&cluster, &format!("{PODS_PATH}?limit=1")).await;
    assert_eq!(kind, "v1 PodList");
    let json = cluster.get(&format!("{PODS_PATH}?limit=1")).await.body;
    let metadata = list.message(1);
    assert_eq!(metadata.text(2), json["metadata"]["resourceVersion"]);
    assert_eq!(metadata.text(3), json["metadata"]["continue"]);
    assert_eq!(metadata.number(4), 1);
    assert_eq!(list.messages(2).iter().map(kept).collect::<Vec<_>>(), [kept_of_json(&json["items"][0])]);
    let (_, rest) = read(&cluster, &format!("{PODS_PATH}?limit=1&continue={}", metadata.text(3))).await;
    assert_eq!(rest.message(2).message(1).text(1), "second");
    assert_eq!(rest.message(1).text(3), "");
}

#[tokio::test]
async fn the_first_form_asked_for_that_is_served_is_given() {
    let cluster = Cluster::start().await;
    let cases = [
        (PODS_PATH, "application/vnd.kubernetes.protobuf,application/json", PROTOBUF),
        (PODS_PATH, "application/json, application/vnd.kubernetes.protobuf", "application/json"),
        (APPS, "application/vnd.kubernetes.protobuf", PROTOBUF),
        ("/apis/metrics.k8s.io/v1beta1/nodes", "application/vnd.kubernetes.protobuf", "application/json"),
    ];
    for (path, accept, expected) in cases {
        let response = ask(&cluster, path, accept).await;
        assert_eq!((response.status().as_u16(), media_type(&response).as_str()), (200, expected), "{path} {accept}");
    }
}

#[tokio::test]
async fn refusals_come_in_the_form_asked_for() {
    let cluster = Cluster::start().await;
    let response = ask(&cluster, &format!("{PODS_PATH}/nobody"), PROTOBUF).await;
    assert_eq!((response.status().as_u16(), media_type(&response).as_str()), (404, PROTOBUF));
    let (kind, status) = enveloped(&response.bytes().await.unwrap());
    assert_eq!(kind, "v1 Status");
    assert_eq!([status.text(2), status.text(3), status.text(4)], ["Failure", "pods \"nobody\" not found", "NotFound"]);
    assert_eq!([status.message(5).text(1), status.message(5).text(3)], ["nobody", "pods"]);
    assert_eq!(status.number(6), 404);

    let json = ask(&cluster, &format!("{PODS_PATH}/nobody"), "application/json").await;
    assert_eq!(media_type(&json), "application/json");
    let unknown = ask(&cluster, "/apis/nobody/v1/things", PROTOBUF).await;
    assert_eq!(enveloped(&unknown.bytes().await.unwrap()).1.number(6), 404);
}

#[tokio::test]
async fn watches_are_frames_of_enveloped_objects() {
    let cluster = Cluster::start().await;
    full_pod(&cluster);
    let query =
        "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1";
    let path = format!("{PODS_PATH}?{query}");
    let response = ask(&cluster, &path, "application/vnd.kubernetes.protobuf;stream=watch").await;
    assert_eq!(media_type(&response), "application/vnd.kubernetes.protobuf;stream=watch");
    let mut frames = Frames::new(response);

    let (word, kind, pod) = frames.next().await.unwrap();
    assert_eq!((word.as_str(), kind.as_str()), ("ADDED", "v1 Pod"));
    assert_eq!(kept(&pod), kept_of_json(&cluster.get(&format!("{PODS_PATH}/full")).await.body));

    let (word, kind, mark) = frames.next().await.unwrap();
    assert_eq!((word.as_str(), kind.as_str()), ("BOOKMARK", "v1 Pod"));
    assert_eq!(mark.message(1).text(6), pod.message(1).text(6));
    assert_eq!(mark.message(1).entries(12), json!({"k8s.io/initial-events-end": "true"}));

    cluster.running_pod("later");
    let mut heard = Vec::new();
    while let Some((word, _, pod)) = frames.next().await {
        heard.push(format!("{word} {}", pod.message(1).text(1)));
    }
    assert_eq!(heard, ["ADDED later", "MODIFIED later", "BOOKMARK "], "it ends between two frames when its time is up");
}

#[tokio::test]
async fn a_watch_from_too_long_ago_says_so_in_a_frame() {
    let cluster = Cluster::start().await;
    cluster.running_pod("a");
    cluster.store.with(Store::compact);
    let response = ask(&cluster, &format!("{PODS_PATH}?watch=true&resourceVersion=1"), PROTOBUF).await;
    assert_eq!(response.status(), 200);
    let (word, kind, status) = Frames::new(response).next().await.unwrap();
    assert_eq!((word.as_str(), kind.as_str()), ("ERROR", "v1 Status"));
    assert_eq!((status.text(4), status.number(6)), ("Expired", 410));
}

const SETS: &str = "/apis/apps/v1/namespaces/shop/replicasets";

/// Creates a `ReplicaSet` with everything that a watcher keeps of one.
fn full_set(cluster: &Cluster, name: &str, revision: &str) {
    let writer = Writer::new("kube-controller-manager", "2026-11-21T12:00:00Z".parse().unwrap());
    let set = json!({
        "metadata": {
            "name": name, "namespace": "shop", "labels": {"app": "order", "pod-template-hash": "6c56c898fc"},
            "annotations": {"deployment.kubernetes.io/revision": revision, "kubernetes.io/change-cause": "v2 (3b94e0f)"},
            "ownerReferences": [{
                "apiVersion": "apps/v1", "kind": "Deployment", "name": "order", "uid": "u-7", "controller": true, "blockOwnerDeletion": true,
            }],
        },
        "spec": {
            "replicas": 3, "minReadySeconds": 5, "selector": {"matchLabels": {"app": "order"}},
            "template": {
                "metadata": {"labels": {"app": "order", "app.kubernetes.io/version": "v2"}},
                "spec": {"containers": [{"name": "main", "image": "shop/x:v2"}, {"name": "side", "image": "shop/y:v1"}]},
            },
        },
    });
    let status = json!({
        "replicas": 3, "fullyLabeledReplicas": 3, "readyReplicas": 2, "availableReplicas": 1, "observedGeneration": 1,
        "conditions": [{
            "type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota",
            "lastTransitionTime": "2026-11-21T12:00:00Z",
        }],
    });
    cluster.store.with(|store| {
        store.create(&REPLICA_SETS, set, &writer).unwrap();
        store
            .modify(&REPLICA_SETS, ("shop", name), Part::Status, &writer, |set| set["status"] = status.clone())
            .unwrap();
    });
}

/// What a watcher keeps of a `ReplicaSet`, by the numbers of `apps/v1`.
fn kept_set(set: &Message) -> Value {
    let (metadata, spec, status) = (set.message(1), set.message(2), set.message(3));
    let (owner, template, condition) = (metadata.message(13), spec.message(3), status.message(6));
    let counts = [1, 2, 3, 4, 5].map(|number| status.number(number));
    json!({
        "name": metadata.text(1), "uid": metadata.text(5), "version": metadata.text(6), "generation": metadata.number(7),
        "created": metadata.message(8).number(1), "labels": metadata.entries(11), "annotations": metadata.entries(12),
        "owner": [owner.text(1), owner.text(3), owner.text(4), owner.text(5)],
        "replicas": spec.number(1), "selector": spec.message(2).entries(1), "minReady": spec.number(4),
        "template": template.message(1).entries(11),
        "images": template.message(2).messages(2).iter().map(|one| json!([one.text(1), one.text(2)])).collect::<Vec<_>>(),
        "counts": counts,
        "condition": [condition.text(1), condition.text(2), condition.text(4), condition.text(5)],
        "since": condition.message(3).number(1),
    })
}

/// The same, from JSON.
fn kept_set_of_json(set: &Value) -> Value {
    let (metadata, spec, status) = (&set["metadata"], &set["spec"], &set["status"]);
    let (owner, template, condition) = (&metadata["ownerReferences"][0], &spec["template"], &status["conditions"][0]);
    let counts = ["replicas", "fullyLabeledReplicas", "observedGeneration", "readyReplicas", "availableReplicas"];
    let counts = counts.map(|key| status[key].clone());
    json!({
        "name": metadata["name"], "uid": metadata["uid"], "version": metadata["resourceVersion"], "generation": metadata["generation"],
        "created": seconds(&metadata["creationTimestamp"]), "labels": metadata["labels"], "annotations": metadata["annotations"],
        "owner": [owner["kind"], owner["name"], owner["uid"], owner["apiVersion"]],
        "replicas": spec["replicas"], "selector": spec["selector"]["matchLabels"], "minReady": spec["minReadySeconds"],
        "template": template["metadata"]["labels"],
        "images": template["spec"]["containers"].as_array().unwrap().iter().map(|one| json!([one["name"], one["image"]])).collect::<Vec<_>>(),
        "counts": counts,
        "condition": [condition["type"], condition["status"], condition["reason"], condition["message"]],
        "since": seconds(&condition["lastTransitionTime"]),
    })
}

#[tokio::test]
async fn replica_sets_are_listed_paged_and_watched_in_the_same_form() {
    let cluster = Cluster::start().await;
    full_set(&cluster, "order-1", "1");
    full_set(&cluster, "order-2", "2");
    let (kind, list) = read(&cluster, SETS).await;
    assert_eq!(kind, "apps/v1 ReplicaSetList");
    let json = cluster.get(SETS).await.body;
    let wanted: Vec<Value> = json["items"].as_array().unwrap().iter().map(kept_set_of_json).collect();
    assert_eq!(list.messages(2).iter().map(kept_set).collect::<Vec<_>>(), wanted);
    assert_eq!(wanted[1]["annotations"]["deployment.kubernetes.io/revision"], "2", "they were compared in full");
    assert_eq!(list.message(1).text(2), json["metadata"]["resourceVersion"]);
    let (_, page) = read(&cluster, &format!("{SETS}?limit=1")).await;
    assert_eq!((page.messages(2).len(), page.message(1).number(4)), (1, 1));
    let (_, rest) = read(&cluster, &format!("{SETS}?limit=1&continue={}", page.message(1).text(3))).await;
    assert_eq!(rest.message(2).message(1).text(1), "order-2");

    let from = json["metadata"]["resourceVersion"].as_str().unwrap();
    let path = format!("{SETS}?watch=true&allowWatchBookmarks=true&timeoutSeconds=1&resourceVersion={from}");
    let mut frames = Frames::new(ask(&cluster, &path, "application/vnd.kubernetes.protobuf;stream=watch").await);
    cluster.patch(&format!("{SETS}/order-1"), "merge-patch+json", &json!({"spec": {"replicas": 0}})).await;
    let now = cluster.get(&format!("{SETS}/order-1")).await.body;
    cluster.delete(&format!("{SETS}/order-2")).await;
    let (word, kind, set) = frames.next().await.unwrap();
    assert_eq!((word.as_str(), kind.as_str()), ("MODIFIED", "apps/v1 ReplicaSet"));
    assert_eq!(kept_set(&set), kept_set_of_json(&now));
    assert_eq!(
        (set.message(2).number(1), set.message(1).number(7)),
        (0, 2),
        "nobody is asked for, in a new generation"
    );
    let (word, _, set) = frames.next().await.unwrap();
    assert_eq!((word.as_str(), set.message(1).text(1)), ("DELETED", "order-2"));
    assert_eq!(
        frames.next().await.map(|(word, kind, _)| (word, kind)),
        Some(("BOOKMARK".into(), "apps/v1 ReplicaSet".into()))
    );
}
