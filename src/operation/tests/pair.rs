//! Two Deployments as one unit: shares of pods, promotion in two steps, switches.

use serde_json::json;

use crate::operation::{Guard, Patch, PatchKind, Send, permissions_in, recheck};
use crate::release::System;

use super::*;

/// A Deployment whose pods are all there.
fn settled(name: &str, label: (&str, &str), image: &str, replicas: i64) -> Value {
    let mut template = template(image);
    template["metadata"]["labels"] = json!({"app": "stock", label.0: label.1});
    json!({
        "metadata": {"name": name, "namespace": "shop", "uid": format!("uid-{name}"), "resourceVersion": "7", "generation": 1},
        "spec": {"replicas": replicas, "template": template},
        "status": {
            "observedGeneration": 1, "replicas": replicas, "updatedReplicas": replicas, "availableReplicas": replicas,
        },
    })
}

fn service(name: &str, selector: &Value) -> Value {
    json!({"metadata": {"name": name, "namespace": "shop", "uid": format!("uid-{name}"), "resourceVersion": "9"},
        "spec": {"selector": selector}})
}

fn facts(name: &str, deployments: Vec<Value>, services: Vec<Value>) -> Facts {
    let mut facts = deployment();
    facts.key = WorkloadKey::new(Kind::Deployment, "shop", name);
    facts.target = deployments.iter().find(|one| one["metadata"]["name"] == name).unwrap().clone();
    facts.objects = Objects { deployments, services, ..Objects::default() };
    facts
}

/// A label canary with so many pods beside nine stable ones.
fn labels(pods: i64) -> Facts {
    let all = vec![
        settled("stock", ("track", "stable"), "shop/stock:v1", 9),
        settled("stock-canary", ("track", "canary"), "shop/stock:v2", pods),
    ];
    facts("stock", all, vec![service("stock", &json!({"app": "stock"}))])
}

/// A blue-green pair of which users reach the blue one.
fn colours(green: i64) -> Facts {
    let all = vec![
        settled("stock-blue", ("slot", "blue"), "shop/stock:v1", 3),
        settled("stock-green", ("slot", "green"), "shop/stock:v2", green),
    ];
    let services = vec![
        service("stock", &json!({"app": "stock", "slot": "blue"})),
        service("stock-preview", &json!({"app": "stock", "slot": "green"})),
    ];
    facts("stock-blue", all, services)
}

fn edit(facts: &mut Facts, name: &str, change: impl FnOnce(&mut Value)) {
    let found = facts.objects.deployments.iter_mut().find(|one| one["metadata"]["name"] == name).unwrap();
    change(found);
    if facts.target["metadata"]["name"] == name {
        facts.target = found.clone();
    }
}

/// The object, the subresource and the body of the only write.
fn only(plan: &Plan) -> (String, Option<&'static str>, &Value) {
    match &plan.writes[..] {
        [write] => match &write.send {
            Send::Patch(Patch { subresource, body, .. }) => (write.object.to_string(), *subresource, body),
            other => panic!("{other:?}"),
        },
        _ => panic!("{plan:?}"),
    }
}

fn said(plan: &Plan) -> String {
    plan.warnings.iter().map(|warning| warning.sentence.as_str()).collect::<Vec<_>>().join("\n")
}

fn promote(full: bool) -> Operation {
    Operation::Promote { full }
}

