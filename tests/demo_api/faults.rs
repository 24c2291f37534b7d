//! The faults that tests of clients throw in.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{APPS, Cluster, Lines, read};

#[tokio::test]
async fn statuses_pages_and_counts() {
    let cluster = Cluster::start().await;
    for status in [410, 429, 500] {
        cluster.set_faults(&json!({"status": status, "retry_after": 3, "path": "/deployments"})).await;
        let answer = cluster.get(APPS).await;
        assert_eq!((answer.code, answer.retry_after.as_deref()), (status, Some("3")));
        assert_eq!(answer.body["kind"], "Status");
    }
    assert_eq!(cluster.get("/api/v1/namespaces").await.code, 200, "only the named path is hit");
    cluster.set_faults(&json!({"html": true, "times": 1})).await;
    assert!(matches!(cluster.get(APPS).await.body, Value::String(page) if page.starts_with("<!DOCTYPE html>")));
    assert_eq!(cluster.get(APPS).await.code, 200, "one time is one time");
}

#[tokio::test]
async fn expired_tokens_forbidden_kinds_and_the_way_back() {
    let cluster = Cluster::start().await;
    cluster.set_faults(&json!({"token_expired": true})).await;
    assert_eq!(cluster.get(APPS).await.code, 401);
    cluster.set_faults(&json!({"forbidden": ["deployments"]})).await;
    assert_eq!(cluster.get(APPS).await.code, 403);
    cluster.delete("/rolltop/control/faults").await;
    assert_eq!(cluster.get(APPS).await.code, 200);
    assert_eq!(cluster.put("/rolltop/control/faults", &json!({"statsu": 500})).await.code, 400);
}

#[tokio::test]
async fn dropped_connections_end_watches() {
    let cluster = Cluster::start().await;
    let mut lines = Lines::new(
        cluster.as_admin(Method::GET, &format!("{APPS}?watch=true&resourceVersion=2")).send().await.unwrap(),
    );
    cluster.deployment("a").await;
    assert_eq!(lines.heard().await, "ADDED a");
    cluster.running.chaos.drop_connections();
    assert!(lines.next().await.is_err(), "the stream breaks instead of ending");
    assert_eq!(cluster.get(APPS).await.code, 200, "a new connection is welcome");
}

#[tokio::test]
async fn metrics_that_are_absent_and_metrics_that_fail_differ() {
    let cluster = Cluster::start().await;
    let path = "/apis/metrics.k8s.io/v1beta1/nodes";
    let group = "/apis/metrics.k8s.io/v1beta1";
    let listed = |groups: &Value| {
        let groups = groups["groups"].as_array().unwrap();
        groups.iter().any(|group| group["name"] == "metrics.k8s.io")
    };
    for (faults, code, there) in [
        (json!({}), 200, true),
        (json!({"without_metrics": true}), 404, false),
        (json!({"failing_metrics": true}), 503, true),
    ] {
        cluster.set_faults(&faults).await;
        assert_eq!((cluster.get(path).await.code, cluster.get(group).await.code), (code, code), "{faults}");
        assert_eq!(listed(&cluster.get("/apis").await.body), there, "{faults}");
    }
}

#[tokio::test]
async fn only_a_company_lets_things_happen_and_only_for_its_administrator() {
    let cluster = Cluster::start().await;
    let inject = "/rolltop/control/inject";
    assert_eq!(read(cluster.as_viewer(Method::POST, inject).send().await.unwrap()).await.code, 403);
    assert_eq!(cluster.post(inject, &json!({})).await.code, 501);
}

#[tokio::test]
async fn a_line_cut_in_half_breaks_the_stream() {
    let cluster = Cluster::start().await;
    cluster.deployment("a").await;
    cluster.set_faults(&json!({"cut": true, "path": "watch"})).await;
    let mut response = cluster.as_admin(Method::GET, &format!("{APPS}?watch=true")).send().await.unwrap();
    let half = response.chunk().await.unwrap().unwrap();
    assert!(half.starts_with(b"{\"type\":\"ADDED\"") && !half.contains(&b'\n'));
    assert!(response.chunk().await.is_err());
}

