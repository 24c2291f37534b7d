//! Whose template a Rollout runs, and what it measures.

use serde_json::json;

use crate::operation::{Guard, Patch, PatchKind, Send, between, recheck};

use super::{argo::rollout, *};

fn json_patch_of(plan: &Plan) -> (String, &Value) {
    match &plan.writes[..] {
        [write] => match &write.send {
            Send::Patch(Patch { subresource: None, kind: PatchKind::Json, body, .. }) => {
                (write.object.to_string(), body)
            }
            other => panic!("{other:?}"),
        },
        _ => panic!("{plan:?}"),
    }
}

/// A Rollout whose template is a Deployment's.
fn referring(kind: &str) -> Facts {
    let mut facts = rollout();
    let own = facts.target["spec"].as_object_mut().unwrap().remove("template").unwrap();
    facts.target["spec"]["workloadRef"] = json!({"apiVersion": "apps/v1", "kind": kind, "name": "edge"});
    let mut holder = json!({
        "kind": kind, "metadata": {"name": "edge", "uid": "e-1", "resourceVersion": "5"},
        "spec": {"replicas": 0, "template": own},
    });
    if kind == "PodTemplate" {
        holder["template"] = holder["spec"]["template"].clone();
        holder.as_object_mut().unwrap().remove("spec");
    }
    facts.objects.template = Some(holder);
    facts
}

#[test]
fn undo_replaces_the_template_alone() {
    let plan = planned(&rollout(), &undo(None)).unwrap();
    let expected = json!([{"op": "replace", "path": "/spec/template", "value": template("shop/payment:v2")}]);
    assert_eq!(json_patch_of(&plan), ("rollout/gateway".to_owned(), &expected), "verbatim but for the hash");
    assert_eq!(plan.undo, "rolltop -n shop undo rollout/gateway --to-revision 3");
    assert_eq!(between(&rollout(), 1, 3).unwrap().len(), 1, "its history is compared as a Deployment's");
}

#[test]
fn undo_and_images_go_to_whoever_holds_the_template() {
    for (kind, path) in
        [("Deployment", "/spec/template"), ("ReplicaSet", "/spec/template"), ("PodTemplate", "/template")]
    {
        let facts = referring(kind);
        let plan = planned(&facts, &undo(Some(1))).unwrap();
        let name = format!("{}/edge", kind.to_lowercase());
        let body = json!([{"op": "replace", "path": path, "value": template("shop/payment:v1")}]);
        assert_eq!(json_patch_of(&plan), (name.clone(), &body));
        assert_eq!((&*plan.writes[0].uid, &*plan.writes[0].version), ("e-1", "5"));

        let plan = planned(&facts, &set_image("payment", "shop/payment:v4")).unwrap();
        let (object, body) = json_patch_of(&plan);
        assert_eq!(object, name);
        assert_eq!(body[1]["path"], format!("{path}/spec/containers/0/image"));
    }
    let refusal = planned(&referring("StatefulSet"), &undo(None)).unwrap_err().to_string();
    assert!(refusal.contains("refers to a StatefulSet, whose template cannot be changed here"), "{refusal}");
    let mut gone = referring("Deployment");
    gone.objects.template = None;
    let refusal = planned(&gone, &undo(None)).unwrap_err().to_string();
    assert!(refusal.contains("refers to Deployment edge, which is not there"), "{refusal}");
}

#[test]
fn images_are_replaced_in_their_places() {
    let plan = planned(&rollout(), &set_image("proxy", "envoy:v2")).unwrap();
    let cause = "rolltop set-image proxy=envoy:v2 by alice";
    let expected = json!([
        {"op": "test", "path": "/spec/template/spec/containers/1/name", "value": "proxy"},
        {"op": "replace", "path": "/spec/template/spec/containers/1/image", "value": "envoy:v2"},
        {"op": "add", "path": "/metadata/annotations", "value": {"kubernetes.io/change-cause": cause}},
    ]);
    assert_eq!(json_patch_of(&plan).1, &expected);
    assert_eq!(plan.writes[0].fields.len(), 2);
    assert!(planned(&rollout(), &set_image("nobody", "x:1")).unwrap_err().to_string().contains("no container"));
}

#[test]
fn defaults_of_the_server_do_not_make_another_template() {
    let mut facts = rollout();
    for set in &mut facts.objects.replica_sets {
        set["spec"]["template"]["spec"]["dnsPolicy"] = "ClusterFirst".into();
    }
    let refusal = planned(&facts, &undo(Some(3))).unwrap_err().to_string();
    assert!(refusal.contains("is that of revision 3 already"), "{refusal}");
    assert!(planned(&facts, &undo(None)).is_ok());
    // Edited since, and not seen by the controller: the way back to what runs is open.
    facts.target["metadata"]["generation"] = 4.into();
    facts.target["spec"]["template"] = template("shop/payment:v9");
    assert!(planned(&facts, &undo(Some(3))).is_ok());
}

