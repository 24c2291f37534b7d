//! Watching under faults, against the simulated cluster: nothing lost, nothing doubled, nothing blanked.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

#[path = "support/company.rs"]
mod company;

use company::{Company, Feed, open};
use rolltop::{
    cluster::logs::LogChunk,
    domain::{Absence, Delta, Family, Kind, LinkState, LogRequest, Observation, SourceState},
    release::Assessments,
    session::{ConnectOptions, Live},
    world::World,
};
use serde_json::json;

const DEPLOYMENTS: Family = Family::Workloads(Kind::Deployment);
/// Every request for deployments of the test's namespace.
const PATH: &str = "/apis/apps/v1/namespaces/shop/deployments?";

/// Waits for a state of the deployments' source.
async fn state(feed: &mut Feed, what: &str, wanted: impl Fn(&SourceState) -> bool) -> SourceState {
    feed.until(what, |observation| match observation {
        Observation::Source { family, state, .. } if *family == DEPLOYMENTS && wanted(state) => Some(state.clone()),
        _ => None,
    })
    .await
}

fn is_lost(state: &SourceState) -> bool {
    matches!(state, SourceState::Lost { .. })
}

/// What the deployments' source was told to be, from an observation on.
fn states(feed: &Feed, from: usize) -> Vec<&SourceState> {
    feed.seen[from..]
        .iter()
        .filter_map(|observation| match observation {
            Observation::Source { family, state, .. } if *family == DEPLOYMENTS => Some(state),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn an_expired_version_is_listed_again_without_a_flicker() {
    let company = Company::start().await;
    company.deploy("order");
    let (session, mut feed) = open(company.admin());
    assert_eq!(feed.deployments().await, ["order"]);
    let from = feed.seen.len();
    // What happens while the watch is down is forgotten by the server before it is back.
    company.fault(json!({"path": PATH, "delay_ms": 300}));
    company.running.chaos.drop_connections();
    company.deploy("payment");
    company.store.with(rolltop::demo::store::Store::compact);
    assert_eq!(feed.deployments().await, ["order", "payment"]);
    company.deploy("cart");
    feed.applied("cart").await;
    assert!(
        states(&feed, from).iter().all(|state| !matches!(state, SourceState::Listing | SourceState::Absent(_))),
        "{:?}",
        states(&feed, from)
    );
    session.close();
}

#[tokio::test]
async fn http_410_is_listed_again_too() {
    let company = Company::start().await;
    let (session, mut feed) = open(company.admin());
    feed.deployments().await;
    // Once a change arrived, the watch is open.
    company.deploy("first");
    feed.applied("first").await;
    company.fault(json!({"path": &format!("{PATH}watch"), "status": 410}));
    company.running.chaos.drop_connections();
    feed.deployments().await;
    company.heal();
    company.deploy("cart");
    feed.applied("cart").await;
    session.close();
}

#[tokio::test]
async fn a_broken_connection_is_resumed_without_a_new_list() {
    let company = Company::start().await;
    company.deploy("order");
    let (session, mut feed) = open(company.admin());
    feed.deployments().await;
    company.deploy("first");
    feed.applied("first").await;
    let from = feed.seen.len();
    company.running.chaos.drop_connections();
    company.deploy("second");
    feed.applied("second").await;
    let lists = feed.seen[from..]
        .iter()
        .filter(|one| matches!(one, Observation::Workloads(Kind::Deployment, Delta::Reset { .. })));
    assert_eq!(lists.count(), 0, "what was missed arrives as changes");
    session.close();
}

#[tokio::test]
async fn a_line_cut_in_half_loses_nothing() {
    let company = Company::start().await;
    let (session, mut feed) = open(company.admin());
    feed.deployments().await;
    company.fault(json!({"path": &format!("{PATH}watch"), "cut": true, "times": 1}));
    company.running.chaos.drop_connections();
    company.deploy("order");
    feed.applied("order").await;
    session.close();
}

#[tokio::test]
async fn a_failing_list_is_lost_with_a_reason_and_comes_back() {
    for faults in [
        json!({"html": true, "times": 2}),
        json!({"status": 500, "times": 2}),
        json!({"status": 429, "retry_after": 1, "times": 1}),
        json!({"cut": true, "times": 2}),
        json!({"status": 401, "times": 2}),
    ] {
        let company = Company::start().await;
        company.deploy("order");
        let mut here = faults.clone();
        here["path"] = json!(PATH);
        company.fault(here);
        let (session, mut feed) = open(company.admin());
        let SourceState::Lost { why, .. } = state(&mut feed, "lost", is_lost).await else { panic!() };
        assert!(why.len() > 20, "{why}");
        assert_eq!(feed.deployments().await, ["order"], "{faults}");
        let settled = |state: &SourceState| *state == SourceState::Synced;
        if !states(&feed, 0).into_iter().any(settled) {
            state(&mut feed, "synced", settled).await;
        }
        session.close();
    }
}

#[tokio::test]
async fn what_is_forbidden_or_absent_is_so_with_its_reason_and_nothing_else_suffers() {
    let company = Company::start().await;
    company.deploy("order");
    company.fault(json!({"forbidden": ["horizontalpodautoscalers"], "path": "metrics.k8s.io", "status": 404}));
    let (session, mut feed) = open(company.admin());
    let absence = |wanted: Family| {
        move |observation: &Observation| match observation {
            Observation::Source { family, state: SourceState::Absent(why), .. } if *family == wanted => {
                Some(why.clone())
            }
            _ => None,
        }
    };
    let mut known = World::new();
    let mut why = Vec::new();
    for family in [Family::Autoscalers, Family::PodUsage] {
        let before = feed.seen.iter().find_map(absence(family));
        why.push(match before {
            Some(why) => why,
            None => feed.until("an absence", absence(family)).await,
        });
    }
    assert_eq!(why[0], Absence::Forbidden("list horizontalpodautoscalers.autoscaling in shop".into()));
    assert_eq!(why[1], Absence::NoApi("metrics.k8s.io".into()));
    company.deploy("payment");
    feed.applied("payment").await;
    for observation in feed.seen.drain(..) {
        known.apply(observation, jiff::Timestamp::now());
    }
    assert_eq!(known.workloads().count(), 2);
    session.close();
}

#[tokio::test]
async fn a_server_that_falls_silent_is_found_out_and_resumed() {
    let company = Company::start().await;
    let (session, mut feed) = open(company.admin());
    feed.deployments().await;
    company.fault(json!({"stall": true}));
    let (sentence, _, again) = feed.down().await;
    assert!(sentence.contains("did not answer in time") && again, "{sentence}");
    company.deploy("order");
    company.heal();
    feed.live().await;
    let seen = feed
        .seen
        .iter()
        .any(|one| matches!(one, Observation::Workloads(_, Delta::Applied(item)) if &*item.meta.name == "order"));
    if !seen {
        feed.applied("order").await;
    }
    session.close();
}

#[tokio::test]
async fn a_live_world_is_judged_and_drained() {
    let company = Company::start().await;
    company.deploy("order");
    let mut live = Live::open(ConnectOptions { access: company.admin(), ..ConnectOptions::default() });
    let judged = async {
        while live.assessments.is_empty() {
            live.next(jiff::Timestamp::now).await.unwrap();
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), judged).await.unwrap();
    let again: Assessments = std::mem::take(&mut live.assessments);
    assert_eq!(again.iter().next().map(|one| one.key.name.to_string()).as_deref(), Some("order"));
    assert_eq!(live.world.link().map(|link| link.state.clone()), Some(LinkState::Live));
    live.session.close();
    while live.next(jiff::Timestamp::now).await.is_some() {}
}

#[tokio::test]
async fn a_log_that_is_not_there_is_worded() {
    let company = Company::start().await;
    let (session, mut feed) = open(company.admin());
    feed.live().await;
    session.wait_connected().await.unwrap();
    let request = LogRequest {
        namespace: "shop".into(),
        pod: "gone".into(),
        container: "main".into(),
        previous: false,
        follow: true,
        tail: 500,
    };
    let mut chunks = session.logs(request).unwrap();
    let Some(LogChunk::Pause(failure)) = chunks.recv().await else { panic!() };
    assert_eq!(failure.sentence, "pod gone is gone");
    assert!(chunks.recv().await.is_none(), "there is nothing to wait for");
    session.close();
}
