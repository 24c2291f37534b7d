//! Resource quotas: what a namespace uses, and the refusal of what would exceed its limits.

use serde_json::{Map, Value, json};

use super::error::ApiError;
use super::object::Meta;
use super::resource::{PODS, RESOURCE_QUOTAS, RESOURCES, Resource};
use super::state::Store;

/// Parses a quantity such as `250m`, `1Gi` or `2e3`; none where it is none.
pub fn quantity(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => parse(text),
        _ => None,
    }
}

fn parse(text: &str) -> Option<f64> {
    const UNITS: &[(&str, f64)] = &[
        ("Ki", 1024.0),
        ("Mi", 1_048_576.0),
        ("Gi", 1_073_741_824.0),
        ("Ti", 1_099_511_627_776.0),
        ("Pi", 1_125_899_906_842_624.0),
        ("Ei", 1_152_921_504_606_846_976.0),
        ("n", 1e-9),
        ("u", 1e-6),
        ("m", 1e-3),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
        ("P", 1e15),
        ("E", 1e18),
    ];
    let text = text.trim();
    let (digits, factor) =
        UNITS.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor))).unwrap_or((text, 1.0));
    let allowed = |c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-' | 'e' | 'E');
    if digits.is_empty() || !digits.chars().all(allowed) {
        return None;
    }
    digits.parse::<f64>().ok().map(|number| number * factor)
}

/// Writes an amount of a resource as a quota's status does: cores in millis, bytes in the largest whole binary unit.
pub fn render(resource: &str, amount: f64) -> String {
    if resource.ends_with("cpu") {
        let millis = (amount * 1e3).round();
        return if millis % 1e3 == 0.0 { format!("{}", millis / 1e3) } else { format!("{millis}m") };
    }
    if resource.ends_with("memory") || resource.contains("storage") {
        for (unit, size) in [("Gi", 1_073_741_824.0), ("Mi", 1_048_576.0), ("Ki", 1024.0)] {
            if amount > 0.0 && amount % size == 0.0 {
                return format!("{}{unit}", amount / size);
            }
        }
    }
    format!("{amount}")
}

/// Returns how much one pod counts against each resource a quota can name.
fn pod_amount(pod: &Value, resource: &str) -> Option<f64> {
    let (which, name) = match resource {
        "pods" | "count/pods" => return Some(1.0),
        "cpu" | "memory" => ("requests", resource),
        other => other.split_once('.').filter(|(which, _)| matches!(*which, "requests" | "limits"))?,
    };
    let sum = |list: &str| {
        let containers = pod["spec"][list].as_array().into_iter().flatten();
        containers.map(|container| quantity(&container["resources"][which][name]))
    };
    let main: f64 = sum("containers").map(|amount| amount.unwrap_or(0.0)).sum();
    let initial = sum("initContainers").map(|amount| amount.unwrap_or(0.0)).fold(0.0, f64::max);
    Some(main.max(initial))
}

/// Returns what `namespace` uses of each resource in `hard`, as a quota's `status.used`.
pub fn used(store: &Store, namespace: &str, hard: &Map<String, Value>) -> Map<String, Value> {
    let amount = |resource: &str| usage(store, namespace, resource);
    hard.keys().filter_map(|resource| Some((resource.clone(), json!(render(resource, amount(resource)?))))).collect()
}

fn usage(store: &Store, namespace: &str, resource: &str) -> Option<f64> {
    let counted = resource.strip_prefix("count/").unwrap_or(resource);
    if counted != "pods"
        && let Some(kind) = RESOURCES.iter().find(|kind| kind.namespaced && kind.qualified == counted)
    {
        return Some(store.list(kind, Some(namespace)).map(|_| 1.0).sum());
    }
    let live = store
        .list(&PODS, Some(namespace))
        .filter(|pod| !matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed")));
    live.map(|pod| pod_amount(pod, resource)).sum()
}

/// Refuses an object that would exceed a quota of its namespace.
pub(super) fn admit(store: &Store, resource: &'static Resource, object: &Value) -> Result<(), ApiError> {
    if !resource.namespaced {
        return Ok(());
    }
    for quota in store.list(&RESOURCE_QUOTAS, Some(object.namespace())) {
        let Some(hard) = quota["spec"]["hard"].as_object() else {
            continue;
        };
        let over: Vec<Excess<'_>> =
            hard.iter().filter_map(|(name, limit)| exceeded(store, resource, object, name, limit)).collect();
        if over.is_empty() {
            continue;
        }
        let list = |show: &dyn Fn(&Excess<'_>) -> String| over.iter().map(show).collect::<Vec<_>>().join(",");
        let requested = list(&|excess| format!("{}={}", excess.name, render(excess.name, excess.asked)));
        let used = list(&|excess| format!("{}={}", excess.name, render(excess.name, excess.used)));
        let limited = list(&|excess| {
            format!("{}={}", excess.name, excess.limit.as_str().map_or_else(|| excess.limit.to_string(), str::to_owned))
        });
        let why = format!("exceeded quota: {}, requested: {requested}, used: {used}, limited: {limited}", quota.name());
        return Err(ApiError::forbidden(resource, object.name(), &why));
    }
    Ok(())
}

/// One resource of a quota that an object would exceed.
struct Excess<'a> {
    name: &'a str,
    asked: f64,
    used: f64,
    limit: &'a Value,
}

fn exceeded<'a>(
    store: &Store,
    resource: &Resource,
    object: &Value,
    name: &'a str,
    limit: &'a Value,
) -> Option<Excess<'a>> {
    let asked = if *resource == PODS {
        pod_amount(object, name)?
    } else if resource.qualified == name.strip_prefix("count/").unwrap_or(name) {
        1.0
    } else {
        return None;
    };
    let used = usage(store, object.namespace(), name)?;
    (asked > 0.0 && used + asked > quantity(limit)? + 1e-9).then_some(Excess { name, asked, used, limit })
}
