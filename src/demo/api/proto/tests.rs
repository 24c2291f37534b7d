//! Bodies as protobuf and back, against bytes of the real thing.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::schema::Kind;
use super::{Schema, type_name};
use crate::demo::company;
use crate::demo::engine::Engine;
use crate::demo::store::resource::RESOURCES;
use crate::demo::store::{SharedStore, Store};

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

/// Collects the paths of values that the bytes would not hold.
fn lost(schema: &Schema, message: &str, value: &Value, path: &str, found: &mut BTreeSet<String>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        match schema.kind_of(message, name) {
            Some(kind) => lost_of(schema, kind, value, &path, found),
            None => found.extend([path]),
        }
    }
}

fn lost_of(schema: &Schema, kind: &Kind, value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match (kind, value) {
        (Kind::Message(inner), Value::Object(_)) => lost(schema, inner, value, path, found),
        (Kind::List(item), Value::Array(items)) => items.iter().for_each(|one| lost_of(schema, item, one, path, found)),
        (Kind::Map(item), Value::Object(entries)) => {
            entries.values().for_each(|one| lost_of(schema, item, one, path, found));
        }
        (Kind::Message(_) | Kind::List(_) | Kind::Map(_), other) if !other.is_null() => found.extend([path.to_owned()]),
        _ => {}
    }
}

#[test]
fn nothing_that_the_company_holds_is_lost() {
    let store = SharedStore::new(Store::new(1));
    let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
    let mut engine = Engine::new(store.clone(), 1, 10.0, now - SignedDuration::from_hours(2000));
    company::settle(&mut engine, now);
    let schema = Schema::read();
    let mut found = BTreeSet::new();
    store.with(|store| {
        for resource in RESOURCES {
            let Some(message) = type_name(&resource.api_version(), resource.kind) else {
                assert_eq!(resource.kind, "CustomResourceDefinition", "only these have no fields of their own");
                continue;
            };
            assert!(schema.fields(&message).is_some(), "{message} is not in the table");
            for object in store.list(resource, None) {
                lost(&schema, &message, &object.with_managed_fields(), resource.plural, &mut found);
            }
        }
    });
    // The envelope says the kind of the object itself, and nothing says that of objects inside objects.
    found.retain(|path| !matches!(path.rsplit('.').next(), Some("kind" | "apiVersion")));
    assert!(found.is_empty(), "{found:#?}");
}
