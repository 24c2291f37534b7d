//! Two Deployments as one release unit: shares of pods, a promotion in two steps, switches.

use rolltop::{
    audit::unfinished,
    operation::Plan,
    session::operate::{Left, left, see_through},
};

use super::*;

const STABLE: &str = "inventory-service";
const CANARY: &str = "inventory-service-canary";
const PROMOTE: Operation = Operation::Promote { full: false };

fn image_of(deployment: &Value) -> &str {
    deployment["spec"]["template"]["spec"]["containers"][0]["image"].as_str().unwrap()
}

fn settled(deployment: &Value) -> bool {
    let (spec, status) = (&deployment["spec"], &deployment["status"]);
    let all = ["replicas", "updatedReplicas", "availableReplicas"];
    status["observedGeneration"] == deployment["metadata"]["generation"]
        && all.iter().all(|count| status[*count].as_i64().unwrap_or(0) == spec["replicas"].as_i64().unwrap())
}

/// Gives the canary, which is at rest, a new version: one pod beside the three stable ones comes with it.
async fn canary_of(bench: &Bench, version: &str) {
    let release = format!("mambogo/inventory-service:{version}");
    applied(bench.act(Kind::Deployment, CANARY, image("*", &release)).await);
    bench.until(Kind::Deployment, CANARY, settled).await;
}