#[test]
fn a_share_is_a_number_of_pods_beside_the_stable_ones() {
    for (percent, pods, words, odd) in [
        (10, 1, "1 of 10 pods = 10 %", false),
        (25, 3, "3 of 12 pods = 25 %", false),
        (50, 9, "9 of 18 pods = 50 %", false),
        (1, 1, "1 of 10 pods = 10 %", true),
        (33, 4, "4 of 13 pods = 30.8 %", true),
        (40, 6, "6 of 15 pods = 40 %", false),
    ] {
        let plan = planned(&labels(0), &Operation::SetWeight(percent)).unwrap();
        assert_eq!(
            only(&plan),
            ("deployment/stock-canary".to_owned(), Some("scale"), &json!({"spec": {"replicas": pods}}))
        );
        assert_eq!(plan.summary, format!("scale deployment/stock-canary from 0 to {pods}: {words}"));
        assert_eq!(plan.undo, "rolltop -n shop scale deployment/stock-canary 0");
        let expected = format!("9 stable pods do not divide into {percent} %: the nearest is {words}");
        assert_eq!(said(&plan).contains(&expected), odd, "{percent}: {}", said(&plan));
    }
    let none = planned(&labels(2), &Operation::SetWeight(0)).unwrap();
    assert!(none.summary.ends_with("from 2 to 0: 0 of 9 pods = 0 %"), "{}", none.summary);
    for (pods, percent, expected) in [
        (1, 10, "has 1 of 10 pods = 10 % already"),
        (1, 3, "has 1 of 10 pods = 10 % already, the nearest to 3 %"),
        (0, 100, "promote makes the canary that"),
        (0, 101, "is no share"),
        (0, -1, "is no share"),
    ] {
        let refusal = planned(&labels(pods), &Operation::SetWeight(percent)).unwrap_err().to_string();
        assert!(refusal.contains(expected), "{percent}: {refusal}");
    }
    let mut empty = labels(1);
    edit(&mut empty, "stock", |stable| stable["spec"]["replicas"] = 0.into());
    assert!(planned(&empty, &Operation::SetWeight(10)).unwrap_err().to_string().contains("runs no pods to share"));
}

#[test]
fn promotion_takes_the_images_and_never_the_labels() {
    let plan = planned(&labels(1), &promote(false)).unwrap();
    let (object, subresource, body) = only(&plan);
    assert_eq!((object.as_str(), subresource), ("deployment/stock", None));
    assert_eq!(
        body["spec"],
        json!({"template": {"spec": {"containers": [{"name": "payment", "image": "shop/stock:v2"}]}}})
    );
    assert_eq!(
        plan.then.as_deref(),
        Some("when all pods of deployment/stock are ready: scale deployment/stock-canary from 1 to 0")
    );
    assert_eq!(plan.undo, "rolltop -n shop undo deployment/stock");

    let mut facts = labels(1);
    edit(&mut facts, "stock-canary", |canary| canary["spec"]["template"]["spec"]["hostNetwork"] = true.into());
    let full = planned(&facts, &promote(true)).unwrap();
    let Send::Patch(Patch { kind: PatchKind::Json, body, .. }) = &full.writes[0].send else { panic!("{full:?}") };
    assert_eq!(body[0]["path"], "/spec/template/spec");
    assert_eq!(body[0]["value"], facts.objects.deployments[1]["spec"]["template"]["spec"], "verbatim");
    assert!(
        full.writes[0].fields.iter().all(|field| !field.pointer.contains("/labels")),
        "{:?}",
        full.writes[0].fields
    );
    assert!(said(&full).contains("everything in the pod spec comes along"));
}

#[test]
fn what_stands_against_a_promotion_is_said() {
    assert!(
        planned(&labels(0), &promote(false))
            .unwrap_err()
            .to_string()
            .contains("runs no pods: there is nothing to promote")
    );
    let mut same = labels(1);
    edit(&mut same, "stock", |stable| {
        stable["spec"]["template"]["spec"]["containers"][0]["image"] = "shop/stock:v2".into();
    });
    for full in [false, true] {
        let refusal = planned(&same, &promote(full)).unwrap_err().to_string();
        assert!(
            refusal.contains("runs what deployment/stock-canary runs already") && refusal.contains("finish"),
            "{refusal}"
        );
    }
    let mut sick = labels(1);
    edit(&mut sick, "stock-canary", |canary| canary["status"]["availableReplicas"] = 0.into());
    assert!(said(&planned(&sick, &promote(false)).unwrap()).contains("nobody has tried this version"));
    let mut extra = labels(1);
    edit(&mut extra, "stock-canary", |canary| {
        canary["spec"]["template"]["spec"]["containers"]
            .as_array_mut()
            .unwrap()
            .push(json!({"name": "debug", "image": "d:1"}));
    });
    assert!(said(&planned(&extra, &promote(false)).unwrap()).contains("container debug is the canary's alone"));
}

