//! `kubectl rollout`, `scale`, `set image` and `autoscale`, on all three kinds.

use crate::kubectl::Kubectl;
use crate::{holds, ok, refused};

pub fn of_deployments(kubectl: &Kubectl) {
    let image = "jsonpath={.spec.template.spec.containers[0].image}";
    let get = ["get", "deployment/rolled", "-o", image];
    ok(kubectl, &["create", "deployment", "rolled", "--image=shop/rolled:v1", "--replicas=2"]);
    done(kubectl, "deployment/rolled", "successfully rolled out");
    ok(kubectl, &["set", "image", "deployment/rolled", "*=shop/rolled:v2"]);
    ok(kubectl, &["annotate", "deployment/rolled", "kubernetes.io/change-cause=the second"]);
    done(kubectl, "deployment/rolled", "successfully rolled out");
    holds(&ok(kubectl, &["rollout", "history", "deployment/rolled"]), &["REVISION", "1", "<none>", "2", "the second"]);
    holds(&ok(kubectl, &["rollout", "history", "deployment/rolled", "--revision=1"]), &["shop/rolled:v1"]);
    ok(kubectl, &["rollout", "undo", "deployment/rolled"]);
    done(kubectl, "deployment/rolled", "successfully rolled out");
    assert_eq!(ok(kubectl, &get), "shop/rolled:v1");

    ok(kubectl, &["rollout", "pause", "deployment/rolled"]);
    ok(kubectl, &["set", "image", "deployment/rolled", "rolled=shop/rolled:v3"]);
    holds(&refused(kubectl, &["rollout", "undo", "deployment/rolled"]), &["cannot rollback a paused deployment"]);
    holds(&ok(kubectl, &["describe", "deployment/rolled"]), &["Progressing", "Unknown", "DeploymentPaused"]);
    ok(kubectl, &["rollout", "resume", "deployment/rolled"]);
    ok(kubectl, &["rollout", "restart", "deployment/rolled"]);
    done(kubectl, "deployment/rolled", "successfully rolled out");
    ok(kubectl, &["scale", "deployment/rolled", "--replicas=0"]);
    ok(kubectl, &["wait", "--for=jsonpath={.status.observedGeneration}", "deployment/rolled", "--timeout=20s"]);
    ok(kubectl, &["autoscale", "deployment/rolled", "--min=1", "--max=2"]);
    ok(kubectl, &["delete", "deployment,hpa", "rolled"]);
}

const SETS: &str = "
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: rolled-set}
spec:
  replicas: 2
  serviceName: rolled-set
  selector: {matchLabels: {app: rolled-set}}
  template: {metadata: {labels: {app: rolled-set}}, spec: {containers: [{name: main, image: \"shop/set:v1\"}]}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: rolled-agent}
spec:
  selector: {matchLabels: {app: rolled-agent}}
  template: {metadata: {labels: {app: rolled-agent}}, spec: {containers: [{name: main, image: \"shop/set:v1\"}]}}
";

pub fn of_sets(kubectl: &Kubectl) {
    let file = kubectl.file("sets.yaml", SETS);
    ok(kubectl, &["apply", "-f", &file]);
    for (name, end) in [
        ("statefulset/rolled-set", "roll out complete: 2 new pods"),
        ("daemonset/rolled-agent", "successfully rolled out"),
    ] {
        done(kubectl, name, "");
        ok(kubectl, &["set", "image", name, "main=shop/set:v2"]);
        done(kubectl, name, end);
        let history = ok(kubectl, &["rollout", "history", name]);
        holds(&history, &["REVISION", "\n1 ", "\n2 "]);
        holds(&ok(kubectl, &["rollout", "history", name, "--revision=1"]), &["shop/set:v1"]);
        ok(kubectl, &["rollout", "undo", name, "--to-revision=1"]);
        done(kubectl, name, end);
        let image = ok(kubectl, &["get", name, "-o", "jsonpath={.spec.template.spec.containers[0].image}"]);
        assert_eq!(image, "shop/set:v1");
        holds(&ok(kubectl, &["rollout", "history", name]), &["\n2 ", "\n3 "]);
        ok(kubectl, &["rollout", "restart", name]);
        done(kubectl, name, end);
        holds(&refused(kubectl, &["rollout", "pause", name]), &["pausing is not supported"]);
    }
    ok(kubectl, &["scale", "statefulset/rolled-set", "--replicas=1"]);
    ok(kubectl, &["wait", "--for=jsonpath={.status.replicas}=1", "statefulset/rolled-set", "--timeout=20s"]);
    holds(
        &refused(kubectl, &["scale", "daemonset/rolled-agent", "--replicas=1"]),
        &["could not find the requested resource"],
    );
    ok(kubectl, &["delete", "-f", &file]);
}

fn done(kubectl: &Kubectl, name: &str, end: &str) {
    let lines = ok(kubectl, &["rollout", "status", name, "--timeout=40s"]);
    assert!(lines.lines().last().unwrap_or_default().contains(end), "{lines}");
}
