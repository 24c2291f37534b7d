//! A canary of Flagger's, its oddities included.

use rolltop::demo::controllers::cluster::Kind;
use serde_json::{Value, json};

use super::bare::{Bare, NAME, SPACE, template};
use super::shop::{Shop, merge};

/// A canary whose metric is the value of a template `rate`, at most 5; with gates.
fn canary(analysis: &Value) -> Value {
    let hook = |name: &str, kind: &str, path: &str| json!({"name": name, "type": kind, "url": format!("http://flagger-loadtester.{SPACE}{path}")});
    let mut canary = json!({
        "apiVersion": "flagger.app/v1beta1", "kind": "Canary", "metadata": {"name": NAME, "namespace": SPACE},
        "spec": {
            "provider": "gatewayapi:v1", "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": NAME},
            "progressDeadlineSeconds": 30,
            "service": {"port": 80, "targetPort": 8080, "gatewayRefs": [{"group": "", "kind": "Service", "name": NAME}]},
            "analysis": {
                "interval": "10s", "threshold": 2, "stepWeight": 20, "maxWeight": 40,
                "metrics": [{"name": "rate", "templateRef": {"name": "rate"}, "thresholdRange": {"max": 5}, "interval": "30s"}],
                "webhooks": [hook("brake", "rollback", "/rollback/check")],
            },
        },
    });
    merge(&mut canary["spec"]["analysis"], analysis);
    canary
}

fn gate(kind: &str) -> Value {
    json!({"webhooks": [{"name": "owner", "type": kind, "url": format!("http://flagger-loadtester.{SPACE}/gate/check")}]})
}

/// A Deployment under Flagger, initialized.
fn initialized(analysis: &Value) -> Bare {
    let mut bare = Bare::new();
    let mut pods = template("v1");
    pods["spec"]["terminationGracePeriodSeconds"] = json!(1);
    bare.create(
        Kind::Deployment,
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": NAME, "namespace": SPACE},
            "spec": {
                "replicas": 2, "progressDeadlineSeconds": 20, "selector": {"matchLabels": {"app": NAME}}, "template": pods,
            },
        }),
    );
    measure(&mut bare, "vector(0)");
    bare.create(Kind::Canary, canary(analysis));
    bare.until("it is initialized", 120, |bare| phase(bare) == "Initialized");
    bare.wait(5);
    bare
}

/// Sets what the metric says.
fn measure(bare: &mut Bare, query: &str) {
    if bare.find(Kind::MetricTemplate, "rate").is_some() {
        bare.engine.cluster_mut().modify(Kind::MetricTemplate, SPACE, "rate", "test", |template| {
            template["spec"]["query"] = json!(query);
        });
        return;
    }
    bare.create(
        Kind::MetricTemplate,
        json!({
            "apiVersion": "flagger.app/v1beta1", "kind": "MetricTemplate", "metadata": {"name": "rate", "namespace": SPACE},
            "spec": {"provider": {"type": "prometheus", "address": "http://prometheus:9090"}, "query": query},
        }),
    );
}

fn status(bare: &Bare, key: &str) -> Value {
    bare.get(Kind::Canary, NAME)["status"][key].clone()
}

fn phase(bare: &Bare) -> String {
    status(bare, "phase").as_str().unwrap_or("").to_owned()
}

fn promoted(bare: &Bare) -> (String, String) {
    let condition = status(bare, "conditions")[0].clone();
    let text = |key: &str| condition[key].as_str().unwrap_or("").to_owned();
    (text("status"), text("reason"))
}

fn release(bare: &mut Bare, tag: &str) {
    let image = format!("mambogo/web:{tag}");
    bare.engine.cluster_mut().modify(Kind::Deployment, SPACE, NAME, "test", |deployment| {
        deployment["spec"]["template"]["spec"]["containers"][0]["image"] = json!(image);
    });
}

