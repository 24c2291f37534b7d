//! Argo Rollouts: each patch on a controller that acts on it, and on one too old for a status subresource.

use super::*;

const GATEWAY: &str = "gateway-service";
const STOREFRONT: &str = "storefront";

fn promote(full: bool) -> Operation {
    Operation::Promote { full }
}

/// Releases a version and waits until its first pods are being made.
async fn release(bench: &Bench, name: &str, version: &str) -> Value {
    applied(bench.act(Kind::Rollout, name, image("*", &format!("mambogo/{name}:{version}"))).await);
    bench
        .until(Kind::Rollout, name, |rollout| {
            let status = &rollout["status"];
            status["observedGeneration"].as_str() == Some(&rollout["metadata"]["generation"].to_string())
                && status["currentPodHash"] != status["stableRS"]
        })
        .await
}

fn held(rollout: &Value) -> bool {
    rollout["status"]["pauseConditions"].as_array().is_some_and(|all| !all.is_empty())
}

fn healthy(rollout: &Value) -> bool {
    rollout["status"]["phase"] == "Healthy" && rollout["status"]["currentPodHash"] == rollout["status"]["stableRS"]
}

fn step(rollout: &Value) -> i64 {
    rollout["status"]["currentStepIndex"].as_i64().unwrap_or(0)
}

/// Whether all of an object is in another, which may hold defaults beside it.
fn holds(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(key, value)| whole.get(key).is_some_and(|found| holds(found, value)))
        }
        (Value::Array(whole), Value::Array(part)) => {
            whole.len() == part.len() && whole.iter().zip(part).all(|(whole, part)| holds(whole, part))
        }
        _ => whole == part,
    }
}

async fn rollout(bench: &Bench, name: &str) -> Value {
    bench.target(Kind::Rollout, name).await
}

