//! Tables of cases for planning: what is planned, refused, warned of, and rechecked.

mod argo;
mod argo_template;
mod change;
mod flagger;
mod guard;
mod pair;
mod refuse;
mod roundtrip;
mod warn;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::domain::{Kind, WorkloadKey};

use super::{Facts, Objects, Operation, Plan, Policy, Refusal, Request, ScaleTo, plan};

/// 2026-11-21T03:04:05Z, with a fraction that must not reach the cluster.
fn now() -> Timestamp {
    "2026-11-21T03:04:05.678Z".parse().unwrap()
}

fn planned(facts: &Facts, operation: &Operation) -> Result<Plan, Refusal> {
    plan(facts, &Request::new(facts.key.clone(), operation.clone()), &Policy::default(), now())
}

fn asked(operation: &Operation) -> Request {
    Request::new(deployment().key, operation.clone())
}

fn set_image(container: &str, image: &str) -> Operation {
    Operation::SetImage(vec![(container.into(), image.into())])
}

fn undo(to: Option<i64>) -> Operation {
    Operation::Undo { to }
}

/// A pod template with fields that no struct of ours names.
fn template(image: &str) -> Value {
    json!({
        "metadata": {"labels": {"app": "payment"}, "annotations": {"prometheus.io/scrape": "true"}},
        "spec": {
            "initContainers": [{"name": "migrate", "image": "shop/migrate:v1"}],
            "containers": [
                {"name": "payment", "image": image, "env": [{"name": "DB", "value": "postgres"}], "fieldOfTheFuture": {"deep": [1, 2]}},
                {"name": "proxy", "image": "envoy:v1"},
            ],
            "hostileToSlimStructs": true,
        },
    })
}

fn hashed(mut template: Value, hash: &str) -> Value {
    template["metadata"]["labels"]["pod-template-hash"] = hash.into();
    template
}

fn replica_set(revision: i64, template: Value, annotations: &Value) -> Value {
    let mut set = json!({
        "metadata": {
            "name": format!("payment-{revision}"), "uid": format!("set-{revision}"), "annotations": annotations,
            "ownerReferences": [{"kind": "Deployment", "uid": "d-1", "controller": true}],
        },
        "spec": {"replicas": 0, "template": hashed(template, &format!("h{revision}"))},
    });
    set["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = revision.to_string().into();
    set["metadata"]["annotations"]["deployment.kubernetes.io/desired-replicas"] = "3".into();
    set
}

/// A Deployment at revision 3 that crashes: revisions 1 and 2 lie behind it, and another's set beside it.
fn deployment() -> Facts {
    let target = json!({
        "metadata": {
            "name": "payment", "namespace": "shop", "uid": "d-1", "resourceVersion": "77", "generation": 3,
            "annotations": {
                "deployment.kubernetes.io/revision": "3",
                "kubernetes.io/change-cause": "release v3",
                "team": "money",
            },
        },
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "payment"}},
            "template": template("shop/payment:v3"),
        },
    });
    let mut stranger = replica_set(9, template("shop/other:v9"), &json!({}));
    stranger["metadata"]["ownerReferences"][0]["uid"] = "d-2".into();
    let replica_sets = vec![
        replica_set(
            1,
            template("shop/payment:v1"),
            &json!({"kubernetes.io/change-cause": "release v1", "team": "money"}),
        ),
        stranger,
        replica_set(3, template("shop/payment:v3"), &json!({"kubernetes.io/change-cause": "release v3"})),
        replica_set(2, template("shop/payment:v2"), &json!({"kubernetes.io/change-cause": "release v2"})),
    ];
    Facts {
        connection: 7,
        context: "prod".into(),
        user: "alice".into(),
        key: WorkloadKey::new(Kind::Deployment, "shop", "payment"),
        target,
        objects: Objects { replica_sets, ..Objects::default() },
    }
}

/// A StatefulSet or DaemonSet at its second ControllerRevision.
fn controlled(kind: Kind) -> Facts {
    let revision = |number: i64, image: &str| {
        let mut template = template(image);
        template["$patch"] = "replace".into();
        json!({
            "metadata": {
                "name": format!("payment-{number}"),
                "ownerReferences": [{"kind": kind.name(), "uid": "d-1", "controller": true}],
            },
            "revision": number,
            "data": {"spec": {"template": template}},
        })
    };
    let mut facts = deployment();
    facts.key = WorkloadKey::new(kind, "shop", "payment");
    facts.target["spec"]["template"] = template("shop/payment:v2");
    facts.objects = Objects {
        controller_revisions: vec![revision(2, "shop/payment:v2"), revision(1, "shop/payment:v1")],
        ..Objects::default()
    };
    facts
}

fn pod(uid: &str) -> Value {
    json!({"metadata": {
        "name": "payment-3-x", "uid": uid, "labels": {"app": "payment"},
        "ownerReferences": [{"kind": "ReplicaSet", "uid": "set-3", "controller": true}],
    }})
}

fn delete(uid: &str) -> Operation {
    Operation::DeletePod { pod: "payment-3-x".into(), uid: uid.into() }
}

fn scale(to: i32) -> Operation {
    Operation::Scale(ScaleTo::Exactly(to))
}
