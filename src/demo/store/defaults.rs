//! What the API fills in where a writer said nothing.

use serde_json::{Map, Value, json};

use super::resource::Resource;

/// Fills in the defaults of a kind.
pub(super) fn fill(resource: &Resource, object: &mut Value) {
    match resource.qualified {
        "pods" => pod(object),
        "deployments.apps" => deployment(object),
        "replicasets.apps" | "replicationcontrollers" => replicas(object),
        "statefulsets.apps" => stateful_set(object),
        "daemonsets.apps" => daemon_set(object),
        "jobs.batch" => job(object),
        "services" => service(object),
        "namespaces" => namespace(object),
        "nodes" => node(object),
        "horizontalpodautoscalers.autoscaling" => autoscaler(object),
        "poddisruptionbudgets.policy" | "resourcequotas" | "persistentvolumeclaims" | "ingresses.networking.k8s.io" => {
            set(object, "status", json!({}));
        }
        "secrets" => set(object, "type", json!("Opaque")),
        "customresourcedefinitions.apiextensions.k8s.io" => super::custom::establish(object),
        _ => {}
    }
}

/// Sets a key of an object where it is absent or null.
fn set(object: &mut Value, key: &str, value: Value) {
    if let Some(map) = object.as_object_mut()
        && map.get(key).is_none_or(Value::is_null)
    {
        map.insert(key.to_owned(), value);
    }
}

fn each<'a>(object: &'a mut Value, key: &str) -> impl Iterator<Item = &'a mut Value> {
    object.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten()
}

fn spec(object: &mut Value) -> &mut Value {
    set(object, "spec", json!({}));
    &mut object["spec"]
}

fn template_of(spec: &mut Value) {
    if let Some(found) = spec.get_mut("template").filter(|template| template.is_object()) {
        template(found);
    }
}

/// Fills in the defaults of a pod template.
pub fn template(template: &mut Value) {
    set(template, "metadata", json!({}));
    if let Some(metadata) = template["metadata"].as_object_mut() {
        metadata.entry("creationTimestamp").or_insert(Value::Null);
    }
    set(template, "spec", json!({}));
    pod_spec(&mut template["spec"]);
}

fn deployment(object: &mut Value) {
    let spec = spec(object);
    set(spec, "replicas", json!(1));
    template_of(spec);
    set(spec, "strategy", json!({}));
    let strategy = &mut spec["strategy"];
    set(strategy, "type", json!("RollingUpdate"));
    if strategy["type"] == "RollingUpdate" {
        set(strategy, "rollingUpdate", json!({}));
        set(&mut strategy["rollingUpdate"], "maxUnavailable", json!("25%"));
        set(&mut strategy["rollingUpdate"], "maxSurge", json!("25%"));
    }
    set(spec, "revisionHistoryLimit", json!(10));
    set(spec, "progressDeadlineSeconds", json!(600));
    set(object, "status", json!({}));
}

fn replicas(object: &mut Value) {
    let spec = spec(object);
    set(spec, "replicas", json!(1));
    template_of(spec);
    set(object, "status", json!({"replicas": 0}));
}

fn stateful_set(object: &mut Value) {
    let spec = spec(object);
    set(spec, "replicas", json!(1));
    set(spec, "podManagementPolicy", json!("OrderedReady"));
    set(spec, "revisionHistoryLimit", json!(10));
    template_of(spec);
    set(spec, "updateStrategy", json!({}));
    let strategy = &mut spec["updateStrategy"];
    set(strategy, "type", json!("RollingUpdate"));
    if strategy["type"] == "RollingUpdate" {
        set(strategy, "rollingUpdate", json!({}));
        set(&mut strategy["rollingUpdate"], "partition", json!(0));
    }
    set(object, "status", json!({"replicas": 0}));
}

fn daemon_set(object: &mut Value) {
    let spec = spec(object);
    set(spec, "revisionHistoryLimit", json!(10));
    template_of(spec);
    set(spec, "updateStrategy", json!({}));
    let strategy = &mut spec["updateStrategy"];
    set(strategy, "type", json!("RollingUpdate"));
    if strategy["type"] == "RollingUpdate" {
        set(strategy, "rollingUpdate", json!({}));
        set(&mut strategy["rollingUpdate"], "maxUnavailable", json!(1));
        set(&mut strategy["rollingUpdate"], "maxSurge", json!(0));
    }
    let status =
        json!({"currentNumberScheduled": 0, "desiredNumberScheduled": 0, "numberMisscheduled": 0, "numberReady": 0});
    set(object, "status", status);
}

fn job(object: &mut Value) {
    let spec = spec(object);
    for (key, value) in
        [("completions", json!(1)), ("parallelism", json!(1)), ("backoffLimit", json!(6)), ("suspend", json!(false))]
    {
        set(spec, key, value);
    }
    template_of(spec);
    set(object, "status", json!({}));
}

fn service(object: &mut Value) {
    let spec = spec(object);
    set(spec, "type", json!("ClusterIP"));
    set(spec, "sessionAffinity", json!("None"));
    set(spec, "internalTrafficPolicy", json!("Cluster"));
    for port in each(spec, "ports") {
        set(port, "protocol", json!("TCP"));
        let same = port["port"].clone();
        set(port, "targetPort", same);
    }
    set(object, "status", json!({"loadBalancer": {}}));
}

