//! Rows of workloads and of what scales and protects them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::cells::{age, containers, count, human, map, or_none, selector};
use super::{Printer, name_of, number, text, wide};
use crate::demo::store::Meta;

pub(super) static DEPLOYMENTS: Printer = Printer {
    columns: &[
        text("Name"),
        text("Ready"),
        number("Up-to-date"),
        number("Available"),
        text("Age"),
        wide("Containers"),
        wide("Images"),
        wide("Selector"),
    ],
    cells: |object, now| {
        let (spec, status) = (&object["spec"], &object["status"]);
        let mut cells = vec![
            name_of(object),
            json!(format!("{}/{}", count(&status["readyReplicas"]), count(&spec["replicas"]))),
            count(&status["updatedReplicas"]),
            count(&status["availableReplicas"]),
            age(object, now),
        ];
        cells.extend(template(object));
        cells
    },
};

fn template(object: &Value) -> [Value; 3] {
    let pod = &object["spec"]["template"]["spec"];
    let given = &object["spec"]["selector"];
    let plain = given.get("matchLabels").is_none() && given.get("matchExpressions").is_none();
    [containers(pod, "name"), containers(pod, "image"), if plain { map(given) } else { selector(given) }]
}

pub(super) static REPLICA_SETS: Printer = Printer {
    columns: &[
        text("Name"),
        number("Desired"),
        number("Current"),
        number("Ready"),
        text("Age"),
        wide("Containers"),
        wide("Images"),
        wide("Selector"),
    ],
    cells: |object, now| {
        let (spec, status) = (&object["spec"], &object["status"]);
        let mut cells = vec![
            name_of(object),
            count(&spec["replicas"]),
            count(&status["replicas"]),
            count(&status["readyReplicas"]),
            age(object, now),
        ];
        cells.extend(template(object));
        cells
    },
};

pub(super) static STATEFUL_SETS: Printer = Printer {
    columns: &[text("Name"), text("Ready"), text("Age"), wide("Containers"), wide("Images")],
    cells: |object, now| {
        let ready = format!("{}/{}", count(&object["status"]["readyReplicas"]), count(&object["spec"]["replicas"]));
        let [names, images, _] = template(object);
        vec![name_of(object), json!(ready), age(object, now), names, images]
    },
};

pub(super) static DAEMON_SETS: Printer = Printer {
    columns: &[
        text("Name"),
        number("Desired"),
        number("Current"),
        number("Ready"),
        number("Up-to-date"),
        number("Available"),
        text("Node Selector"),
        text("Age"),
        wide("Containers"),
        wide("Images"),
        wide("Selector"),
    ],
    cells: |object, now| {
        let status = &object["status"];
        let mut cells = vec![
            name_of(object),
            count(&status["desiredNumberScheduled"]),
            count(&status["currentNumberScheduled"]),
            count(&status["numberReady"]),
            count(&status["updatedNumberScheduled"]),
            count(&status["numberAvailable"]),
            map(&object["spec"]["template"]["spec"]["nodeSelector"]),
            age(object, now),
        ];
        cells.extend(template(object));
        cells
    },
};

pub(super) static AUTOSCALERS: Printer = Printer {
    columns: &[
        text("Name"),
        text("Reference"),
        text("Targets"),
        text("MinPods"),
        text("MaxPods"),
        number("Replicas"),
        text("Age"),
    ],
    cells: |object, now| {
        let spec = &object["spec"];
        let target = &spec["scaleTargetRef"];
        let reference =
            format!("{}/{}", target["kind"].as_str().unwrap_or_default(), target["name"].as_str().unwrap_or_default());
        let minimum = spec["minReplicas"].as_i64().map_or_else(|| "<unset>".to_owned(), |minimum| minimum.to_string());
        vec![
            name_of(object),
            json!(reference),
            json!(targets(object)),
            json!(minimum),
            json!(count(&spec["maxReplicas"]).to_string()),
            count(&object["status"]["currentReplicas"]),
            age(object, now),
        ]
    },
};

