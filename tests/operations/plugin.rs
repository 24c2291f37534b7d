//! The patches of Argo's kubectl plugin, which its dashboard sends as well: the same bodies as ours, sent as they are, and
//! what the controller makes of each.

use rolltop::operation::{Patch, Send};

use super::*;

const GATEWAY: &str = "gateway-service";
const GROUP: &str = "/apis/argoproj.io/v1alpha1/namespaces/mambogo-production";
/// The step of the gateway that waits for a person, and how many there are.
const OPEN_PAUSE: i64 = 7;
const STEPS: i64 = 10;

/// A patch: the subresource, and the body.
type Sent = (Option<&'static str>, Value);

async fn raw(bench: &Bench, method: &str, path: &str, kind: &str, body: &Value) -> (u16, Value) {
    let request = http::Request::builder().method(method).uri(path).header("content-type", kind);
    let request = request.body(kube::client::Body::from(serde_json::to_vec(body).unwrap()));
    let answer = bench.client.call(request, "send what the plugin sends", Duration::from_secs(20)).await.unwrap();
    (answer.status.as_u16(), serde_json::from_slice(&answer.body).unwrap_or_default())
}

/// Sends merge patches one after the other, as the plugin does.
async fn send(bench: &Bench, object: &str, patches: &[Sent]) {
    for (subresource, body) in patches {
        let path = format!("{GROUP}/{object}{}", subresource.map(|name| format!("/{name}")).unwrap_or_default());
        let (code, answer) = raw(bench, "PATCH", &path, "application/merge-patch+json", body).await;
        assert_eq!(code, 200, "{path} {body}: {answer}");
    }
}

/// What we would send for an operation now.
async fn ours(bench: &Bench, operation: Operation) -> Vec<Sent> {
    let planned = bench.prepare(&Bench::request(Kind::Rollout, GATEWAY, operation)).await.unwrap();
    let one = |send: &Send| match send {
        Send::Patch(Patch { subresource, body, .. }) => (*subresource, body.clone()),
        other => panic!("{other:?}"),
    };
    planned.plan.writes.iter().map(|write| one(&write.send)).collect()
}

/// Checks that ours are the plugin's, sends those, and waits for their effect.
async fn takes_effect(
    bench: &Bench,
    operation: Operation,
    patches: Vec<Sent>,
    there: impl Fn(&Value) -> bool,
) -> Value {
    assert_eq!(ours(bench, operation.clone()).await, patches, "{operation:?}");
    send(bench, &format!("rollouts/{GATEWAY}"), &patches).await;
    bench.until(Kind::Rollout, GATEWAY, there).await
}

async fn release(bench: &Bench, version: &str) {
    applied(bench.act(Kind::Rollout, GATEWAY, image("*", &format!("mambogo/{GATEWAY}:{version}"))).await);
    bench
        .until(Kind::Rollout, GATEWAY, |rollout| rollout["status"]["currentPodHash"] != rollout["status"]["stableRS"])
        .await;
}

fn step(rollout: &Value) -> i64 {
    rollout["status"]["currentStepIndex"].as_i64().unwrap_or(0)
}

fn held(rollout: &Value) -> bool {
    rollout["status"]["pauseConditions"].as_array().is_some_and(|all| !all.is_empty())
}

fn healthy(rollout: &Value) -> bool {
    let status = &rollout["status"];
    status["phase"] == "Healthy" && status["currentPodHash"] == status["stableRS"]
}

fn waits(rollout: &Value) -> bool {
    step(rollout) == OPEN_PAUSE && held(rollout)
}

fn status(body: &Value) -> Sent {
    (Some("status"), json!({"status": body}))
}

fn paused(paused: bool) -> Sent {
    (None, json!({"spec": {"paused": paused}}))
}

#[tokio::test(flavor = "multi_thread")]
async fn pause_promote_skip_and_promote_in_full() {
    let bench = Bench::fast().await;
    // Held by a person before its first step, so that no pause of its own comes between.
    takes_effect(&bench, Operation::Pause, vec![paused(true)], |rollout| rollout["status"]["phase"] == "Paused").await;
    release(&bench, "v1.9.3").await;
    let before = bench.target(Kind::Rollout, GATEWAY).await;
    assert!(!held(&before), "{before:#}");
    let next = step(&before) + 1;
    takes_effect(&bench, Operation::SkipStep, vec![status(&json!({"currentStepIndex": next}))], |rollout| {
        step(rollout) == next
    })
    .await;
    let promoted = vec![status(&json!({"pauseConditions": null, "currentStepIndex": next + 1})), paused(false)];
    takes_effect(&bench, Operation::Promote { full: false }, promoted, |rollout| step(rollout) > next).await;
    bench.until(Kind::Rollout, GATEWAY, waits).await;
    let promoted = vec![status(&json!({"pauseConditions": null}))];
    takes_effect(&bench, Operation::Promote { full: false }, promoted, |rollout| step(rollout) > OPEN_PAUSE).await;
    // All that is left at once, as the old flag of the plugin does it.
    send(&bench, &format!("rollouts/{GATEWAY}"), &[status(&json!({"currentStepIndex": STEPS}))]).await;
    bench.until(Kind::Rollout, GATEWAY, healthy).await;

    release(&bench, "v1.9.4").await;
    let full = vec![status(&json!({"promoteFull": true}))];
    takes_effect(&bench, Operation::Promote { full: true }, full, healthy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn abort_retry_restart_terminate_and_go_back() {
    let bench = Bench::fast().await;
    let before = bench.target(Kind::Rollout, GATEWAY).await;
    release(&bench, "v1.9.3").await;
    let aborted = takes_effect(&bench, Operation::Abort, vec![status(&json!({"abort": true}))], |rollout| {
        rollout["status"]["phase"] == "Degraded"
    })
    .await;
    assert_eq!(step(&aborted), 0, "it would begin anew");
    takes_effect(&bench, Operation::Retry, vec![status(&json!({"abort": false}))], |rollout| {
        rollout["status"]["phase"] != "Degraded" && rollout["status"]["abortedAt"].is_null()
    })
    .await;

    let present = |rollout: &Value| rollout["status"]["canary"]["currentStepAnalysisRunStatus"]["status"] == "Running";
    let rollout = bench.until(Kind::Rollout, GATEWAY, present).await;
    let run = rollout["status"]["canary"]["currentStepAnalysisRunStatus"]["name"].as_str().unwrap().to_owned();
    let end = Operation::Terminate { kind: "AnalysisRun".into(), name: "".into() };
    let terminate = vec![(None, json!({"spec": {"terminate": true}}))];
    assert_eq!(ours(&bench, end).await, terminate);
    send(&bench, &format!("analysisruns/{run}"), &terminate).await;
    bench.until(Kind::Rollout, GATEWAY, |rollout| !present(rollout)).await;

    // Back: the template of a ReplicaSet without the label its controller adds, by a JSON patch of that alone.
    let template = before["spec"]["template"].clone();
    let body = json!([{"op": "replace", "path": "/spec/template", "value": template}]);
    let path = format!("{GROUP}/rollouts/{GATEWAY}");
    let (code, answer) = raw(&bench, "PATCH", &path, "application/json-patch+json", &body).await;
    assert_eq!(code, 200, "{answer}");
    bench.until(Kind::Rollout, GATEWAY, healthy).await;

    let at = Timestamp::now().round(jiff::Unit::Second).unwrap().to_string();
    let [(None, body)] = &ours(&bench, Operation::Restart).await[..] else { panic!("one patch of the spec") };
    assert!(body["spec"]["restartAt"].is_string() && body["spec"].as_object().unwrap().len() == 1, "{body}");
    send(&bench, &format!("rollouts/{GATEWAY}"), &[(None, json!({"spec": {"restartAt": at}}))]).await;
    bench.until(Kind::Rollout, GATEWAY, |rollout| rollout["status"]["restartedAt"] == at.as_str()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_controller_takes_status_and_spec_in_one() {
    let bench = Bench::fast().await;
    release(&bench, "v1.9.3").await;
    bench.until(Kind::Rollout, GATEWAY, waits).await;
    bench.company.chaos().set(Faults { old_rollouts: true, ..Faults::default() });
    let path = format!("{GROUP}/rollouts/{GATEWAY}");
    let merge = "application/merge-patch+json";
    let (code, _) = raw(&bench, "PATCH", &format!("{path}/status"), merge, &json!({"status": {"abort": true}})).await;
    assert_eq!(code, 404, "there is no such subresource");
    let (code, _) = raw(&bench, "GET", &path, merge, &Value::Null).await;
    assert_eq!(code, 200, "and yet the object is there");
    let whole = json!({"spec": {"paused": false}, "status": {"pauseConditions": null}});
    let planned = bench.prepare(&Bench::request(Kind::Rollout, GATEWAY, Operation::Promote { full: false })).await;
    let Send::Patch(Patch { unified, .. }) = &planned.unwrap().plan.writes[0].send else { panic!() };
    assert_eq!(unified.as_ref(), Some(&whole), "ours is the same");
    send(&bench, &format!("rollouts/{GATEWAY}"), &[(None, whole)]).await;
    bench.until(Kind::Rollout, GATEWAY, |rollout| step(rollout) > OPEN_PAUSE).await;
}
