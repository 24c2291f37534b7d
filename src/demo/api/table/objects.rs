//! Rows of nodes, services, events and the smaller kinds.

use serde_json::{Value, json};

use super::cells::{NONE, age, count, map, name_and_age, or_none, since};
use super::{Printer, name_of, number, text, wide};

pub(super) static OTHERS: Printer = Printer { columns: &[text("Name"), text("Age")], cells: name_and_age };

pub(super) static ROLES: Printer = Printer {
    columns: &[text("Name"), text("Created At")],
    cells: |object, _| vec![name_of(object), object["metadata"]["creationTimestamp"].clone()],
};

pub(super) static BINDINGS: Printer = Printer {
    columns: &[text("Name"), text("Role"), text("Age"), wide("Users"), wide("Groups"), wide("ServiceAccounts")],
    cells: |object, now| {
        let role = &object["roleRef"];
        let subjects = |kind: &str| {
            let of_kind = object["subjects"].as_array().into_iter().flatten().filter(|subject| subject["kind"] == kind);
            let names: Vec<&str> = of_kind.filter_map(|subject| subject["name"].as_str()).collect();
            json!(names.join(", "))
        };
        let role =
            format!("{}/{}", role["kind"].as_str().unwrap_or_default(), role["name"].as_str().unwrap_or_default());
        vec![
            name_of(object),
            json!(role),
            age(object, now),
            subjects("User"),
            subjects("Group"),
            subjects("ServiceAccount"),
        ]
    },
};

pub(super) static NAMESPACES: Printer = Printer {
    columns: &[text("Name"), text("Status"), text("Age")],
    cells: |object, now| vec![name_of(object), or_none(&object["status"]["phase"]), age(object, now)],
};

pub(super) static NODES: Printer = Printer {
    columns: &[
        text("Name"),
        text("Status"),
        text("Roles"),
        text("Age"),
        text("Version"),
        wide("Internal-IP"),
        wide("External-IP"),
        wide("OS-Image"),
        wide("Kernel-Version"),
        wide("Container-Runtime"),
    ],
    cells: |object, now| {
        let info = &object["status"]["nodeInfo"];
        let address = |kind: &str| {
            let addresses = object["status"]["addresses"].as_array().into_iter().flatten();
            let found = addresses.into_iter().find(|address| address["type"] == kind);
            or_none(found.map_or(&Value::Null, |address| &address["address"]))
        };
        let unknown = |value: &Value| json!(value.as_str().unwrap_or("<unknown>"));
        vec![
            name_of(object),
            json!(node_status(object)),
            json!(node_roles(object)),
            age(object, now),
            json!(info["kubeletVersion"].as_str().unwrap_or_default()),
            address("InternalIP"),
            address("ExternalIP"),
            unknown(&info["osImage"]),
            unknown(&info["kernelVersion"]),
            unknown(&info["containerRuntimeVersion"]),
        ]
    },
};

fn node_status(node: &Value) -> String {
    let ready =
        node["status"]["conditions"].as_array().into_iter().flatten().find(|condition| condition["type"] == "Ready");
    let word = match ready.map(|ready| &ready["status"]) {
        None => "Unknown",
        Some(status) if status == "True" => "Ready",
        Some(_) => "NotReady",
    };
    let cordoned = node["spec"]["unschedulable"] == true;
    if cordoned { format!("{word},SchedulingDisabled") } else { word.to_owned() }
}

fn node_roles(node: &Value) -> String {
    let labels = node["metadata"]["labels"].as_object().into_iter().flatten();
    let mut roles: Vec<&str> = labels.filter_map(|(key, _)| key.strip_prefix("node-role.kubernetes.io/")).collect();
    roles.sort_unstable();
    if roles.is_empty() { NONE.to_owned() } else { roles.join(",") }
}

pub(super) static SERVICES: Printer = Printer {
    columns: &[
        text("Name"),
        text("Type"),
        text("Cluster-IP"),
        text("External-IP"),
        text("Port(s)"),
        text("Age"),
        wide("Selector"),
    ],
    cells: |object, now| {
        let spec = &object["spec"];
        let port = |port: &Value| {
            let protocol = port["protocol"].as_str().unwrap_or("TCP");
            let node = port["nodePort"].as_i64().map_or_else(String::new, |node| format!(":{node}"));
            format!("{}{node}/{protocol}", port["port"])
        };
        let ports: Vec<String> = spec["ports"].as_array().into_iter().flatten().map(port).collect();
        let external = match spec["type"].as_str() {
            Some("LoadBalancer") => "<pending>",
            Some("ExternalName") => spec["externalName"].as_str().unwrap_or(NONE),
            _ => NONE,
        };
        let ports = if ports.is_empty() { NONE.to_owned() } else { ports.join(",") };
        vec![
            name_of(object),
            or_none(&spec["type"]),
            or_none(&spec["clusterIP"]),
            json!(external),
            json!(ports),
            age(object, now),
            map(&spec["selector"]),
        ]
    },
};

