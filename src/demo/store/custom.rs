//! What custom resource definitions bring: which custom kinds are there, and what their schemas demand.

use serde_json::{Map, Value, json};

use super::error::Cause;
use super::resource::{CUSTOM_RESOURCE_DEFINITIONS, RESOURCES, Resource};
use super::state::Store;

/// Returns the definitions of every custom kind this cluster can serve.
pub fn definitions() -> impl Iterator<Item = Value> {
    RESOURCES.iter().filter(|resource| resource.is_custom()).map(|resource| definition(resource))
}

/// Tells whether a kind is served: built in, or defined in the version this cluster knows.
pub fn is_served(store: &Store, resource: &Resource) -> bool {
    !resource.is_custom() || versions(store, resource).any(|version| version == resource.version)
}

/// Returns the versions in which a custom kind is served, as its definition says; none where it is not defined.
pub fn versions<'a>(store: &'a Store, resource: &Resource) -> impl Iterator<Item = &'a str> {
    let definition = store.get(&CUSTOM_RESOURCE_DEFINITIONS, "", resource.qualified);
    let versions = definition.and_then(|definition| definition["spec"]["versions"].as_array());
    versions
        .into_iter()
        .flatten()
        .filter(|version| version["served"] == true)
        .filter_map(|version| version["name"].as_str())
}

fn definition(resource: &Resource) -> Value {
    let mut names = json!({
        "plural": resource.plural, "singular": resource.singular, "kind": resource.kind, "listKind": format!("{}List", resource.kind),
    });
    for (key, list) in [("shortNames", resource.short), ("categories", resource.categories)] {
        if !list.is_empty() {
            names[key] = json!(list);
        }
    }
    let mut subresources = Map::new();
    if resource.has_status() {
        subresources.insert("status".to_owned(), json!({}));
    }
    if resource.subresources.contains(&"scale") {
        subresources.insert(
            "scale".to_owned(),
            json!({
                "specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.HPAReplicas", "labelSelectorPath": ".status.selector",
            }),
        );
    }
    let columns: Vec<Value> = columns(resource.qualified)
        .iter()
        .map(|column| {
            let mut shown = json!({"name": column.name, "type": column.kind, "jsonPath": column.path});
            if column.wide {
                shown["priority"] = json!(1);
            }
            shown
        })
        .collect();
    // The fields themselves are in the API server's table of types, not written out a second time here.
    let schema = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": resource.qualified},
        "spec": {
            "group": resource.group, "names": names, "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
            "versions": [{
                "name": resource.version, "served": true, "storage": true, "schema": schema, "subresources": subresources,
                "additionalPrinterColumns": columns,
            }],
        },
    })
}

/// A column that a definition adds to `kubectl get`.
#[derive(Debug, Clone, Copy)]
pub struct PrinterColumn {
    /// Heading.
    pub name: &'static str,
    /// `string`, `integer`, `boolean` or `date`.
    pub kind: &'static str,
    /// Path of the cell, such as `.status.phase`.
    pub path: &'static str,
    /// Whether only `-o wide` shows it.
    pub wide: bool,
}

const fn column(name: &'static str, kind: &'static str, path: &'static str) -> PrinterColumn {
    PrinterColumn { name, kind, path, wide: false }
}

const fn wide(name: &'static str, kind: &'static str, path: &'static str) -> PrinterColumn {
    PrinterColumn { name, kind, path, wide: true }
}

const AGE: PrinterColumn = column("Age", "date", ".metadata.creationTimestamp");
const PHASE_AND_AGE: &[PrinterColumn] = &[column("Status", "string", ".status.phase"), AGE];

