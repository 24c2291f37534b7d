//! Objects, versions, watches, deletions.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::resource::{DEPLOYMENTS, NAMESPACES, PODS, REPLICA_SETS, RESOURCE_QUOTAS};
use super::{Change, DeleteOptions, Meta, Propagation, Shared, Store, Writer};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

fn writer(manager: &str) -> Writer<'_> {
    Writer::new(manager, at(0))
}

fn store() -> Store {
    let mut store = Store::new(7);
    store.create(&NAMESPACES, json!({"metadata": {"name": "shop"}}), &writer("test")).unwrap();
    store
}

fn deployment(name: &str) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "replicas": 2, "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "main", "image": "shop/x:v1"}]}},
        },
    })
}

fn owned(kind: &str, name: &str, owner: &Shared) -> Value {
    let owner = json!({
        "apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner.name(), "uid": owner.uid(),
        "controller": true, "blockOwnerDeletion": true,
    });
    let mut value = deployment(name);
    value["metadata"]["ownerReferences"] = json!([owner]);
    if kind == "Pod" {
        value["spec"] = json!({"nodeName": "n1", "containers": [{"name": "main", "image": "shop/x:v1"}]});
    }
    value
}

#[test]
fn versions_rise_and_stale_writes_are_refused() {
    let mut store = store();
    let first = store.create(&DEPLOYMENTS, deployment("a"), &writer("kubectl-create")).unwrap();
    let mut next = first.value().clone();
    next["spec"]["replicas"] = json!(3);
    let second = store.update(&DEPLOYMENTS, next.clone(), &writer("kubectl-scale")).unwrap();
    assert!(second.version() > first.version());
    assert_eq!(second["metadata"]["generation"], 2);
    let stale = store.update(&DEPLOYMENTS, next, &writer("kubectl-scale")).unwrap_err();
    assert_eq!((stale.code, stale.reason), (409, "Conflict"));
    assert!(
        stale.message.ends_with("please apply your changes to the latest version and try again"),
        "{}",
        stale.message
    );
}

#[test]
fn a_status_write_changes_neither_spec_nor_generation() {
    let mut store = store();
    let mut object = store.create(&DEPLOYMENTS, deployment("a"), &writer("x")).unwrap().value().clone();
    object["spec"]["replicas"] = json!(9);
    object["status"] = json!({"replicas": 2});
    let after = store.update_status(&DEPLOYMENTS, object, &writer("controller")).unwrap();
    assert_eq!((after["spec"]["replicas"].as_i64(), after["status"]["replicas"].as_i64()), (Some(2), Some(2)));
    assert_eq!(after["metadata"]["generation"], 1);
    let entry = after.managed().iter().find(|entry| &*entry.manager == "controller").unwrap();
    assert_eq!((entry.subresource, &*entry.fields), ("status", &json!({"f:status": {"f:replicas": {}}})));
}

#[test]
fn writing_the_same_again_changes_nothing() {
    let mut store = store();
    let object = store.create(&DEPLOYMENTS, deployment("a"), &writer("x")).unwrap();
    let again = store.update(&DEPLOYMENTS, object.value().clone(), &Writer::new("y", at(60))).unwrap();
    assert!(Arc::ptr_eq(&object, &again));
}

#[test]
fn a_dry_run_answers_and_stores_nothing() {
    let mut store = store();
    let version = store.resource_version();
    let dry = Writer { dry_run: true, ..writer("x") };
    assert_eq!(store.create(&DEPLOYMENTS, deployment("a"), &dry).unwrap()["spec"]["revisionHistoryLimit"], 10);
    assert_eq!(store.resource_version(), version);
    assert_eq!(store.find(&DEPLOYMENTS, "shop", "a").unwrap_err().message, "deployments.apps \"a\" not found");
}

#[test]
fn field_owners_follow_the_last_writer() {
    let mut store = store();
    let object = store.create(&DEPLOYMENTS, deployment("a"), &writer("create")).unwrap();
    let mut next = object.value().clone();
    next["spec"]["template"]["spec"]["containers"][0]["image"] = json!("shop/x:v2");
    let next = store.update(&DEPLOYMENTS, next, &Writer::new("set-image", at(5))).unwrap();
    let fields = |manager: &str| next.managed().iter().find(|entry| &*entry.manager == manager).unwrap().clone();
    let image =
        json!({"f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"main\"}": {"f:image": {}}}}}}});
    assert_eq!(*fields("set-image").fields, image);
    assert!(!super::fields::contains(&fields("create").fields, image.as_object().unwrap()));
    let json: Value = serde_json::from_slice(&next.json()).unwrap();
    assert_eq!(json["metadata"]["managedFields"].as_array().unwrap().len(), 2);
    assert!(next.value()["metadata"].get("managedFields").is_none());
}

