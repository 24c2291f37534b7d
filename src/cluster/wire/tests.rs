//! Real objects, odd ones and broken ones into nouns.

mod delivery;

use super::*;
use crate::domain::{Bytes, ContainerRole, ContainerState, Cores, IntOrPercent, Kind, Severity, Strategy, Terminated};
use serde_json::{Value, json};

fn workload(kind: Kind, value: &Value) -> Workload {
    match decode(Family::Workloads(kind), value.to_string().as_bytes(), &mut Interner::default()).unwrap() {
        Object::Workload(workload) => *workload,
        other => panic!("{other:?}"),
    }
}

fn pod(value: &Value) -> Pod {
    match decode(Family::Pods, value.to_string().as_bytes(), &mut Interner::default()).unwrap() {
        Object::Pod(pod) => pod,
        other => panic!("{other:?}"),
    }
}

fn deployment() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {
            "name": "order", "namespace": "shop", "uid": "u1", "resourceVersion": "7", "generation": 3,
            "creationTimestamp": "2026-11-21T10:00:00Z", "labels": {"app": "order"},
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{long}", "note": "kept", "big": "x".repeat(5000)},
            "managedFields": [
                {"manager": "helm", "operation": "Update", "time": "2026-11-21T10:00:00Z", "fieldsType": "FieldsV1",
                 "fieldsV1": {"f:spec": {"f:replicas": {}, "f:template": {"f:spec": {}}}}},
                {"manager": "kube-controller-manager", "operation": "Update", "time": "2026-11-21T11:00:00Z",
                 "fieldsV1": {"f:status": {"f:replicas": {}}}, "subresource": "status"},
                {"manager": "kubectl-rollout", "operation": "Update", "time": "2026-11-21T10:30:00Z",
                 "fieldsV1": {"f:spec": {"f:template": {"f:metadata": {"f:annotations": {}}}, "f:paused": {}}}}
            ]
        },
        "spec": {
            "replicas": 5, "paused": true, "minReadySeconds": 4, "progressDeadlineSeconds": 60,
            "selector": {"matchLabels": {"app": "order"}, "matchExpressions": [{"key": "tier", "operator": "In", "values": ["a", "b"]}]},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 2, "maxUnavailable": "25%"}},
            "template": {
                "metadata": {"labels": {"app": "order", "version": "v1"}},
                "spec": {
                    "initContainers": [{"name": "migrate", "image": "m:1"}, {"name": "mesh", "image": "mesh:1", "restartPolicy": "Always"}],
                    "containers": [{"name": "order", "image": "order:v1",
                        "resources": {"requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}},
                        "readinessProbe": {"initialDelaySeconds": 30, "httpGet": {}}}]
                }
            }
        },
        "status": {"observedGeneration": 3, "replicas": 6, "updatedReplicas": 2, "readyReplicas": 4, "availableReplicas": 3,
            "conditions": [{"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated", "message": "m",
                "lastUpdateTime": "2026-11-21T10:31:00Z", "lastTransitionTime": "2026-11-21T10:30:00Z"}]}
    })
}

#[test]
fn a_deployment_keeps_what_a_release_needs() {
    let read = workload(Kind::Deployment, &deployment());
    assert_eq!((&*read.meta.name, &*read.meta.namespace, read.meta.generation), ("order", "shop", 3));
    assert_eq!(read.meta.annotation("note"), Some("kept"));
    assert_eq!(read.meta.annotation("kubectl.kubernetes.io/last-applied-configuration"), Some(""));
    assert_eq!(read.meta.annotation("big"), Some(""));
    assert_eq!((read.replicas, read.paused, read.min_ready_seconds), (Some(5), true, 4));
    assert_eq!(read.progress_deadline_seconds, Some(60));
    assert_eq!(read.selector.to_query(), "app=order,tier in (a,b)");
    let rolling = Strategy::Rolling {
        max_surge: Some(IntOrPercent::Int(2)),
        max_unavailable: Some(IntOrPercent::Percent(25)),
        partition: None,
        declared: true,
    };
    assert_eq!(read.strategy, rolling);
    assert_eq!((read.status.replicas, read.status.updated, read.status.ready, read.status.available), (6, 2, 4, 3));
    assert!(read.conditions[0].is_true());
}

#[test]
fn managers_are_those_of_template_replicas_and_pause_newest_first() {
    let managers = workload(Kind::Deployment, &deployment()).meta.managers;
    let words: Vec<_> = managers.iter().map(|one| (&*one.name, one.template, one.replicas, one.paused)).collect();
    assert_eq!(words, [("kubectl-rollout", true, false, true), ("helm", true, true, false)]);
}

