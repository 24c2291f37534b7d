//! What the API refuses, in its own words.

use serde_json::Value;

use super::error::{ApiError, Cause};
use super::object::Meta;
use super::quota::quantity;
use super::resource::Resource;
use super::selector::LabelSelector;

mod go;
mod pod;

/// Refuses an object that breaks the rules of its kind; `old` is the state it replaces.
pub(super) fn check(resource: &'static Resource, object: &Value, old: Option<&Value>) -> Result<(), ApiError> {
    let mut causes = Vec::new();
    if old.is_none() {
        name(resource, object, &mut causes);
    }
    labels(&object["metadata"], "metadata", &mut causes);
    match resource.qualified {
        "pods" => pod::check(object, old, &mut causes),
        "deployments.apps" | "statefulsets.apps" | "daemonsets.apps" | "replicasets.apps" => {
            workload(resource, object, old, &mut causes);
        }
        "horizontalpodautoscalers.autoscaling" => autoscaler(object, &mut causes),
        "services" => service(object, &mut causes),
        "resourcequotas" => quota(object, &mut causes),
        _ => super::custom::check(resource, object, &mut causes),
    }
    if causes.is_empty() { Ok(()) } else { Err(ApiError::invalid(resource, object.name(), &causes)) }
}

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an \
     alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric \
     character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

fn is_label(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.len() <= 63 && text.starts_with(edge) && text.ends_with(edge) && text.chars().all(|c| edge(c) || c == '-')
}

fn name(resource: &Resource, object: &Value, causes: &mut Vec<Cause>) {
    let name = object.name();
    if name.is_empty() {
        return causes.push(Cause::required("metadata.name", "name or generateName is required"));
    }
    if resource.group == "rbac.authorization.k8s.io" {
        return;
    }
    if matches!(resource.qualified, "services" | "namespaces") {
        if !is_label(name) {
            causes.push(Cause::invalid("metadata.name", &format!("{name:?}"), LABEL));
        }
    } else if name.len() > 253 {
        causes.push(Cause::invalid("metadata.name", &format!("{name:?}"), "must be no more than 253 characters"));
    } else if !name.split('.').all(|part| part.len() > 63 || is_label(part)) || name.split('.').any(str::is_empty) {
        causes.push(Cause::invalid("metadata.name", &format!("{name:?}"), SUBDOMAIN));
    }
}

fn labels(metadata: &Value, path: &str, causes: &mut Vec<Cause>) {
    const KEY: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character \
         (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    const VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
         alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
    let word = |text: &str| {
        let edge = |c: char| c.is_ascii_alphanumeric();
        text.len() <= 63
            && text.starts_with(edge)
            && text.ends_with(edge)
            && text.chars().all(|c| edge(c) || matches!(c, '-' | '_' | '.'))
    };
    for (key, value) in metadata["labels"].as_object().into_iter().flatten() {
        let bare = key.rsplit('/').next().unwrap_or(key);
        if !word(bare) {
            causes.push(Cause::invalid(format!("{path}.labels"), &format!("{key:?}"), KEY));
        }
        if let Some(text) = value.as_str().filter(|text| !text.is_empty() && !word(text)) {
            causes.push(Cause::invalid(format!("{path}.labels"), &format!("{text:?}"), VALUE));
        }
    }
}

fn not_negative(spec: &Value, key: &str, causes: &mut Vec<Cause>) {
    if let Some(number) = spec[key].as_f64().filter(|number| *number < 0.0) {
        causes.push(Cause::invalid(format!("spec.{key}"), &number.to_string(), "must be greater than or equal to 0"));
    }
}

fn workload(resource: &Resource, object: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    let spec = &object["spec"];
    for key in ["replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"] {
        not_negative(spec, key, causes);
    }
    selector(resource, spec, causes);
    if let Some(old) = old
        && old["spec"]["selector"] != spec["selector"]
    {
        let shown = go::label_selector(&spec["selector"]);
        causes.push(Cause::invalid("spec.selector", &shown, "field is immutable"));
    }
    if resource.qualified == "statefulsets.apps" {
        stateful_set(spec, old, causes);
    }
    if resource.qualified == "deployments.apps" {
        deployment(spec, causes);
    }
    let template = &spec["template"];
    labels(&template["metadata"], "spec.template", causes);
    pod::check_spec(&template["spec"], "spec.template.spec", causes);
    if template["spec"]["restartPolicy"].as_str().is_some_and(|policy| policy != "Always") {
        let shown = template["spec"]["restartPolicy"].to_string();
        causes.push(Cause::unsupported("spec.template.spec.restartPolicy", &shown, &["Always"]));
    }
}

fn selector(resource: &Resource, spec: &Value, causes: &mut Vec<Cause>) {
    let Some(selector) = LabelSelector::from_object(&spec["selector"]) else {
        causes.push(Cause::required("spec.selector", ""));
        return;
    };
    if selector.is_empty() {
        let what = if resource.kind == "Deployment" { "deployment" } else { &resource.kind.to_lowercase() };
        let shown = go::label_selector(&spec["selector"]);
        causes.push(Cause::invalid("spec.selector", &shown, &format!("empty selector is invalid for {what}")));
    }
    let labels = &spec["template"]["metadata"]["labels"];
    if !selector.matches(labels) {
        let shown = go::string_map(labels);
        causes.push(Cause::invalid(
            "spec.template.metadata.labels",
            &shown,
            "`selector` does not match template `labels`",
        ));
    }
}

fn stateful_set(spec: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    const FREE: &[&str] = &[
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
        "revisionHistoryLimit",
        "selector",
    ];
    let Some(old) = old.and_then(|old| old["spec"].as_object()) else {
        return;
    };
    let new = spec.as_object();
    let changed = |(key, value): (&String, &Value)| {
        !FREE.contains(&key.as_str()) && new.and_then(|new| new.get(key)) != Some(value)
    };
    if old.iter().any(changed) {
        causes.push(Cause::forbidden(
            "spec",
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', \
             'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        ));
    }
}

fn deployment(spec: &Value, causes: &mut Vec<Cause>) {
    let strategy = &spec["strategy"];
    match strategy["type"].as_str() {
        Some("RollingUpdate") => rolling_update(&strategy["rollingUpdate"], causes),
        Some("Recreate") => {
            if strategy.get("rollingUpdate").is_some_and(|update| !update.is_null()) {
                let why = "may not be specified when strategy `type` is 'Recreate'";
                causes.push(Cause::forbidden("spec.strategy.rollingUpdate", why));
            }
        }
        _ => causes.push(Cause::unsupported(
            "spec.strategy.type",
            &strategy["type"].to_string(),
            &["Recreate", "RollingUpdate"],
        )),
    }
    let ready = spec["minReadySeconds"].as_i64().unwrap_or(0);
    if let Some(deadline) = spec["progressDeadlineSeconds"].as_i64()
        && deadline >= 0
        && deadline <= ready
    {
        causes.push(Cause::invalid(
            "spec.progressDeadlineSeconds",
            &deadline.to_string(),
            "must be greater than minReadySeconds",
        ));
    }
}

fn rolling_update(update: &Value, causes: &mut Vec<Cause>) {
    const PERCENT: &str = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for \
         validation is '[0-9]+%')";
    let mut zeros = 0;
    for key in ["maxUnavailable", "maxSurge"] {
        let path = format!("spec.strategy.rollingUpdate.{key}");
        let (number, shown) = match &update[key] {
            Value::Number(number) => (number.as_i64(), number.to_string()),
            Value::String(text) => (text.strip_suffix('%').and_then(|digits| digits.parse().ok()), format!("{text:?}")),
            _ => continue,
        };
        zeros += i32::from(number == Some(0));
        match number {
            None => causes.push(Cause::invalid(path, &shown, PERCENT)),
            Some(number) if number < 0 => {
                causes.push(Cause::invalid(path, &shown, "must be greater than or equal to 0"));
            }
            Some(number) if number > 100 && update[key].is_string() && key == "maxUnavailable" => {
                causes.push(Cause::invalid(path, &shown, "must not be greater than 100%"));
            }
            Some(_) => {}
        }
    }
    if zeros == 2 {
        let shown = go::int_or_string(&update["maxUnavailable"]);
        causes.push(Cause::invalid(
            "spec.strategy.rollingUpdate.maxUnavailable",
            &shown,
            "may not be 0 when `maxSurge` is 0",
        ));
    }
}

