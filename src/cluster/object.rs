//! Any object as it stands in the cluster: raw JSON, and YAML to read.

use serde_json::Value;

use super::{
    client::{Client, encoded},
    failure::{Failure, FailureKind},
};
use crate::domain::{ObjectRef, text::clean};

/// Kinds that can be shown: kind, API, plural, namespaced.
const KINDS: [(&str, &str, &str, bool); 14] = [
    ("Deployment", "/apis/apps/v1", "deployments", true),
    ("StatefulSet", "/apis/apps/v1", "statefulsets", true),
    ("DaemonSet", "/apis/apps/v1", "daemonsets", true),
    ("ReplicaSet", "/apis/apps/v1", "replicasets", true),
    ("ControllerRevision", "/apis/apps/v1", "controllerrevisions", true),
    ("Pod", "/api/v1", "pods", true),
    ("Event", "/api/v1", "events", true),
    ("Service", "/api/v1", "services", true),
    ("ConfigMap", "/api/v1", "configmaps", true),
    ("ResourceQuota", "/api/v1", "resourcequotas", true),
    ("PersistentVolumeClaim", "/api/v1", "persistentvolumeclaims", true),
    ("HorizontalPodAutoscaler", "/apis/autoscaling/v2", "horizontalpodautoscalers", true),
    ("PodDisruptionBudget", "/apis/policy/v1", "poddisruptionbudgets", true),
    ("Node", "/api/v1", "nodes", false),
];

/// Reads an object, complete and unchanged.
///
/// # Errors
/// No answer, no such object, or a kind that is not shown.
pub async fn raw(client: &Client, object: &ObjectRef) -> Result<Value, Failure> {
    let what = format!("get {} {}", object.kind, object.name);
    let known = KINDS.iter().find(|(kind, ..)| **kind == *object.kind);
    let Some((_, api, plural, namespaced)) = known else {
        let sentence = format!("objects of kind {} are not shown", object.kind);
        return Err(Failure::new(FailureKind::Invalid, sentence, "read it with kubectl"));
    };
    let namespace = if *namespaced { format!("/namespaces/{}", encoded(&object.namespace)) } else { String::new() };
    client.json(&format!("{api}{namespace}/{plural}/{}", encoded(&object.name)), &what).await
}

/// Writes an object as YAML, managedFields folded into the names of the managers, control sequences stripped.
///
/// # Errors
/// Never in practice: JSON can always be written as YAML.
pub fn yaml(mut object: Value) -> Result<String, Failure> {
    fold(&mut object);
    let text = serde_saphyr::to_string(&object)
        .map_err(|error| Failure::new(FailureKind::Invalid, format!("it cannot be written as YAML: {error}"), ""))?;
    Ok(clean(&text, true).into_owned())
}

fn fold(object: &mut Value) {
    let Some(fields) = object.pointer_mut("/metadata/managedFields") else { return };
    let mut names: Vec<&str> = fields
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.get("manager").and_then(Value::as_str))
        .collect();
    names.sort_unstable();
    names.dedup();
    *fields = Value::from(format!("folded: {}", names.join(", ")));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn yaml_keeps_the_order_and_folds_the_managers() {
        let object = json!({
            "kind": "Deployment",
            "metadata": {"name": "order", "managedFields": [{"manager": "helm"}, {"manager": "helm"}, {"manager": "argocd"}]},
            "spec": {"replicas": 3, "paused": false, "note": "true", "text": "a\u{1b}[31mb"}
        });
        let text = yaml(object).unwrap();
        let lines: Vec<_> = text.lines().collect();
        let expected = [
            "kind: Deployment",
            "metadata:",
            "  name: order",
            "  managedFields: \"folded: argocd, helm\"",
            "spec:",
            "  replicas: 3",
            "  paused: false",
            "  note: \"true\"",
            "  text: \"a\\e[31mb\"",
        ];
        assert_eq!(lines, expected);
    }
}