#[test]
fn deleting_an_owner_takes_its_dependents_along() {
    let mut store = store();
    let deploy = store.create(&DEPLOYMENTS, deployment("a"), &writer("x")).unwrap();
    let set = store.create(&REPLICA_SETS, owned("ReplicaSet", "a-1", &deploy), &writer("x")).unwrap();
    store.create(&PODS, owned("Pod", "a-1-x", &set), &writer("x")).unwrap();
    let (_, gone) = store.delete(&DEPLOYMENTS, ("shop", "a"), &DeleteOptions::default(), &writer("x")).unwrap();
    assert!(gone && store.get(&REPLICA_SETS, "shop", "a-1").is_none());
    let pod = store.get(&PODS, "shop", "a-1-x").unwrap();
    assert_eq!((pod.is_terminating(), pod["metadata"]["deletionGracePeriodSeconds"].as_i64()), (true, Some(30)));
    store.delete(&PODS, ("shop", "a-1-x"), &DeleteOptions::now(), &writer("kubelet")).unwrap();
    assert!(store.get(&PODS, "shop", "a-1-x").is_none());
}

#[test]
fn foreground_deletion_waits_and_orphans_stay() {
    let mut store = store();
    let deploy = store.create(&DEPLOYMENTS, deployment("a"), &writer("x")).unwrap();
    let set = store.create(&REPLICA_SETS, owned("ReplicaSet", "a-1", &deploy), &writer("x")).unwrap();
    store.create(&PODS, owned("Pod", "a-1-x", &set), &writer("x")).unwrap();
    let foreground = DeleteOptions { propagation: Propagation::Foreground, ..DeleteOptions::default() };
    let (marked, gone) = store.delete(&DEPLOYMENTS, ("shop", "a"), &foreground, &writer("x")).unwrap();
    assert!(!gone && marked.is_terminating());
    assert!(store.get(&REPLICA_SETS, "shop", "a-1").unwrap().is_terminating());
    store.delete(&PODS, ("shop", "a-1-x"), &DeleteOptions::now(), &writer("kubelet")).unwrap();
    assert!(store.get(&DEPLOYMENTS, "shop", "a").is_none(), "the last blocking dependent releases the owners");

    let deploy = store.create(&DEPLOYMENTS, deployment("b"), &writer("x")).unwrap();
    store.create(&REPLICA_SETS, owned("ReplicaSet", "b-1", &deploy), &writer("x")).unwrap();
    let orphan = DeleteOptions { propagation: Propagation::Orphan, ..DeleteOptions::default() };
    store.delete(&DEPLOYMENTS, ("shop", "b"), &orphan, &writer("x")).unwrap();
    assert!(store.get(&REPLICA_SETS, "shop", "b-1").unwrap().controller().is_none());
}

#[test]
fn finalizers_hold_an_object_until_released() {
    let mut store = store();
    let mut value = deployment("a");
    value["metadata"]["finalizers"] = json!(["shop/hold"]);
    store.create(&DEPLOYMENTS, value, &writer("x")).unwrap();
    let (marked, gone) = store.delete(&DEPLOYMENTS, ("shop", "a"), &DeleteOptions::default(), &writer("x")).unwrap();
    assert!(!gone && marked.is_terminating());
    let mut value = marked.value().clone();
    value["metadata"]["finalizers"] = json!([]);
    store.update(&DEPLOYMENTS, value, &writer("x")).unwrap();
    assert!(store.get(&DEPLOYMENTS, "shop", "a").is_none());
}

#[test]
fn a_namespace_goes_when_it_is_empty() {
    let mut store = store();
    let deploy = store.create(&DEPLOYMENTS, deployment("a"), &writer("x")).unwrap();
    store.create(&PODS, owned("Pod", "p", &deploy), &writer("x")).unwrap();
    store.delete(&NAMESPACES, ("", "shop"), &DeleteOptions::default(), &writer("x")).unwrap();
    assert_eq!(store.get(&NAMESPACES, "", "shop").unwrap()["status"]["phase"], "Terminating");
    let refused = store.create(&DEPLOYMENTS, deployment("b"), &writer("x")).unwrap_err();
    assert!(refused.message.ends_with("because it is being terminated"), "{}", refused.message);
    store.delete(&PODS, ("shop", "p"), &DeleteOptions::now(), &writer("kubelet")).unwrap();
    assert!(store.get(&NAMESPACES, "", "shop").is_none());
}