#[test]
fn the_second_step_waits_until_the_stable_one_is_ready() {
    let mut facts = labels(2);
    let other = planned(&facts, &Operation::Finish).unwrap_err();
    assert!(!other.waits && other.to_string().contains("runs another version"), "{other}");
    let image =
        |stable: &mut Value| stable["spec"]["template"]["spec"]["containers"][0]["image"] = "shop/stock:v2".into();
    edit(&mut facts, "stock", image);
    edit(&mut facts, "stock", |stable| stable["metadata"]["generation"] = 2.into());
    assert!(planned(&facts, &Operation::Finish).unwrap_err().waits, "not seen by its controller yet");
    edit(&mut facts, "stock", |stable| {
        stable["status"]["observedGeneration"] = 2.into();
        stable["status"]["updatedReplicas"] = 4.into();
    });
    let early = planned(&facts, &Operation::Finish).unwrap_err();
    assert!(early.waits && early.to_string().contains("4 of 9 pods are new and available"), "{early}");
    edit(&mut facts, "stock", |stable| stable["status"]["updatedReplicas"] = 9.into());
    let plan = planned(&facts, &Operation::Finish).unwrap();
    assert_eq!(only(&plan), ("deployment/stock-canary".to_owned(), Some("scale"), &json!({"spec": {"replicas": 0}})));
    edit(&mut facts, "stock-canary", |canary| {
        canary["metadata"]["annotations"] = json!({"rolltop.dev/canary-floor": "1"});
    });
    assert_eq!(only(&planned(&facts, &Operation::Finish).unwrap()).2, &json!({"spec": {"replicas": 1}}));
    edit(&mut facts, "stock-canary", |canary| canary["spec"]["replicas"] = 1.into());
    assert!(!planned(&facts, &Operation::Finish).unwrap_err().waits, "nothing is left");
}

#[test]
fn abort_scales_the_canary_to_nothing() {
    let plan = planned(&labels(3), &Operation::Abort).unwrap();
    assert_eq!(only(&plan), ("deployment/stock-canary".to_owned(), Some("scale"), &json!({"spec": {"replicas": 0}})));
    assert_eq!(plan.undo, "rolltop -n shop scale deployment/stock-canary 3");
    assert!(planned(&labels(0), &Operation::Abort).unwrap_err().to_string().contains("nothing to abort"));
}

#[test]
fn a_switch_changes_one_word_of_the_selector() {
    let plan = planned(&colours(3), &promote(false)).unwrap();
    assert_eq!(only(&plan), ("service/stock".to_owned(), None, &json!({"spec": {"selector": {"slot": "green"}}})));
    assert_eq!(plan.writes[0].fields[0].to_string(), "spec.selector.slot: blue → green");
    assert_eq!(plan.undo, "rolltop -n shop abort deployment/stock-green");
    assert_eq!(plan.writes[0].permission().to_string(), "patch services in shop");
    assert!(said(&plan).contains("deployment/stock-blue keeps its pods"), "{}", said(&plan));
    let back = planned(&colours(3), &Operation::Abort).unwrap();
    assert_eq!(only(&back).2, &json!({"spec": {"selector": {"slot": "green"}}}));
    assert_eq!(back.undo, "rolltop -n shop promote deployment/stock-green");
    assert!(said(&planned(&colours(2), &promote(false)).unwrap()).contains("deployment/stock-green has 2 pods"));
}

#[test]
fn a_switch_demands_that_the_other_side_is_ready() {
    for operation in [promote(false), Operation::Abort] {
        let refusal = planned(&colours(0), &operation).unwrap_err().to_string();
        assert!(refusal.contains("runs no pods") && refusal.contains("scale deployment/stock-green 3"), "{refusal}");
        let mut facts = colours(3);
        edit(&mut facts, "stock-green", |green| green["status"]["availableReplicas"] = 2.into());
        let refusal = planned(&facts, &operation).unwrap_err().to_string();
        assert!(refusal.contains("is not ready: 2 of 3 pods are new and available"), "{refusal}");
    }
}

