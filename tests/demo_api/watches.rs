//! Watches: from a version, with selectors, bookmarks, initial events, and after compaction.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{APPS, Cluster, Lines};

async fn watch(cluster: &Cluster, query: &str) -> Lines {
    let response = cluster.as_admin(Method::GET, &format!("{APPS}?watch=true&{query}")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    Lines::new(response)
}

async fn version(cluster: &Cluster) -> String {
    cluster.get(APPS).await.body["metadata"]["resourceVersion"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_watch_goes_on_where_the_list_ended() {
    let cluster = Cluster::start().await;
    cluster.deployment("old").await;
    let mut lines = watch(&cluster, &format!("resourceVersion={}", version(&cluster).await)).await;
    cluster.deployment("new").await;
    assert_eq!(lines.heard().await, "ADDED new");
    cluster.patch(&format!("{APPS}/old"), "merge-patch+json", &json!({"spec": {"replicas": 7}})).await;
    assert_eq!(lines.heard().await, "MODIFIED old");
    cluster.delete(&format!("{APPS}/new")).await;
    assert_eq!(lines.heard().await, "DELETED new");
}

#[tokio::test]
async fn objects_enter_and_leave_a_selector() {
    let cluster = Cluster::start().await;
    cluster.deployment("order").await;
    let mut lines =
        watch(&cluster, &format!("labelSelector=team%3Dshop&resourceVersion={}", version(&cluster).await)).await;
    let label = async |team: Value| {
        cluster
            .patch(&format!("{APPS}/order"), "merge-patch+json", &json!({"metadata": {"labels": {"team": team}}}))
            .await;
    };
    label(json!("shop")).await;
    assert_eq!(lines.heard().await, "ADDED order");
    label(json!("other")).await;
    assert_eq!(lines.heard().await, "DELETED order");
}

#[tokio::test]
async fn a_watch_without_a_version_begins_with_what_is_there() {
    let cluster = Cluster::start().await;
    cluster.deployment("a").await;
    cluster.deployment("b").await;
    let mut lines = watch(&cluster, "timeoutSeconds=1").await;
    assert_eq!([lines.heard().await, lines.heard().await], ["ADDED a", "ADDED b"]);
    assert_eq!(lines.next().await.unwrap(), None, "it ends when its time is up");
}

#[tokio::test]
async fn streaming_lists_mark_the_end_of_the_initial_events() {
    let cluster = Cluster::start().await;
    cluster.deployment("a").await;
    let query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let mut lines = watch(&cluster, query).await;
    assert_eq!(lines.heard().await, "ADDED a");
    let bookmark = lines.next().await.unwrap().unwrap();
    assert_eq!(bookmark["type"], "BOOKMARK");
    assert_eq!(bookmark["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
    let without = cluster.get(&format!("{APPS}?watch=true&sendInitialEvents=true")).await;
    assert_eq!(without.code, 422);
}

#[tokio::test]
async fn a_watch_that_asked_for_bookmarks_ends_with_one() {
    let cluster = Cluster::start().await;
    let now = version(&cluster).await;
    let mut lines = watch(&cluster, &format!("allowWatchBookmarks=true&timeoutSeconds=1&resourceVersion={now}")).await;
    let bookmark = lines.next().await.unwrap().unwrap();
    assert_eq!(
        (&bookmark["type"], &bookmark["object"]["metadata"]["resourceVersion"]),
        (&json!("BOOKMARK"), &json!(now))
    );
    assert_eq!(lines.next().await.unwrap(), None);
}

#[tokio::test]
async fn a_compacted_version_is_gone() {
    let cluster = Cluster::start().await;
    let old = version(&cluster).await;
    cluster.deployment("a").await;
    cluster.post("/rolltop/control/compact", &json!({})).await;
    let mut lines = watch(&cluster, &format!("resourceVersion={old}")).await;
    let event = lines.next().await.unwrap().unwrap();
    assert_eq!(
        (event["type"].as_str(), event["object"]["code"].as_i64(), event["object"]["reason"].as_str()),
        (Some("ERROR"), Some(410), Some("Expired"))
    );
    assert_eq!(lines.next().await.unwrap(), None);
}

#[tokio::test]
async fn a_table_watch_names_its_columns_once() {
    let cluster = Cluster::start().await;
    cluster.deployment("a").await;
    cluster.deployment("b").await;
    let request = cluster.as_admin(Method::GET, &format!("{APPS}?watch=true&timeoutSeconds=5"));
    let request = request.header("accept", "application/json;as=Table;v=v1;g=meta.k8s.io");
    let mut lines = Lines::new(request.send().await.unwrap());
    let (first, second) = (lines.next().await.unwrap().unwrap(), lines.next().await.unwrap().unwrap());
    assert!(first["object"]["columnDefinitions"].is_array() && second["object"]["columnDefinitions"].is_null());
    assert_eq!(second["object"]["rows"][0]["cells"][0], "b");
}

#[tokio::test]
async fn protobuf_lists_and_watches_carry_the_envelope() {
    let cluster = Cluster::start().await;
    cluster.running_pod("order-1");
    let ask = async |query: &str| {
        let request = cluster.as_admin(Method::GET, &format!("/api/v1/namespaces/shop/pods{query}"));
        request.header("accept", "application/vnd.kubernetes.protobuf,application/json").send().await.unwrap()
    };
    let list = ask("").await;
    assert_eq!(list.headers()["content-type"], "application/vnd.kubernetes.protobuf");
    let body = list.bytes().await.unwrap();
    assert!(body.starts_with(b"k8s\0\x0a\x0d\x0a\x02v1\x12\x07PodList") && contains(&body, b"order-1"));
    let watch = ask("?watch=true&timeoutSeconds=1").await;
    assert_eq!(watch.headers()["content-type"], "application/vnd.kubernetes.protobuf;stream=watch");
    let frames = watch.bytes().await.unwrap();
    let length = u32::from_be_bytes(frames[..4].try_into().unwrap()) as usize;
    assert_eq!(frames.len(), length + 4, "one frame, whole");
    assert!(frames[4..].starts_with(b"\x0a\x05ADDED\x12") && contains(&frames, b"k8s\0"));
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
