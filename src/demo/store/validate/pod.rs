//! Rules for pods and pod templates.

use serde_json::Value;

use super::super::error::Cause;
use super::super::quota::quantity;
use super::is_label;

/// Checks a pod; once created only images, tolerations and a few times may change.
pub(super) fn check(pod: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    match old {
        None => check_spec(&pod["spec"], "spec", causes),
        Some(old) if old["spec"] == pod["spec"] => {}
        Some(old) => {
            check_spec(&pod["spec"], "spec", causes);
            if frozen(&old["spec"]) != frozen(&pod["spec"]) {
                causes.push(Cause::forbidden(
                    "spec",
                    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,\
                     `spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),\
                     `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
                ));
            }
        }
    }
}

fn frozen(spec: &Value) -> Value {
    let mut spec = spec.clone();
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            container["image"] = Value::Null;
        }
    }
    for key in ["tolerations", "activeDeadlineSeconds"] {
        spec[key] = Value::Null;
    }
    spec
}

/// Checks a pod spec found at `path`.
pub(super) fn check_spec(spec: &Value, path: &str, causes: &mut Vec<Cause>) {
    let containers = spec["containers"].as_array().map_or(&[][..], Vec::as_slice);
    if containers.is_empty() {
        causes.push(Cause::required(format!("{path}.containers"), ""));
    }
    let volumes: Vec<&str> =
        spec["volumes"].as_array().into_iter().flatten().filter_map(|volume| volume["name"].as_str()).collect();
    let mut seen = Vec::new();
    for list in ["initContainers", "containers"] {
        for (index, container) in spec[list].as_array().into_iter().flatten().enumerate() {
            let path = format!("{path}.{list}[{index}]");
            let name = container["name"].as_str().unwrap_or_default();
            if !name.is_empty() && seen.contains(&name) {
                causes.push(Cause::duplicate(format!("{path}.name"), &format!("{name:?}")));
            }
            seen.push(name);
            check_container(container, name, &path, &volumes, causes);
        }
    }
}

fn check_container(container: &Value, name: &str, path: &str, volumes: &[&str], causes: &mut Vec<Cause>) {
    if name.is_empty() {
        causes.push(Cause::required(format!("{path}.name"), ""));
    } else if !is_label(name) {
        causes.push(Cause::invalid(format!("{path}.name"), &format!("{name:?}"), super::LABEL));
    }
    let image = container["image"].as_str().unwrap_or_default();
    if image.is_empty() {
        causes.push(Cause::required(format!("{path}.image"), ""));
    } else if image.trim() != image {
        causes.push(Cause::invalid(
            format!("{path}.image"),
            &format!("{image:?}"),
            "must not have leading or trailing whitespace",
        ));
    }
    for (index, port) in container["ports"].as_array().into_iter().flatten().enumerate() {
        let number = port["containerPort"].as_i64().unwrap_or(0);
        if !(1..=65535).contains(&number) {
            let path = format!("{path}.ports[{index}].containerPort");
            causes.push(Cause::invalid(path, &number.to_string(), "must be between 1 and 65535, inclusive"));
        }
    }
    for (index, mount) in container["volumeMounts"].as_array().into_iter().flatten().enumerate() {
        let volume = mount["name"].as_str().unwrap_or_default();
        if !volumes.contains(&volume) {
            let message = format!("Not found: {volume:?}");
            causes.push(Cause {
                field: format!("{path}.volumeMounts[{index}].name"),
                reason: "FieldValueNotFound",
                message,
            });
        }
    }
    check_resources(&container["resources"], path, causes);
}

fn check_resources(resources: &Value, path: &str, causes: &mut Vec<Cause>) {
    const QUANTITY: &str =
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    for which in ["limits", "requests"] {
        for (name, amount) in resources[which].as_object().into_iter().flatten() {
            if quantity(amount).is_none() {
                causes.push(Cause::invalid(format!("{path}.resources.{which}[{name}]"), &amount.to_string(), QUANTITY));
            }
        }
    }
    for (name, request) in resources["requests"].as_object().into_iter().flatten() {
        let limit = &resources["limits"][name];
        if let (Some(asked), Some(most)) = (quantity(request), quantity(limit))
            && asked > most
        {
            let why = format!("must be less than or equal to {name} limit of {}", limit.as_str().unwrap_or_default());
            causes.push(Cause::invalid(format!("{path}.resources.requests"), &request.to_string(), &why));
        }
    }
}