async fn act(bench: &Bench, name: &str, operation: Operation) -> String {
    applied(bench.act(Kind::Rollout, name, operation).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_is_paused_promoted_skipped_aborted_retried_and_hurried() {
    let bench = Bench::fast().await;
    let before = rollout(&bench, GATEWAY).await;
    let refusal = bench.refused(Kind::Rollout, GATEWAY, promote(false)).await.to_string();
    assert!(refusal.contains("nothing to promote"), "{refusal}");
    assert!(bench.refused(Kind::Rollout, GATEWAY, Operation::Abort).await.to_string().contains("nothing to abort"));

    release(&bench, GATEWAY, "v1.9.3").await;
    let now = rollout(&bench, GATEWAY).await;
    let cause = now["metadata"]["annotations"]["kubernetes.io/change-cause"].as_str().unwrap();
    assert_eq!(cause, "rolltop set-image *=mambogo/gateway-service:v1.9.3 by ann");
    let container = |rollout: &Value| rollout["spec"]["template"]["spec"]["containers"][0].clone();
    assert_eq!(container(&now)["resources"], container(&before)["resources"], "nothing is lost");

    act(&bench, GATEWAY, Operation::Pause).await;
    assert_eq!(rollout(&bench, GATEWAY).await["spec"]["paused"], true);
    act(&bench, GATEWAY, Operation::Resume).await;
    assert_eq!(rollout(&bench, GATEWAY).await["spec"]["paused"], false);

    let paused = bench.until(Kind::Rollout, GATEWAY, held).await;
    let at = step(&paused);
    let refusal = bench.refused(Kind::Rollout, GATEWAY, Operation::Resume).await.to_string();
    assert!(refusal.contains("its present step holds it: promote lets it go on"), "{refusal}");
    act(&bench, GATEWAY, promote(false)).await;
    let gone_on = bench.until(Kind::Rollout, GATEWAY, |rollout| step(rollout) > at).await;
    let sentence = act(&bench, GATEWAY, Operation::SkipStep).await;
    assert!(sentence.starts_with("skip step "), "{sentence}");
    bench.until(Kind::Rollout, GATEWAY, |rollout| step(rollout) > step(&gone_on)).await;

    act(&bench, GATEWAY, Operation::Abort).await;
    let aborted = bench.until(Kind::Rollout, GATEWAY, |rollout| rollout["status"]["phase"] == "Degraded").await;
    assert_eq!(container(&aborted)["image"], "mambogo/gateway-service:v1.9.3", "the spec stays on the new version");
    let refusal = bench.refused(Kind::Rollout, GATEWAY, promote(false)).await.to_string();
    assert!(refusal.contains("is aborted, which promote does not lift"), "{refusal}");
    act(&bench, GATEWAY, Operation::Retry).await;
    bench.until(Kind::Rollout, GATEWAY, |rollout| rollout["status"]["abort"] != true).await;
    assert!(bench.refused(Kind::Rollout, GATEWAY, Operation::Retry).await.to_string().contains("was not aborted"));

    act(&bench, GATEWAY, promote(true)).await;
    bench.until(Kind::Rollout, GATEWAY, healthy).await;
    let plan = bench.prepare(&Bench::request(Kind::Rollout, GATEWAY, Operation::Undo { to: None })).await.unwrap().plan;
    let said = |words: &str| plan.warnings.iter().any(|warning| warning.sentence.contains(words));
    assert!(said("every step, pause and analysis runs again") && said("Argo CD"), "{:?}", plan.warnings);
    act(&bench, GATEWAY, Operation::Undo { to: None }).await;
    let back = rollout(&bench, GATEWAY).await;
    assert!(holds(&back["spec"]["template"], &before["spec"]["template"]), "every field of it: {back:#}");
    act(&bench, GATEWAY, Operation::Restart).await;
    assert!(rollout(&bench, GATEWAY).await["spec"]["restartAt"].is_string());
    act(&bench, GATEWAY, Operation::Scale(ScaleTo::By(1))).await;
    assert_eq!(rollout(&bench, GATEWAY).await["spec"]["replicas"], 4);

    let lines = bench.audit();
    assert!(lines.chunks(2).all(|pair| pair[1]["result"] == "applied" && pair[0]["id"] == pair[1]["id"]), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blue_green_release_is_switched_aborted_and_retried() {
    let bench = Bench::fast().await;
    assert!(bench.refused(Kind::Rollout, STOREFRONT, promote(false)).await.to_string().contains("nothing to promote"));
    let new = release(&bench, STOREFRONT, "v5.3.0").await;
    let refusal = bench.refused(Kind::Rollout, STOREFRONT, Operation::SkipStep).await.to_string();
    assert!(refusal.contains("has no steps to skip"), "{refusal}");
    let first = bench.until(Kind::Rollout, STOREFRONT, held).await;
    assert_ne!(first["status"]["blueGreen"]["activeSelector"], new["status"]["currentPodHash"]);
    act(&bench, STOREFRONT, Operation::Abort).await;
    bench.until(Kind::Rollout, STOREFRONT, |rollout| rollout["status"]["phase"] == "Degraded").await;
    act(&bench, STOREFRONT, Operation::Retry).await;
    // A pause may show before the analysis that comes before it has begun anew.
    let tested_again = |rollout: &Value| {
        let run = &rollout["status"]["blueGreen"]["prePromotionAnalysisRunStatus"];
        run["status"] == "Successful"
            && run["name"] != first["status"]["blueGreen"]["prePromotionAnalysisRunStatus"]["name"]
    };
    bench.until(Kind::Rollout, STOREFRONT, |rollout| held(rollout) && tested_again(rollout)).await;
    let sentence = act(&bench, STOREFRONT, promote(false)).await;
    assert_eq!(sentence, "promote rollout/storefront: users get the new version");
    bench.until(Kind::Rollout, STOREFRONT, healthy).await;
}

/// Patches of the Rollout itself, not of its status.
const OF_THE_SPEC: &str = "rollouts/gateway-service?fieldManager";

#[tokio::test(flavor = "multi_thread")]
async fn an_old_controller_gets_one_patch_of_the_whole() {
    let bench = Bench::fast().await;
    release(&bench, GATEWAY, "v1.9.4").await;
    bench.until(Kind::Rollout, GATEWAY, held).await;
    act(&bench, GATEWAY, Operation::Pause).await;
    bench.company.chaos().set(Faults { old_rollouts: true, ..Faults::default() });
    let planned = bench.prepare(&Bench::request(Kind::Rollout, GATEWAY, promote(true))).await.unwrap();
    assert_eq!(planned.plan.writes.len(), 2);
    let Preview::DryRun(changes) = &planned.preview else { panic!("{planned:?}") };
    let mut lines: Vec<String> = changes.iter().map(ToString::to_string).collect();
    lines.sort();
    assert_eq!(lines, ["spec.paused: true → false", "status.promoteFull: – → true"], "one patch does both");
    applied(bench.execute(planned).await);
    let now = bench.until(Kind::Rollout, GATEWAY, healthy).await;
    assert_eq!(now["spec"]["paused"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollout_that_is_gone_is_not_taken_for_an_old_controller() {
    let bench = Bench::fast().await;
    release(&bench, GATEWAY, "v1.9.5").await;
    let planned = bench.prepare(&Bench::request(Kind::Rollout, GATEWAY, Operation::Abort)).await.unwrap();
    let path = format!("/apis/argoproj.io/v1alpha1/namespaces/{NAMESPACE}/rollouts/{GATEWAY}");
    let mut copy = rollout(&bench, GATEWAY).await;
    let delete = http::Request::delete(&path).body(kube::client::Body::empty());
    bench.client.call(delete, "delete it", Duration::from_secs(20)).await.unwrap();
    let outcome = bench.execute(planned.clone()).await;
    let told = match &outcome {
        Ok(Outcome::Refused(refusal)) => refusal.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(told.contains("is not in namespace") || told.contains("is being deleted"), "{told}");
    for name in ["uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "deletionTimestamp"] {
        copy["metadata"].as_object_mut().unwrap().remove(name);
    }
    copy.as_object_mut().unwrap().remove("status");
    created(&bench, &format!("/apis/argoproj.io/v1alpha1/namespaces/{NAMESPACE}/rollouts"), &copy).await;
    let outcome = bench.execute(planned).await;
    let Ok(Outcome::Refused(refusal)) = &outcome else { panic!("{outcome:?}") };
    assert!(refusal.to_string().contains("created anew"), "{refusal}");
    assert_ne!(rollout(&bench, GATEWAY).await["status"]["abort"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_promotion_is_told_exactly_and_not_repeated() {
    let bench = Bench::fast().await;
    release(&bench, GATEWAY, "v1.9.6").await;
    bench.until(Kind::Rollout, GATEWAY, held).await;
    act(&bench, GATEWAY, Operation::Pause).await;
    let planned = bench.prepare(&Bench::request(Kind::Rollout, GATEWAY, promote(true))).await.unwrap();
    let faults = Faults { path: OF_THE_SPEC.to_owned(), status: Some(422), ..Faults::default() };
    bench.company.chaos().set(faults);
    let outcome = bench.execute(planned).await;
    let Ok(Outcome::Partly { sentence, hint }) = &outcome else { panic!("{outcome:?}") };
    bench.company.chaos().set(Faults::default());
    let expected =
        "done in part. Done: promote rollout/gateway-service in full. Not done: resume rollout/gateway-service: ";
    assert!(sentence.contains(expected), "{sentence}");
    assert!(hint.contains("patch rollout/gateway-service --type=merge -p '{\"spec\":{\"paused\":false}}'"), "{hint}");
    assert_eq!(bench.audit().last().unwrap()["result"], "partly");
    assert_eq!(rollout(&bench, GATEWAY).await["spec"]["paused"], true);
    act(&bench, GATEWAY, Operation::Resume).await;
    bench.until(Kind::Rollout, GATEWAY, healthy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_is_looked_at_again_and_a_moved_step_asked_again() {
    let bench = Bench::fast().await;
    release(&bench, GATEWAY, "v1.9.7").await;
    bench.until(Kind::Rollout, GATEWAY, held).await;
    let planned = bench.prepare(&Bench::request(Kind::Rollout, GATEWAY, Operation::Abort)).await.unwrap();
    let status = format!("{GATEWAY}/status?fieldManager");
    bench.company.chaos().set(Faults { path: status, status: Some(409), times: Some(2), ..Faults::default() });
    applied(bench.execute(planned).await);
    bench.until(Kind::Rollout, GATEWAY, |rollout| rollout["status"]["phase"] == "Degraded").await;

    act(&bench, GATEWAY, Operation::Retry).await;
    let held = bench.until(Kind::Rollout, GATEWAY, held).await;
    let planned = bench.prepare(&Bench::request(Kind::Rollout, GATEWAY, promote(false))).await.unwrap();
    // Somebody else promotes first: a yes to this step is no yes to the next.
    act(&bench, GATEWAY, promote(false)).await;
    bench.until(Kind::Rollout, GATEWAY, |rollout| step(rollout) > step(&held)).await;
    let outcome = bench.execute(planned).await;
    assert!(matches!(outcome, Ok(Outcome::Changed(_))), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaves_a_session_that_only_reads_and_rules_are_named() {
    let options = || Options { speed: 60.0, memory: false, ..Options::default() };
    let bench = Bench::at(options(), Running::kubeconfig, true).await;
    let status = format!("/apis/argoproj.io/v1alpha1/namespaces/{NAMESPACE}/rollouts/{GATEWAY}");
    let before = rollout(&bench, GATEWAY).await;
    let planned = bench.prepare(&Bench::request(Kind::Rollout, GATEWAY, Operation::Pause)).await.unwrap();
    let slipped = bench.execute(planned).await;
    assert!(
        matches!(&slipped, Ok(Outcome::Refused(refusal)) if refusal.to_string().contains("read-only")),
        "{slipped:?}"
    );
    let now: Value = bench.client.json(&status, "read it").await.unwrap();
    assert_eq!(now["spec"], before["spec"]);

    let viewer = Bench::at(options(), Running::viewer_kubeconfig, false).await;
    let refusal = viewer.refused(Kind::Rollout, GATEWAY, Operation::Pause).await;
    assert_eq!(refusal.missing.unwrap().to_string(), format!("patch rollouts.argoproj.io in {NAMESPACE}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_analysis_is_ended_before_its_time() {
    let bench = Bench::fast().await;
    release(&bench, GATEWAY, "v1.9.8").await;
    let present = |rollout: &Value| {
        let run = &rollout["status"]["canary"]["currentStepAnalysisRunStatus"];
        run["status"] == "Running"
    };
    bench.until(Kind::Rollout, GATEWAY, present).await;
    let end = Operation::Terminate { kind: "AnalysisRun".into(), name: "".into() };
    let planned = bench.prepare(&Bench::request(Kind::Rollout, GATEWAY, end)).await.unwrap();
    let run = planned.plan.writes[0].object.clone();
    applied(bench.execute(planned).await);
    let path = format!("/apis/argoproj.io/v1alpha1/namespaces/{NAMESPACE}/analysisruns/{}", run.name);
    let ended: Value = bench.client.json(&path, "read it").await.unwrap();
    assert_eq!(ended["spec"]["terminate"], true);
    bench.until(Kind::Rollout, GATEWAY, |rollout| !present(rollout)).await;
}
