//! Objects: versions, patches, dry runs, lists, deletions.

use rolltop::demo::store::{Part, Writer};
use serde_json::{Value, json};

use crate::support::{APPS, Cluster, PODS_PATH, deployment};

#[tokio::test]
async fn a_stale_resource_version_is_a_conflict() {
    let cluster = Cluster::start().await;
    let first = cluster.deployment("order").await;
    let mut next = first.clone();
    next["spec"]["replicas"] = json!(3);
    let path = format!("{APPS}/order");
    let second = cluster.put(&path, &next).await;
    assert_eq!((second.code, second.body["metadata"]["generation"].as_i64()), (200, Some(2)));
    let stale = cluster.put(&path, &next).await;
    assert_eq!((stale.code, stale.body["reason"].as_str()), (409, Some("Conflict")));
    let entry = &second.body["metadata"]["managedFields"][0];
    assert_eq!((entry["operation"].as_str(), entry["fieldsType"].as_str()), (Some("Update"), Some("FieldsV1")));
}

#[tokio::test]
async fn dry_runs_answer_in_full_and_leave_no_trace() {
    let cluster = Cluster::start().await;
    let created = cluster.post(&format!("{APPS}?dryRun=All"), &deployment("order")).await;
    assert_eq!((created.code, created.body["spec"]["progressDeadlineSeconds"].as_i64()), (201, Some(600)));
    assert_eq!(cluster.get(&format!("{APPS}/order")).await.code, 404);
    cluster.deployment("order").await;
    let patch = json!({"spec": {"replicas": 9}});
    let patched = cluster.patch(&format!("{APPS}/order?dryRun=All"), "merge-patch+json", &patch).await;
    assert_eq!(patched.body["spec"]["replicas"], 9);
    let deleted = cluster.delete(&format!("{APPS}/order?dryRun=All")).await;
    assert_eq!(deleted.code, 200);
    assert_eq!(cluster.get(&format!("{APPS}/order")).await.body["spec"]["replicas"], 2);
    assert_eq!(cluster.post(&format!("{APPS}?dryRun=Maybe"), &deployment("x")).await.code, 400);
}