fn set_canary(bare: &mut Bare, patch: &Value) {
    bare.engine.cluster_mut().modify(Kind::Canary, SPACE, NAME, "test", |canary| merge(canary, patch));
}

fn replicas(bare: &Bare, deployment: &str) -> i64 {
    bare.get(Kind::Deployment, deployment)["spec"]["replicas"].as_i64().unwrap()
}

fn image(bare: &Bare, deployment: &str) -> String {
    let image = bare.get(Kind::Deployment, deployment)["spec"]["template"]["spec"]["containers"][0]["image"].clone();
    image.as_str().unwrap().trim_start_matches("mambogo/web:").to_owned()
}

fn open(bare: &mut Bare, gate: &str, open: bool) {
    bare.engine.cluster().gates.set(gate, open);
}

#[test]
fn a_deployment_becomes_a_primary_and_a_canary_at_rest() {
    let bare = initialized(&json!({}));
    assert_eq!((replicas(&bare, "web"), replicas(&bare, "web-primary")), (0, 2));
    let primary = bare.get(Kind::Deployment, "web-primary");
    assert_eq!(primary["spec"]["selector"]["matchLabels"], json!({"app": "web-primary"}));
    assert_eq!(primary["metadata"]["ownerReferences"][0]["kind"], "Canary");
    for (service, pods) in [("web", "web-primary"), ("web-primary", "web-primary"), ("web-canary", "web")] {
        assert_eq!(bare.get(Kind::Service, service)["spec"]["selector"], json!({"app": pods}), "{service}");
    }
    assert_eq!(bare.weights(), [100, 0]);
    assert_eq!(promoted(&bare), ("True".to_owned(), "Initialized".to_owned()));
    assert_eq!(status(&bare, "lastAppliedSpec"), status(&bare, "lastPromotedSpec"));
    assert!(bare.tells("Synced", "Initialization done! web.mambogo-production"), "{:#?}", bare.events());
}

#[test]
fn a_good_canary_advances_by_steps_and_is_copied_to_the_primary() {
    let mut bare = initialized(&json!({}));
    release(&mut bare, "v2");
    bare.until("it begins", 30, |bare| phase(bare) == "Progressing");
    assert_eq!(replicas(&bare, "web"), 2);
    for weight in [20, 40] {
        bare.until("it advances", 60, |bare| status(bare, "canaryWeight") == json!(weight));
        assert_eq!(bare.weights(), [100 - weight, weight]);
        assert_eq!(image(&bare, "web-primary"), "v1");
    }
    bare.until("it is promoted", 30, |bare| phase(bare) == "Promoting");
    assert_eq!(image(&bare, "web-primary"), "v2");
    assert_eq!(bare.weights(), [60, 40], "until the primary is there");
    bare.until("traffic is back", 60, |bare| phase(bare) == "Finalising");
    assert_eq!((bare.weights(), status(&bare, "canaryWeight")), (vec![100, 0], json!(0)));
    bare.until("it is done", 60, |bare| phase(bare) == "Succeeded");
    assert_eq!(replicas(&bare, "web"), 0);
    assert_eq!(promoted(&bare), ("True".to_owned(), "Succeeded".to_owned()));
    assert_eq!(status(&bare, "lastAppliedSpec"), status(&bare, "lastPromotedSpec"));
    for sentence in [
        "New revision detected! Scaling up web.mambogo-production",
        "Starting canary analysis for web.mambogo-production",
        "Advance web.mambogo-production canary weight 20",
        "Copying web.mambogo-production template spec to web-primary.mambogo-production",
        "Routing all traffic to primary",
        "Promotion completed! Scaling down web.mambogo-production",
    ] {
        assert!(bare.tells("Synced", sentence), "{sentence}: {:#?}", bare.events());
    }
}

