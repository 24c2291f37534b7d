//! What the cluster says of its kinds: fields that none has, the types that `kubectl explain` reads, discovery.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{APPS, Cluster, deployment, read};

fn mistyped() -> Value {
    let mut sent = deployment("order");
    sent["spec"]["template"]["spec"]["containers"][0]["imagee"] = json!("x");
    sent["spec"]["replicaz"] = json!(3);
    sent
}

async fn send(cluster: &Cluster, method: Method, path: &str, kind: &str, body: &Value) -> Response {
    let request = cluster.as_admin(method, path).header("content-type", format!("application/{kind}"));
    request.body(body.to_string()).send().await.unwrap()
}

#[tokio::test]
async fn strict_writes_are_refused_by_the_paths_of_their_unknown_fields() {
    let cluster = Cluster::start().await;
    let answer = cluster.post(&format!("{APPS}?fieldValidation=Strict"), &mistyped()).await;
    assert_eq!(answer.code, 400);
    assert_eq!(
        answer.message(),
        "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error: \
         unknown field \"spec.template.spec.containers[0].imagee\", unknown field \"spec.replicaz\""
    );
    cluster.deployment("order").await;
    let path = format!("{APPS}/order?fieldValidation=Strict");
    let answer = cluster.patch(&path, "merge-patch+json", &json!({"spec": {"replicaz": 3}})).await;
    assert_eq!(answer.code, 422);
    assert_eq!(
        answer.body["details"]["causes"][0]["message"],
        "Invalid value: \"map[spec:map[replicaz:3]]\": strict decoding error: unknown field \"spec.replicaz\""
    );
    let kept = cluster.patch(&path, "merge-patch+json", &json!({"spec": {"replicas": 3}})).await;
    assert_eq!((kept.code, &kept.body["spec"]["replicas"]), (200, &json!(3)));
}

#[tokio::test]
async fn others_are_warned_and_what_is_unknown_is_dropped() {
    let cluster = Cluster::start().await;
    let response = send(&cluster, Method::POST, APPS, "json", &mistyped()).await;
    let warnings: Vec<_> = response.headers().get_all("warning").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(
        warnings,
        [
            "299 - \"unknown field \\\"spec.template.spec.containers[0].imagee\\\"\"",
            "299 - \"unknown field \\\"spec.replicaz\\\"\"",
        ]
    );
    let created = read(response).await;
    assert_eq!(created.code, 201);
    assert_eq!(created.body["spec"].get("replicaz"), None);
    assert_eq!(created.body["spec"]["template"]["spec"]["containers"][0].get("imagee"), None);

    let path = format!("{APPS}/order?fieldValidation=Ignore");
    let silent = send(&cluster, Method::PATCH, &path, "merge-patch+json", &json!({"spec": {"replicaz": 3}})).await;
    assert_eq!((silent.status().as_u16(), silent.headers().get("warning")), (200, None));
    assert_eq!(read(silent).await.body["spec"].get("replicaz"), None);
}

#[tokio::test]
async fn applied_configurations_must_fit_the_types() {
    let cluster = Cluster::start().await;
    let path = format!("{APPS}/order?fieldManager=me");
    let answer = read(send(&cluster, Method::PATCH, &path, "apply-patch+yaml", &mistyped()).await).await;
    assert_eq!(answer.code, 500);
    assert_eq!(
        answer.message(),
        "failed to create typed patch object (shop/order; apps/v1, Kind=Deployment): errors:\n  \
         .spec.template.spec.containers[0].imagee: field not declared in schema\n  \
         .spec.replicaz: field not declared in schema"
    );
}

#[tokio::test]
async fn the_types_of_every_kind_are_described_and_every_reference_leads_somewhere() {
    let cluster = Cluster::start().await;
    let index = cluster.get("/openapi/v3").await.body;
    let mut kinds = 0;
    for (group_version, place) in index["paths"].as_object().unwrap() {
        let document = cluster.get(place["serverRelativeURL"].as_str().unwrap()).await.body;
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let text = document["components"].to_string();
        for reference in text.split("#/components/schemas/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(schemas.contains_key(name), "{group_version}: {name}");
        }
        kinds += schemas.values().filter(|schema| schema.get("x-kubernetes-group-version-kind").is_some()).count();
    }
    assert!(kinds > 30, "{kinds}");
    let apps = cluster.get("/openapi/v3/apis/apps/v1").await.body;
    let strategy = &apps["components"]["schemas"]["io.k8s.api.apps.v1.DeploymentSpec"]["properties"]["strategy"];
    assert_eq!(strategy["allOf"][0]["$ref"], "#/components/schemas/io.k8s.api.apps.v1.DeploymentStrategy");
}

#[tokio::test]
async fn aggregated_discovery_comes_in_the_version_asked_for() {
    let cluster = Cluster::start().await;
    let list = |version: &str| format!("application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList");
    let cases = [
        (format!("{},{},application/json", list("v2"), list("v2beta1")), "apidiscovery.k8s.io/v2"),
        (format!("{},application/json", list("v2beta1")), "apidiscovery.k8s.io/v2beta1"),
        (format!("{},application/json", list("v9")), "v1"),
    ];
    for (accept, version) in cases {
        let response = cluster.as_admin(Method::GET, "/apis").header("accept", &accept).send().await.unwrap();
        let media = response.headers()["content-type"].to_str().unwrap().to_owned();
        assert_eq!(read(response).await.body["apiVersion"], version, "{accept}");
        let expected = version.strip_prefix("apidiscovery.k8s.io/").map_or("application/json".to_owned(), list);
        assert_eq!(media, expected);
    }
}
