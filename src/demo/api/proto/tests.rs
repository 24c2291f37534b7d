//! Bodies as protobuf and back, against bytes of the real thing.

use serde_json::{Value, json};

use super::Schema;

fn pod() -> Value {
    json!({
        "kind": "Pod", "apiVersion": "v1",
        "metadata": {
            "name": "order-1", "namespace": "shop", "uid": "u", "resourceVersion": "7", "creationTimestamp": "2026-11-21T10:00:00Z",
            "labels": {"app": "order"}, "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "order", "uid": "r", "controller": true}],
            "managedFields": [{"manager": "kubelet", "operation": "Update", "fieldsType": "FieldsV1", "fieldsV1": {"f:status": {}}}],
        },
        "spec": {
            "volumes": [{"name": "v", "configMap": {"name": "c", "defaultMode": 420}}],
            "containers": [{
                "name": "main", "image": "shop/x:v1", "resources": {"limits": {"cpu": "500m"}},
                "readinessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 10},
                "livenessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 10},
            }],
            "terminationGracePeriodSeconds": 0, "nodeName": "n1",
        },
        "status": {"phase": "Running", "containerStatuses": [{"name": "main", "ready": true, "restartCount": 3, "lastState": {"terminated": {"exitCode": 137}}}]},
    })
}

#[test]
fn an_object_survives_the_way_to_protobuf_and_back() {
    let schema = Schema::read();
    let bytes = schema.encode(&pod()).unwrap();
    assert!(bytes.starts_with(b"k8s\0"));
    assert_eq!(schema.decode(&bytes).unwrap(), pod());
}

#[test]
fn broken_bytes_are_refused() {
    let schema = Schema::read();
    let bytes = schema.encode(&pod()).unwrap();
    for length in [0, 3, 4, bytes.len() / 2] {
        drop(schema.decode(&bytes[..length]));
    }
    assert_eq!(schema.decode(b"{}"), None);
    assert_eq!(schema.decode(b"k8s\0\x0a\x0a\x0a\x02v1\x12\x04Nope"), None);
}

#[test]
fn every_message_named_in_the_table_is_in_the_table() {
    let schema = Schema::read();
    for kind in ["Pod", "Namespace", "ResourceQuota", "Service", "Secret"] {
        assert!(schema.knows("v1", kind), "{kind}");
    }
    assert!(schema.knows("apps/v1", "ReplicaSet") && !schema.knows("argoproj.io/v1alpha1", "Rollout"));
}
