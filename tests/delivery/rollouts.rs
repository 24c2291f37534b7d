//! A Rollout with a canary strategy, on every path but the one of the company's gateway.

use rolltop::demo::controllers::cluster::Kind;
use serde_json::{Value, json};

use super::bare::{Bare, NAME, template};

/// Pods are the only weight.
fn plain() -> Value {
    json!({"canary": {
        "maxSurge": 1, "maxUnavailable": 0,
        "steps": [{"setWeight": 25}, {"pause": {}}, {"setWeight": 50}, {"pause": {"duration": 10}}],
    }})
}

/// Weights in a route; `steps` are what is tried.
fn routed(steps: &Value) -> Value {
    json!({"canary": {
        "stableService": "web-stable", "canaryService": "web-canary", "scaleDownDelaySeconds": 15,
        "abortScaleDownDelaySeconds": 10,
        "trafficRouting": {"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": NAME, "namespace": super::bare::SPACE}}},
        "steps": steps,
    }})
}

fn named(phase: &str, message: &str) -> (String, String) {
    (phase.to_owned(), message.to_owned())
}

fn waits(bare: &Bare) -> bool {
    bare.phase() == named("Paused", "CanaryPauseStep")
}

#[test]
fn without_a_mesh_pods_are_the_weight() {
    let mut bare = Bare::rollout(&plain());
    assert_eq!(bare.status("/stableRS"), json!(bare.hash("v1")));
    assert_eq!(bare.step(), 4, "past all steps");
    bare.release("v2");
    bare.until("it waits", 60, waits);
    assert_eq!((bare.pods("v2"), bare.pods("v1")), (1, 3));
    assert_eq!(bare.condition("Paused"), named("True", "RolloutPaused"));
    assert_eq!(bare.condition("Progressing"), named("Unknown", "RolloutPaused"));
    assert_eq!(bare.condition("Completed").0, "False");
    assert_eq!(bare.status("/controllerPause"), json!(true));
    assert!(bare.status("/pauseConditions/0/startTime").is_string());
    bare.wait(60);
    assert!(waits(&bare), "nobody promoted it");
    // `kubectl argo rollouts promote`.
    bare.patch_status(&json!({"pauseConditions": null}));
    bare.until("the second pause", 60, |bare| bare.step() == 3 && waits(bare));
    assert_eq!((bare.pods("v2"), bare.pods("v1")), (2, 2));
    bare.until("it arrives", 60, |bare| bare.phase().0 == "Healthy");
    assert_eq!((bare.pods("v2"), bare.pods("v1")), (4, 0));
    assert_eq!(bare.status("/stableRS"), json!(bare.hash("v2")));
    let rollout = bare.get(Kind::Rollout, NAME);
    assert_eq!(rollout["metadata"]["annotations"]["rollout.argoproj.io/revision"], "2");
    assert_eq!(bare.set("v2").unwrap()["metadata"]["annotations"]["rollout.argoproj.io/revision"], "2");
    assert!(bare.tells("RolloutCompleted", "Completed all 4 canary steps"), "{:#?}", bare.events());
    assert_eq!(bare.condition("Healthy").0, "True");
    assert_eq!(bare.condition("Completed").0, "True");
}

#[test]
fn an_abort_goes_back_and_a_retry_begins_again() {
    let mut bare = Bare::rollout(&routed(&json!([{"setWeight": 25}, {"pause": {}}])));
    bare.release("v2");
    bare.until("it waits", 60, waits);
    assert_eq!(bare.weights(), [75, 25]);
    assert_eq!(bare.selected("web-canary"), bare.hash("v2"));
    assert_eq!(bare.selected("web-stable"), bare.hash("v1"));
    bare.patch_status(&json!({"abort": true}));
    bare.wait(2);
    let aborted = named("Degraded", "RolloutAborted: Rollout aborted update to revision 2");
    assert_eq!(bare.phase(), aborted);
    assert!(bare.status("/abortedAt").is_string());
    assert_eq!((bare.weights(), bare.step()), (vec![100, 0], 0));
    assert_eq!(bare.status("/pauseConditions"), Value::Null);
    assert_eq!(bare.pods("v2"), 1, "it is given time");
    bare.until("its time is over", 20, |bare| bare.pods("v2") == 0);
    assert_eq!(bare.pods("v1"), 4);
    assert_eq!(bare.phase(), aborted);
    // `kubectl argo rollouts retry rollout`.
    bare.patch_status(&json!({"abort": false}));
    bare.until("it waits again", 60, waits);
    assert_eq!(bare.weights(), [75, 25]);
    assert_eq!(bare.status("/abortedAt"), Value::Null);
    assert_eq!(bare.get(Kind::Rollout, NAME)["metadata"]["annotations"]["rollout.argoproj.io/revision"], "2");
}

