//! What the controller refuses although the API took it: the `InvalidSpec` condition.

use serde_json::Value;

use super::super::cluster::{Cluster, Kind};
use super::super::object::{dig, flag, list, name, namespace, selects, text};

/// Returns the first mistake of a Rollout's spec, in the controller's words.
pub(super) fn mistake(cluster: &Cluster, rollout: &Value) -> Option<String> {
    let (field, why) = shape(rollout).or_else(|| services(cluster, rollout)).or_else(|| templates(cluster, rollout))?;
    Some(format!("The Rollout \"{}\" is invalid: {field}: {why}", name(rollout)))
}

type Mistake = (String, String);

fn required(field: &str, missing: &str) -> Mistake {
    (field.to_owned(), format!("Required value: Rollout has missing field '{missing}'"))
}

fn shape(rollout: &Value) -> Option<Mistake> {
    let spec = rollout.get("spec")?;
    let some = |path: &[&str]| dig(spec, path).is_some_and(|value| !value.is_null());
    if !some(&["selector"]) {
        return Some(required("spec.selector", ".spec.selector"));
    }
    if !some(&["template"]) && !some(&["workloadRef"]) {
        return Some(required("spec.template", ".spec.template"));
    }
    let labels = dig(spec, &["template", "metadata", "labels"]).unwrap_or(&Value::Null);
    if !selects(&spec["selector"], labels) {
        let why = "`selector` does not match template `labels`";
        return Some(("spec.template.metadata.labels".to_owned(), format!("Invalid value: {labels}: {why}")));
    }
    match (some(&["strategy", "canary"]), some(&["strategy", "blueGreen"])) {
        (false, false) => Some(required("spec.strategy.strategy", ".spec.strategy.canary or .spec.strategy.blueGreen")),
        (true, true) => Some((
            "spec.strategy.strategy".to_owned(),
            "Invalid value: \"spec.strategy\": Multiple Strategies can not be listed".to_owned(),
        )),
        (true, false) => canary(&spec["strategy"]["canary"]),
        (false, true) => blue_green(&spec["strategy"]["blueGreen"]),
    }
}

fn invalid(field: &str, value: &Value, why: &str) -> Mistake {
    (field.to_owned(), format!("Invalid value: {value}: {why}"))
}

fn canary(canary: &Value) -> Option<Mistake> {
    let at = "spec.strategy.canary";
    let routed = canary.get("trafficRouting").is_some_and(|routing| !routing.is_null());
    let (stable, new) = (text(canary, &["stableService"]), text(canary, &["canaryService"]));
    if routed && (stable.is_empty() || new.is_empty()) {
        let field = if stable.is_empty() { "stableService" } else { "canaryService" };
        let why = "Canary service and Stable service must to be set to use Traffic Routing";
        return Some(invalid(&format!("{at}.{field}"), &Value::from(""), why));
    }
    if !stable.is_empty() && stable == new {
        let why = "This rollout uses the same service for the stable and canary services, but two different services are required.";
        return Some(invalid(&format!("{at}.stableService"), &Value::from(stable), why));
    }
    for (index, step) in list(canary, &["steps"]).iter().enumerate() {
        let field = format!("{at}.steps[{index}]");
        let known = [
            "experiment",
            "setWeight",
            "setCanaryScale",
            "plugin",
            "pause",
            "analysis",
            "setHeaderRoute",
            "setMirrorRoute",
        ];
        let named = known.iter().filter(|key| step.get(**key).is_some_and(|value| !value.is_null())).count();
        if named != 1 {
            let why = "Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause";
            return Some(invalid(&field, step, why));
        }
        if let Some(weight) = step.get("setWeight").and_then(Value::as_i64) {
            let most = canary["trafficRouting"]["maxTrafficWeight"].as_i64().unwrap_or(100);
            if !(0..=most).contains(&weight) {
                return Some(invalid(
                    &format!("{field}.setWeight"),
                    &Value::from(weight),
                    &format!("SetWeight needs to be between 0 and {most}"),
                ));
            }
        }
        if let Some(duration) = dig(step, &["pause", "duration"])
            && super::steps::seconds(duration).is_none_or(|seconds| seconds < 0)
        {
            return Some(invalid(&format!("{field}.pause.duration"), duration, "Duration needs to be greater than 0"));
        }
        if step.get("setCanaryScale").is_some() && !routed {
            return Some(invalid(
                &format!("{field}.setCanaryScale"),
                &step["setCanaryScale"],
                "SetCanaryScale requires TrafficRouting to be set",
            ));
        }
    }
    let delay = canary.get("scaleDownDelaySeconds").filter(|delay| !delay.is_null());
    if let Some(delay) = delay {
        if !routed {
            return Some(invalid(
                &format!("{at}.scaleDownDelaySeconds"),
                delay,
                "Canary scaleDownDelaySeconds can only be used with traffic routing",
            ));
        }
        if flag(canary, &["dynamicStableScale"]) {
            return Some(invalid(
                &format!("{at}.dynamicStableScale"),
                &Value::from(true),
                "Canary dynamicStableScale cannot be used with scaleDownDelaySeconds",
            ));
        }
    }
    None
}

fn blue_green(blue_green: &Value) -> Option<Mistake> {
    let (active, preview) = (text(blue_green, &["activeService"]), text(blue_green, &["previewService"]));
    (active == preview).then(|| {
        let why = "This rollout uses the same service for the active and preview services, but two different services are required.";
        ("spec.strategy.blueGreen.activeService".to_owned(), format!("Invalid value: {active:?}: {why}"))
    })
}

fn services(cluster: &Cluster, rollout: &Value) -> Option<Mistake> {
    let places = [
        ("canary", "stableService"),
        ("canary", "canaryService"),
        ("blueGreen", "activeService"),
        ("blueGreen", "previewService"),
    ];
    places.iter().find_map(|(strategy, key)| {
        let service = text(rollout, &["spec", "strategy", strategy, key]);
        let absent = !service.is_empty() && cluster.get(Kind::Service, namespace(rollout), service).is_none();
        absent.then(|| {
            (
                format!("spec.strategy.{strategy}.{key}"),
                format!("Invalid value: {service:?}: service {service:?} not found"),
            )
        })
    })
}

fn templates(cluster: &Cluster, rollout: &Value) -> Option<Mistake> {
    let strategy = dig(rollout, &["spec", "strategy"])?;
    let mut places: Vec<(String, &Value)> = Vec::new();
    for path in
        [&["canary", "analysis"][..], &["blueGreen", "prePromotionAnalysis"], &["blueGreen", "postPromotionAnalysis"]]
    {
        places.extend(dig(strategy, path).map(|found| (format!("spec.strategy.{}", path.join(".")), found)));
    }
    for (index, step) in list(strategy, &["canary", "steps"]).iter().enumerate() {
        places
            .extend(step.get("analysis").map(|found| (format!("spec.strategy.canary.steps[{index}].analysis"), found)));
    }
    places.into_iter().find_map(|(at, analysis)| {
        list(analysis, &["templates"]).iter().enumerate().find_map(|(index, reference)| {
            let wanted = text(reference, &["templateName"]);
            let (kind, space, word) = if flag(reference, &["clusterScope"]) {
                (Kind::ClusterAnalysisTemplate, "", "ClusterAnalysisTemplate")
            } else {
                (Kind::AnalysisTemplate, namespace(rollout), "AnalysisTemplate")
            };
            cluster.get(kind, space, wanted).is_none().then(|| {
                (
                    format!("{at}.templates[{index}].templateName"),
                    format!("Invalid value: {wanted:?}: {word} '{wanted}' not found"),
                )
            })
        })
    })
}
