//! Discovery: which groups, versions and kinds there are, in the old form and the aggregated one.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::convert::{EXTRA, Form};
use super::handle::Call;
use super::metrics;
use super::respond::{self, Answer};
use super::reviews::REVIEWS;
use crate::demo::store::resource::{NODES, PODS, RESOURCES};
use crate::demo::store::{Resource, custom};

/// The version the server says it has: the newest whose behaviour it follows.
const VERSION: (&str, &str) = ("1", "32");

/// Returns the body of `/version`.
pub(super) fn version() -> Value {
    let (major, minor) = VERSION;
    json!({
        "major": major, "minor": minor, "gitVersion": format!("v{major}.{minor}.0"), "gitCommit": "0000000000000000000000000000000000000000",
        "gitTreeState": "clean", "buildDate": "2024-12-11T00:00:00Z", "goVersion": "none", "compiler": "rustc", "platform": "linux/amd64",
    })
}

/// One version of a group and what it serves.
struct GroupVersion {
    group: &'static str,
    version: Cow<'static, str>,
    entries: Vec<Entry>,
}

/// One kind, or a subresource of one, as discovery lists it.
struct Entry {
    name: String,
    singular: &'static str,
    namespaced: bool,
    kind: &'static str,
    kind_group: &'static str,
    kind_version: Cow<'static, str>,
    verbs: &'static [&'static str],
    short: &'static [&'static str],
    categories: &'static [&'static str],
}

/// The one group that another server serves.
const METRICS: &str = "metrics.k8s.io";

const EVERY_VERB: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// Every group version served, preferred versions first.
fn served(call: &Call) -> Vec<GroupVersion> {
    let mut versions: Vec<GroupVersion> = Vec::new();
    for resource in RESOURCES.iter().filter(|resource| !resource.is_custom()) {
        add(&mut versions, resource.group, resource.version, entries(resource, resource.group, resource.version));
    }
    add_custom(call, &mut versions);
    for (group, version, form, resource) in EXTRA {
        let shown = if *form == Form::EventsGroup { "events.k8s.io" } else { resource.group };
        add(&mut versions, group, version, entries(resource, shown, version));
    }
    let binding = Entry { verbs: &["create"], ..plain("bindings", "Binding", "", "v1") };
    add(&mut versions, "", "v1", vec![binding]);
    for review in REVIEWS {
        let entry = Entry {
            verbs: &["create"],
            namespaced: false,
            singular: "",
            ..plain(review.plural, review.kind, review.group, "v1")
        };
        add(&mut versions, review.group, "v1", vec![entry]);
    }
    for (resource, kind) in [(&NODES, "NodeMetrics"), (&PODS, "PodMetrics")] {
        let named = plain(resource.plural, kind, METRICS, "v1beta1");
        let entry = Entry { namespaced: resource.namespaced, verbs: &["get", "list"], singular: "", ..named };
        add(&mut versions, METRICS, "v1beta1", vec![entry]);
    }
    versions
}

/// Adds the custom kinds in the versions their definitions name, known to this cluster or not.
fn add_custom(call: &Call, versions: &mut Vec<GroupVersion>) {
    let faults = call.server.chaos.faults();
    for resource in RESOURCES.iter().filter(|resource| resource.is_custom()) {
        if faults.without_groups.iter().any(|hidden| hidden == resource.group) {
            continue;
        }
        let defined: Vec<String> = call.with(|store| custom::versions(store, resource).map(str::to_owned).collect());
        for version in defined {
            let mut found = entries(resource, resource.group, resource.version);
            found.retain(|entry| !(faults.old_rollouts && entry.name == "rollouts/status"));
            for entry in found.iter_mut().filter(|entry| entry.kind_group == resource.group) {
                entry.kind_version = version.clone().into();
            }
            add(versions, resource.group, &version, found);
        }
    }
}

