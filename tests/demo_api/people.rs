//! Who may do what: tokens, roles, impersonation, reviews, and where the server listens.

use std::sync::Arc;

use reqwest::Method;
use rolltop::demo::api::{NoBackends, ServeError, serve};
use rolltop::demo::clock::Clock;
use rolltop::demo::store::{SharedStore, Store};
use serde_json::json;

use crate::support::{APPS, Cluster, deployment, read};

#[tokio::test]
async fn without_a_token_only_version_and_health_answer() {
    let cluster = Cluster::start().await;
    for path in ["/version", "/healthz", "/livez", "/readyz"] {
        assert_eq!(cluster.request(Method::GET, path).send().await.unwrap().status(), 200, "{path}");
    }
    for path in ["/api", APPS, "/rolltop/control/faults", "/openapi/v2"] {
        let answer = read(cluster.request(Method::GET, path).send().await.unwrap()).await;
        assert_eq!((answer.code, answer.message()), (401, "Unauthorized"), "{path}");
    }
    let wrong = cluster.request(Method::GET, APPS).bearer_auth("guess").send().await.unwrap();
    assert_eq!(wrong.status(), 401);
}

#[tokio::test]
async fn a_viewer_looks_and_does_not_touch() {
    let cluster = Cluster::start().await;
    cluster.deployment("order").await;
    assert_eq!(cluster.as_viewer(Method::GET, APPS).send().await.unwrap().status(), 200);
    let refused = read(cluster.as_viewer(Method::POST, APPS).json(&deployment("x")).send().await.unwrap()).await;
    let message = "deployments.apps is forbidden: User \"rolltop-viewer\" cannot create resource \"deployments\" in API group \"apps\" in the namespace \"shop\"";
    assert_eq!((refused.code, refused.message()), (403, message));
    assert_eq!(cluster.as_viewer(Method::GET, "/api/v1/namespaces/shop/secrets").send().await.unwrap().status(), 403);
    assert_eq!(
        cluster.as_viewer(Method::PUT, "/rolltop/control/faults").json(&json!({})).send().await.unwrap().status(),
        403
    );
}

#[tokio::test]
async fn the_administrator_acts_as_others_and_a_viewer_may_not() {
    let cluster = Cluster::start().await;
    cluster.deployment("order").await;
    let path = format!("{APPS}/order");
    let as_other = cluster
        .as_admin(Method::GET, &path)
        .header("impersonate-user", "viewer")
        .header("impersonate-group", "viewers");
    let refused = read(as_other.send().await.unwrap()).await;
    let message = "deployments.apps \"order\" is forbidden: User \"viewer\" cannot get resource \"deployments\" in API group \"apps\" in the namespace \"shop\"";
    assert_eq!((refused.code, refused.message()), (403, message));
    let as_master = cluster
        .as_viewer(Method::GET, &path)
        .header("impersonate-user", "x")
        .header("impersonate-group", "system:masters");
    assert_eq!(as_master.send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn reviews_tell_what_the_roles_say() {
    let cluster = Cluster::start().await;
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let asks = |verb: &str, resource: &str| json!({"spec": {"resourceAttributes": {"verb": verb, "group": "apps", "resource": resource, "namespace": "shop"}}});
    let viewer = async |body| {
        read(cluster.as_viewer(Method::POST, path).json(&body).send().await.unwrap()).await.body["status"]["allowed"]
            .clone()
    };
    assert_eq!(viewer(asks("list", "deployments")).await, json!(true));
    assert_eq!(viewer(asks("patch", "deployments")).await, json!(false));
    assert_eq!(cluster.post(path, &asks("patch", "deployments")).await.body["status"]["allowed"], true);
    let rules = cluster
        .post("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", &json!({"spec": {"namespace": "shop"}}))
        .await
        .body;
    assert_eq!(rules["status"]["resourceRules"][0]["verbs"], json!(["*"]));
    let me = cluster.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", &json!({})).await.body;
    assert_eq!(me["status"]["userInfo"]["username"], "rolltop-admin");
}

#[tokio::test]
async fn the_rules_of_a_person_are_told_whole() {
    let cluster = Cluster::start().await;
    let path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    let asked = json!({"kind": "SelfSubjectRulesReview", "apiVersion": "authorization.k8s.io/v1", "spec": {"namespace": "shop"}});
    let review = read(cluster.as_viewer(Method::POST, path).json(&asked).send().await.unwrap()).await;
    assert_eq!(
        (review.code, &review.body["kind"], &review.body["status"]["incomplete"]),
        (201, &asked["kind"], &json!(false))
    );
    let rules = review.body["status"]["resourceRules"].as_array().unwrap().clone();
    let grants = |verb: &str, group: &str, resource: &str| {
        let has = |rule: &serde_json::Value, key: &str, wanted: &str| {
            rule[key].as_array().unwrap().iter().any(|each| each == wanted || each == "*")
        };
        rules
            .iter()
            .any(|rule| has(rule, "verbs", verb) && has(rule, "apiGroups", group) && has(rule, "resources", resource))
    };
    // What the rules say is what happens.
    for (verb, group, resource, method, place) in [
        ("list", "apps", "deployments", Method::GET, APPS),
        ("create", "apps", "deployments", Method::POST, APPS),
        ("list", "", "pods", Method::GET, "/api/v1/namespaces/shop/pods"),
        ("list", "", "secrets", Method::GET, "/api/v1/namespaces/shop/secrets"),
        ("list", "metrics.k8s.io", "pods", Method::GET, "/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods"),
    ] {
        let allowed = grants(verb, group, resource);
        let answer = cluster.as_viewer(method, place).json(&deployment("x")).send().await.unwrap();
        assert_eq!(answer.status() != 403, allowed, "{verb} {resource}.{group}");
    }
    assert!(grants("get", "", "pods/log") && !grants("patch", "apps", "deployments"));
}

#[tokio::test]
async fn only_loopback_is_served() {
    let store = SharedStore::new(Store::new(1));
    let refused = serve("0.0.0.0:0".parse().unwrap(), store, Arc::new(NoBackends), Clock::wall(1.0)).await;
    assert!(matches!(refused, Err(ServeError::NotLoopback(_))));
}

#[tokio::test]
async fn paths_that_lead_nowhere_say_so() {
    let cluster = Cluster::start().await;
    let kind = cluster.get("/apis/apps/v1/namespaces/shop/nonsense").await;
    assert_eq!((kind.code, kind.message()), (404, "the server could not find the requested resource"));
    let group = cluster.get("/apis/argoproj.io/v1alpha1/rollouts").await;
    assert_eq!(group.code, 404);
    let exec = cluster.post("/api/v1/namespaces/shop/pods/x/exec", &json!({})).await;
    assert_eq!((exec.code, exec.body["kind"].as_str()), (501, Some("Status")));
}