#[test]
fn containers_have_their_role_and_the_apis_defaults() {
    let template = workload(Kind::Deployment, &deployment()).template;
    let roles: Vec<_> = template.containers.iter().map(|one| (&*one.name, one.role)).collect();
    assert_eq!(
        roles,
        [("order", ContainerRole::Main), ("mesh", ContainerRole::Sidecar), ("migrate", ContainerRole::Init)]
    );
    let order = &template.containers[0];
    assert_eq!(order.requests.cpu, Some(Cores(250_000_000)));
    assert_eq!(order.limits.cpu, None);
    assert_eq!(order.limits.memory, Some(Bytes(1 << 30)));
    let probe = order.readiness.unwrap();
    assert_eq!((probe.initial_delay, probe.period, probe.failure_threshold), (30, 10, 3));
}

#[test]
fn wrong_numbers_never_cost_the_object() {
    for (wrong, read) in [
        (json!("abc"), None),
        (json!(-9), Some(0)),
        (json!(1e9), Some(1_000_000_000)),
        (json!(1e300), Some(i32::MAX)),
        (json!("1e9"), Some(1_000_000_000)),
        (json!(null), None),
        (json!([1]), None),
        (json!({"a": 1}), None),
        (json!(true), None),
    ] {
        let mut object = deployment();
        object["spec"]["replicas"] = wrong.clone();
        let from_text = workload(Kind::Deployment, &object);
        assert_eq!(from_text.replicas, read, "{wrong}");
        let intern = &mut Interner::default();
        let from_value = decode_value(Family::Workloads(Kind::Deployment), &object, intern).unwrap();
        assert_eq!(from_value, Object::Workload(Box::new(from_text)), "{wrong}");
    }
}

#[test]
fn wrong_shapes_never_cost_the_list() {
    let list = json!({"kind": "PodList", "metadata": {"resourceVersion": 12, "continue": null}, "items": [
        {"metadata": "gone", "spec": [], "status": {"containerStatuses": {"not": "a list"}, "conditions": [1, "x", null]}},
        "no object", null,
        {"metadata": {"name": "a\u{1b}[31mb", "labels": [1], "ownerReferences": null, "creationTimestamp": "yesterday"}}
    ]});
    let page = decode_page(Family::Pods, list.to_string().as_bytes(), &mut Interner::default()).unwrap();
    assert_eq!((page.resource_version.as_str(), page.next.as_str(), page.objects.len()), ("12", "", 4));
    let Object::Pod(fourth) = &page.objects[3] else { panic!() };
    assert_eq!((&*fourth.meta.name, fourth.meta.created), ("ab", None));
}

#[test]
fn broken_text_is_an_error_and_so_is_what_is_no_list() {
    let intern = &mut Interner::default();
    for body in ["", "<html>", "{\"items\": [{\"metadata\"", "{\"kind\":\"Status\"}", "[]", "{\"items\":[]} trailing"] {
        assert!(decode_page(Family::Pods, body.as_bytes(), intern).is_err(), "{body}");
    }
    for body in ["", "<html>", "{\"type\":\"ADDED\",\"object\":{\"meta", "{}", "{\"type\":\"ADDED\"}", "7"] {
        assert!(decode_line(Family::Pods, body.as_bytes(), intern).is_err(), "{body}");
    }
}

#[test]
fn watch_lines_are_told_apart() {
    let intern = &mut Interner::default();
    let mut line = |value: Value| decode_line(Family::Pods, value.to_string().as_bytes(), intern).unwrap();
    let object = json!({"metadata": {"name": "p", "namespace": "n", "uid": "u", "resourceVersion": "9"}});
    assert!(matches!(line(json!({"type": "ADDED", "object": object})), Line::Applied(Object::Pod(_), rv) if rv == "9"));
    assert!(
        matches!(line(json!({"object": object, "type": "MODIFIED"})), Line::Applied(Object::Pod(p), _) if &*p.meta.name == "p")
    );
    let Line::Deleted(gone, _) = line(json!({"type": "DELETED", "object": object})) else { panic!() };
    let deleted = Delta::Deleted { namespace: "n".into(), name: "p".into(), uid: "u".into() };
    assert_eq!(gone.deleted(), Some(Observation::Pods(deleted)));
    assert_eq!(line(json!({"type": "BOOKMARK", "object": object})), Line::Bookmark("9".into()));
    let status = json!({"kind": "Status", "code": 410, "reason": "Expired", "message": "too old", "details": {"retryAfterSeconds": 1}});
    let Line::Error(status) = line(json!({"type": "ERROR", "object": status})) else { panic!() };
    assert_eq!((status.code, status.reason.as_str(), status.retry_after), (410, "Expired", Some(1)));
}