#[test]
fn failed_checks_are_counted_and_then_it_is_rolled_back() {
    let mut bare = initialized(&json!({}));
    release(&mut bare, "v2");
    bare.until("it advances", 90, |bare| status(bare, "canaryWeight") == json!(20));
    measure(&mut bare, "vector(12)");
    bare.until("a check fails", 30, |bare| status(bare, "failedChecks") == json!(1));
    assert_eq!(bare.weights(), [80, 20], "halted, not rolled back");
    bare.until("it has failed", 60, |bare| phase(bare) == "Failed");
    assert_eq!((bare.weights(), replicas(&bare, "web")), (vec![100, 0], 0));
    assert_eq!(status(&bare, "failedChecks"), json!(0), "counters begin anew");
    assert_ne!(status(&bare, "lastAppliedSpec"), status(&bare, "lastPromotedSpec"));
    assert_eq!(promoted(&bare), ("False".to_owned(), "Failed".to_owned()));
    assert!(bare.tells("Synced", "Halt web.mambogo-production advancement rate 12.00 > 5"), "{:#?}", bare.events());
    assert!(bare.tells("Synced", "Rolling back web.mambogo-production failed checks threshold reached 2"));
    bare.wait(60);
    assert_eq!(phase(&bare), "Failed", "the same template starts nothing");
    // Back to what is promoted is no change either; something new is.
    release(&mut bare, "v1");
    bare.wait(60);
    assert_eq!((phase(&bare).as_str(), replicas(&bare, "web")), ("Failed", 0));
    measure(&mut bare, "vector(0)");
    release(&mut bare, "v3");
    bare.until("a new one begins", 60, |bare| phase(bare) == "Progressing");
}

#[test]
fn waiting_for_a_promotion_hides_the_weight() {
    let mut bare = initialized(&gate("confirm-promotion"));
    release(&mut bare, "v2");
    bare.until("it waits", 120, |bare| phase(bare) == "WaitingPromotion");
    assert_eq!(status(&bare, "canaryWeight"), json!(0), "as Flagger writes it");
    assert_eq!(bare.weights(), [60, 40], "what is true");
    assert_eq!(promoted(&bare), ("Unknown".to_owned(), "WaitingPromotion".to_owned()));
    bare.wait(60);
    assert_eq!(phase(&bare), "WaitingPromotion");
    open(&mut bare, "web.mambogo-production", true);
    bare.until("it is done", 120, |bare| phase(bare) == "Succeeded");
    assert!(bare.tells("Synced", "Confirm-promotion check owner passed"), "{:#?}", bare.events());
}

#[test]
fn a_rollout_may_have_to_be_confirmed_and_can_be_called_back() {
    let mut bare = initialized(&gate("confirm-rollout"));
    release(&mut bare, "v2");
    bare.until("it waits", 60, |bare| phase(bare) == "Waiting");
    assert_eq!(replicas(&bare, "web"), 0, "no pod before that");
    open(&mut bare, "web.mambogo-production", true);
    bare.until("it begins", 60, |bare| phase(bare) == "Progressing");
    let mut bare = initialized(&json!({}));
    release(&mut bare, "v2");
    bare.until("it advances", 90, |bare| status(bare, "canaryWeight") == json!(20));
    open(&mut bare, "rollback.web.mambogo-production", true);
    bare.until("it is rolled back", 60, |bare| phase(bare) == "Failed");
    assert_eq!(bare.weights(), [100, 0]);
}

#[test]
fn analysis_can_be_skipped_and_the_canary_suspended() {
    let mut bare = initialized(&gate("confirm-promotion"));
    set_canary(&mut bare, &json!({"spec": {"skipAnalysis": true}}));
    release(&mut bare, "v2");
    bare.until("it is done", 90, |bare| phase(bare) == "Succeeded");
    assert_eq!(image(&bare, "web-primary"), "v2");
    assert!(bare.tells("Synced", "Promotion completed! Canary analysis was skipped for web.mambogo-production"));
    set_canary(&mut bare, &json!({"spec": {"suspend": true}}));
    release(&mut bare, "v3");
    bare.wait(60);
    assert_eq!((phase(&bare).as_str(), image(&bare, "web-primary").as_str()), ("Succeeded", "v2"));
    set_canary(&mut bare, &json!({"spec": {"suspend": false}}));
    bare.until("it goes on", 60, |bare| image(bare, "web-primary") == "v3");
}

