//! A Rollout with a blue-green strategy.

use rolltop::demo::controllers::cluster::Kind;
use serde_json::{Value, json};

use super::bare::Bare;

fn strategy(more: &Value) -> Value {
    let mut strategy = json!({
        "activeService": "web", "previewService": "web-preview", "autoPromotionEnabled": false,
        "scaleDownDelaySeconds": 20, "abortScaleDownDelaySeconds": 10,
    });
    for (key, value) in more.as_object().unwrap() {
        strategy[key] = value.clone();
    }
    json!({"blueGreen": strategy})
}

fn waits(bare: &Bare) -> bool {
    bare.phase() == ("Paused".to_owned(), "BlueGreenPause".to_owned())
}

#[test]
fn the_active_service_switches_when_somebody_says_so() {
    let mut bare = Bare::rollout(&strategy(&json!({})));
    assert_eq!((bare.selected("web"), bare.selected("web-preview")), (bare.hash("v1"), bare.hash("v1")));
    bare.release("v2");
    bare.until("it waits", 60, waits);
    assert_eq!((bare.selected("web"), bare.selected("web-preview")), (bare.hash("v1"), bare.hash("v2")));
    assert_eq!((bare.pods("v1"), bare.pods("v2")), (4, 4));
    assert_eq!(bare.status("/blueGreen/activeSelector"), json!(bare.hash("v1")));
    assert_eq!(bare.status("/blueGreen/previewSelector"), json!(bare.hash("v2")));
    bare.patch_status(&json!({"pauseConditions": null}));
    bare.until("it arrives", 20, |bare| bare.phase().0 == "Healthy");
    assert_eq!(bare.selected("web"), bare.hash("v2"));
    assert_eq!(bare.status("/stableRS"), json!(bare.hash("v2")));
    assert!(bare.tells("SwitchService", "Switched selector for service 'web' from"), "{:#?}", bare.events());
    let old = bare.set("v1").unwrap();
    assert_eq!(old["spec"]["replicas"], 4, "kept for its delay");
    assert!(old["metadata"]["annotations"]["scale-down-deadline"].is_string(), "{:#}", old["metadata"]["annotations"]);
    bare.until("the delay is over", 30, |bare| bare.pods("v1") == 0);
}

#[test]
fn an_abort_before_the_switch_leaves_the_active_service_alone() {
    let mut bare = Bare::rollout(&strategy(&json!({})));
    bare.release("v2");
    bare.until("it waits", 60, waits);
    bare.patch_status(&json!({"abort": true}));
    bare.wait(2);
    assert_eq!(bare.phase().1, "RolloutAborted: Rollout aborted update to revision 2");
    assert_eq!(bare.selected("web"), bare.hash("v1"));
    bare.until("the preview is gone", 30, |bare| bare.pods("v2") == 0);
    assert_eq!(bare.pods("v1"), 4);
}

#[test]
fn going_back_within_the_delay_is_one_switch() {
    let mut bare = Bare::rollout(&strategy(&json!({})));
    bare.release("v2");
    bare.until("it waits", 60, waits);
    bare.patch_status(&json!({"pauseConditions": null}));
    bare.until("it arrives", 20, |bare| bare.phase().0 == "Healthy");
    let before = bare.list(Kind::Pod).len();
    bare.release("v1");
    bare.until("it waits or is back", 20, |bare| waits(bare) || bare.selected("web") == bare.hash("v1"));
    assert_eq!(bare.list(Kind::Pod).len(), before, "the old pods are still there");
    assert_eq!(bare.pods("v1"), 4);
    bare.patch_status(&json!({"pauseConditions": null}));
    bare.until("it is back", 20, |bare| bare.selected("web") == bare.hash("v1") && bare.phase().0 == "Healthy");
}

#[test]
fn a_clock_may_switch_too() {
    let mut bare = Bare::rollout(&strategy(&json!({"autoPromotionEnabled": true, "autoPromotionSeconds": 15})));
    bare.release("v2");
    bare.until("it waits", 60, waits);
    bare.wait(5);
    assert_eq!(bare.selected("web"), bare.hash("v1"));
    bare.until("the clock", 20, |bare| bare.selected("web") == bare.hash("v2"));
    bare.until("it arrives", 20, |bare| bare.phase().0 == "Healthy");
}

#[test]
fn the_preview_may_be_smaller_until_it_is_promoted() {
    let mut bare = Bare::rollout(&strategy(&json!({"previewReplicaCount": 1})));
    bare.release("v2");
    bare.until("it waits", 60, waits);
    assert_eq!((bare.pods("v1"), bare.pods("v2")), (4, 1));
    bare.patch_status(&json!({"pauseConditions": null}));
    bare.until("it is scaled up", 20, |bare| bare.pods("v2") == 4);
    assert_eq!(bare.selected("web"), bare.hash("v1"), "not before all pods are there");
    bare.until("it arrives", 60, |bare| bare.phase().0 == "Healthy");
    assert_eq!(bare.selected("web"), bare.hash("v2"));
}

#[test]
fn an_analysis_before_or_after_the_switch_aborts() {
    let analysis = json!({"templates": [{"templateName": "bad"}]});
    let mut before = Bare::rollout(&strategy(&json!({"autoPromotionEnabled": true, "prePromotionAnalysis": analysis})));
    before.release("v2");
    before.until("it is aborted", 60, |bare| bare.phase().0 == "Degraded");
    assert_eq!(before.selected("web"), before.hash("v1"), "never switched");
    assert_eq!(before.list(Kind::AnalysisRun)[0]["metadata"]["labels"]["rollout-type"], "PrePromotion");
    let mut after = Bare::rollout(&strategy(&json!({"autoPromotionEnabled": true, "postPromotionAnalysis": analysis})));
    after.release("v2");
    after.until("it is aborted", 60, |bare| bare.phase().0 == "Degraded");
    let switched = format!("Switched selector for service 'web' from '{}' to '{}'", after.hash("v1"), after.hash("v2"));
    assert!(after.tells("SwitchService", &switched), "{:#?}", after.events());
    after.until("it is switched back", 20, |bare| bare.selected("web") == bare.hash("v1"));
    assert_eq!(after.pods("v1"), 4);
    assert_eq!(after.status("/blueGreen/postPromotionAnalysisRunStatus/status"), json!("Failed"));
    assert_eq!(after.status("/stableRS"), json!(after.hash("v1")));
}

#[test]
fn a_retry_after_an_abort_arrives_when_promoted() {
    let analysis = json!({"templates": [{"templateName": "good"}]});
    let mut bare =
        Bare::rollout(&strategy(&json!({"prePromotionAnalysis": analysis, "postPromotionAnalysis": analysis})));
    bare.release("v2");
    bare.until("it waits", 60, waits);
    for seconds in [1, 15] {
        bare.patch_status(&json!({"abort": true}));
        bare.wait(seconds);
        assert_eq!(bare.phase().0, "Degraded");
        bare.patch_status(&json!({"abort": false}));
        bare.until("it waits again", 60, waits);
    }
    bare.patch_status(&json!({"pauseConditions": null}));
    bare.until("it arrives", 60, |bare| bare.phase().0 == "Healthy");
    assert_eq!(bare.selected("web"), bare.hash("v2"));
}