fn plain(name: &str, kind: &'static str, kind_group: &'static str, kind_version: &'static str) -> Entry {
    let kind_version = Cow::Borrowed(kind_version);
    Entry {
        name: name.to_owned(),
        singular: "",
        namespaced: true,
        kind,
        kind_group,
        kind_version,
        verbs: EVERY_VERB,
        short: &[],
        categories: &[],
    }
}

fn add(versions: &mut Vec<GroupVersion>, group: &'static str, version: &str, entries: Vec<Entry>) {
    match versions.iter_mut().find(|known| known.group == group && known.version == version) {
        Some(known) => known.entries.extend(entries),
        None => versions.push(GroupVersion { group, version: Cow::Owned(version.to_owned()), entries }),
    }
}

fn entries(resource: &'static Resource, group: &'static str, version: &'static str) -> Vec<Entry> {
    let main = Entry {
        namespaced: resource.namespaced,
        singular: resource.singular,
        short: resource.short,
        categories: resource.categories,
        ..plain(resource.plural, resource.kind, group, version)
    };
    let sub = |name: &&'static str| {
        let (kind, kind_group, kind_version, verbs): (_, _, _, &'static [&'static str]) = match *name {
            "scale" => ("Scale", "autoscaling", "v1", &["get", "patch", "update"]),
            "eviction" => ("Eviction", "policy", "v1", &["create"]),
            "binding" => ("Binding", "", "v1", &["create"]),
            "log" => (resource.kind, group, version, &["get"]),
            "exec" | "attach" | "portforward" => ("PodExecOptions", "", "v1", &["create", "get"]),
            "proxy" => ("ServiceProxyOptions", "", "v1", &["create", "delete", "get", "patch", "update"]),
            "finalize" => (resource.kind, group, version, &["update"]),
            _ => (resource.kind, group, version, &["get", "patch", "update"]),
        };
        let named = plain(&format!("{}/{name}", resource.plural), kind, kind_group, kind_version);
        Entry { namespaced: resource.namespaced, verbs, ..named }
    };
    std::iter::once(main).chain(resource.subresources.iter().map(sub)).collect()
}

/// Answers a discovery request; none where the path is no part of discovery.
pub(super) fn answer(call: &Call) -> Option<Answer> {
    let path = call.path.trim_end_matches('/');
    let aggregate = aggregate_version(call.header(http::header::ACCEPT));
    let faults = call.server.chaos.faults();
    let mut versions = served(call);
    versions.retain(|version| !(faults.without_metrics && version.group == METRICS));
    if let (Some(version), "/api" | "/apis") = (aggregate, path) {
        let media = format!("application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList");
        let body = aggregated(&versions, path == "/api", version).to_string();
        return Some(respond::bytes(200, &media, body));
    }
    match path {
        "/api" => Some(respond::json(
            200,
            &json!({
                "kind": "APIVersions", "versions": ["v1"],
                "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": call.server.address.to_string()}],
            }),
        )),
        "/apis" => {
            let groups: Vec<Value> = groups(&versions).iter().map(|group| group_of(&versions, group)).collect();
            Some(respond::json(200, &json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})))
        }
        "/api/v1" => resource_list(&versions, "", "v1"),
        _ => match path.strip_prefix("/apis/")?.split('/').collect::<Vec<_>>().as_slice() {
            [group] if versions.iter().any(|known| known.group == *group) => {
                let mut body = group_of(&versions, group);
                body["kind"] = json!("APIGroup");
                body["apiVersion"] = json!("v1");
                Some(respond::json(200, &body))
            }
            [METRICS, _] if faults.failing_metrics => Some(metrics::unavailable()),
            [group, version] => resource_list(&versions, group, version),
            _ => None,
        },
    }
}