#[test]
fn how_long_the_way_back_is_is_said() {
    let completed: fn(&mut Value) = |target| target["status"]["stableRS"] = "h3".into();
    let window: fn(&mut Value) = |target| {
        target["status"]["stableRS"] = "h3".into();
        target["spec"]["rollbackWindow"] = json!({"revisions": 2});
    };
    let same: fn(&mut Value) = |_| {};
    for (change, expected) in [
        (same, "is still the stable one: it goes back at once"),
        (completed, "every step, pause and analysis runs again"),
        (window, "its rollback window of 2 revisions covers it"),
    ] {
        let mut facts = rollout();
        change(&mut facts.target);
        let plan = planned(&facts, &undo(None)).unwrap();
        assert!(plan.warnings[0].sentence.contains(expected), "{:?}", plan.warnings);
    }
}

#[test]
fn a_change_that_has_no_number_yet_is_not_gone_back_from() {
    let refused = |change: fn(&mut Facts)| {
        let mut facts = rollout();
        change(&mut facts);
        planned(&facts, &undo(None)).map(|_| ()).map_err(|refusal| refusal.to_string())
    };
    let text = refused(|facts| facts.target["status"]["observedGeneration"] = "2".into()).unwrap_err();
    assert!(text.contains("has not recorded the newest change"), "{text}");
    assert_eq!(
        refused(|facts| facts.target["status"]["observedGeneration"] = "7bc5f9".into()),
        Ok(()),
        "a hash of old"
    );
    let text = refused(|facts| {
        *facts = referring("Deployment");
        facts.target["metadata"]["annotations"] = json!({"rollout.argoproj.io/workload-generation": "8"});
        facts.target["status"]["workloadObservedGeneration"] = "7".into();
    });
    assert!(text.unwrap_err().contains("has not recorded"));
    let text = refused(|facts| facts.objects.replica_sets.truncate(1)).unwrap_err();
    assert!(text.contains("no earlier revision"), "{text}");
    let text = refused(|facts| facts.target["spec"]["template"] = hashed(template("shop/payment:v2"), "x"));
    assert!(text.is_ok(), "the label of a Deployment is a label like any other here");
}

#[test]
fn another_holder_of_the_same_name_is_refused() {
    let confirmed = planned(&referring("Deployment"), &undo(None)).unwrap();
    let mut fresh = referring("Deployment");
    fresh.target["status"]["updatedReplicas"] = 2.into();
    fresh.objects.template.as_mut().unwrap()["metadata"]["resourceVersion"] = "6".into();
    assert!(matches!(recheck(&confirmed, &fresh, &Policy::default()), Ok(Guard::Holds(_))), "status churn");
    fresh.objects.template.as_mut().unwrap()["metadata"]["uid"] = "e-2".into();
    let refusal = recheck(&confirmed, &fresh, &Policy::default()).unwrap_err().to_string();
    assert!(refusal.contains("deployment/edge was deleted and created anew"), "{refusal}");
}

#[test]
fn what_is_measured_can_be_ended() {
    let run = |phase: &str| {
        json!({
            "kind": "AnalysisRun", "metadata": {"name": "gateway-3-2", "uid": "r-1",
                "ownerReferences": [{"kind": "Rollout", "uid": "d-1", "controller": true}]},
            "spec": {}, "status": {"phase": phase},
        })
    };
    let end = |run: Value| {
        let mut facts = rollout();
        facts.objects.run = Some(run);
        planned(&facts, &Operation::Terminate { kind: "AnalysisRun".into(), name: "gateway-3-2".into() })
    };
    let plan = end(run("Running")).unwrap();
    let Send::Patch(patch) = &plan.writes[0].send else { panic!() };
    assert_eq!((patch.subresource, &patch.body), (None, &json!({"spec": {"terminate": true}})));
    assert_eq!(plan.writes[0].permission().to_string(), "patch analysisruns.argoproj.io in shop");
    assert!(end(run("Failed")).unwrap_err().to_string().contains("has ended already: Failed"));
    let mut ending = run("Running");
    ending["spec"]["terminate"] = true.into();
    assert!(end(ending).unwrap_err().to_string().contains("being ended already"));
    let mut strange = run("Running");
    strange["metadata"]["ownerReferences"][0]["uid"] = "x".into();
    assert!(end(strange).unwrap_err().to_string().contains("does not belong to"));
}

#[test]
fn what_is_measured_now_is_read_from_the_rollout() {
    use crate::operation::present_run;
    let mut target = rollout().target;
    assert_eq!(present_run(&target, ""), None);
    target["status"]["canary"] = json!({
        "currentBackgroundAnalysisRunStatus": {"name": "beside"}, "currentExperiment": "trial",
    });
    let name = |kind| present_run(&target, kind).map(|(kind, name)| format!("{} {name}", kind.name()));
    assert_eq!(name("").as_deref(), Some("Experiment trial"));
    assert_eq!(name("AnalysisRun").as_deref(), Some("AnalysisRun beside"));
}
