//! Kinds served in more than the version they are stored in: v1 autoscalers and events of the events group.

use serde_json::{Value, json};

use crate::demo::store::Resource;
use crate::demo::store::resource::{self, EVENTS, HORIZONTAL_POD_AUTOSCALERS};

/// A kind in one of the versions it is served in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Served {
    pub(super) resource: &'static Resource,
    pub(super) form: Form,
}

/// How the served version differs from the stored one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Stored,
    /// `autoscaling/v1`: one CPU target instead of a list of metrics.
    AutoscalerV1,
    /// `events.k8s.io/v1`: other field names.
    EventsGroup,
}

/// Versions served beside the stored ones: group, version, form, stored kind.
pub(super) static EXTRA: &[(&str, &str, Form, &Resource)] = &[
    ("autoscaling", "v1", Form::AutoscalerV1, &HORIZONTAL_POD_AUTOSCALERS),
    ("events.k8s.io", "v1", Form::EventsGroup, &EVENTS),
];

/// Returns the kind a group, version and plural name.
pub(super) fn served(group: &str, version: &str, plural: &str) -> Option<Served> {
    let stored = resource::by_plural(group, plural).filter(|resource| resource.version == version);
    if let Some(resource) = stored {
        return Some(Served { resource, form: Form::Stored });
    }
    let extra = EXTRA.iter().find(|(g, v, _, resource)| *g == group && *v == version && resource.plural == plural);
    extra.map(|(_, _, form, resource)| Served { resource, form: *form })
}

impl Served {
    /// Returns the group clients see.
    pub(super) fn group(self) -> &'static str {
        if self.form == Form::EventsGroup { "events.k8s.io" } else { self.resource.group }
    }

    /// Returns the `apiVersion` clients see.
    pub(super) fn api_version(self) -> String {
        match self.form {
            Form::Stored => self.resource.api_version(),
            Form::AutoscalerV1 => "autoscaling/v1".to_owned(),
            Form::EventsGroup => "events.k8s.io/v1".to_owned(),
        }
    }

    /// Turns a stored object into the served version.
    pub(super) fn outward(self, mut object: Value) -> Value {
        match self.form {
            Form::Stored => return object,
            Form::AutoscalerV1 => autoscaler_outward(&mut object),
            Form::EventsGroup => rename(&mut object, EVENT_NAMES),
        }
        object["apiVersion"] = json!(self.api_version());
        object
    }

    /// Turns an object a client sent into the stored version.
    pub(super) fn inward(self, mut object: Value) -> Value {
        match self.form {
            Form::Stored => return object,
            Form::AutoscalerV1 => autoscaler_inward(&mut object),
            Form::EventsGroup => {
                let back: Vec<(&str, &str)> = EVENT_NAMES.iter().map(|(stored, served)| (*served, *stored)).collect();
                rename(&mut object, &back);
            }
        }
        object["apiVersion"] = json!(self.resource.api_version());
        object
    }
}

/// Stored name and name in the events group.
const EVENT_NAMES: &[(&str, &str)] = &[
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

fn rename(object: &mut Value, names: &[(&str, &str)]) {
    let Some(map) = object.as_object_mut() else { return };
    for (from, to) in names {
        if let Some(value) = map.shift_remove(*from) {
            map.insert((*to).to_owned(), value);
        }
    }
}

fn is_cpu(metric: &Value) -> bool {
    metric["type"] == "Resource" && metric["resource"]["name"] == "cpu"
}

fn autoscaler_outward(object: &mut Value) {
    let Some(spec) = object["spec"].as_object_mut() else { return };
    if let Some(Value::Array(mut metrics)) = spec.shift_remove("metrics") {
        if let Some(at) = metrics
            .iter()
            .position(|metric| is_cpu(metric) && metric["resource"]["target"]["averageUtilization"].is_i64())
        {
            let cpu = metrics.remove(at);
            spec.insert(
                "targetCPUUtilizationPercentage".to_owned(),
                cpu["resource"]["target"]["averageUtilization"].clone(),
            );
        }
        annotate(object, "autoscaling.alpha.kubernetes.io/metrics", &Value::Array(metrics));
    }
    let status = object["status"].as_object_mut();
    let (mut current, mut conditions) = (Value::Null, Value::Null);
    if let Some(status) = status {
        current = status.shift_remove("currentMetrics").unwrap_or_default();
        conditions = status.shift_remove("conditions").unwrap_or_default();
        let cpu = current.as_array().and_then(|list| list.iter().find(|metric| is_cpu(metric)));
        if let Some(percent) =
            cpu.map(|cpu| &cpu["resource"]["current"]["averageUtilization"]).filter(|percent| percent.is_i64())
        {
            status.insert("currentCPUUtilizationPercentage".to_owned(), percent.clone());
        }
    }
    annotate(object, "autoscaling.alpha.kubernetes.io/conditions", &conditions);
    annotate(object, "autoscaling.alpha.kubernetes.io/current-metrics", &current);
}

/// The v1 autoscaler carries what it has no field for as annotations.
fn annotate(object: &mut Value, key: &str, value: &Value) {
    if value.as_array().is_some_and(|list| !list.is_empty()) {
        object["metadata"]["annotations"][key] = json!(value.to_string());
    }
}

fn autoscaler_inward(object: &mut Value) {
    let mut metrics = Vec::new();
    if let Some(annotations) = object["metadata"]["annotations"].as_object_mut() {
        let kept = annotations.shift_remove("autoscaling.alpha.kubernetes.io/metrics");
        metrics = kept.and_then(|text| serde_json::from_str(text.as_str()?).ok()).unwrap_or_default();
        annotations.retain(|key, _| !key.starts_with("autoscaling.alpha.kubernetes.io/"));
    }
    let Some(spec) = object["spec"].as_object_mut() else { return };
    if let Some(percent) = spec.shift_remove("targetCPUUtilizationPercentage").filter(|percent| !percent.is_null()) {
        let cpu = json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": percent}}});
        metrics.insert(0, cpu);
    }
    if !metrics.is_empty() {
        spec.insert("metrics".to_owned(), Value::Array(metrics));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_v1_autoscaler_survives_the_way_in_and_out() {
        let served = served("autoscaling", "v1", "horizontalpodautoscalers").unwrap();
        let sent = json!({"apiVersion": "autoscaling/v1", "metadata": {"name": "a"}, "spec": {"maxReplicas": 5, "targetCPUUtilizationPercentage": 70}});
        let stored = served.inward(sent.clone());
        assert_eq!(stored["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"], 70);
        assert_eq!(stored["apiVersion"], "autoscaling/v2");
        assert_eq!(served.outward(stored)["spec"], sent["spec"]);
    }
}
