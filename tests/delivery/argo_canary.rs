//! gateway-service: a canary with weights in an `HTTPRoute`.

use rolltop::demo::controllers::cluster::Kind;
use serde_json::json;

use super::shop::Shop;

const GATEWAY: &str = "gateway-service";

fn phase(shop: &Shop) -> (String, String) {
    let status = &shop.get(Kind::Rollout, GATEWAY)["status"];
    let text = |key: &str| status[key].as_str().unwrap_or("").to_owned();
    (text("phase"), text("message"))
}

fn step(shop: &Shop) -> i64 {
    shop.get(Kind::Rollout, GATEWAY)["status"]["currentStepIndex"].as_i64().unwrap_or(-1)
}

fn weights(shop: &Shop) -> Vec<i64> {
    let route = shop.get(Kind::HttpRoute, GATEWAY);
    let backends = route["spec"]["rules"][0]["backendRefs"].as_array().unwrap();
    backends.iter().map(|backend| backend["weight"].as_i64().unwrap()).collect()
}

fn waits_for_somebody(shop: &Shop) -> bool {
    let rollout = shop.get(Kind::Rollout, GATEWAY);
    rollout["status"]["pauseConditions"][0]["reason"] == "CanaryPauseStep" && step(shop) == 7
}

#[test]
fn a_good_canary_waits_for_a_person_and_arrives_when_promoted() {
    let mut shop = Shop::new();
    assert_eq!(phase(&shop), ("Healthy".to_owned(), String::new()));
    assert_eq!(weights(&shop), [100, 0]);
    let stable = shop.get(Kind::Rollout, GATEWAY)["status"]["stableRS"].clone();
    shop.release(GATEWAY, "v1.9.3");
    shop.until("it waits", 240, waits_for_somebody);
    assert_eq!(phase(&shop), ("Paused".to_owned(), "CanaryPauseStep".to_owned()));
    assert_eq!(weights(&shop), [75, 25]);
    shop.wait(60);
    let status = shop.get(Kind::Rollout, GATEWAY)["status"].clone();
    let hash = status["currentPodHash"].as_str().unwrap().to_owned();
    assert_ne!(status["currentPodHash"], stable);
    let (canary, all) = (shop.requests(&format!("{GATEWAY}-{hash}-.*")), shop.requests(&format!("{GATEWAY}-.*")));
    assert!((canary / all - 0.25).abs() < 0.03, "{canary} of {all}");
    shop.merge_status(Kind::Rollout, GATEWAY, &json!({"status": {"pauseConditions": null}}));
    shop.until("it arrives", 120, |shop| phase(shop).0 == "Healthy");
    let status = shop.get(Kind::Rollout, GATEWAY)["status"].clone();
    assert_eq!(status["stableRS"], json!(hash));
    assert_eq!(status["currentStepIndex"], json!(10));
    assert_eq!(weights(&shop), [100, 0]);
    let reasons = shop.reasons("Rollout", GATEWAY);
    for reason in
        ["RolloutUpdated", "NewReplicaSetCreated", "RolloutStepCompleted", "TrafficWeightUpdated", "RolloutPaused"]
    {
        assert!(reasons.iter().any(|known| known == reason), "{reason} in {reasons:?}");
    }
}
