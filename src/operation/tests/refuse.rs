//! What is refused, and why.

use serde_json::json;

use crate::{
    domain::Verdict,
    operation::{Consent, Planned, Preview, permissions_for},
};

use super::*;

/// Each case: a change of the usual facts, what is asked for, a part of the refusal's text.
type Case = (fn(&mut Facts), Operation, &'static str);

#[test]
fn states_that_make_no_sense_are_refused_with_a_reason() {
    let same: fn(&mut Facts) = |_| {};
    let paused: fn(&mut Facts) = |facts| facts.target["spec"]["paused"] = true.into();
    let first: fn(&mut Facts) = |facts| facts.objects.replica_sets.truncate(1);
    let bare: fn(&mut Facts) = |facts| facts.objects.replica_sets.clear();
    let back: fn(&mut Facts) = |facts| facts.target["spec"]["template"] = hashed(template("shop/payment:v2"), "zz");
    let stateful: fn(&mut Facts) = |facts| *facts = controlled(Kind::StatefulSet);
    let daemon: fn(&mut Facts) = |facts| *facts = controlled(Kind::DaemonSet);
    let with_pod: fn(&mut Facts) = |facts| facts.objects.pod = Some(pod("p-2"));
    let dying: fn(&mut Facts) = |facts| {
        facts.objects.pod = Some(pod("p-1"));
        facts.objects.pod.as_mut().unwrap()["metadata"]["deletionTimestamp"] = "2026-11-21T03:00:00Z".into();
    };
    let foreign: fn(&mut Facts) = |facts| {
        facts.objects.pod = Some(pod("p-1"));
        facts.objects.pod.as_mut().unwrap()["metadata"]["ownerReferences"][0]["uid"] = "set-9".into();
    };
    let unseen: fn(&mut Facts) = |facts| facts.target["status"] = json!({"observedGeneration": 2});
    let leaving: fn(&mut Facts) = |facts| facts.target["metadata"]["deletionTimestamp"] = "2026-11-21T03:00:00Z".into();
    let cases: &[Case] = &[
        (paused, Operation::Pause, "paused already"),
        (same, Operation::Resume, "not paused"),
        (stateful, Operation::Pause, "a StatefulSet cannot be paused"),
        (daemon, Operation::Resume, "a DaemonSet cannot be paused"),
        (paused, Operation::Restart, "is paused and cannot be restarted; resume it first"),
        (same, scale(-9), "-9 replicas are below 0"),
        (same, Operation::Scale(ScaleTo::By(-4)), "-1 replicas are below 0 (deployment/payment has 3)"),
        (same, Operation::Scale(ScaleTo::By(i32::MAX)), "more than Kubernetes can count"),
        (same, scale(3), "at 3 replicas already"),
        (daemon, scale(3), "a DaemonSet cannot be scaled"),
        (paused, undo(None), "is paused and cannot be undone"),
        (unseen, undo(None), "has not recorded the newest change"),
        (first, undo(None), "no earlier revision"),
        (bare, undo(None), "no earlier revision"),
        (same, undo(Some(9)), "has no revision 9; known revisions: 3, 2, 1"),
        (same, undo(Some(0)), "has no revision 0"),
        (same, undo(Some(-1)), "has no revision -1"),
        (same, undo(Some(3)), "is that of revision 3 already"),
        (back, undo(None), "is that of revision 2 already"),
        (stateful, undo(Some(2)), "is that of revision 2 already"),
        (stateful, undo(Some(5)), "known revisions: 2, 1"),
        (same, set_image("paymnet", "x:1"), "did you mean \"payment\"?"),
        (same, set_image("zzz", "x:1"), "its containers: migrate, payment, proxy"),
        (same, set_image("payment", "shop/payment:v3"), "runs these images already"),
        (same, set_image("payment", ""), "is not an image reference"),
        (same, set_image("payment", "a b"), "is not an image reference"),
        (same, delete("p-1"), "is gone already"),
        (with_pod, delete("p-1"), "replaced by a new one"),
        (dying, delete("p-1"), "being deleted already"),
        (foreign, delete("p-1"), "does not belong to deployment/payment"),
        (leaving, Operation::Pause, "is being deleted"),
    ];
    for (prepare, operation, expected) in cases {
        let mut facts = deployment();
        prepare(&mut facts);
        let refusal = planned(&facts, operation).unwrap_err().to_string();
        assert!(refusal.contains(expected), "{operation:?}: {refusal}");
    }
}

#[test]
fn a_read_only_session_plans_nothing() {
    let policy = Policy { read_only: true, ..Policy::default() };
    for operation in [Operation::Pause, scale(1), undo(None), delete("p-1")] {
        let refusal = plan(&deployment(), &asked(&operation), &policy, now()).unwrap_err();
        assert!(refusal.to_string().contains("read-only"), "{refusal}");
    }
}

#[test]
fn a_missing_rule_is_named() {
    let mut policy = Policy::default();
    let rule = permissions_for(&scale(5), Kind::Deployment, "shop").remove(0);
    policy.access.learn(rule.clone(), Verdict::Denied("".into()));
    let refusal = plan(&deployment(), &asked(&scale(5)), &policy, now()).unwrap_err();
    assert_eq!(refusal.missing, Some(rule));
    assert!(refusal.to_string().starts_with("you may not patch deployments.apps/scale in shop"), "{refusal}");
    assert!(plan(&deployment(), &asked(&Operation::Pause), &policy, now()).is_ok(), "another rule");
}

#[test]
fn rules_are_those_the_requests_need() {
    let shown = |operation: &Operation, kind| {
        permissions_for(operation, kind, "shop").iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    let expected = "patch deployments.apps in shop, list replicasets.apps in shop, get deployments.apps in shop";
    assert_eq!(shown(&undo(None), Kind::Deployment), expected);
    assert!(shown(&undo(None), Kind::DaemonSet).contains("list controllerrevisions.apps in shop"));
    assert!(shown(&delete("p"), Kind::Deployment).starts_with("create pods/eviction in shop"));
}

#[test]
fn a_protected_context_wants_the_name() {
    let policy = Policy { protected: true, ..Policy::default() };
    let planned = Planned {
        plan: plan(&deployment(), &asked(&Operation::Pause), &policy, now()).unwrap(),
        preview: Preview::DryRun(Vec::new()),
    };
    for (consent, expected) in [
        (Consent::Answered, "a plain yes is not enough"),
        (Consent::Beforehand, "give --confirm payment"),
        (Consent::Typed("paymen".to_owned()), "is not \"payment\""),
    ] {
        let refusal = planned.clone().confirm(consent).unwrap_err().to_string();
        assert!(refusal.contains(expected), "{refusal}");
    }
    let confirmed = planned.confirm(Consent::Typed("payment".to_owned())).unwrap();
    assert_eq!(confirmed.consent().to_string(), "typed payment");
}

#[test]
fn a_wrong_name_is_refused_where_none_was_needed() {
    let plan = planned(&deployment(), &Operation::Pause).unwrap();
    let planned = Planned { plan, preview: Preview::Described(json!(1).to_string()) };
    assert!(planned.confirm(Consent::Typed("order".to_owned())).is_err());
}