#[tokio::test]
async fn a_stalled_server_answers_nobody_until_healed() {
    let cluster = Cluster::start().await;
    let mut lines = Lines::new(
        cluster.as_admin(Method::GET, &format!("{APPS}?watch=true&resourceVersion=2")).send().await.unwrap(),
    );
    cluster.set_faults(&json!({"stall": true})).await;
    let hanging = cluster.as_admin(Method::GET, APPS).timeout(Duration::from_millis(300)).send().await;
    assert!(hanging.unwrap_err().is_timeout());
    let writer = rolltop::demo::store::Writer::new("test", jiff::Timestamp::now());
    let mut quiet = crate::support::deployment("a");
    quiet["metadata"]["namespace"] = json!("shop");
    cluster.store.with(|store| store.create(&rolltop::demo::store::resource::DEPLOYMENTS, quiet, &writer)).unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(200), lines.next()).await.is_err(), "a stalled watch is silent");
    cluster.set_faults(&json!({})).await;
    assert_eq!(lines.heard().await, "ADDED a");
}

#[tokio::test]
async fn a_slow_server_answers_late_and_only_where_it_was_told_to() {
    let cluster = Cluster::start().await;
    cluster.set_faults(&json!({"delay_ms": 400, "path": "/deployments", "times": 1})).await;
    let begun = std::time::Instant::now();
    assert_eq!(cluster.get(APPS).await.code, 200, "late, but the true answer");
    assert!(begun.elapsed() >= Duration::from_millis(400), "{:?}", begun.elapsed());
    let left = cluster.get("/rolltop/control/faults").await.body;
    assert_eq!((&left["times"], &left["delay_ms"]), (&json!(0), &json!(400)), "what is left of it can be looked at");
    cluster.set_faults(&json!({"delay_ms": 60_000, "path": "/deployments"})).await;
    let other = cluster.as_admin(Method::GET, "/api/v1/namespaces").timeout(Duration::from_secs(10)).send().await;
    assert_eq!(other.unwrap().status(), 200, "no other path waits");
}

#[tokio::test]
async fn statuses_meet_watches_and_pages_too() {
    let cluster = Cluster::start().await;
    let version = cluster.deployment("a").await["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    cluster.deployment("b").await;
    let token = cluster.get(&format!("{APPS}?limit=1")).await.body["metadata"]["continue"].as_str().unwrap().to_owned();
    cluster.set_faults(&json!({"status": 410, "path": "watch=true", "times": 1})).await;
    let watch = format!("{APPS}?watch=true&timeoutSeconds=1&resourceVersion={version}");
    let refused = cluster.get(&watch).await;
    assert_eq!((refused.code, refused.body["reason"].as_str()), (410, Some("Expired")));
    assert_eq!(cluster.as_admin(Method::GET, &watch).send().await.unwrap().status(), 200, "once is once");
    cluster.set_faults(&json!({"status": 410, "path": "continue=", "times": 1})).await;
    let page = format!("{APPS}?limit=1&continue={token}");
    assert_eq!(cluster.get(&page).await.code, 410);
    assert_eq!(cluster.get(&page).await.body["items"][0]["metadata"]["name"], "b");
    cluster.set_faults(&json!({"status": 429, "retry_after": 2, "path": "/deployments"})).await;
    let refused = cluster.post(APPS, &crate::support::deployment("c")).await;
    assert_eq!((refused.code, refused.retry_after.as_deref()), (429, Some("2")), "writes are told to wait as well");
    assert_eq!(refused.body["reason"], "TooManyRequests");
    cluster.set_faults(&json!({})).await;
    assert_eq!(cluster.get(&format!("{APPS}/c")).await.code, 404, "and have not happened");
}

#[tokio::test]
async fn a_skewed_clock_shows_in_the_date() {
    let cluster = Cluster::start().await;
    cluster.set_faults(&json!({"skew_seconds": 86_400})).await;
    let answer = cluster.as_admin(Method::GET, APPS).send().await.unwrap();
    let tomorrow = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24)).strftime("%d %b").to_string();
    assert!(answer.headers()["date"].to_str().unwrap().contains(&tomorrow));
    let created = cluster.deployment("a").await;
    let at: jiff::Timestamp = created["metadata"]["creationTimestamp"].as_str().unwrap().parse().unwrap();
    assert!(at > jiff::Timestamp::now() + jiff::SignedDuration::from_hours(23));
}

#[tokio::test]
async fn metrics_are_there_and_proxied_services_can_be_taken_away() {
    let cluster = Cluster::start().await;
    let metrics = "/apis/metrics.k8s.io/v1beta1/pods";
    assert_eq!(cluster.get(metrics).await.body["kind"], "PodMetricsList");
    let service = json!({"metadata": {"name": "prom"}, "spec": {"ports": [{"port": 9090}]}});
    cluster.post("/api/v1/namespaces/shop/services", &service).await;
    let proxied = read(
        cluster
            .as_admin(Method::GET, "/api/v1/namespaces/shop/services/http:prom:9090/proxy/api/v1/query")
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!((proxied.code, proxied.message()), (503, "no endpoints available for service \"prom\""));
}