#[test]
fn a_full_promotion_passes_all_steps() {
    let mut bare = Bare::rollout(&routed(&json!([{"setWeight": 25}, {"pause": {}}, {"setWeight": 50}, {"pause": {}}])));
    bare.release("v2");
    bare.until("it waits", 60, waits);
    bare.patch_status(&json!({"promoteFull": true}));
    bare.until("it arrives", 60, |bare| bare.phase().0 == "Healthy");
    assert_eq!(bare.status("/promoteFull"), Value::Null);
    assert!(bare.tells("RolloutCompleted", "Full promotion requested"), "{:#?}", bare.events());
    assert_eq!(bare.pods("v1"), 4, "the old set is kept for its delay");
    let annotations = bare.set("v1").unwrap()["metadata"]["annotations"].clone();
    assert!(annotations["scale-down-deadline"].is_string(), "{annotations:#}");
    bare.until("the delay is over", 30, |bare| bare.pods("v1") == 0);
}

#[test]
fn a_step_is_skipped_by_its_index() {
    let mut bare = Bare::rollout(&routed(
        &json!([{"setWeight": 25}, {"pause": {"duration": "1h"}}, {"setWeight": 60}, {"pause": {}}]),
    ));
    bare.release("v2");
    bare.until("it waits", 60, |bare| bare.step() == 1 && waits(bare));
    // What the plugin and the dashboard send for a step that is not an open pause.
    bare.patch_status(&json!({"pauseConditions": null, "currentStepIndex": 2}));
    bare.until("the last pause", 60, |bare| bare.step() == 3 && waits(bare));
    assert_eq!(bare.weights(), [40, 60]);
}

#[test]
fn a_person_pauses_and_resumes() {
    let mut bare = Bare::rollout(&routed(&json!([{"setWeight": 25}, {"pause": {"duration": 30}}])));
    bare.release("v2");
    bare.until("it waits", 60, waits);
    bare.patch(&json!({"spec": {"paused": true}}));
    bare.wait(60);
    assert_eq!(bare.phase(), named("Paused", "manually paused"));
    assert_eq!(bare.step(), 1, "no clock runs it on");
    bare.patch(&json!({"spec": {"paused": false}}));
    bare.until("it arrives", 60, |bare| bare.phase().0 == "Healthy");
}

#[test]
fn a_restart_replaces_the_pods_of_the_same_version() {
    let mut bare = Bare::rollout(&plain());
    let names = |bare: &Bare| -> Vec<String> {
        bare.list(Kind::Pod).iter().map(|pod| pod["metadata"]["name"].as_str().unwrap().to_owned()).collect()
    };
    let before = names(&bare);
    let at = bare.engine.cluster().now();
    let at = jiff::Timestamp::from_second(at.as_second() + 1).unwrap().to_string();
    bare.patch(&json!({"spec": {"restartAt": at}}));
    bare.wait(3);
    assert_eq!(bare.phase(), named("Progressing", "rollout is restarting"));
    bare.until("it is done", 200, |bare| bare.phase().0 == "Healthy");
    assert_eq!(bare.status("/restartedAt"), json!(at));
    assert!(names(&bare).iter().all(|name| !before.contains(name)), "{before:?} {:?}", names(&bare));
    assert_eq!(bare.list(Kind::ReplicaSet).len(), 1);
}

#[test]
fn going_back_to_stable_is_fast_and_undoing_later_takes_every_step() {
    let mut bare = Bare::rollout(&routed(&json!([{"setWeight": 25}, {"pause": {}}])));
    bare.release("v2");
    bare.until("it waits", 60, waits);
    bare.release("v1");
    bare.until("it is back", 30, |bare| bare.phase().0 == "Healthy");
    assert_eq!((bare.step(), bare.weights()), (2, vec![100, 0]));
    assert_eq!(bare.status("/stableRS"), json!(bare.hash("v1")));
    bare.release("v2");
    bare.until("it waits", 60, waits);
    bare.patch_status(&json!({"pauseConditions": null}));
    bare.until("it arrives", 90, |bare| bare.phase().0 == "Healthy" && bare.pods("v1") == 0);
    let revision =
        |bare: &Bare| bare.get(Kind::Rollout, NAME)["metadata"]["annotations"]["rollout.argoproj.io/revision"].clone();
    let before: i64 = revision(&bare).as_str().unwrap().parse().unwrap();
    // `kubectl argo rollouts undo` writes the old template.
    bare.patch(&json!({"spec": {"template": template("v1")}}));
    bare.until("it waits at the pause", 60, waits);
    assert_eq!(bare.weights(), [75, 25]);
    assert_eq!(revision(&bare), json!((before + 1).to_string()));
}

