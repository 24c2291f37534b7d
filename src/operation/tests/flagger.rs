//! Flagger: its spec, its target, its gates, and its traps.

use serde_json::json;

use crate::operation::{Patch, Post, Send, permissions_for};

use super::*;

fn canary(phase: &str) -> Facts {
    let mut facts = deployment();
    facts.key = WorkloadKey::new(Kind::Canary, "shop", "cart");
    let mut target = facts.target.clone();
    target["metadata"]["name"] = "cart".into();
    let mut primary = target.clone();
    primary["metadata"]["name"] = "cart-primary".into();
    primary["metadata"]["uid"] = "p-1".into();
    primary["spec"]["template"] = template("shop/payment:v2");
    facts.objects.deployments = vec![target, primary];
    facts.target = json!({
        "metadata": {"name": "cart", "namespace": "shop", "uid": "c-1", "resourceVersion": "12"},
        "spec": {
            "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"},
            "analysis": {"threshold": 5, "webhooks": [
                {"name": "load", "type": "rollout", "url": "http://flagger-loadtester.test/"},
                {"name": "gate", "type": "confirm-promotion", "url": "http://flagger-loadtester.test/gate/check"},
            ]},
        },
        "status": {"phase": phase, "failedChecks": 2},
    });
    facts
}

fn hook(facts: &mut Facts, kind: &str, url: &str) {
    let hooks = facts.target.pointer_mut("/spec/analysis/webhooks").unwrap().as_array_mut().unwrap();
    hooks.push(json!({"name": kind, "type": kind, "url": url}));
}

fn spec(plan: &Plan) -> &Value {
    match &plan.writes[..] {
        [write] => match &write.send {
            Send::Patch(Patch { subresource: None, body, .. }) => &body["spec"],
            other => panic!("{other:?}"),
        },
        _ => panic!("{plan:?}"),
    }
}

fn post(plan: &Plan) -> &Post {
    match &plan.writes[..] {
        [write] => match &write.send {
            Send::Post(post) => post,
            other => panic!("{other:?}"),
        },
        _ => panic!("{plan:?}"),
    }
}

fn said(plan: &Plan) -> String {
    plan.warnings.iter().map(|warning| warning.sentence.as_str()).collect::<Vec<_>>().join("\n")
}

fn gate(kind: &str, open: bool) -> Operation {
    Operation::Gate { kind: kind.into(), open }
}

#[test]
fn suspend_and_skip_analysis_are_fields_of_the_spec() {
    let pause = planned(&canary("Progressing"), &Operation::Pause).unwrap();
    assert_eq!(spec(&pause), &json!({"suspend": true}));
    assert!(said(&pause).contains("its analysis freezes where it is"));
    let mut suspended = canary("Progressing");
    suspended.target["spec"]["suspend"] = true.into();
    assert_eq!(spec(&planned(&suspended, &Operation::Resume).unwrap()), &json!({"suspend": false}));

    let full = planned(&canary("Progressing"), &Operation::Promote { full: true }).unwrap();
    assert_eq!(spec(&full), &json!({"skipAnalysis": true}));
    assert_eq!(
        full.then.as_deref(),
        Some("when its promotion has ended: set skipAnalysis of canary/cart back to false")
    );
    assert_eq!(full.undo, "rolltop -n shop finish canary/cart");
    let waiting = planned(&canary("Waiting"), &Operation::Promote { full: true }).unwrap();
    assert!(said(&waiting).contains("a closed gate confirm-rollout is asked before that"));
}

#[test]
fn the_second_step_waits_for_the_end_and_for_nothing_else() {
    for (phase, set, expected) in [
        ("Progressing", true, Err("is under way still (it is Progressing)")),
        ("Finalising", true, Err("is under way still")),
        ("Succeeded", true, Ok(())),
        ("Failed", true, Ok(())),
        ("Succeeded", false, Err("nothing of canary/cart is left half done")),
    ] {
        let mut facts = canary(phase);
        facts.target["spec"]["skipAnalysis"] = set.into();
        match (planned(&facts, &Operation::Finish), expected) {
            (Ok(plan), Ok(())) => assert_eq!(spec(&plan), &json!({"skipAnalysis": false})),
            (Err(refusal), Err(part)) => {
                assert!(refusal.to_string().contains(part), "{refusal}");
                assert_eq!(refusal.waits, part.contains("under way"));
            }
            other => panic!("{phase}: {other:?}"),
        }
    }
}

