//! Cordon, drain with a disruption budget, taints and labels.

use crate::kubectl::Kubectl;
use crate::{holds, ok, refused};

pub fn cordoned_and_drained(kubectl: &Kubectl) {
    ok(kubectl, &["create", "deployment", "guarded", "--image=shop/guarded:v1"]);
    ok(kubectl, &["create", "poddisruptionbudget", "guarded", "--selector=app=guarded", "--min-available=1"]);
    ok(kubectl, &["rollout", "status", "deployment/guarded", "--timeout=20s"]);
    let place = ["get", "pods", "-l", "app=guarded", "-o", "jsonpath={.items[0].spec.nodeName}"];
    let node = ok(kubectl, &place);

    holds(&ok(kubectl, &["cordon", &node]), &["cordoned"]);
    holds(&ok(kubectl, &["get", "node", &node]), &["Ready,SchedulingDisabled"]);
    let drain = ["drain", node.as_str(), "--ignore-daemonsets", "--pod-selector=app=guarded"];
    let tried = refused(kubectl, &[&drain[..], &["--timeout=1s"]].concat());
    holds(&tried, &["Cannot evict pod as it would violate the pod's disruption budget."]);
    assert_eq!(ok(kubectl, &place), node, "it stays where it is");

    ok(kubectl, &["scale", "deployment/guarded", "--replicas=2"]);
    ok(kubectl, &["rollout", "status", "deployment/guarded", "--timeout=20s"]);
    let allowed = "jsonpath={.status.disruptionsAllowed}=1";
    ok(kubectl, &["wait", "--for", allowed, "poddisruptionbudget/guarded", "--timeout=20s"]);
    let drained = ok(kubectl, &[&drain[..], &["--timeout=30s"]].concat());
    holds(&drained, &["evicting pod", "evicted", "drained"]);
    ok(kubectl, &["rollout", "status", "deployment/guarded", "--timeout=20s"]);
    let places = ok(kubectl, &["get", "pods", "-l", "app=guarded", "-o", "jsonpath={.items[*].spec.nodeName}"]);
    assert!(!places.split(' ').any(|place| place == node), "{places}");
    holds(&ok(kubectl, &["uncordon", &node]), &["uncordoned"]);

    ok(kubectl, &["taint", "node", &node, "key=value:NoSchedule"]);
    holds(
        &ok(kubectl, &["describe", "node", &node]),
        &["Taints:", "key=value:NoSchedule", "Conditions:", "Allocated resources:"],
    );
    ok(kubectl, &["taint", "node", &node, "key-"]);
    ok(kubectl, &["delete", "deployment,poddisruptionbudget", "guarded"]);
}
