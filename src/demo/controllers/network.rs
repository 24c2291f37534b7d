//! Endpoints and `EndpointSlices`: which pods stand behind a service.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::cluster::{Cluster, Key, Kind, Object};
use super::object::{deleting, dig, list, name, namespace, owned_by, selects, text, uid};
use super::pods;

const MANAGER: &str = "kube-controller-manager";

/// Brings the endpoints of one service up to date.
pub fn sync(cluster: &mut Cluster, key: &Key, _now: Timestamp) {
    let Some(service) = cluster.get(Kind::Service, &key.namespace, &key.name) else {
        cluster.delete_now(Kind::Endpoints, &key.namespace, &key.name);
        return;
    };
    let Some(selector) = dig(&service, &["spec", "selector"]) else { return };
    let selector = json!({ "matchLabels": selector });
    let behind = |pod: &Object| {
        selects(&selector, dig(pod, &["metadata", "labels"]).unwrap_or(&Value::Null))
            && !text(pod, &["status", "podIP"]).is_empty()
            && !pods::finished(pod)
    };
    let behind: Vec<Object> = cluster.list(Kind::Pod, Some(&key.namespace)).into_iter().filter(behind).collect();
    write(cluster, Kind::Endpoints, endpoints(&service, &behind));
    write(cluster, Kind::EndpointSlice, slice(&service, &behind));
}

fn write(cluster: &mut Cluster, kind: Kind, wanted: Value) {
    let fields = ["subsets", "endpoints", "ports"];
    if cluster.get(kind, namespace(&wanted), name(&wanted)).is_none() {
        // A race for the name is settled by the next change of the service.
        let _ = cluster.create(kind, wanted, MANAGER);
        return;
    }
    cluster.modify(kind, namespace(&wanted), name(&wanted), MANAGER, |object| {
        for field in fields {
            match wanted.get(field) {
                Some(value) => super::object::put(object, &[field], value.clone()),
                None => super::object::remove(object, &[field]),
            }
        }
    });
}

fn endpoints(service: &Value, behind: &[Object]) -> Value {
    let address = |pod: &Object| {
        json!({
            "ip": text(pod, &["status", "podIP"]), "nodeName": text(pod, &["spec", "nodeName"]),
            "targetRef": {"kind": "Pod", "namespace": namespace(pod), "name": name(pod), "uid": uid(pod)},
        })
    };
    let alive = behind.iter().filter(|pod| !deleting(pod));
    let (ready, not_ready): (Vec<_>, Vec<_>) = alive.partition(|pod| pods::ready(pod));
    let ports: Vec<Value> = list(service, &["spec", "ports"])
        .iter()
        .map(|port| json!({"name": port.get("name"), "port": target_port(port), "protocol": "TCP"}))
        .collect();
    let mut subset = json!({});
    for (key, pods) in [("addresses", ready), ("notReadyAddresses", not_ready)] {
        if !pods.is_empty() {
            super::object::put(&mut subset, &[key], pods.into_iter().map(address).collect());
        }
    }
    let mut object = json!({
        "apiVersion": "v1", "kind": "Endpoints",
        "metadata": {"name": name(service), "namespace": namespace(service), "labels": dig(service, &["metadata", "labels"])},
    });
    if subset.as_object().is_some_and(|map| !map.is_empty()) {
        super::object::put(&mut subset, &["ports"], json!(ports));
        super::object::put(&mut object, &["subsets"], json!([subset]));
    }
    object
}

fn slice(service: &Value, behind: &[Object]) -> Value {
    let endpoint = |pod: &Object| {
        let ready = pods::ready(pod);
        json!({
            "addresses": [text(pod, &["status", "podIP"])],
            "conditions": {"ready": ready && !deleting(pod), "serving": ready, "terminating": deleting(pod)},
            "nodeName": text(pod, &["spec", "nodeName"]),
            "targetRef": {"kind": "Pod", "namespace": namespace(pod), "name": name(pod), "uid": uid(pod)},
        })
    };
    let ports: Vec<Value> = list(service, &["spec", "ports"])
        .iter()
        .map(|port| json!({"name": text(port, &["name"]), "port": target_port(port), "protocol": "TCP"}))
        .collect();
    // The real name ends in five random characters; the uid gives ours, so that it is found again.
    let suffix: String = uid(service).chars().filter(char::is_ascii_alphanumeric).take(5).collect();
    json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {
            "name": format!("{}-{suffix}", name(service)), "namespace": namespace(service),
            "labels": {
                "kubernetes.io/service-name": name(service),
                "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            },
            "ownerReferences": owned_by(service),
        },
        "addressType": "IPv4", "endpoints": behind.iter().map(endpoint).collect::<Vec<_>>(), "ports": ports,
    })
}

fn target_port(port: &Value) -> Value {
    match port.get("targetPort") {
        Some(Value::Number(number)) => json!(number),
        _ => port.get("port").cloned().unwrap_or_default(),
    }
}