#[test]
fn promote_opens_the_gate_that_holds_it() {
    let plan = planned(&canary("WaitingPromotion"), &Operation::Promote { full: false }).unwrap();
    let expected = Post {
        endpoint: "flagger-loadtester:80".to_owned(),
        path: "/gate/open".to_owned(),
        body: json!({"name": "cart", "namespace": "shop"}),
    };
    assert_eq!(post(&plan), &expected);
    assert_eq!(
        (plan.writes[0].object.to_string(), &*plan.writes[0].object.namespace),
        ("service/flagger-loadtester".to_owned(), "test")
    );
    assert_eq!(plan.writes[0].permission().to_string(), "create services/proxy in test");
    assert!(said(&plan).contains("keeps one gate a canary, not one a phase"));
    assert_eq!(plan.undo, "rolltop -n shop gate close canary/cart confirm-promotion");
    assert_eq!(
        plan.kubectl,
        "echo '{\"name\":\"cart\",\"namespace\":\"shop\"}' | kubectl --context prod -n test create --raw \
         /api/v1/namespaces/test/services/flagger-loadtester:80/proxy/gate/open -f -"
    );
}

#[test]
fn gates_are_reached_by_the_address_of_their_webhook() {
    for (url, endpoint, namespace, path) in [
        ("http://lt.test/gate/check", "lt:80", "test", "/gate/close"),
        ("http://lt:8080/gate/check", "lt:8080", "shop", "/gate/close"),
        ("https://lt.ops.svc/gate/check/", "https:lt:443", "ops", "/gate/close"),
        ("http://lt.ops.svc.cluster.local:9090/in/gate/check", "lt:9090", "ops", "/in/gate/close"),
    ] {
        let mut facts = canary("Progressing");
        hook(&mut facts, "confirm-traffic-increase", url);
        let plan = planned(&facts, &gate("confirm-traffic-increase", false)).unwrap();
        let sent = post(&plan);
        let found = (sent.endpoint.as_str(), &*plan.writes[0].object.namespace, sent.path.as_str());
        assert_eq!(found, (endpoint, namespace, path), "{url}");
    }
    for (url, expected) in [
        ("http://lt.test/gate/halt", "which is always closed; point the webhook at /gate/check"),
        ("http://lt.test/gate/approve", "which is always open"),
        ("http://lt.test/check", "which is no gate of Flagger's loadtester"),
        ("http://gates.example.com/gate/check", "which is no Service of this cluster"),
        ("http://lt.test/gate/check?x", "which is no gate"),
        ("http://lt.test/../../gate/check", "which is no gate"),
        ("http://lt%2f.test/gate/check", "which is no Service"),
        ("", "which is no address"),
    ] {
        let mut facts = canary("Progressing");
        hook(&mut facts, "confirm-rollout", url);
        let refusal = planned(&facts, &gate("confirm-rollout", true)).unwrap_err().to_string();
        assert!(refusal.contains(expected), "{url}: {refusal}");
    }
    assert!(planned(&canary("Progressing"), &gate("", true)).is_ok(), "its only gate");
    let refusal = planned(&canary("Progressing"), &gate("confirm-rollout", true)).unwrap_err().to_string();
    assert!(refusal.contains("has no gate confirm-rollout; its gates: confirm-promotion"), "{refusal}");
}

#[test]
fn abort_is_the_rollback_gate_or_an_explanation() {
    let refusal = planned(&canary("Progressing"), &Operation::Abort).unwrap_err().to_string();
    assert!(
        refusal.contains("no rollback webhook") && refusal.contains("after 5 failed checks (2 so far)"),
        "{refusal}"
    );
    let with_hook = |phase: &str| {
        let mut facts = canary(phase);
        hook(&mut facts, "rollback", "http://flagger-loadtester.test/rollback/check");
        facts
    };
    let plan = planned(&with_hook("Progressing"), &Operation::Abort).unwrap();
    assert_eq!(post(&plan).path, "/rollback/open");
    assert!(plan.then.as_deref().unwrap().contains("close the gate rollback"), "{plan:?}");
    let refusal = planned(&with_hook("Progressing"), &Operation::Finish).unwrap_err();
    assert!(refusal.waits);
    assert_eq!(post(&planned(&with_hook("Failed"), &Operation::Finish).unwrap()).path, "/rollback/close");
    assert!(planned(&with_hook("Succeeded"), &Operation::Abort).is_err());
}

#[test]
fn retry_makes_the_template_of_the_target_new() {
    let plan = planned(&canary("Failed"), &Operation::Retry).unwrap();
    let stamp = json!({"template": {"metadata": {"annotations": {"rolltop.dev/retried-at": "2026-11-21T03:04:06Z"}}}});
    assert_eq!(spec(&plan), &stamp);
    assert_eq!(plan.writes[0].object.to_string(), "deployment/cart");
    assert!(planned(&canary("Progressing"), &Operation::Retry).unwrap_err().to_string().contains("has not failed"));
}