const ROLLOUT: &[PrinterColumn] = &[
    column("Desired", "integer", ".spec.replicas"),
    column("Current", "integer", ".status.replicas"),
    column("Up-to-date", "integer", ".status.updatedReplicas"),
    column("Available", "integer", ".status.availableReplicas"),
    AGE,
];
const CANARY: &[PrinterColumn] = &[
    column("Status", "string", ".status.phase"),
    column("Weight", "string", ".status.canaryWeight"),
    wide("Suspended", "boolean", ".spec.suspend"),
    wide("FailedChecks", "string", ".status.failedChecks"),
    wide("Interval", "string", ".spec.analysis.interval"),
    wide("Mirror", "boolean", ".spec.analysis.mirror"),
    wide("StepWeight", "string", ".spec.analysis.stepWeight"),
    wide("StepWeights", "string", ".spec.analysis.stepWeights"),
    wide("MaxWeight", "string", ".spec.analysis.maxWeight"),
    column("LastTransitionTime", "string", ".status.lastTransitionTime"),
];
const METRIC_TEMPLATE: &[PrinterColumn] = &[column("Provider", "string", ".spec.provider.type")];
const ALERT_PROVIDER: &[PrinterColumn] = &[column("Type", "string", ".spec.type")];
const HTTP_ROUTE: &[PrinterColumn] = &[column("Hostnames", "string", ".spec.hostnames"), AGE];

/// Returns the columns of a custom kind beside its name.
pub fn columns(qualified: &str) -> &'static [PrinterColumn] {
    match qualified {
        "rollouts.argoproj.io" => ROLLOUT,
        "analysisruns.argoproj.io" | "experiments.argoproj.io" => PHASE_AND_AGE,
        "canaries.flagger.app" => CANARY,
        "metrictemplates.flagger.app" => METRIC_TEMPLATE,
        "alertproviders.flagger.app" => ALERT_PROVIDER,
        "httproutes.gateway.networking.k8s.io" => HTTP_ROUTE,
        _ => &[AGE],
    }
}

/// Says that the names of a new definition are accepted, as the API server does within moments.
pub(super) fn establish(object: &mut Value) {
    let at = object["metadata"]["creationTimestamp"].clone();
    let names = object["spec"]["names"].clone();
    let versions = object["spec"]["versions"].as_array();
    let stored: Vec<Value> = versions
        .into_iter()
        .flatten()
        .filter(|version| version["storage"] == true)
        .map(|version| version["name"].clone())
        .collect();
    let condition = |kind: &str, reason: &str, message: &str| json!({"type": kind, "status": "True", "lastTransitionTime": at, "reason": reason, "message": message});
    if object.get("status").is_none_or(Value::is_null) {
        object["status"] = json!({
            "conditions": [
                condition("NamesAccepted", "NoConflicts", "no conflicts found"),
                condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
            ],
            "acceptedNames": names, "storedVersions": stored,
        });
    }
    let spec = &mut object["spec"];
    if spec.get("conversion").is_none() {
        spec["conversion"] = json!({"strategy": "None"});
    }
}

/// A field and whether it may stay out; `*` stands for every item of a list.
const REQUIRED: &[(&str, &[&str])] = &[
    ("rollouts.argoproj.io", &["spec", "spec.strategy.blueGreen.activeService"]),
    ("analysisruns.argoproj.io", &["spec", "spec.metrics", "spec.metrics.*.name", "spec.metrics.*.provider"]),
    ("analysistemplates.argoproj.io", &["spec"]),
    ("clusteranalysistemplates.argoproj.io", &["spec"]),
    ("experiments.argoproj.io", &["spec", "spec.templates", "spec.templates.*.name", "spec.templates.*.selector"]),
    (
        "canaries.flagger.app",
        &[
            "spec.targetRef",
            "spec.analysis",
            "spec.targetRef.apiVersion",
            "spec.targetRef.kind",
            "spec.targetRef.name",
            "spec.service.port",
            "spec.analysis.metrics.*.name",
            "spec.analysis.webhooks.*.name",
            "spec.analysis.webhooks.*.url",
        ],
    ),
];

/// Fields with a closed list of values.
const CHOICES: &[(&str, &str, &[&str])] = &[
    ("canaries.flagger.app", "spec.targetRef.kind", &["DaemonSet", "Deployment", "Service"]),
    (
        "canaries.flagger.app",
        "spec.analysis.webhooks.*.type",
        &[
            "",
            "confirm-rollout",
            "pre-rollout",
            "rollout",
            "confirm-promotion",
            "post-rollout",
            "event",
            "rollback",
            "confirm-traffic-increase",
        ],
    ),
];