#[test]
fn a_service_that_somebody_switched_or_made_anew_is_not_switched() {
    let confirmed = planned(&colours(3), &promote(false)).unwrap();
    let mut fresh = colours(3);
    fresh.objects.services[0]["metadata"]["resourceVersion"] = "10".into();
    let Ok(Guard::Holds(again)) = recheck(&confirmed, &fresh, &Policy::default()) else { panic!() };
    assert_eq!(&*again.writes[0].version, "10");
    fresh.objects.services[0]["metadata"]["uid"] = "uid-new".into();
    let refusal = recheck(&confirmed, &fresh, &Policy::default()).unwrap_err().to_string();
    assert!(refusal.contains("service/stock was deleted and created anew"), "{refusal}");
    let mut switched = colours(3);
    switched.objects.services[0]["spec"]["selector"]["slot"] = "green".into();
    assert!(matches!(recheck(&confirmed, &switched, &Policy::default()), Ok(Guard::Changed(_))));
}

/// The pair with times: when the green template and the Service's selector were last written.
fn timed(green: &str, switched: &str) -> Facts {
    let mut facts = colours(3);
    let entry =
        |time: &str, field: &str| json!([{"manager": "kubectl", "time": time, "fieldsV1": {"f:spec": {field: {}}}}]);
    edit(&mut facts, "stock-green", |one| one["metadata"]["managedFields"] = entry(green, "f:template"));
    facts.objects.services[0]["metadata"]["managedFields"] = entry(switched, "f:selector");
    facts
}

#[test]
fn giving_a_preview_up_never_sends_users_to_it() {
    let (early, late) = ("2026-11-20T03:00:00Z", "2026-11-21T03:00:00Z");
    let preview = planned(&timed(late, early), &Operation::Abort).unwrap();
    assert_eq!(only(&preview), ("deployment/stock-green".to_owned(), Some("scale"), &json!({"spec": {"replicas": 0}})));
    assert_eq!(preview.summary, "abort the preview of deployment/stock-blue: scale deployment/stock-green from 3 to 0");
    assert!(said(&preview).contains("users stay on deployment/stock-blue"), "{}", said(&preview));
    assert_eq!(only(&planned(&timed(late, late), &Operation::Abort).unwrap()).0, "deployment/stock-green", "in doubt");
    let back = planned(&timed(early, late), &Operation::Abort).unwrap();
    assert_eq!(only(&back).0, "service/stock", "what users came from is gone back to");
}

fn of_member(mut facts: Facts, name: &str) -> Facts {
    facts.target = facts.objects.deployments.iter().find(|one| one["metadata"]["name"] == name).unwrap().clone();
    facts.key = WorkloadKey::new(Kind::Deployment, "shop", name);
    facts
}

fn new_image(version: &str) -> Operation {
    Operation::SetImage(vec![("*".into(), format!("shop/stock:{version}").as_str().into())])
}

/// What is patched, in order, and with which numbers of pods.
fn patched(plan: &Plan) -> Vec<(String, Option<&'static str>, i64)> {
    let of = |write: &crate::operation::Write| match &write.send {
        Send::Patch(Patch { subresource, body, .. }) => {
            (write.object.to_string(), *subresource, body["spec"]["replicas"].as_i64().unwrap_or(-1))
        }
        other => panic!("{other:?}"),
    };
    plan.writes.iter().map(of).collect()
}