#[tokio::test]
async fn the_three_patches_and_their_refusals() {
    let cluster = Cluster::start().await;
    cluster.deployment("order").await;
    let path = format!("{APPS}/order");
    let image = json!({"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "shop/x:v2"}]}}}});
    let strategic = cluster.patch(&path, "strategic-merge-patch+json", &image).await;
    let container = &strategic.body["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(
        (container["image"].as_str(), container["imagePullPolicy"].as_str()),
        (Some("shop/x:v2"), Some("IfNotPresent"))
    );
    let failing = json!([{"op": "test", "path": "/spec/replicas", "value": 99}]);
    let failed = cluster.patch(&path, "json-patch+json", &failing).await;
    assert_eq!(
        (failed.code, failed.message()),
        (422, "the server rejected our request due to an error in our request")
    );
    let negative = json!([{"op": "replace", "path": "/spec/replicas", "value": -1}]);
    let refused = cluster.patch(&path, "json-patch+json", &negative).await;
    assert_eq!(refused.body["details"]["causes"][0]["field"], "spec.replicas");
    let words = cluster.patch(&path, "merge-patch+json", &json!({"spec": {"replicas": "abc"}})).await;
    assert_eq!(words.code, 400);
    assert!(words.message().contains("cannot unmarshal string into Go struct field"), "{}", words.message());
    assert_eq!(cluster.patch(&path, "x-unknown", &json!({})).await.code, 415);
}

#[tokio::test]
async fn server_side_apply_knows_who_owns_what() {
    let cluster = Cluster::start().await;
    let path = format!("{APPS}/order");
    let mut config = deployment("order");
    let apply = async |manager: &str, force: bool, config: &Value| {
        cluster.patch(&format!("{path}?fieldManager={manager}&force={force}"), "apply-patch+yaml", config).await
    };
    assert_eq!(apply("one", false, &config).await.code, 201);
    config["spec"]["replicas"] = json!(5);
    let conflict = apply("two", false, &config).await;
    assert_eq!(
        (conflict.code, conflict.message()),
        (409, "Apply failed with 1 conflict: conflict with \"one\" using apps/v1: .spec.replicas")
    );
    assert_eq!(apply("two", true, &config).await.body["spec"]["replicas"], 5);
    config["metadata"]["labels"] = json!({"app": "order", "team": "shop"});
    config["spec"].as_object_mut().unwrap().shift_remove("replicas");
    assert_eq!(apply("one", false, &config).await.body["metadata"]["labels"]["team"], "shop");
    config["metadata"]["labels"] = json!({"app": "order"});
    let after = apply("one", false, &config).await;
    assert_eq!(
        (after.body["metadata"]["labels"].get("team"), after.body["spec"]["replicas"].as_i64()),
        (None, Some(5))
    );
    assert_eq!(cluster.patch(&path, "apply-patch+yaml", &config).await.code, 422, "a field manager is required");
}

#[tokio::test]
async fn pages_follow_each_other_until_they_expire() {
    let cluster = Cluster::start().await;
    for name in ["a", "b", "c", "d", "e"] {
        cluster.deployment(name).await;
    }
    let first = cluster.get(&format!("{APPS}?limit=2")).await.body;
    assert_eq!(
        (first["items"].as_array().unwrap().len(), first["metadata"]["remainingItemCount"].as_i64()),
        (2, Some(3))
    );
    assert!(first["items"][0].get("kind").is_none() && first["kind"] == "DeploymentList");
    let token = first["metadata"]["continue"].as_str().unwrap();
    let second = cluster.get(&format!("{APPS}?limit=2&continue={token}")).await.body;
    assert_eq!(second["items"][0]["metadata"]["name"], "c");
    assert_eq!(second["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"]);
    cluster.deployment("f").await;
    cluster.post("/rolltop/control/compact", &json!({})).await;
    let expired = cluster.get(&format!("{APPS}?limit=2&continue={token}")).await;
    assert_eq!((expired.code, expired.body["reason"].as_str()), (410, Some("Expired")));
    let rest = expired.body["metadata"]["continue"].as_str().unwrap();
    assert_eq!(cluster.get(&format!("{APPS}?continue={rest}")).await.body["items"].as_array().unwrap().len(), 4);
    assert_eq!(cluster.get(&format!("{APPS}?continue=nonsense")).await.code, 400);
}

#[tokio::test]
async fn versions_of_lists_mean_what_they_say() {
    let cluster = Cluster::start().await;
    cluster.deployment("a").await;
    assert_eq!(cluster.get(&format!("{APPS}?resourceVersion=0")).await.code, 200);
    assert_eq!(cluster.get(&format!("{APPS}?resourceVersion=999999")).await.code, 504);
    assert_eq!(cluster.get(&format!("{APPS}?resourceVersion=2&resourceVersionMatch=Exact")).await.code, 410);
    assert_eq!(cluster.get(&format!("{APPS}?resourceVersionMatch=Exact")).await.code, 422);
}

#[tokio::test]
async fn selectors_choose_and_unknown_fields_are_refused() {
    let cluster = Cluster::start().await;
    cluster.deployment("a").await;
    cluster.deployment("b").await;
    let names = |body: &Value| -> Vec<String> {
        body["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["metadata"]["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&cluster.get(&format!("{APPS}?labelSelector=app%21%3Da")).await.body), ["b"]);
    assert_eq!(names(&cluster.get(&format!("{APPS}?fieldSelector=metadata.name%3Da")).await.body), ["a"]);
    let refused = cluster.get(&format!("{APPS}?fieldSelector=spec.replicas%3D2")).await;
    assert_eq!((refused.code, refused.message()), (400, "field label not supported: spec.replicas"));
}

#[tokio::test]
async fn the_status_is_written_apart_from_the_rest() {
    let cluster = Cluster::start().await;
    let mut order = cluster.deployment("order").await;
    order["spec"]["replicas"] = json!(7);
    order["status"] = json!({"replicas": 2, "observedGeneration": 1});
    let path = format!("{APPS}/order");
    let written = cluster.put(&format!("{path}/status"), &order).await.body;
    assert_eq!((&written["spec"]["replicas"], &written["status"]["replicas"]), (&json!(2), &json!(2)));
    assert_eq!(written["metadata"]["generation"], 1, "a status is no change of what is wanted");
    let mut wanted = written.clone();
    wanted["spec"]["replicas"] = json!(3);
    wanted["status"]["replicas"] = json!(99);
    let written = cluster.put(&path, &wanted).await.body;
    assert_eq!((&written["spec"]["replicas"], &written["status"]["replicas"]), (&json!(3), &json!(2)));
    assert_eq!(written["metadata"]["generation"], 2);
    let version = |object: &serde_json::Value| -> u64 {
        object["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap()
    };
    assert!(version(&written) > version(&wanted), "versions only rise");
}

#[tokio::test]
async fn finalizers_hold_what_is_deleted_and_owners_take_theirs_along() {
    let cluster = Cluster::start().await;
    let mut guarded = deployment("guarded");
    guarded["metadata"]["finalizers"] = json!(["shop/wait"]);
    let owner = cluster.post(APPS, &guarded).await.body;
    let dependent = json!({
        "metadata": {"name": "owned", "ownerReferences": [{
            "apiVersion": "apps/v1", "kind": "Deployment", "name": "guarded", "uid": owner["metadata"]["uid"],
        }]},
    });
    let maps = "/api/v1/namespaces/shop/configmaps";
    assert_eq!(cluster.post(maps, &dependent).await.code, 201);
    assert_eq!(cluster.delete(&format!("{APPS}/guarded")).await.code, 200);
    let held = cluster.get(&format!("{APPS}/guarded")).await.body;
    assert!(held["metadata"]["deletionTimestamp"].is_string(), "{held}");
    let path = format!("{APPS}/guarded");
    cluster.patch(&path, "merge-patch+json", &json!({"metadata": {"finalizers": null}})).await;
    assert_eq!(cluster.get(&path).await.code, 404);
    assert_eq!(cluster.get(&format!("{maps}/owned")).await.code, 404, "the garbage is collected");
}

#[tokio::test]
async fn scale_reads_writes_and_refuses() {
    let cluster = Cluster::start().await;
    cluster.deployment("order").await;
    let path = format!("{APPS}/order/scale");
    let scale = cluster.get(&path).await.body;
    assert_eq!((scale["kind"].as_str(), scale["status"]["selector"].as_str()), (Some("Scale"), Some("app=order")));
    let mut more = scale.clone();
    more["spec"]["replicas"] = json!(4);
    assert_eq!(cluster.put(&path, &more).await.body["spec"]["replicas"], 4);
    assert_eq!(cluster.put(&path, &more).await.code, 409, "the scale's version is the object's");
    let minus = cluster.patch(&path, "merge-patch+json", &json!({"spec": {"replicas": -9}})).await;
    assert_eq!(
        minus.message(),
        "Scale.autoscaling \"order\" is invalid: spec.replicas: Invalid value: -9: must be greater than or equal to 0"
    );
    let order = cluster.get(&format!("{APPS}/order")).await.body;
    let managed =
        order["metadata"]["managedFields"].as_array().unwrap().iter().any(|entry| entry["subresource"] == "scale");
    assert!(managed && order["metadata"]["generation"] == 2);
}

#[tokio::test]
async fn an_eviction_respects_the_disruption_budget() {
    let cluster = Cluster::start().await;
    cluster.running_pod("order-1");
    let budgets = "/apis/policy/v1/namespaces/shop/poddisruptionbudgets";
    let budget =
        json!({"metadata": {"name": "b"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "order"}}}});
    assert_eq!(cluster.post(budgets, &budget).await.code, 201);
    let eviction =
        json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "order-1", "namespace": "shop"}});
    let path = format!("{PODS_PATH}/order-1/eviction");
    let refused = cluster.post(&path, &eviction).await;
    assert_eq!(
        (refused.code, refused.message()),
        (429, "Cannot evict pod as it would violate the pod's disruption budget.")
    );
    let writer = Writer::new("controller", jiff::Timestamp::now());
    let resource = &rolltop::demo::store::resource::POD_DISRUPTION_BUDGETS;
    cluster.store.with(|store| {
        store
            .modify(resource, ("shop", "b"), Part::Status, &writer, |budget| {
                budget["status"] = json!({"disruptionsAllowed": 1});
            })
            .unwrap();
    });
    assert_eq!(cluster.post(&format!("{path}?dryRun=All"), &eviction).await.code, 201);
    assert!(cluster.get(&format!("{PODS_PATH}/order-1")).await.body["metadata"].get("deletionTimestamp").is_none());
    assert_eq!(cluster.post(&path, &eviction).await.code, 201);
    assert!(cluster.get(&format!("{PODS_PATH}/order-1")).await.body["metadata"]["deletionTimestamp"].is_string());
}