/// Returns the first version of aggregated discovery that is asked for, and known: kubectl before 1.30 asks for the beta.
fn aggregate_version(accept: &str) -> Option<&'static str> {
    let is_list = |entry: &&str| entry.contains("as=APIGroupDiscoveryList");
    let version = |entry: &str| {
        ["v2", "v2beta1"]
            .into_iter()
            .find(|known| entry.split(';').any(|part| part.trim().strip_prefix("v=") == Some(known)))
    };
    accept.split(',').filter(is_list).find_map(version)
}

fn groups(versions: &[GroupVersion]) -> Vec<&'static str> {
    let mut groups: Vec<&'static str> = Vec::new();
    for version in versions {
        if !version.group.is_empty() && !groups.contains(&version.group) {
            groups.push(version.group);
        }
    }
    groups
}

fn group_of(versions: &[GroupVersion], group: &str) -> Value {
    let of_group = versions.iter().filter(|version| version.group == group);
    let list: Vec<Value> = of_group
        .map(|version| json!({"groupVersion": format!("{group}/{}", version.version), "version": version.version}))
        .collect();
    json!({"name": group, "versions": list, "preferredVersion": list.first()})
}

fn group_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

fn resource_list(versions: &[GroupVersion], group: &str, version: &str) -> Option<Answer> {
    let found = versions.iter().find(|known| known.group == group && known.version == version)?;
    let resources: Vec<Value> = found
        .entries
        .iter()
        .map(|entry| {
            let mut shown = json!({
                "name": entry.name, "singularName": entry.singular, "namespaced": entry.namespaced, "kind": entry.kind, "verbs": entry.verbs,
            });
            if (entry.kind_group, &*entry.kind_version) != (group, version) {
                shown["group"] = json!(entry.kind_group);
                shown["version"] = json!(entry.kind_version);
            }
            if !entry.short.is_empty() {
                shown["shortNames"] = json!(entry.short);
            }
            if !entry.categories.is_empty() {
                shown["categories"] = json!(entry.categories);
            }
            shown
        })
        .collect();
    let list = json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version(group, version), "resources": resources});
    Some(respond::json(200, &list))
}

fn aggregated(versions: &[GroupVersion], core: bool, version: &str) -> Value {
    let names = if core { vec![""] } else { groups(versions) };
    let items: Vec<Value> = names
        .iter()
        .map(|group| {
            let of_group = versions.iter().filter(|version| version.group == *group);
            let list: Vec<Value> =
                of_group.map(|version| json!({"version": version.version, "freshness": "Current", "resources": aggregated_kinds(version)})).collect();
            json!({"metadata": {"name": group, "creationTimestamp": null}, "versions": list})
        })
        .collect();
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": format!("apidiscovery.k8s.io/{version}"), "metadata": {}, "items": items})
}

fn aggregated_kinds(version: &GroupVersion) -> Vec<Value> {
    let kind = |entry: &Entry| json!({"group": entry.kind_group, "version": entry.kind_version, "kind": entry.kind});
    let scope = |namespaced: bool| if namespaced { "Namespaced" } else { "Cluster" };
    let mut kinds: Vec<Value> = Vec::new();
    for entry in &version.entries {
        if let Some((plural, sub)) = entry.name.split_once('/') {
            if let Some(parent) = kinds.iter_mut().rev().find(|parent| parent["resource"] == plural) {
                let mut subs = parent["subresources"].as_array().cloned().unwrap_or_default();
                subs.push(json!({"subresource": sub, "responseKind": kind(entry), "verbs": entry.verbs}));
                parent["subresources"] = Value::Array(subs);
            }
            continue;
        }
        let mut shown = json!({
            "resource": entry.name, "responseKind": kind(entry), "scope": scope(entry.namespaced), "singularResource": entry.singular, "verbs": entry.verbs,
        });
        if !entry.short.is_empty() {
            shown["shortNames"] = json!(entry.short);
        }
        if !entry.categories.is_empty() {
            shown["categories"] = json!(entry.categories);
        }
        kinds.push(shown);
    }
    kinds
}