#[test]
fn a_release_begins_on_the_side_users_do_not_mainly_get() {
    let (canary, green) = ("deployment/stock-canary".to_owned(), "deployment/stock-green".to_owned());
    let begun = planned(&of_member(labels(0), "stock-canary"), &new_image("v3")).unwrap();
    assert_eq!(patched(&begun), [(canary.clone(), None, -1), (canary.clone(), Some("scale"), 1)]);
    assert_eq!(
        begun.summary,
        "set image of deployment/stock-canary: *=shop/stock:v3, and scale deployment/stock-canary from 0 to 1: 1 of 10 \
         pods = 10 %"
    );
    assert_eq!(begun.undo, "rolltop -n shop abort deployment/stock");
    let way = "at once by rolltop -n shop set-image deployment/stock *=shop/stock:v3";
    assert!(said(&begun).contains(way), "{}", said(&begun));
    let running = planned(&of_member(labels(2), "stock-canary"), &new_image("v3")).unwrap();
    assert_eq!(patched(&running), [(canary, None, -1)], "pods it has it keeps");

    let stable = planned(&labels(0), &new_image("v3")).unwrap();
    assert_eq!(patched(&stable), [("deployment/stock".to_owned(), None, -1)]);
    assert!(said(&stable).contains("set-image deployment/stock-canary *=shop/stock:v3 tries it first"));

    let preview = planned(&of_member(colours(0), "stock-green"), &new_image("v3")).unwrap();
    assert_eq!(patched(&preview), [(green.clone(), None, -1), (green, Some("scale"), 3)]);
    assert!(said(&preview).contains("users get it when promote switches service/stock"), "{}", said(&preview));
    let active = planned(&colours(3), &new_image("v3")).unwrap();
    assert!(said(&active).contains("it changes the pods users mainly get, untried"), "{}", said(&active));
}

#[test]
fn going_back_takes_the_canary_along_or_says_that_it_stays() {
    let with_past = |version: &str| {
        let mut facts = labels(2);
        facts.objects.replica_sets = deployment().objects.replica_sets;
        edit(&mut facts, "stock", |stable| {
            stable["metadata"]["uid"] = "d-1".into();
            stable["spec"]["template"]["spec"]["containers"][0]["image"] = format!("shop/stock:{version}").into();
        });
        facts
    };
    let undo = Operation::Undo { to: Some(2) };
    let half = planned(&with_past("v2"), &undo).unwrap();
    assert_eq!(
        patched(&half)[1..],
        [("deployment/stock-canary".to_owned(), Some("scale"), 0)],
        "between the two steps of its promotion"
    );
    assert!(
        half.summary.ends_with(", and its canary with it: scale deployment/stock-canary from 2 to 0"),
        "{}",
        half.summary
    );
    let other = planned(&with_past("v1"), &undo).unwrap();
    assert_eq!(other.writes.len(), 1);
    let stays = "deployment/stock-canary keeps running its own version (2 of 11 pods = 18.2 %): abort ends that";
    assert!(said(&other).contains(stays), "{}", said(&other));
}

#[test]
fn a_lone_or_doubtful_deployment_is_refused() {
    let lone = facts(
        "stock",
        vec![settled("stock", ("track", "stable"), "a:1", 3)],
        vec![service("stock", &json!({"app": "stock"}))],
    );
    for operation in [promote(false), Operation::Abort, Operation::SetWeight(10), Operation::Finish, Operation::Retry] {
        let refusal = planned(&lone, &operation).unwrap_err().to_string();
        assert!(refusal.contains("is not delivered progressively"), "{operation:?}: {refusal}");
    }
    let mut torn = colours(3);
    torn.objects.services = vec![
        service("one", &json!({"app": "stock", "slot": "blue"})),
        service("two", &json!({"app": "stock", "slot": "green"})),
    ];
    let refusal = planned(&torn, &promote(false)).unwrap_err().to_string();
    assert!(refusal.contains("one and two") && refusal.contains("cannot be told"), "{refusal}");
}

#[test]
fn a_member_stands_for_its_unit_and_rules_depend_on_the_system() {
    let mut by_canary = labels(1);
    by_canary.key = WorkloadKey::new(Kind::Deployment, "shop", "stock-canary");
    by_canary.target = by_canary.objects.deployments[1].clone();
    assert_eq!(only(&planned(&by_canary, &promote(false)).unwrap()).0, "deployment/stock");
    let first = |operation: &Operation, system| permissions_in(operation, system, "shop")[0].to_string();
    assert_eq!(first(&promote(false), System::Switch), "patch services in shop");
    assert_eq!(first(&promote(false), System::Labels), "patch deployments.apps in shop");
    assert_eq!(first(&Operation::Abort, System::Labels), "patch deployments.apps/scale in shop");
    assert_eq!(first(&Operation::Pause, System::Labels), "patch deployments.apps in shop");
}