#[test]
fn an_analysis_step_lets_through_fails_or_cannot_say() {
    let strategy = |template: &str| {
        routed(&json!([{"setWeight": 20}, {"analysis": {"templates": [{"templateName": template}]}}, {"pause": {}}]))
    };
    let mut good = Bare::rollout(&strategy("good"));
    good.release("v2");
    good.until("it is through", 60, |bare| bare.step() == 2 && waits(bare));
    let runs = good.list(Kind::AnalysisRun);
    assert_eq!(runs[0]["status"]["phase"], "Successful");
    assert_eq!(runs[0]["status"]["metricResults"][0]["successful"], 2);
    assert_eq!(runs[0]["metadata"]["labels"]["rollout-type"], "Step");
    assert_eq!(runs[0]["metadata"]["name"], json!(format!("web-{}-2-1", good.hash("v2"))));
    let mut bad = Bare::rollout(&strategy("bad"));
    bad.release("v2");
    bad.until("it is aborted", 60, |bare| bare.phase().0 == "Degraded");
    assert!(bad.phase().1.starts_with("RolloutAborted: Rollout aborted update to revision 2: Step-based analysis phase error/failed: Metric \"bad\" assessed Failed due to failed (1) > failureLimit (0)"), "{:?}", bad.phase());
    assert_eq!(bad.weights(), [100, 0]);
    assert_eq!(bad.list(Kind::AnalysisRun)[0]["status"]["phase"], "Failed");
    assert_eq!(bad.status("/canary/currentStepAnalysisRunStatus"), Value::Null, "an aborted canary names none");
    assert!(bad.tells("AnalysisRunFailed", "Step Analysis Run"), "{:#?}", bad.events());
    let mut unsure = Bare::rollout(&strategy("unsure"));
    unsure.release("v2");
    unsure.until("it is paused", 60, |bare| bare.phase() == named("Paused", "InconclusiveAnalysisRun"));
    assert_eq!(unsure.step(), 1);
    // Going on from there tries once more.
    unsure.patch_status(&json!({"pauseConditions": null}));
    unsure.until("it is measured again", 60, |bare| bare.list(Kind::AnalysisRun).len() == 2);
    unsure.until("it is paused again", 60, |bare| bare.phase() == named("Paused", "InconclusiveAnalysisRun"));
}

#[test]
fn an_analysis_in_the_background_aborts_from_its_step_on() {
    let mut strategy =
        routed(&json!([{"setWeight": 20}, {"pause": {"duration": 10}}, {"setWeight": 40}, {"pause": {}}]));
    strategy["canary"]["analysis"] = json!({"templates": [{"templateName": "bad"}], "startingStep": 2});
    let mut bare = Bare::rollout(&strategy);
    bare.release("v2");
    bare.until("the first pause", 60, |bare| bare.step() == 1 && waits(bare));
    assert!(bare.list(Kind::AnalysisRun).is_empty(), "not before its step");
    bare.until("it is aborted", 60, |bare| bare.phase().0 == "Degraded");
    assert_eq!(bare.list(Kind::AnalysisRun)[0]["metadata"]["labels"]["rollout-type"], "Background");
    bare.until("all is stable", 60, |bare| bare.pods("v1") == 4 && bare.pods("v2") == 0);
}

#[test]
fn pods_that_never_come_are_told_after_the_deadline() {
    let mut bare = Bare::rollout(&routed(&json!([{"setWeight": 25}, {"pause": {}}])));
    bare.release("v2-pull");
    bare.wait(15);
    assert_eq!(bare.phase().0, "Progressing");
    bare.until("the deadline", 60, |bare| bare.phase().0 == "Degraded");
    assert!(bare.phase().1.starts_with("ProgressDeadlineExceeded: ReplicaSet \"web-"), "{:?}", bare.phase());
    assert_eq!(bare.condition("Progressing"), named("False", "ProgressDeadlineExceeded"));
    assert_eq!(bare.weights(), [100, 0], "no traffic for pods that are not there");
    let mut strict = Bare::rollout(&routed(&json!([{"setWeight": 25}, {"pause": {}}])));
    strict.patch(&json!({"spec": {"progressDeadlineAbort": true}}));
    strict.release("v2-pull");
    strict.until("it is aborted", 60, |bare| bare.status("/abort") == json!(true));
    assert!(strict.phase().1.starts_with("RolloutAborted: "), "{:?}", strict.phase());
}

