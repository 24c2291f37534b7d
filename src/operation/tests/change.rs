//! What is sent, and which fields change by it.

use serde_json::json;

use crate::operation::{Patch, PatchKind, Send, Write, between};

use super::*;

fn lines(plan: &Plan) -> Vec<String> {
    plan.writes[0].fields.iter().map(ToString::to_string).collect()
}

fn patch(plan: &Plan) -> (Option<&'static str>, PatchKind, &Value) {
    match &plan.writes[..] {
        [Write { send: Send::Patch(Patch { subresource, kind, body, .. }), .. }] => (*subresource, *kind, body),
        _ => panic!("not one patch: {plan:?}"),
    }
}

#[test]
fn pause_and_resume_touch_one_field() {
    let mut facts = deployment();
    let plan = planned(&facts, &Operation::Pause).unwrap();
    assert_eq!(patch(&plan), (None, PatchKind::Merge, &json!({"spec": {"paused": true}})));
    assert_eq!(lines(&plan), ["spec.paused: – → true"]);
    assert_eq!(plan.undo, "rolltop -n shop resume deployment/payment");
    assert_eq!(plan.kubectl, "kubectl --context prod -n shop rollout pause deployment/payment");

    facts.target["spec"]["paused"] = true.into();
    let plan = planned(&facts, &Operation::Resume).unwrap();
    assert_eq!(patch(&plan).2, &json!({"spec": {"paused": null}}));
    assert_eq!(lines(&plan), ["spec.paused: true → –"]);
}

#[test]
fn scale_goes_through_its_subresource() {
    for (to, count) in [(ScaleTo::Exactly(5), 5), (ScaleTo::By(2), 5), (ScaleTo::By(-3), 0), (ScaleTo::Exactly(0), 0)] {
        let plan = planned(&deployment(), &Operation::Scale(to)).unwrap();
        assert_eq!(patch(&plan), (Some("scale"), PatchKind::Merge, &json!({"spec": {"replicas": count}})), "{to:?}");
        assert_eq!(lines(&plan), [format!("spec.replicas: 3 → {count}")]);
        assert_eq!(plan.undo, "rolltop -n shop scale deployment/payment 3");
        assert!(plan.kubectl.ends_with(&format!("scale deployment/payment --replicas={count}")), "{}", plan.kubectl);
    }
}

#[test]
fn restart_writes_whole_seconds_and_its_cause_in_one_patch() {
    let plan = planned(&deployment(), &Operation::Restart).unwrap();
    let expected = json!({
        "spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "2026-11-21T03:04:06Z"}}}},
        "metadata": {"annotations": {"kubernetes.io/change-cause": "rolltop restart by alice"}},
    });
    assert_eq!(patch(&plan), (None, PatchKind::Merge, &expected));
}

#[test]
fn set_image_merges_by_container_so_that_nothing_is_lost() {
    let plan = planned(&deployment(), &set_image("payment", "shop/payment:v4")).unwrap();
    let expected = json!({
        "spec": {"template": {"spec": {"containers": [{"name": "payment", "image": "shop/payment:v4"}]}}},
        "metadata": {"annotations": {"kubernetes.io/change-cause": "rolltop set-image payment=shop/payment:v4 by alice"}},
    });
    assert_eq!(patch(&plan), (None, PatchKind::Strategic, &expected));
    assert_eq!(
        lines(&plan),
        [
            "metadata.annotations[kubernetes.io/change-cause]: release v3 → rolltop set-image payment=shop/payment:v4 by alice",
            "spec.template.spec.containers[payment].image: shop/payment:v3 → shop/payment:v4",
        ]
    );
    assert!(plan.kubectl.ends_with("set image deployment/payment payment=shop/payment:v4"), "{}", plan.kubectl);
}