fn namespace(object: &mut Value) {
    let name = object["metadata"]["name"].clone();
    set(&mut object["metadata"], "labels", json!({}));
    set(&mut object["metadata"]["labels"], "kubernetes.io/metadata.name", name);
    let spec = spec(object);
    set(spec, "finalizers", json!(["kubernetes"]));
    set(object, "status", json!({"phase": "Active"}));
}

fn node(object: &mut Value) {
    spec(object);
    set(object, "status", json!({}));
}

fn autoscaler(object: &mut Value) {
    let spec = spec(object);
    set(spec, "minReplicas", json!(1));
    let cpu = json!([{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]);
    if spec["metrics"].as_array().is_none_or(Vec::is_empty) {
        spec["metrics"] = cpu;
    }
    set(object, "status", json!({"currentMetrics": null, "desiredReplicas": 0}));
}

fn pod(object: &mut Value) {
    let spec = spec(object);
    pod_spec(spec);
    set(spec, "enableServiceLinks", json!(true));
    set(spec, "preemptionPolicy", json!("PreemptLowerPriority"));
    set(spec, "priority", json!(0));
    tolerations(spec);
    let class = quality_of_service(spec);
    set(object, "status", json!({"phase": "Pending", "qosClass": class}));
}

/// Pods stay five minutes on a node that stopped answering, unless they say otherwise.
fn tolerations(spec: &mut Value) {
    set(spec, "tolerations", json!([]));
    let Some(list) = spec["tolerations"].as_array_mut() else {
        return;
    };
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let tolerates = |toleration: &Value| {
            (toleration["key"] == key || toleration.get("key").is_none())
                && (toleration["effect"] == "NoExecute" || toleration.get("effect").is_none())
        };
        if !list.iter().any(tolerates) {
            list.push(json!({"effect": "NoExecute", "key": key, "operator": "Exists", "tolerationSeconds": 300}));
        }
    }
}

fn pod_spec(spec: &mut Value) {
    for list in ["initContainers", "containers"] {
        each(spec, list).for_each(container);
    }
    set(spec, "restartPolicy", json!("Always"));
    set(spec, "terminationGracePeriodSeconds", json!(30));
    set(spec, "dnsPolicy", json!("ClusterFirst"));
    set(spec, "securityContext", json!({}));
    set(spec, "schedulerName", json!("default-scheduler"));
    if let Some(account) = spec.get("serviceAccountName").cloned() {
        set(spec, "serviceAccount", account);
    }
    for volume in each(spec, "volumes") {
        for source in ["configMap", "secret", "projected"] {
            if let Some(source) = volume.get_mut(source).filter(|source| source.is_object()) {
                set(source, "defaultMode", json!(420));
            }
        }
    }
}

fn container(container: &mut Value) {
    let image = container["image"].as_str().unwrap_or_default();
    let name = image.rsplit('/').next().unwrap_or_default();
    let moving = !name.contains('@') && (!name.contains(':') || name.ends_with(":latest"));
    set(container, "imagePullPolicy", json!(if moving { "Always" } else { "IfNotPresent" }));
    set(container, "resources", json!({}));
    set(container, "terminationMessagePath", json!("/dev/termination-log"));
    set(container, "terminationMessagePolicy", json!("File"));
    each(container, "ports").for_each(|port| set(port, "protocol", json!("TCP")));
    for variable in each(container, "env") {
        if let Some(field) = variable.pointer_mut("/valueFrom/fieldRef") {
            set(field, "apiVersion", json!("v1"));
        }
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = container.get_mut(probe).filter(|probe| probe.is_object()) {
            for (key, value) in
                [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)]
            {
                set(probe, key, json!(value));
            }
            if let Some(get) = probe.get_mut("httpGet").filter(|get| get.is_object()) {
                set(get, "path", json!("/"));
                set(get, "scheme", json!("HTTP"));
            }
        }
    }
    let limits = container["resources"].get("limits").and_then(Value::as_object).cloned().unwrap_or_default();
    if !limits.is_empty() {
        set(&mut container["resources"], "requests", json!({}));
        for (name, limit) in limits {
            set(&mut container["resources"]["requests"], &name, limit);
        }
    }
}

fn quality_of_service(spec: &Value) -> &'static str {
    let none = Map::new();
    let resources = |container: &Value, which: &str| container["resources"][which].as_object().unwrap_or(&none).clone();
    let containers: Vec<&Value> =
        ["initContainers", "containers"].iter().filter_map(|list| spec[*list].as_array()).flatten().collect();
    if containers
        .iter()
        .all(|container| resources(container, "requests").is_empty() && resources(container, "limits").is_empty())
    {
        return "BestEffort";
    }
    let guaranteed = containers.iter().all(|container| {
        let (requests, limits) = (resources(container, "requests"), resources(container, "limits"));
        ["cpu", "memory"].iter().all(|name| limits.contains_key(*name) && limits.get(*name) == requests.get(*name))
    });
    if guaranteed { "Guaranteed" } else { "Burstable" }
}
