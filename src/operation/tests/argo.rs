//! Argo Rollouts: the patches as its plugin sends them, and what its dashboard would not offer.

use serde_json::json;

use crate::operation::{Patch, PatchKind, Send, Write, permissions_for};

use super::*;

/// A canary that waits in its second step, without end.
pub(super) fn rollout() -> Facts {
    let mut facts = deployment();
    facts.key = WorkloadKey::new(Kind::Rollout, "shop", "gateway");
    facts.target = json!({
        "metadata": {"name": "gateway", "namespace": "shop", "uid": "d-1", "resourceVersion": "77", "generation": 3},
        "spec": {
            "replicas": 4,
            "selector": {"matchLabels": {"app": "payment"}},
            "strategy": {"canary": {"steps": [
                {"setWeight": 25}, {"pause": {}}, {"analysis": {"templates": [{"templateName": "errors"}]}}, {"setWeight": 50},
            ]}},
            "template": template("shop/payment:v3"),
        },
        "status": {
            "phase": "Paused", "observedGeneration": "3", "currentPodHash": "h3", "stableRS": "h2",
            "currentStepIndex": 1, "controllerPause": true,
            "pauseConditions": [{"reason": "CanaryPauseStep", "startTime": "2026-11-21T03:00:00Z"}],
        },
    });
    for set in &mut facts.objects.replica_sets {
        let annotations = set["metadata"]["annotations"].as_object_mut().unwrap();
        let revision = annotations.remove("deployment.kubernetes.io/revision").unwrap();
        set["metadata"]["labels"] = json!({"rollouts-pod-template-hash": format!("h{}", revision.as_str().unwrap())});
        let labels = set["spec"]["template"]["metadata"]["labels"].as_object_mut().unwrap();
        let hash = labels.remove("pod-template-hash").unwrap();
        labels.insert("rollouts-pod-template-hash".into(), hash);
        set["metadata"]["annotations"]["rollout.argoproj.io/revision"] = revision;
    }
    facts
}

fn changed(change: impl FnOnce(&mut Value)) -> Facts {
    let mut facts = rollout();
    change(&mut facts.target);
    facts
}

/// Between two pauses: its third step runs.
fn running(target: &mut Value) {
    target["status"]["pauseConditions"] = Value::Null;
    target["status"]["controllerPause"] = false.into();
    target["status"]["currentStepIndex"] = 2.into();
}

fn blue_green(target: &mut Value) {
    target["spec"]["strategy"] = json!({"blueGreen": {"activeService": "a", "autoPromotionEnabled": false}});
    target["status"].as_object_mut().unwrap().remove("currentStepIndex");
    target["status"]["pauseConditions"][0]["reason"] = "BlueGreenPause".into();
}

fn done(target: &mut Value) {
    running(target);
    target["status"]["stableRS"] = "h3".into();
    target["status"]["currentStepIndex"] = 4.into();
}

fn promote(full: bool) -> Operation {
    Operation::Promote { full }
}

/// A change of the usual Rollout.
type Shape = fn(&mut Value);