/// Fields with a pattern that begins with a whole number and `m` or `s`.
const DURATIONS: &[(&str, &str)] = &[
    ("canaries.flagger.app", "spec.analysis.interval"),
    ("canaries.flagger.app", "spec.analysis.metrics.*.interval"),
    ("canaries.flagger.app", "spec.analysis.webhooks.*.timeout"),
];

/// Adds what the schema of a custom kind refuses.
pub(super) fn check(resource: &Resource, object: &Value, causes: &mut Vec<Cause>) {
    if !resource.is_custom() {
        return;
    }
    let mine = |kind: &str| kind == resource.qualified;
    for path in REQUIRED.iter().filter(|(kind, _)| mine(kind)).flat_map(|(_, paths)| *paths) {
        let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
        walk(object, parent, "", &mut |at, holder| {
            if holder.get(name).is_none_or(Value::is_null) {
                let field = if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
                causes.push(Cause::required(field, ""));
            }
        });
    }
    for (_, path, known) in CHOICES.iter().filter(|(kind, ..)| mine(kind)) {
        walk(object, path, "", &mut |at, value| {
            if value.as_str().is_some_and(|text| !known.contains(&text)) {
                causes.push(Cause::unsupported(at, &value.to_string(), known));
            }
        });
    }
    for (_, path) in DURATIONS.iter().filter(|(kind, _)| mine(kind)) {
        walk(object, path, "", &mut |at, value| {
            let rest = value.as_str().map(|text| text.trim_start_matches(|c: char| c.is_ascii_digit()));
            let fits = rest.is_none_or(|rest| rest.starts_with(['m', 's']) && Some(rest) != value.as_str());
            if !fits {
                let why = format!("{at} in body should match '^[0-9]+(m|s)'");
                causes.push(Cause::invalid(at, &value.to_string(), &why));
            }
        });
    }
}

/// Calls `found` with every value at a path that is there, and where exactly it is.
fn walk(value: &Value, path: &str, at: &str, found: &mut dyn FnMut(&str, &Value)) {
    if path.is_empty() {
        return found(at, value);
    }
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    if first == "*" {
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            walk(item, rest, &format!("{at}[{index}]"), found);
        }
    } else if let Some(inner) = value.get(first).filter(|inner| !inner.is_null()) {
        let at = if at.is_empty() { first.to_owned() } else { format!("{at}.{first}") };
        walk(inner, rest, &at, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::store::resource::{CANARIES, ROLLOUTS};

    fn sentences(resource: &Resource, object: &Value) -> Vec<String> {
        let mut causes = Vec::new();
        check(resource, object, &mut causes);
        causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect()
    }

    #[test]
    fn a_canary_needs_a_target_and_readable_durations() {
        let canary = json!({"spec": {
            "targetRef": {"apiVersion": "apps/v1", "kind": "Pod"}, "service": {}, "analysis": {
                "interval": "soon", "webhooks": [{"name": "gate", "type": "ask", "url": "http://x"}],
            },
        }});
        let said = sentences(&CANARIES, &canary).join("\n");
        for part in ["spec.targetRef.name: Required", "spec.service.port: Required", "spec.targetRef.kind: Unsupported"]
        {
            assert!(said.contains(part), "{part} in {said}");
        }
        assert!(said.contains("spec.analysis.interval: Invalid value: \"soon\""), "{said}");
        assert!(said.contains("spec.analysis.webhooks[0].type: Unsupported value: \"ask\""), "{said}");
    }

    #[test]
    fn a_rollout_without_strategy_is_the_controllers_business() {
        assert_eq!(sentences(&ROLLOUTS, &json!({"spec": {}})), Vec::<String>::new());
        assert_eq!(sentences(&ROLLOUTS, &json!({})), ["spec: Required value"]);
        let blue_green = json!({"spec": {"strategy": {"blueGreen": {}}}});
        assert_eq!(sentences(&ROLLOUTS, &blue_green), ["spec.strategy.blueGreen.activeService: Required value"]);
    }

    #[test]
    fn every_custom_kind_has_a_definition() {
        let names: Vec<String> =
            definitions().map(|definition| definition["metadata"]["name"].as_str().unwrap().to_owned()).collect();
        assert_eq!(names.len(), 9);
        assert!(names.contains(&"canaries.flagger.app".to_owned()));
    }
}