#[tokio::test]
async fn an_autoscaler_has_two_versions() {
    let cluster = Cluster::start().await;
    let v1 = "/apis/autoscaling/v1/namespaces/shop/horizontalpodautoscalers";
    let sent = json!({
        "apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "order"},
        "spec": {"maxReplicas": 5, "targetCPUUtilizationPercentage": 70, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "order"}},
    });
    assert_eq!(cluster.post(v1, &sent).await.body["spec"]["targetCPUUtilizationPercentage"], 70);
    let v2 = cluster.get("/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/order").await.body;
    assert_eq!(v2["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"], 70);
    assert_eq!(cluster.get(v1).await.body["items"][0]["spec"]["targetCPUUtilizationPercentage"], 70);
}

#[tokio::test]
async fn tables_and_metadata_are_other_shapes_of_the_same() {
    let cluster = Cluster::start().await;
    cluster.deployment("order").await;
    let shaped = async |form: &str| {
        let request = cluster
            .as_admin(reqwest::Method::GET, APPS)
            .header("accept", format!("application/json;as={form};v=v1;g=meta.k8s.io"));
        crate::support::read(request.send().await.unwrap()).await.body
    };
    let table = shaped("Table").await;
    let columns: Vec<&str> =
        table["columnDefinitions"].as_array().unwrap().iter().map(|column| column["name"].as_str().unwrap()).collect();
    assert_eq!(columns, ["Name", "Ready", "Up-to-date", "Available", "Age", "Containers", "Images", "Selector"]);
    assert_eq!(table["rows"][0]["cells"].as_array().unwrap()[..4], [json!("order"), json!("0/2"), json!(0), json!(0)]);
    let metadata = shaped("PartialObjectMetadataList").await;
    assert_eq!(metadata["items"][0]["kind"], "PartialObjectMetadata");
    assert!(metadata["items"][0].get("spec").is_none());
    let html = cluster.as_admin(reqwest::Method::GET, APPS).header("accept", "text/html");
    assert_eq!(crate::support::read(html.send().await.unwrap()).await.code, 406);
}