fn autoscaler(object: &Value, causes: &mut Vec<Cause>) {
    let spec = &object["spec"];
    let (minimum, maximum) = (spec["minReplicas"].as_i64().unwrap_or(1), spec["maxReplicas"].as_i64().unwrap_or(0));
    if minimum < 1 {
        causes.push(Cause::invalid("spec.minReplicas", &minimum.to_string(), "must be greater than or equal to 1"));
    }
    if maximum < 1 {
        causes.push(Cause::invalid("spec.maxReplicas", &maximum.to_string(), "must be greater than 0"));
    } else if maximum < minimum {
        causes.push(Cause::invalid(
            "spec.maxReplicas",
            &maximum.to_string(),
            "must be greater than or equal to `minReplicas`",
        ));
    }
    for key in ["kind", "name"] {
        if spec["scaleTargetRef"][key].as_str().unwrap_or_default().is_empty() {
            causes.push(Cause::required(format!("spec.scaleTargetRef.{key}"), ""));
        }
    }
}

fn service(object: &Value, causes: &mut Vec<Cause>) {
    let spec = &object["spec"];
    let external = spec["type"] == "ExternalName" || spec["clusterIP"] == "None";
    let ports = spec["ports"].as_array().map_or(&[][..], Vec::as_slice);
    if ports.is_empty() && !external {
        causes.push(Cause::required("spec.ports", ""));
    }
    for (index, port) in ports.iter().enumerate() {
        let number = port["port"].as_i64().unwrap_or(0);
        if !(1..=65535).contains(&number) {
            causes.push(Cause::invalid(
                format!("spec.ports[{index}].port"),
                &number.to_string(),
                "must be between 1 and 65535, inclusive",
            ));
        }
    }
}

fn quota(object: &Value, causes: &mut Vec<Cause>) {
    for (resource, limit) in object["spec"]["hard"].as_object().into_iter().flatten() {
        match quantity(limit) {
            None => causes.push(Cause::invalid(
                format!("spec.hard[{resource}]"),
                &limit.to_string(),
                "must be a quantity such as 500m, 2 or 4Gi",
            )),
            Some(amount) if amount < 0.0 => {
                causes.push(Cause::invalid(
                    format!("spec.hard[{resource}]"),
                    &limit.to_string(),
                    "must be greater than or equal to 0",
                ));
            }
            Some(_) => {}
        }
    }
}