#[test]
fn a_new_version_in_the_middle_begins_anew_and_iterations_switch_at_once() {
    let mut bare = initialized(&json!({}));
    release(&mut bare, "v2");
    bare.until("it advances", 90, |bare| status(bare, "canaryWeight") == json!(20));
    release(&mut bare, "v3");
    bare.until("it begins anew", 30, |bare| status(bare, "canaryWeight") == json!(0));
    assert_eq!((phase(&bare).as_str(), bare.weights()), ("Progressing", vec![100, 0]));
    assert!(bare.tells("Synced", "New revision detected! Restarting analysis for web.mambogo-production"));
    let mut green = initialized(&json!({"iterations": 2, "stepWeight": null, "maxWeight": null}));
    release(&mut green, "v2");
    green.until("it is checked", 90, |bare| status(bare, "iterations") == json!(2));
    assert_eq!(green.weights(), [100, 0], "no traffic while it is checked");
    green.until("all traffic", 60, |bare| bare.weights() == [0, 100]);
    green.until("it is done", 120, |bare| phase(bare) == "Succeeded");
    assert_eq!(green.weights(), [100, 0]);
}

#[test]
fn a_canary_that_never_gets_ready_fails_after_its_deadline() {
    let mut bare = initialized(&json!({}));
    release(&mut bare, "v2-pull");
    bare.until("it begins", 60, |bare| phase(bare) == "Progressing");
    bare.until("it has failed", 200, |bare| phase(bare) == "Failed");
    assert_eq!(image(&bare, "web-primary"), "v1");
    assert_eq!(bare.get(Kind::Deployment, "web-primary")["status"]["readyReplicas"], 2);
}

#[test]
fn a_stopped_flagger_does_nothing_until_it_runs_again() {
    let mut bare = initialized(&json!({}));
    bare.engine.cluster_mut().run_controller("flagger", false);
    release(&mut bare, "v2");
    bare.wait(60);
    assert_eq!(phase(&bare), "Initialized");
    bare.engine.cluster_mut().run_controller("flagger", true);
    bare.until("it begins", 60, |bare| phase(bare) == "Progressing");
}

#[test]
fn the_cart_waits_at_its_gate_with_half_of_the_traffic() {
    let mut shop = Shop::new();
    let cart = |shop: &Shop| shop.get(Kind::Canary, "cart-service")["status"].clone();
    assert_eq!(cart(&shop)["phase"], "Succeeded");
    assert_eq!(shop.get(Kind::Deployment, "cart-service")["spec"]["replicas"], 0);
    assert_eq!(shop.get(Kind::Deployment, "cart-service-primary")["status"]["readyReplicas"], 3);
    shop.release("cart-service", "v2.1.0");
    shop.until("it waits", 300, |shop| cart(shop)["phase"] == "WaitingPromotion");
    shop.wait(40);
    let (canary, all) = (shop.requests("cart-service-[0-9a-z]+-[0-9a-z]+"), shop.requests("cart-service-.*"));
    assert!(all > 0.1 && (canary / all - 0.5).abs() < 0.05, "{canary} of {all}");
    shop.cluster().gates.set("cart-service.mambogo-production", true);
    shop.until("it is done", 120, |shop| cart(shop)["phase"] == "Succeeded");
    // A canary that fails requests is stopped by the company's own metrics.
    shop.release("cart-service", "v2.2.0-5xx");
    shop.until("it has failed", 300, |shop| cart(shop)["phase"] == "Failed");
    assert_eq!(shop.get(Kind::Deployment, "cart-service")["spec"]["replicas"], 0);
}