/// Current and wanted value of every metric: `cpu: 41%/70%, memory: <unknown>/80%`.
fn targets(object: &Value) -> String {
    let current = |name: &Value| {
        let metrics = object["status"]["currentMetrics"].as_array().into_iter().flatten();
        metrics.map(|metric| &metric["resource"]).find(|resource| resource["name"] == *name)
    };
    let one = |metric: &Value| {
        let resource = &metric["resource"];
        let name = resource["name"].as_str()?;
        let now = current(&resource["name"]).map(|now| &now["current"]);
        let shown = |value: Option<&Value>, unit: &str| {
            value.filter(|value| !value.is_null()).map_or_else(
                || "<unknown>".to_owned(),
                |value| value.as_str().map_or_else(|| format!("{value}{unit}"), str::to_owned),
            )
        };
        let target = &resource["target"];
        if target["averageUtilization"].is_null() {
            return Some(format!(
                "{name}: {}/{}",
                shown(now.map(|now| &now["averageValue"]), ""),
                shown(Some(&target["averageValue"]), "")
            ));
        }
        Some(format!(
            "{name}: {}/{}%",
            shown(now.map(|now| &now["averageUtilization"]), "%"),
            target["averageUtilization"]
        ))
    };
    let all: Vec<String> = object["spec"]["metrics"].as_array().into_iter().flatten().filter_map(one).collect();
    match all.len() {
        0 => super::cells::NONE.to_owned(),
        1 | 2 => all.join(", "),
        more => format!("{} + {} more...", all[..2].join(", "), more - 2),
    }
}

pub(super) static DISRUPTION_BUDGETS: Printer = Printer {
    columns: &[
        text("Name"),
        text("Min Available"),
        text("Max Unavailable"),
        number("Allowed Disruptions"),
        text("Age"),
    ],
    cells: |object, now| {
        let bound = |key: &str| match &object["spec"][key] {
            Value::Null => json!("N/A"),
            Value::String(text) => json!(text),
            other => json!(other.to_string()),
        };
        vec![
            name_of(object),
            bound("minAvailable"),
            bound("maxUnavailable"),
            count(&object["status"]["disruptionsAllowed"]),
            age(object, now),
        ]
    },
};

pub(super) static CONTROLLER_REVISIONS: Printer = Printer {
    columns: &[text("Name"), text("Controller"), number("Revision"), text("Age")],
    cells: |object, now| {
        let owner = object.controller().map(|owner| {
            let kind = owner["kind"].as_str().unwrap_or_default().to_lowercase();
            format!("{kind}.apps/{}", owner["name"].as_str().unwrap_or_default())
        });
        vec![name_of(object), or_none(&json!(owner)), count(&object["revision"]), age(object, now)]
    },
};

pub(super) static JOBS: Printer = Printer {
    columns: &[
        text("Name"),
        text("Status"),
        text("Completions"),
        text("Duration"),
        text("Age"),
        wide("Containers"),
        wide("Images"),
        wide("Selector"),
    ],
    cells: |object, now| {
        let status = &object["status"];
        let has = |kind: &str| {
            status["conditions"].as_array().into_iter().flatten().any(|c| c["type"] == kind && c["status"] == "True")
        };
        let word = ["Complete", "Failed", "Suspended"].into_iter().find(|kind| has(kind)).unwrap_or("Running");
        let instant = |key: &str| status[key].as_str().and_then(|text| text.parse::<Timestamp>().ok());
        let took = instant("startTime")
            .map(|start| human(instant("completionTime").unwrap_or(now).duration_since(start).as_secs()));
        let mut cells = vec![
            name_of(object),
            json!(word),
            json!(format!("{}/{}", count(&status["succeeded"]), count(&object["spec"]["completions"]))),
            json!(took.unwrap_or_default()),
            age(object, now),
        ];
        cells.extend(template(object));
        cells
    },
};