#[test]
fn a_pod_has_its_statuses_in_the_order_of_its_spec() {
    let read = pod(&json!({
        "metadata": {"name": "p", "deletionTimestamp": "2026-11-21T10:00:00Z",
            "ownerReferences": [{"kind": "Node", "name": "n"}, {"kind": "ReplicaSet", "name": "rs", "uid": "r", "controller": true}]},
        "spec": {"nodeName": "n1", "readinessGates": [{"conditionType": "gate"}],
            "containers": [{"name": "web", "image": "web:1"}, {"name": "agent", "image": "a:1"}],
            "initContainers": [{"name": "setup", "image": "s:1"}, {"name": "mesh", "image": "m", "restartPolicy": "Always"}]},
        "status": {"phase": "Running",
            "containerStatuses": [
                {"name": "agent", "ready": true, "restartCount": 0, "state": {"running": {"startedAt": "2026-11-21T09:00:00Z"}}},
                {"name": "web", "ready": false, "restartCount": 7, "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
                 "lastState": {"terminated": {"exitCode": 137, "signal": 9, "reason": "OOMKilled", "finishedAt": "2026-11-21T09:59:00Z"}}}],
            "initContainerStatuses": [
                {"name": "mesh", "ready": true, "started": true, "restartCount": 1, "state": {"running": null}},
                {"name": "setup", "restartCount": 2, "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}]}
    }));
    let order: Vec<_> = read.statuses.iter().map(|status| (&*status.name, status.role)).collect();
    assert_eq!(
        order,
        [
            ("mesh", ContainerRole::Sidecar),
            ("setup", ContainerRole::Init),
            ("web", ContainerRole::Main),
            ("agent", ContainerRole::Main)
        ]
    );
    assert_eq!(read.restarts(), 8);
    assert_eq!(&*read.meta.owner.as_ref().unwrap().kind, "ReplicaSet");
    assert!(read.is_terminating());
    let web = &read.statuses[2];
    assert!(matches!(&web.state, ContainerState::Waiting { reason, .. } if &**reason == "CrashLoopBackOff"));
    let Some(Terminated { exit_code: 137, signal: 9, reason, .. }) = &web.last else { panic!("{:?}", web.last) };
    assert_eq!(&**reason, "OOMKilled");
}

#[test]
fn daemon_sets_stateful_sets_and_revisions_are_read() {
    let daemon = workload(
        Kind::DaemonSet,
        &json!({
            "spec": {"updateStrategy": {"type": "OnDelete"}},
            "status": {"desiredNumberScheduled": 4, "currentNumberScheduled": 3, "updatedNumberScheduled": 2, "numberReady": 1, "numberAvailable": 1, "numberMisscheduled": 1}
        }),
    );
    assert_eq!((daemon.replicas, daemon.desired(), &daemon.strategy), (None, 4, &Strategy::OnDelete));
    assert_eq!((daemon.status.replicas, daemon.status.updated, daemon.status.misscheduled), (3, 2, 1));
    let set = workload(
        Kind::StatefulSet,
        &json!({
            "spec": {"replicas": 3, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}},
            "status": {"currentRevision": "a", "updateRevision": "b"}
        }),
    );
    assert!(matches!(set.strategy, Strategy::Rolling { partition: Some(2), declared: true, .. }));
    assert_eq!((&*set.status.current_revision, &*set.status.update_revision), ("a", "b"));

    let intern = &mut Interner::default();
    let revision = json!({"revision": 4, "data": {"spec": {"template": {"$patch": "replace", "spec": {"containers": [{"name": "c", "image": "i:2"}]}}}}});
    let read = decode_value(Family::ControllerRevisions, &revision, intern).unwrap();
    assert!(
        matches!(read, Object::ControllerRevision(r) if r.revision == 4 && &*r.template.containers[0].image == "i:2")
    );
    let set = json!({"metadata": {"labels": {"pod-template-hash": "abc"}, "annotations": {"deployment.kubernetes.io/revision": "12"}},
        "spec": {"replicas": 2}, "status": {"replicas": 2, "readyReplicas": 1}});
    let Object::ReplicaSet(set) = decode_value(Family::ReplicaSets, &set, intern).unwrap() else { panic!() };
    assert_eq!((set.revision, &*set.hash, set.desired, set.ready), (12, "abc", 2, 1));
}

#[test]
fn autoscalers_word_their_metrics_as_kubectl_does() {
    let intern = &mut Interner::default();
    let mut read = |value: Value| match decode_value(Family::Autoscalers, &value, intern).unwrap() {
        Object::Autoscaler(hpa) => hpa,
        other => panic!("{other:?}"),
    };
    let v2 = read(json!({"metadata": {"namespace": "shop"},
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "order"}, "maxReplicas": 20, "metrics": [
            {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}},
            {"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "500Mi"}}},
            {"type": "External", "external": {"metric": {"name": "lag"}, "target": {"type": "AverageValue", "averageValue": "10"}}}]},
        "status": {"currentReplicas": 5, "desiredReplicas": 6, "currentMetrics": [
            {"type": "External", "external": {"metric": {"name": "lag"}, "current": {"averageValue": "12"}}},
            {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 41, "averageValue": "102m"}}}]}}));
    assert_eq!((v2.min, v2.max, v2.current, v2.desired, &*v2.target.name), (1, 20, 5, 6, "order"));
    let words = |hpa: &Autoscaler| -> Vec<String> {
        let text = |m: &crate::domain::AutoscalerMetric| {
            format!("{}: {}/{}", m.name, m.current.as_deref().unwrap_or("<unknown>"), m.target)
        };
        hpa.metrics.iter().map(text).collect()
    };
    assert_eq!(words(&v2), ["cpu: 41%/70%", "memory: <unknown>/500Mi", "lag: 12 (avg)/10 (avg)"]);
    let v1 = read(json!({
        "metadata": {"annotations": {"autoscaling.alpha.kubernetes.io/conditions": "[{\"type\":\"AbleToScale\",\"status\":\"True\"}]"}},
        "spec": {"minReplicas": 2, "maxReplicas": 4, "targetCPUUtilizationPercentage": 80}, "status": {"currentCPUUtilizationPercentage": 12}}));
    assert_eq!(words(&v1), ["cpu: 12%/80%"]);
    assert_eq!(&*v1.conditions[0].kind, "AbleToScale");
}