pub(super) static ENDPOINTS: Printer = Printer {
    columns: &[text("Name"), text("Endpoints"), text("Age")],
    cells: |object, now| {
        let mut all = Vec::new();
        for subset in object["subsets"].as_array().into_iter().flatten() {
            for port in subset["ports"].as_array().into_iter().flatten() {
                for address in subset["addresses"].as_array().into_iter().flatten() {
                    all.push(format!("{}:{}", address["ip"].as_str().unwrap_or_default(), port["port"]));
                }
            }
        }
        vec![name_of(object), first_three(&all, NONE), age(object, now)]
    },
};

pub(super) static ENDPOINT_SLICES: Printer = Printer {
    columns: &[text("Name"), text("AddressType"), text("Ports"), text("Endpoints"), text("Age")],
    cells: |object, now| {
        let each = |key: &str| object[key].as_array().into_iter().flatten();
        let ports: Vec<String> = each("ports")
            .map(|port| port["port"].as_i64().map_or_else(|| "*".to_owned(), |port| port.to_string()))
            .collect();
        let addresses = each("endpoints").flat_map(|endpoint| endpoint["addresses"].as_array().into_iter().flatten());
        let addresses: Vec<String> = addresses.filter_map(Value::as_str).map(str::to_owned).collect();
        let unset = "<unset>";
        let kind = object["addressType"].as_str().unwrap_or_default();
        vec![name_of(object), json!(kind), first_three(&ports, unset), first_three(&addresses, unset), age(object, now)]
    },
};

fn first_three(all: &[String], none: &str) -> Value {
    json!(match all.len() {
        0 => none.to_owned(),
        1..=3 => all.join(","),
        more => format!("{} + {} more...", all[..3].join(","), more - 3),
    })
}

pub(super) static EVENTS: Printer = Printer {
    columns: &[
        text("Last Seen"),
        text("Type"),
        text("Reason"),
        text("Object"),
        wide("Subobject"),
        wide("Source"),
        text("Message"),
        wide("First Seen"),
        wide("Count"),
        wide("Name"),
    ],
    cells: |object, now| {
        let about = &object["involvedObject"];
        let target = format!(
            "{}/{}",
            about["kind"].as_str().unwrap_or_default().to_lowercase(),
            about["name"].as_str().unwrap_or_default()
        );
        let first_of = |keys: [&str; 3]| {
            let found = keys.iter().map(|key| &object[*key]).find(|value| value.is_string());
            json!(found.map_or_else(|| "<unknown>".to_owned(), |value| since(value, now)))
        };
        let source = [object["source"]["component"].as_str(), object["source"]["host"].as_str()];
        let source: Vec<&str> = source.into_iter().flatten().filter(|part| !part.is_empty()).collect();
        vec![
            first_of(["lastTimestamp", "eventTime", "firstTimestamp"]),
            json!(object["type"].as_str().unwrap_or_default()),
            json!(object["reason"].as_str().unwrap_or_default()),
            json!(target),
            json!(about["fieldPath"].as_str().unwrap_or_default()),
            json!(source.join(", ")),
            json!(object["message"].as_str().unwrap_or_default().trim()),
            first_of(["firstTimestamp", "eventTime", "lastTimestamp"]),
            json!(object["count"].as_i64().unwrap_or(1)),
            name_of(object),
        ]
    },
};

pub(super) static QUOTAS: Printer = Printer {
    columns: &[text("Name"), text("Age"), text("Request"), text("Limit")],
    cells: |object, now| {
        let (mut requests, mut limits) = (Vec::new(), Vec::new());
        for (resource, hard) in object["status"]["hard"].as_object().into_iter().flatten() {
            let used = object["status"]["used"][resource].as_str().unwrap_or("0");
            let list = if resource.starts_with("limits.") { &mut limits } else { &mut requests };
            list.push(format!("{resource}: {used}/{}", hard.as_str().unwrap_or_default()));
        }
        requests.sort();
        limits.sort();
        vec![name_of(object), age(object, now), json!(requests.join(", ")), json!(limits.join(", "))]
    },
};

fn entries(object: &Value) -> Value {
    let size = |key: &str| object[key].as_object().map_or(0, serde_json::Map::len);
    json!(size("data") + size("binaryData"))
}

pub(super) static CONFIG_MAPS: Printer = Printer {
    columns: &[text("Name"), number("Data"), text("Age")],
    cells: |object, now| vec![name_of(object), entries(object), age(object, now)],
};

pub(super) static SECRETS: Printer = Printer {
    columns: &[text("Name"), text("Type"), number("Data"), text("Age")],
    cells: |object, now| vec![name_of(object), or_none(&object["type"]), entries(object), age(object, now)],
};

pub(super) static SERVICE_ACCOUNTS: Printer = Printer {
    columns: &[text("Name"), number("Secrets"), text("Age")],
    cells: |object, now| {
        vec![name_of(object), count(&json!(object["secrets"].as_array().map_or(0, Vec::len))), age(object, now)]
    },
};

pub(super) static LEASES: Printer = Printer {
    columns: &[text("Name"), text("Holder"), text("Age")],
    cells: |object, now| {
        vec![name_of(object), json!(object["spec"]["holderIdentity"].as_str().unwrap_or_default()), age(object, now)]
    },
};

pub(super) static DEFINITIONS: Printer = Printer {
    columns: &[text("Name"), text("Created At")],
    cells: |object, _| vec![name_of(object), object["metadata"]["creationTimestamp"].clone()],
};