#[test]
fn a_star_means_every_container_and_the_last_assignment_wins() {
    let images = [("*", "one:1"), ("proxy", "two:2")].map(|(name, image)| (name.into(), image.into()));
    let plan = planned(&deployment(), &Operation::SetImage(images.to_vec())).unwrap();
    let spec = &patch(&plan).2["spec"]["template"]["spec"];
    assert_eq!(
        spec,
        &json!({
            "initContainers": [{"name": "migrate", "image": "one:1"}],
            "containers": [{"name": "payment", "image": "one:1"}, {"name": "proxy", "image": "two:2"}],
        })
    );
    assert!(plan.kubectl.contains("'*=one:1' proxy=two:2"), "{}", plan.kubectl);
}

#[test]
fn undo_takes_the_second_highest_revision_whatever_runs_there() {
    let mut facts = deployment();
    // Revision 2 still holds pods: the rollout to 3 failed half-way.
    facts.objects.replica_sets[3]["spec"]["replicas"] = 2.into();
    let plan = planned(&facts, &undo(None)).unwrap();
    let (_, kind, body) = patch(&plan);
    assert_eq!(kind, PatchKind::Json);
    let expected = json!([
        {"op": "replace", "path": "/spec/template", "value": template("shop/payment:v2")},
        {"op": "replace", "path": "/metadata/annotations", "value": {
            "deployment.kubernetes.io/revision": "3", "kubernetes.io/change-cause": "release v2",
        }},
    ]);
    assert_eq!(body, &expected, "the template is verbatim but for its hash, and `team` is not in revision 2");
    assert_eq!(
        lines(&plan),
        [
            "metadata.annotations[kubernetes.io/change-cause]: release v3 → release v2",
            "metadata.annotations.team: money → –",
            "spec.template.spec.containers[payment].image: shop/payment:v3 → shop/payment:v2",
        ]
    );
    assert_eq!(plan.undo, "rolltop -n shop undo deployment/payment --to-revision 3");
    assert_eq!(planned(&facts, &undo(Some(1))).unwrap().summary, "undo deployment/payment to revision 1");
}

#[test]
fn undo_of_controlled_kinds_sends_the_revision_as_it_was_kept() {
    for kind in [Kind::StatefulSet, Kind::DaemonSet] {
        let facts = controlled(kind);
        let plan = planned(&facts, &undo(None)).unwrap();
        let data = &facts.objects.controller_revisions[1]["data"];
        assert_eq!(patch(&plan), (None, PatchKind::Strategic, data));
        assert_eq!(lines(&plan), ["spec.template.spec.containers[payment].image: shop/payment:v2 → shop/payment:v1"]);
    }
}

#[test]
fn a_guarded_body_names_the_version_it_was_made_for() {
    let merged = PatchKind::Merge.guarded(&json!({"spec": {"paused": true}}), "77");
    assert_eq!(merged, json!({"spec": {"paused": true}, "metadata": {"resourceVersion": "77"}}));
    let list = PatchKind::Json.guarded(&json!([{"op": "x"}]), "77");
    assert_eq!(list[0], json!({"op": "replace", "path": "/metadata/resourceVersion", "value": "77"}));
    assert_eq!(list[1], json!({"op": "x"}));
}

#[test]
fn a_pod_is_evicted_by_uid() {
    let mut facts = deployment();
    facts.objects.pod = Some(pod("p-1"));
    let plan = planned(&facts, &delete("p-1")).unwrap();
    assert_eq!(plan.writes[0].send, Send::Evict);
    assert_eq!((plan.writes[0].object.to_string().as_str(), &*plan.writes[0].uid), ("pod/payment-3-x", "p-1"));
    assert!(
        plan.kubectl.contains("create --raw /api/v1/namespaces/shop/pods/payment-3-x/eviction"),
        "{}",
        plan.kubectl
    );
}

#[test]
fn two_revisions_are_compared_without_what_the_controller_added() {
    let found = between(&deployment(), 1, 3).unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].to_string(), "spec.containers[payment].image: shop/payment:v1 → shop/payment:v3");
    assert_eq!(between(&controlled(Kind::DaemonSet), 1, 2).unwrap().len(), 1);
    assert!(between(&deployment(), 1, 9).unwrap_err().to_string().contains("no revision 9; known revisions: 3, 2, 1"));
}