#[test]
fn both_kinds_of_event_are_read() {
    let intern = &mut Interner::default();
    let mut read = |value: Value| match decode_value(Family::Events, &value, intern).unwrap() {
        Object::Event(event) => event,
        other => panic!("{other:?}"),
    };
    let core = read(
        json!({"metadata": {"name": "e", "creationTimestamp": "2026-11-21T09:00:00Z"}, "type": "Warning", "reason": "BackOff",
        "message": "bad\u{1b}]0;title\u{7} thing", "count": 4, "lastTimestamp": "2026-11-21T10:00:00Z",
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "p", "uid": "u"}, "source": {"component": "kubelet"}}),
    );
    assert_eq!(
        (core.severity, &*core.reason, &*core.message, core.count),
        (Severity::Warning, "BackOff", "bad thing", 4)
    );
    assert_eq!(core.last, Some("2026-11-21T10:00:00Z".parse().unwrap()));
    assert_eq!((&*core.about.kind, &*core.about_uid, &*core.source), ("Pod", "u", "kubelet"));
    let new = read(
        json!({"type": "Normal", "note": "hello", "regarding": {"kind": "Pod", "name": "p"}, "eventTime": "2026-11-21T09:00:00.123456Z",
        "series": {"count": 9, "lastObservedTime": "2026-11-21T09:30:00Z"}, "reportingController": "scheduler", "deprecatedCount": 2}),
    );
    assert_eq!((&*new.message, new.count, &*new.source), ("hello", 9, "scheduler"));
    assert!(new.first < new.last);
}

#[test]
fn usage_is_read_and_half_a_reading_is_none() {
    let list = json!({"kind": "PodMetricsList", "items": [{"metadata": {"name": "p", "namespace": "n"}, "timestamp": "2026-11-21T10:00:00Z",
        "window": "15s", "containers": [{"name": "c", "usage": {"cpu": "0", "memory": "10Mi"}}, {"name": "d", "usage": {"cpu": "5m"}}]}]});
    let intern = &mut Interner::default();
    let page = decode_page(Family::PodUsage, list.to_string().as_bytes(), intern).unwrap();
    let Observation::PodUsage { items, .. } = reset(Family::PodUsage, None, page.objects) else { panic!() };
    assert_eq!(items[0].containers, [("c".into(), Cores(0), Bytes(10 << 20))]);
    assert!((items[0].window - 15.0).abs() < 1e-9);
    let nodes = json!({"items": [{"metadata": {"name": "n"}, "usage": {"cpu": "1", "memory": "1Gi"}}, {"metadata": {"name": "m"}}]});
    let page = decode_page(Family::NodeUsage, nodes.to_string().as_bytes(), intern).unwrap();
    let Observation::NodeUsage(items) = reset(Family::NodeUsage, None, page.objects) else { panic!() };
    assert_eq!(items.len(), 1);
}