#[test]
fn templates_change_on_the_target_and_pods_on_the_primary() {
    let object = |facts: &Facts, operation: &Operation| planned(facts, operation).unwrap().writes[0].object.to_string();
    let idle = canary("Succeeded");
    assert_eq!(object(&idle, &set_image("payment", "x:9")), "deployment/cart");
    assert_eq!(object(&idle, &undo(None)), "deployment/cart");
    assert_eq!(object(&idle, &Operation::Restart), "deployment/cart-primary");
    assert_eq!(object(&idle, &scale(5)), "deployment/cart-primary");

    let text = |phase, operation: &Operation| said(&planned(&canary(phase), operation).unwrap());
    assert!(text("Succeeded", &set_image("payment", "x:9")).contains("Flagger tests that version before the primary"));
    assert!(text("Progressing", &set_image("payment", "x:9")).contains("starts the analysis anew"));
    // Revision 2 is what the primary runs: no change, says Flagger.
    assert!(text("Progressing", &undo(None)).contains("which Flagger takes for no change"));
    assert!(text("Progressing", &undo(Some(1))).contains("starts the analysis anew"));
}

#[test]
fn going_back_to_what_the_primary_runs_starts_and_stops_nothing() {
    // After a failure as well: the phase stays Failed until something new comes.
    for phase in ["Failed", "Succeeded"] {
        let same = said(&planned(&canary(phase), &undo(None)).unwrap());
        assert!(same.contains("which Flagger takes for no change: it tests nothing, and its phase stays"), "{same}");
        let other = said(&planned(&canary(phase), &undo(Some(1))).unwrap());
        assert!(other.contains("Flagger tests that version before the primary"), "{other}");
    }
}

#[test]
fn the_autoscaler_of_the_primary_is_the_one_that_counts() {
    let scaler = |name: &str, target: &str| {
        json!({"metadata": {"name": name}, "spec": {
            "scaleTargetRef": {"kind": "Deployment", "name": target}, "minReplicas": 2, "maxReplicas": 8}})
    };
    let mut facts = canary("Succeeded");
    // Flagger copies the target's for the primary, and cannot pause either.
    facts.objects.autoscalers = vec![scaler("cart", "cart"), scaler("cart-primary", "cart-primary")];
    let plan = planned(&facts, &scale(5)).unwrap();
    assert!(said(&plan).contains("the autoscaler cart-primary owns the replica count (2–8)"), "{}", said(&plan));
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (phase, operation, expected) in [
        ("Succeeded", Operation::Promote { full: false }, "Flagger tests no new version (it is Succeeded)"),
        ("Succeeded", Operation::Promote { full: true }, "Flagger tests no new version"),
        ("", Operation::Promote { full: true }, "it is not looked at yet"),
        ("Progressing", Operation::Promote { full: false }, "no gate holds canary/cart: Flagger goes on by itself"),
        ("Waiting", Operation::Resume, "a gate holds it: promote opens that"),
        ("Progressing", Operation::SkipStep, "skips no single step"),
        ("Progressing", Operation::SetWeight(10), "sets the weight of canary/cart itself"),
        ("Progressing", Operation::Terminate { kind: "AnalysisRun".into(), name: "x".into() }, "has no AnalysisRuns"),
    ] {
        let refusal = planned(&canary(phase), &operation).unwrap_err().to_string();
        assert!(refusal.contains(expected), "{phase} {operation:?}: {refusal}");
    }
    let mut skipping = canary("Progressing");
    skipping.target["spec"]["skipAnalysis"] = true.into();
    let refusal = planned(&skipping, &Operation::Promote { full: true }).unwrap_err().to_string();
    assert!(refusal.contains("is set already"), "{refusal}");
    let mut daemon = canary("Succeeded");
    daemon.target["spec"]["targetRef"]["kind"] = "DaemonSet".into();
    assert!(planned(&daemon, &undo(None)).unwrap_err().to_string().contains("is a DaemonSet"));
}

#[test]
fn what_a_repository_does_to_it_is_said_and_rules_are_named() {
    let mut facts = canary("Progressing");
    facts.target["metadata"]["labels"] = json!({"kustomize.toolkit.fluxcd.io/name": "apps"});
    for operation in [Operation::Pause, Operation::Promote { full: true }] {
        assert!(said(&planned(&facts, &operation).unwrap()).contains("Flux (apps) owns it and will undo this"));
    }
    facts.objects.deployments[0]["metadata"]["labels"] = json!({"argocd.argoproj.io/instance": "shop"});
    let plan = planned(&facts, &set_image("payment", "x:9")).unwrap();
    assert!(said(&plan).contains("Argo CD (shop) owns deployment/cart: with self-heal"), "{}", said(&plan));
    let first = |operation: &Operation| permissions_for(operation, Kind::Canary, "shop")[0].to_string();
    assert_eq!(first(&Operation::Pause), "patch canaries.flagger.app in shop");
    assert_eq!(first(&gate("", true)), "create services/proxy in shop");
    assert_eq!(first(&Operation::Retry), "patch deployments.apps in shop");
}