/// What is sent: subresource, body, and the one body for a controller without that subresource.
type Sent = (Option<&'static str>, Value, Option<Value>);

fn sent(plan: &Plan) -> Vec<Sent> {
    let one = |write: &Write| match &write.send {
        Send::Patch(Patch { subresource, kind: PatchKind::Merge, body, unified }) => {
            (*subresource, body.clone(), unified.clone())
        }
        other => panic!("{other:?}"),
    };
    plan.writes.iter().map(one).collect()
}

#[test]
fn patches_are_those_of_the_plugin() {
    let same: fn(&mut Value) = |_| {};
    let held_and_paused: fn(&mut Value) = |target| target["spec"]["paused"] = true.into();
    let paused: fn(&mut Value) = |target| {
        running(target);
        target["spec"]["paused"] = true.into();
    };
    let undecided: fn(&mut Value) = |target| {
        target["status"]["currentStepIndex"] = 2.into();
        target["status"]["canary"] = json!({"currentStepAnalysisRunStatus": {"name": "r", "status": "Inconclusive"}});
    };
    let last: fn(&mut Value) = |target| {
        running(target);
        target["status"]["currentStepIndex"] = 3.into();
    };
    let aborted: fn(&mut Value) = |target| target["status"]["abort"] = true.into();
    let status = |body: Value, unified: Value| (Some("status"), json!({"status": body}), Some(unified));
    let both = |status: Value| json!({"spec": {"paused": false}, "status": status});
    let unpause = || (None, json!({"spec": {"paused": false}}), None);
    let clear = json!({"pauseConditions": null});
    let next = json!({"pauseConditions": null, "currentStepIndex": 3});
    let end = json!({"pauseConditions": null, "currentStepIndex": 4});
    let past = json!({"pauseConditions": null, "controllerPause": false, "currentStepIndex": 3});
    let full = json!({"promoteFull": true});
    let whole = |body: Value| status(body.clone(), json!({"status": body}));
    let cases: Vec<(Shape, Operation, Vec<Sent>)> = vec![
        (same, Operation::Pause, vec![(None, json!({"spec": {"paused": true}}), None)]),
        (paused, Operation::Resume, vec![unpause()]),
        (same, promote(false), vec![status(clear.clone(), both(clear.clone()))]),
        (held_and_paused, promote(false), vec![status(clear.clone(), both(clear.clone())), unpause()]),
        (blue_green, promote(false), vec![status(clear.clone(), both(clear.clone()))]),
        (undecided, promote(false), vec![status(past, both(clear))]),
        (running, promote(false), vec![status(next.clone(), both(next.clone()))]),
        (paused, promote(false), vec![status(next.clone(), both(next)), unpause()]),
        (last, promote(false), vec![status(end.clone(), both(end))]),
        (same, promote(true), vec![status(full.clone(), both(full.clone()))]),
        (aborted, promote(true), vec![status(full.clone(), both(full.clone()))]),
        (paused, promote(true), vec![status(full.clone(), both(full)), unpause()]),
        (running, Operation::SkipStep, vec![whole(json!({"currentStepIndex": 3}))]),
        (same, Operation::Abort, vec![whole(json!({"abort": true}))]),
        (blue_green, Operation::Abort, vec![whole(json!({"abort": true}))]),
        (aborted, Operation::Retry, vec![whole(json!({"abort": false}))]),
        (same, Operation::Restart, vec![(None, json!({"spec": {"restartAt": "2026-11-21T03:04:06Z"}}), None)]),
        (same, scale(6), vec![(Some("scale"), json!({"spec": {"replicas": 6}}), None)]),
    ];
    for (change, operation, expected) in cases {
        let plan = planned(&changed(change), &operation).unwrap_or_else(|refusal| panic!("{operation:?}: {refusal}"));
        assert_eq!(sent(&plan), expected, "{operation:?}");
        assert!(plan.writes.iter().all(|write| write.object.to_string() == "rollout/gateway"));
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let same: fn(&mut Value) = |_| {};
    let no_steps: fn(&mut Value) = |target| {
        running(target);
        target["spec"]["strategy"] = json!({"canary": {}});
    };
    let switched: fn(&mut Value) = |target| {
        blue_green(target);
        done(target);
    };
    let switching: fn(&mut Value) = |target| {
        blue_green(target);
        target["status"]["pauseConditions"] = Value::Null;
    };
    let aborted: fn(&mut Value) = |target| target["status"]["abort"] = true.into();
    let first: fn(&mut Value) = |target| target["status"]["stableRS"] = "".into();
    let past_all: fn(&mut Value) = |target| {
        running(target);
        target["status"]["currentStepIndex"] = 4.into();
    };
    let hurried: fn(&mut Value) = |target| target["status"]["promoteFull"] = true.into();
    let silent: fn(&mut Value) = |target| target["status"] = Value::Null;
    let stuck: fn(&mut Value) = |target| target["status"]["phase"] = "Degraded".into();
    let paused: fn(&mut Value) = |target| target["spec"]["paused"] = true.into();
    let finished_and_paused: fn(&mut Value) = |target| {
        done(target);
        target["spec"]["paused"] = true.into();
    };
    let cases: &[(Shape, Operation, &str)] = &[
        (done, promote(false), "runs its newest version in full already: nothing to promote"),
        (done, promote(true), "nothing to promote"),
        (finished_and_paused, promote(false), "resume ends its pause"),
        (switched, promote(false), "nothing to promote"),
        (switching, promote(false), "nothing to promote in rollout/gateway: it does not wait for a switch"),
        (no_steps, promote(false), "it has no steps and is not paused"),
        (silent, Operation::Abort, "has no stable revision yet"),
        (past_all, promote(false), "past all its steps"),
        (aborted, promote(false), "is aborted, which promote does not lift; retry it, or promote it in full"),
        (hurried, promote(true), "in full already"),
        (aborted, Operation::Abort, "is aborted already"),
        (done, Operation::Abort, "there is nothing to abort"),
        (first, Operation::Abort, "has no stable revision yet"),
        (same, Operation::Retry, "was not aborted"),
        (stuck, Operation::Retry, "undo it, or release another version"),
        (no_steps, Operation::SkipStep, "has no steps to skip"),
        (blue_green, Operation::SkipStep, "has no steps to skip"),
        (past_all, Operation::SkipStep, "there is none to skip"),
        (aborted, Operation::SkipStep, "retry it first"),
        (paused, Operation::Pause, "is paused already"),
        (same, Operation::Resume, "is not paused by anyone; its present step holds it: promote lets it go on"),
        (running, Operation::Resume, "is not paused by anyone"),
        (same, Operation::Finish, "two steps"),
        (same, Operation::SetWeight(10), "set by its steps"),
        (same, Operation::Gate { kind: "".into(), open: true }, "only a Canary of Flagger has gates"),
        (same, Operation::Terminate { kind: "AnalysisRun".into(), name: "".into() }, "has no such AnalysisRun now"),
        (same, scale(4), "at 4 replicas already"),
    ];
    for (change, operation, expected) in cases {
        let refusal = planned(&changed(change), operation).unwrap_err().to_string();
        assert!(refusal.contains(expected), "{operation:?}: {refusal}");
    }
}

#[test]
fn a_rollout_without_a_status_can_still_be_paused_and_promoted_by_steps() {
    let silent = changed(|target| target["status"] = Value::Null);
    assert_eq!(sent(&planned(&silent, &Operation::Pause).unwrap()).len(), 1);
    // As for the plugin, a step that is not written is the first.
    let body = sent(&planned(&silent, &promote(false)).unwrap()).remove(0).1;
    assert_eq!(body, json!({"status": {"pauseConditions": null, "currentStepIndex": 1}}));
}

#[test]
fn what_people_get_wrong_is_said() {
    let same: fn(&mut Value) = |_| {};
    let aborted: fn(&mut Value) = |target| target["status"]["abort"] = true.into();
    let alone: fn(&mut Value) = |target| target["spec"]["replicas"] = 1.into();
    let both: fn(&mut Value) = |target| target["spec"]["paused"] = true.into();
    let cases: &[(Shape, Operation, &str)] = &[
        (same, Operation::Abort, "its spec stays on the new version"),
        (same, promote(true), "skips every step, pause and analysis that is left"),
        (aborted, promote(true), "and lifts the abort"),
        (running, promote(false), "the analysis of its present step is not waited for"),
        (same, Operation::Restart, "up to maxUnavailable at a time"),
        (alone, Operation::Restart, "nothing serves while its pod is replaced"),
        (both, Operation::Resume, "its present step still holds it"),
    ];
    for (change, operation, expected) in cases {
        let plan = planned(&changed(change), operation).unwrap();
        let said: Vec<_> = plan.warnings.iter().map(|warning| warning.sentence.as_str()).collect();
        assert!(said.join("\n").contains(expected), "{operation:?}: {said:?}");
    }
}

#[test]
fn the_way_back_and_the_way_by_hand_are_named() {
    for (operation, undo, kubectl) in [
        (promote(false), "rolltop -n shop abort rollout/gateway", "promote gateway --context"),
        (promote(true), "rolltop -n shop undo rollout/gateway", "promote gateway --full --context"),
        (Operation::Abort, "rolltop -n shop retry rollout/gateway", "abort gateway --context"),
        (Operation::Pause, "rolltop -n shop resume rollout/gateway", "pause gateway --context"),
        (Operation::SkipStep, "rolltop -n shop abort rollout/gateway", "promote gateway --skip-current-step --context"),
    ] {
        let plan = planned(&rollout(), &operation).unwrap();
        assert_eq!(plan.undo, undo);
        let start = "kubectl argo rollouts ";
        assert_eq!(plan.kubectl.strip_prefix(start).unwrap().find(kubectl), Some(0), "{}", plan.kubectl);
        assert!(plan.kubectl.ends_with(" --context prod -n shop"), "{}", plan.kubectl);
    }
    let plan = planned(&changed(|target| target["spec"]["paused"] = true.into()), &promote(false)).unwrap();
    assert_eq!(
        plan.by_hand(&plan.writes),
        "kubectl --context prod -n shop patch rollout/gateway --subresource=status --type=merge \
         -p '{\"status\":{\"pauseConditions\":null}}' && kubectl --context prod -n shop patch rollout/gateway \
         --type=merge -p '{\"spec\":{\"paused\":false}}'"
    );
}

#[test]
fn an_autoscaler_of_a_rollout_is_known() {
    let mut facts = rollout();
    facts.objects.autoscalers = vec![json!({
        "metadata": {"name": "gateway-hpa"},
        "spec": {"scaleTargetRef": {"kind": "Rollout", "name": "gateway"}, "minReplicas": 2, "maxReplicas": 8},
    })];
    let plan = planned(&facts, &scale(6)).unwrap();
    assert!(plan.warnings[0].sentence.contains("gateway-hpa owns the replica count (2–8)"), "{:?}", plan.warnings);
}

#[test]
fn object_and_status_are_asked_for_apart() {
    let rules = |operation: &Operation| {
        let all = permissions_for(operation, Kind::Rollout, "shop");
        all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    let (status, spec) = ("patch rollouts.argoproj.io/status in shop", "patch rollouts.argoproj.io in shop");
    let get = "get rollouts.argoproj.io in shop";
    assert_eq!(rules(&promote(false)), format!("{status}, {spec}, {get}"));
    assert_eq!(rules(&Operation::Abort), format!("{status}, {get}"));
    assert_eq!(rules(&Operation::Pause), format!("{spec}, {get}"));
    assert!(rules(&scale(1)).starts_with("patch rollouts.argoproj.io/scale in shop"));
    assert!(rules(&undo(None)).contains("list replicasets.apps in shop"));
    let end = Operation::Terminate { kind: "Experiment".into(), name: "e".into() };
    assert!(rules(&end).starts_with("patch experiments.argoproj.io in shop"));
    // A plan asks for what it really writes.
    let plan = planned(&rollout(), &promote(false)).unwrap();
    let asked: Vec<String> = plan.permissions.iter().map(ToString::to_string).collect();
    assert_eq!(asked, [status, get]);
}

#[test]
fn bad_evidence_wants_the_name_typed() {
    use crate::operation::{Consent, Planned, Preview};
    let request =
        Request { against: Some("its errors are up".to_owned()), ..Request::new(rollout().key, promote(false)) };
    let plan = plan(&rollout(), &request, &Policy::default(), now()).unwrap();
    assert_eq!(plan.request(), request);
    let planned = Planned { plan, preview: Preview::DryRun(Vec::new()) };
    let refusal = planned.clone().confirm(Consent::Answered).unwrap_err().to_string();
    assert!(refusal.starts_with("its errors are up: a plain yes is not enough; type"), "{refusal}");
    assert!(planned.clone().confirm(Consent::WithFirst).is_err());
    assert!(planned.confirm(Consent::Typed("gateway".to_owned())).is_ok());
}

#[test]
fn a_later_write_stands_for_itself() {
    let facts = changed(|target| target["spec"]["paused"] = true.into());
    let plan = planned(&facts, &promote(false)).unwrap();
    let [status, spec] = &plan.writes[..] else { panic!("{plan:?}") };
    let mut now = facts.target.clone();
    // The first write is done and the controller has moved on; the second still holds.
    now["metadata"]["resourceVersion"] = "90".into();
    now["status"]["pauseConditions"] = Value::Null;
    now["status"]["currentStepIndex"] = 2.into();
    assert_eq!(&*spec.afresh(&now).unwrap().version, "90");
    assert_eq!(status.afresh(&now), None);
    assert_eq!(status.shown_by(&now), Some(true));
    now["spec"]["paused"] = false.into();
    assert_eq!(spec.afresh(&now), None, "somebody else resumed it");
    now["metadata"]["uid"] = "d-9".into();
    now["spec"]["paused"] = true.into();
    assert_eq!(spec.afresh(&now), None, "another object");
    let unified = status.unified().unwrap();
    let Send::Patch(Patch { subresource: None, body, unified: None, .. }) = unified.send else { panic!() };
    assert_eq!(body, json!({"spec": {"paused": false}, "status": {"pauseConditions": null}}));
}