#[test]
fn the_log_replays_changes_until_compacted() {
    let mut store = store();
    let start = store.resource_version();
    store.create(&DEPLOYMENTS, deployment("a"), &writer("x")).unwrap();
    store.delete(&DEPLOYMENTS, ("shop", "a"), &DeleteOptions::default(), &writer("x")).unwrap();
    let seen: Vec<Change> = store.changed_since(start).unwrap().map(|event| event.change).collect();
    assert_eq!(seen, [Change::Added, Change::Deleted]);
    store.compact();
    assert!(store.changed_since(start).is_none());
    assert_eq!(store.changed_since(store.resource_version()).unwrap().count(), 0);
}

#[test]
fn a_quota_refuses_the_pod_too_many() {
    let mut store = store();
    let quota = json!({"metadata": {"name": "q", "namespace": "shop"}, "spec": {"hard": {"pods": "1"}}});
    store.create(&RESOURCE_QUOTAS, quota, &writer("x")).unwrap();
    let deploy = store.create(&DEPLOYMENTS, deployment("a"), &writer("x")).unwrap();
    store.create(&PODS, owned("Pod", "p1", &deploy), &writer("x")).unwrap();
    let refused = store.create(&PODS, owned("Pod", "p2", &deploy), &writer("x")).unwrap_err();
    assert_eq!(
        refused.message,
        "pods \"p2\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1"
    );
    assert_eq!(refused.code, 403);
}

#[test]
fn what_users_get_wrong_is_refused_in_the_apis_words() {
    let mut store = store();
    let object = store.create(&DEPLOYMENTS, deployment("a"), &writer("x")).unwrap();
    let cases: [(&str, Value, &str); 4] = [
        (
            "/spec/replicas",
            json!(-1),
            "Deployment.apps \"a\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0",
        ),
        (
            "/spec/selector/matchLabels",
            json!({"app": "y"}),
            "Deployment.apps \"a\" is invalid: [spec.template.metadata.labels: Invalid value: map[string]string{\"app\":\"a\"}: `selector` does not match \
             template `labels`, spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string{\"app\":\"y\"}, \
             MatchExpressions:[]v1.LabelSelectorRequirement(nil)}: field is immutable]",
        ),
        (
            "/spec/template/spec/containers",
            json!([]),
            "Deployment.apps \"a\" is invalid: spec.template.spec.containers: Required value",
        ),
        (
            "/spec/strategy/rollingUpdate",
            json!({"maxSurge": 0, "maxUnavailable": 0}),
            "Deployment.apps \"a\" is invalid: spec.strategy.rollingUpdate.maxUnavailable: Invalid value: intstr.IntOrString{Type:0, IntVal:0, StrVal:\"\"}: \
             may not be 0 when `maxSurge` is 0",
        ),
    ];
    for (pointer, value, message) in cases {
        let mut wrong = object.value().clone();
        *wrong.pointer_mut(pointer).unwrap() = value;
        assert_eq!(store.update(&DEPLOYMENTS, wrong, &writer("x")).unwrap_err().message, message);
    }
    let nameless = store.create(&DEPLOYMENTS, deployment("Bad_Name"), &writer("x")).unwrap_err();
    assert!(nameless.message.contains("metadata.name: Invalid value: \"Bad_Name\""), "{}", nameless.message);
}

#[test]
fn the_past_reads_as_it_was() {
    let mut store = store();
    let mut seen: Vec<(u64, Value, bytes::Bytes)> = Vec::new();
    store.create(&DEPLOYMENTS, deployment("a"), &writer("kubectl-create")).unwrap();
    for replicas in 3..800 {
        let mut next = store.find(&DEPLOYMENTS, "shop", "a").unwrap().value().clone();
        next["spec"]["replicas"] = json!(replicas);
        let object = store.update(&DEPLOYMENTS, next, &writer("kubectl-scale")).unwrap();
        seen.push((object.version(), object.value().clone(), object.json()));
    }
    let log: Vec<_> = store.changed_since(seen[0].0 - 1).unwrap().cloned().collect();
    assert_eq!(log.len(), seen.len());
    assert!(log[0].object.is_cold() && !log[log.len() - 1].object.is_cold());
    for (event, (version, value, json)) in log.iter().zip(&seen) {
        assert_eq!((event.version, event.object.version()), (*version, *version));
        assert_eq!(event.object.json(), json);
        assert_eq!(event.object.value(), value);
    }
    assert_eq!(log[5].before.as_ref().unwrap().value(), &seen[4].1);
}