/// Does something and returns its plan.
async fn done(bench: &Bench, name: &str, operation: Operation) -> Plan {
    let planned = bench.prepare(&Bench::request(Kind::Deployment, name, operation)).await.unwrap();
    let plan = planned.plan.clone();
    applied(bench.execute(planned).await);
    plan
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_canary_is_promoted_in_two_steps() {
    let bench = Bench::fast().await;
    let none = bench.refused(Kind::Deployment, STABLE, PROMOTE).await.to_string();
    assert!(none.contains("runs no pods: there is nothing to promote"), "{none}");
    canary_of(&bench, "v1.7.0").await;
    assert_eq!(bench.target(Kind::Deployment, CANARY).await["spec"]["replicas"], 1);
    let old = bench.target(Kind::Deployment, STABLE).await;

    let planned = bench.prepare(&Bench::request(Kind::Deployment, STABLE, PROMOTE)).await.unwrap();
    let Preview::DryRun(changes) = &planned.preview else { panic!("{planned:?}") };
    let lines: Vec<String> = changes.iter().map(ToString::to_string).collect();
    assert!(lines.iter().any(|line| line.contains(".image: mambogo/inventory-service:v1.6.0 → ")), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains(".labels")), "{lines:?}");
    let first = planned.plan.clone();
    assert!(first.then.as_deref().unwrap().contains("scale deployment/inventory-service-canary from 1 to 0"));
    applied(bench.execute(planned).await);

    let new = bench.target(Kind::Deployment, STABLE).await;
    assert_eq!(image_of(&new), "mambogo/inventory-service:v1.7.0");
    let labels = |deployment: &Value| deployment["spec"]["template"]["metadata"]["labels"].clone();
    assert_eq!((labels(&new), labels(&new)["track"].as_str()), (labels(&old), Some("stable")));
    assert_eq!(bench.target(Kind::Deployment, CANARY).await["spec"]["replicas"], 1, "it serves until stable is ready");
    let early = bench.refused(Kind::Deployment, STABLE, Operation::Finish).await;
    assert!(early.waits, "{early}");

    // A program that died here finds it in its audit at the next start.
    let open = unfinished(bench.journal.path(), "rolltop-demo").unwrap();
    assert_eq!(open.iter().map(|one| one.target.to_string()).collect::<Vec<_>>(), ["deployment/inventory-service"]);
    let look = left(&bench.client, &bench.link, (&open[0].target, &open[0].uid), &bench.journal).await;
    assert_eq!(look, Some(Left::ToDo));

    let policy = Policy { protected: true, ..Policy::default() };
    let second = see_through(&bench.client, &bench.link, &first, &policy, &bench.journal);
    let second = tokio::time::timeout(PATIENCE, second).await.unwrap();
    assert!(applied(second).starts_with("finish the promotion of deployment/inventory-service"));
    assert_eq!(bench.target(Kind::Deployment, CANARY).await["spec"]["replicas"], 0);
    assert!(settled(&bench.target(Kind::Deployment, STABLE).await), "not before");
    assert_eq!(unfinished(bench.journal.path(), "rolltop-demo").unwrap(), []);
    let consent = bench.audit().iter().rev().find_map(|line| line["consent"].as_str().map(str::to_owned));
    assert_eq!(consent.as_deref(), Some("with the first step"));
    let look = left(&bench.client, &bench.link, (&open[0].target, &open[0].uid), &bench.journal).await;
    assert!(matches!(look, Some(Left::Nothing(_))), "{look:?}");

    undone(&bench, Kind::Deployment, STABLE).await;
    assert_eq!(image_of(&bench.target(Kind::Deployment, STABLE).await), "mambogo/inventory-service:v1.6.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_canary_is_given_up_and_never_finished_by_mistake() {
    let bench = Bench::fast().await;
    canary_of(&bench, "v1.7.1").await;
    let mixed = bench.refused(Kind::Deployment, STABLE, Operation::Finish).await;
    assert!(!mixed.waits && mixed.to_string().contains("runs another version"), "{mixed}");
    let plan = done(&bench, STABLE, Operation::Abort).await;
    assert_eq!(plan.undo, format!("rolltop -n {NAMESPACE} scale deployment/{CANARY} 1"));
    let canary = bench.until(Kind::Deployment, CANARY, settled).await;
    assert_eq!((&canary["spec"]["replicas"], image_of(&canary)), (&json!(0), "mambogo/inventory-service:v1.7.1"));
    assert_eq!(image_of(&bench.target(Kind::Deployment, STABLE).await), "mambogo/inventory-service:v1.6.0");
    let again = bench.refused(Kind::Deployment, STABLE, Operation::Abort).await.to_string();
    assert!(again.contains("nothing to abort"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn going_back_between_the_two_steps_takes_the_canary_along() {
    let bench = Bench::fast().await;
    // Of a canary at rest the first pod comes with its image.
    let plan = done(&bench, CANARY, image("*", "mambogo/inventory-service:v1.7.2")).await;
    assert_eq!(plan.writes.len(), 2, "{plan:?}");
    let canary = bench.until(Kind::Deployment, CANARY, settled).await;
    assert_eq!((&canary["spec"]["replicas"], image_of(&canary)), (&json!(1), "mambogo/inventory-service:v1.7.2"));
    let promoted = done(&bench, STABLE, PROMOTE).await;
    bench
        .until(Kind::Deployment, STABLE, |stable| {
            stable["status"]["observedGeneration"] == stable["metadata"]["generation"]
        })
        .await;
    let back = done(&bench, STABLE, Operation::Undo { to: None }).await;
    assert_eq!(back.writes.len(), 2, "{back:?}");
    assert_eq!(image_of(&bench.target(Kind::Deployment, STABLE).await), "mambogo/inventory-service:v1.6.0");
    let canary = bench.target(Kind::Deployment, CANARY).await;
    assert_eq!(canary["spec"]["replicas"], 0);
    // Nothing is left to be finished then, and nothing is.
    let policy = Policy::default();
    let second = see_through(&bench.client, &bench.link, &promoted, &policy, &bench.journal);
    let second = tokio::time::timeout(PATIENCE, second).await.unwrap();
    assert!(matches!(&second, Ok(Outcome::Refused(_)) | Err(Failure::Refused(_))), "{second:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_is_given_up_without_a_switch() {
    let bench = Bench::fast().await;
    applied(bench.act(Kind::Deployment, GREEN, image("*", "mambogo/search-service:v0.15.0")).await);
    bench.until(Kind::Deployment, GREEN, settled).await;
    let plan = done(&bench, BLUE, Operation::Abort).await;
    assert_eq!(
        plan.summary,
        "abort the preview of deployment/search-service-blue: scale deployment/search-service-green from 3 to 0"
    );
    assert_eq!(slot(&bench).await, "blue");
    assert_eq!(bench.target(Kind::Deployment, GREEN).await["spec"]["replicas"], 0);
    // The next version brings its pods along.
    applied(bench.act(Kind::Deployment, GREEN, image("*", "mambogo/search-service:v0.15.1")).await);
    assert_eq!(bench.target(Kind::Deployment, GREEN).await["spec"]["replicas"], 3);
}

const BLUE: &str = "search-service-blue";
const GREEN: &str = "search-service-green";

async fn slot(bench: &Bench) -> Value {
    let path = format!("/api/v1/namespaces/{NAMESPACE}/services/search-service");
    bench.client.json::<Value>(&path, "read the service").await.unwrap()["spec"]["selector"]["slot"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_switched_and_switched_back() {
    let bench = Bench::fast().await;
    assert_eq!(slot(&bench).await, "blue");
    for name in [BLUE, GREEN] {
        bench.until(Kind::Deployment, name, settled).await;
    }
    let planned = bench.prepare(&Bench::request(Kind::Deployment, BLUE, PROMOTE)).await.unwrap();
    let Preview::DryRun(changes) = &planned.preview else { panic!("{planned:?}") };
    let lines: Vec<String> = changes.iter().map(ToString::to_string).collect();
    assert_eq!(lines, ["service/search-service: spec.selector.slot: blue → green"]);
    applied(bench.execute(planned).await);
    assert_eq!(slot(&bench).await, "green");
    // The unit bears the name of the side users reach.
    done(&bench, GREEN, Operation::Abort).await;
    assert_eq!(slot(&bench).await, "blue");
    let count = bench.target(Kind::Deployment, GREEN).await["spec"]["replicas"].clone();
    assert_eq!(bench.target(Kind::Deployment, BLUE).await["spec"]["replicas"], count, "both sides stay up");

    applied(bench.act(Kind::Deployment, GREEN, Operation::Scale(ScaleTo::Exactly(0))).await);
    let refusal = bench.refused(Kind::Deployment, BLUE, PROMOTE).await.to_string();
    assert!(refusal.contains("users would reach nothing"), "{refusal}");
    applied(bench.act(Kind::Deployment, GREEN, image("*", "mambogo/search-service:v9-noready")).await);
    applied(bench.act(Kind::Deployment, GREEN, Operation::Scale(ScaleTo::Exactly(2))).await);
    let refusal = bench.refused(Kind::Deployment, BLUE, PROMOTE).await;
    assert!(refusal.waits && refusal.to_string().contains("is not ready"), "{refusal}");
    assert_eq!(slot(&bench).await, "blue");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_made_anew_between_preview_and_yes_is_not_switched() {
    let bench = Bench::fast().await;
    for name in [BLUE, GREEN] {
        bench.until(Kind::Deployment, name, settled).await;
    }
    let planned = bench.prepare(&Bench::request(Kind::Deployment, BLUE, PROMOTE)).await.unwrap();
    let path = format!("/api/v1/namespaces/{NAMESPACE}/services/search-service");
    let mut copy: Value = bench.client.json(&path, "read it").await.unwrap();
    let delete = http::Request::delete(&path).body(kube::client::Body::empty());
    bench.client.call(delete, "delete it", Duration::from_secs(20)).await.unwrap();
    for name in ["uid", "resourceVersion", "creationTimestamp", "managedFields"] {
        copy["metadata"].as_object_mut().unwrap().remove(name);
    }
    created(&bench, &format!("/api/v1/namespaces/{NAMESPACE}/services"), &copy).await;
    let outcome = bench.execute(planned).await;
    let Ok(Outcome::Refused(refusal)) = &outcome else { panic!("{outcome:?}") };
    assert!(refusal.to_string().contains("service/search-service was deleted and created anew"), "{refusal}");
    assert_eq!(slot(&bench).await, "blue");
}