#[tokio::test]
async fn large_lists_are_compressed_on_request() {
    let cluster = Cluster::start().await;
    for index in 0..200 {
        cluster.running_pod(&format!("order-{index}"));
    }
    let request = cluster.as_admin(reqwest::Method::GET, PODS_PATH).header("accept-encoding", "gzip");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    let packed = answer.bytes().await.unwrap();
    let plain = cluster.as_admin(reqwest::Method::GET, PODS_PATH).send().await.unwrap();
    assert!(!plain.headers().contains_key("content-encoding"), "only on request");
    let plain = plain.bytes().await.unwrap();
    assert!(packed.starts_with(&[0x1f, 0x8b]) && packed.len() * 4 < plain.len(), "{} of {}", packed.len(), plain.len());
    // A client that understands it reads the same.
    let ca = reqwest::Certificate::from_pem(cluster.running.ca_pem.as_bytes()).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([ca]).no_proxy().gzip(true).build().unwrap();
    let url = format!("https://{}{PODS_PATH}", cluster.running.address);
    let read = client.get(url).bearer_auth(&cluster.running.credentials.admin).send().await.unwrap();
    assert_eq!(read.bytes().await.unwrap(), plain);
}

#[tokio::test]
async fn one_object_and_a_watch_come_as_metadata_alone() {
    let cluster = Cluster::start().await;
    let order = cluster.deployment("order").await;
    let ask = async |path: &str, form: &str| {
        let accept = format!("application/json;as={form};v=v1;g=meta.k8s.io,application/json");
        cluster.as_admin(reqwest::Method::GET, path).header("accept", accept).send().await.unwrap()
    };
    let one = crate::support::read(ask(&format!("{APPS}/order"), "PartialObjectMetadata").await).await.body;
    assert_eq!((&one["kind"], &one["apiVersion"]), (&json!("PartialObjectMetadata"), &json!("meta.k8s.io/v1")));
    assert_eq!(one["metadata"], order["metadata"]);
    assert!(one.get("spec").is_none() && one.get("status").is_none());
    let watched = ask(&format!("{APPS}?watch=true&timeoutSeconds=1"), "PartialObjectMetadata").await;
    let mut lines = crate::support::Lines::new(watched);
    let event = lines.next().await.unwrap().unwrap();
    assert_eq!((&event["type"], &event["object"]), (&json!("ADDED"), &one));
}
