//! Flagger: its spec, its gates through the proxy, its target, and second steps.

use rolltop::{audit::unfinished, session::operate::see_through};

use super::*;

const CART: &str = "cart-service";
const PRIMARY: &str = "cart-service-primary";

fn phase(canary: &Value) -> &str {
    canary["status"]["phase"].as_str().unwrap_or_default()
}

async fn reaches(bench: &Bench, wanted: &[&str]) -> Value {
    bench.until(Kind::Canary, CART, |canary| wanted.contains(&phase(canary))).await
}

async fn act(bench: &Bench, operation: Operation) -> String {
    applied(bench.act(Kind::Canary, CART, operation).await)
}

/// A cart whose promotion waits for a gate, and which can be rolled back by one.
async fn gated() -> Bench {
    let bench = Bench::fast().await;
    reaches(&bench, &["Initialized", "Succeeded"]).await;
    bench
}

fn release(version: &str) -> Operation {
    image("*", &format!("mambogo/{CART}:{version}"))
}

async fn serving(bench: &Bench) -> Value {
    bench.target(Kind::Deployment, PRIMARY).await["spec"]["template"]["spec"]["containers"][0]["image"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_is_opened_and_the_canary_goes_through() {
    let bench = gated().await;
    let none = bench.refused(Kind::Canary, CART, Operation::Promote { full: false }).await.to_string();
    assert!(none.contains("Flagger tests no new version"), "{none}");
    act(&bench, release("v9.0.0")).await;
    reaches(&bench, &["Progressing"]).await;
    act(&bench, Operation::Pause).await;
    assert_eq!(bench.target(Kind::Canary, CART).await["spec"]["suspend"], true);
    act(&bench, Operation::Resume).await;
    reaches(&bench, &["WaitingPromotion"]).await;
    let planned = bench.prepare(&Bench::request(Kind::Canary, CART, Operation::Promote { full: false })).await.unwrap();
    let Preview::Described(words) = &planned.preview else { panic!("{planned:?}") };
    assert!(words.contains("POST /gate/open to service/flagger-loadtester"), "{words}");
    assert_eq!(phase(&bench.target(Kind::Canary, CART).await), "WaitingPromotion", "a preview opens nothing");
    applied(bench.execute(planned).await);
    reaches(&bench, &["Succeeded"]).await;
    assert_eq!(serving(&bench).await, format!("mambogo/{CART}:v9.0.0"));
    act(&bench, Operation::Gate { kind: "confirm-promotion".into(), open: false }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_is_rolled_back_tried_again_and_hurried() {
    let bench = gated().await;
    let before = serving(&bench).await;
    act(&bench, release("v9.1.0")).await;
    reaches(&bench, &["Progressing"]).await;
    let first = bench.prepare(&Bench::request(Kind::Canary, CART, Operation::Abort)).await.unwrap();
    let plan = first.plan.clone();
    applied(bench.execute(first).await);
    reaches(&bench, &["Failed"]).await;
    assert_eq!(serving(&bench).await, before);
    // The second step closes the gate, or the next version would be rolled back as well.
    let policy = Policy::default();
    let closed = see_through(&bench.client, &bench.link, &plan, &policy, &bench.journal);
    applied(tokio::time::timeout(PATIENCE, closed).await.unwrap());
    act(&bench, Operation::Retry).await;
    reaches(&bench, &["Progressing"]).await;

    let hurried = bench.prepare(&Bench::request(Kind::Canary, CART, Operation::Promote { full: true })).await.unwrap();
    let plan = hurried.plan.clone();
    applied(bench.execute(hurried).await);
    assert_eq!(unfinished(bench.journal.path(), "rolltop-demo").unwrap().len(), 1);
    let back = see_through(&bench.client, &bench.link, &plan, &policy, &bench.journal);
    applied(tokio::time::timeout(PATIENCE, back).await.unwrap());
    let canary = bench.target(Kind::Canary, CART).await;
    assert_eq!((&canary["spec"]["skipAnalysis"], phase(&canary)), (&json!(false), "Succeeded"));
    assert_eq!(serving(&bench).await, format!("mambogo/{CART}:v9.1.0"));
    assert_eq!(unfinished(bench.journal.path(), "rolltop-demo").unwrap(), []);
}