#[test]
fn a_spec_that_cannot_be_followed_is_refused_in_words() {
    let mut bare = Bare::rollout(&plain());
    bare.patch(&json!({"spec": {"strategy": {"canary": {"steps": [{"setWeight": 150}]}}}}));
    bare.wait(2);
    let (phase, message) = bare.phase();
    assert_eq!(phase, "Degraded");
    assert!(
        message.starts_with(
            "InvalidSpec: The Rollout \"web\" is invalid: spec.strategy.canary.steps[0].setWeight: Invalid value: 150:"
        ),
        "{message}"
    );
    assert_eq!(bare.condition("InvalidSpec"), named("True", "InvalidSpec"));
    bare.patch(&json!({"spec": {"strategy": {"canary": {"steps": [{"setWeight": 50}]}}}}));
    bare.until("it is right again", 30, |bare| bare.phase().0 == "Healthy");
    assert_eq!(bare.condition("InvalidSpec"), named("", ""));
}

#[test]
fn the_size_of_a_canary_can_be_set_apart_from_its_weight() {
    let mut bare = Bare::rollout(&routed(&json!([
        {"setCanaryScale": {"replicas": 3}}, {"setWeight": 10}, {"pause": {}},
        {"setCanaryScale": {"weight": 50}}, {"pause": {}}, {"setCanaryScale": {"matchTrafficWeight": true}}, {"pause": {}},
    ])));
    bare.release("v2");
    for (step, pods) in [(2, 3), (4, 2), (6, 1)] {
        bare.until("the pause", 60, |bare| bare.step() == step && waits(bare));
        bare.wait(5);
        assert_eq!((bare.pods("v2"), bare.pods("v1")), (pods, 4), "at step {step}");
        assert_eq!(bare.weights(), [90, 10]);
        bare.patch_status(&json!({"pauseConditions": null}));
    }
    bare.until("it arrives", 60, |bare| bare.phase().0 == "Healthy");
}

#[test]
fn an_experiment_compares_two_sets_for_a_while() {
    let trial = |name: &str, source: &str| json!({"name": name, "specRef": source, "replicas": 1});
    let mut bare = Bare::rollout(&routed(&json!([
        {"setWeight": 20},
        {"experiment": {
            "duration": "15s", "templates": [trial("baseline", "stable"), trial("candidate", "canary")],
            "analyses": [{"name": "checked", "templateName": "good", "requiredForCompletion": true}],
        }},
        {"pause": {}},
    ])));
    bare.release("v2");
    bare.until("it runs", 60, |bare| {
        bare.list(Kind::Experiment).iter().any(|each| each["status"]["phase"] == "Running")
    });
    let experiment = bare.list(Kind::Experiment).remove(0);
    assert_eq!(experiment["metadata"]["name"], json!(format!("web-{}-2-1", bare.hash("v2"))));
    let owned: Vec<Value> = bare
        .list(Kind::ReplicaSet)
        .into_iter()
        .filter(|set| set["metadata"]["ownerReferences"][0]["kind"] == "Experiment")
        .collect();
    assert_eq!(owned.len(), 2);
    bare.until("it is over", 60, |bare| bare.step() == 2 && waits(bare));
    let experiment = bare.list(Kind::Experiment).remove(0);
    assert_eq!(experiment["status"]["phase"], "Successful");
    assert_eq!(experiment["status"]["analysisRuns"][0]["phase"], "Successful");
    bare.until("its pods are gone", 90, |bare| {
        let sets = bare.list(Kind::ReplicaSet);
        sets.iter()
            .filter(|set| set["metadata"]["ownerReferences"][0]["kind"] == "Experiment")
            .all(|set| set["spec"]["replicas"] == 0)
    });
}

#[test]
fn a_stopped_controller_does_nothing_until_it_runs_again() {
    let mut bare = Bare::rollout(&plain());
    bare.engine.cluster_mut().run_controller("argo-rollouts", false);
    bare.release("v2");
    bare.wait(30);
    assert_eq!(bare.pods("v2"), 0);
    let rollout = bare.get(Kind::Rollout, NAME);
    assert_ne!(rollout["status"]["observedGeneration"], json!(rollout["metadata"]["generation"].to_string()));
    bare.engine.cluster_mut().run_controller("argo-rollouts", true);
    bare.until("it waits", 60, waits);
}
