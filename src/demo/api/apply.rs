//! Server-side apply: fields have owners, owners conflict, and what an owner no longer mentions goes away.

use serde_json::{Map, Value, json};

use super::decode;
use super::handle::Call;
use super::request::Target;
use super::validation;
use crate::demo::store::fields::{self, Managed};
use crate::demo::store::schema::{ListKind, list_kind};
use crate::demo::store::{ApiError, Meta, Shared, Writer};

/// Applies the body of a request; returns the object and whether it was created.
pub(super) fn apply(call: &Call, target: &Target, name: &str, writer: &Writer<'_>) -> Result<(Shared, bool), ApiError> {
    if call.query.get("fieldManager").is_none() {
        let message =
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch";
        return Err(ApiError::new(422, "Invalid", message));
    }
    let mut config = decode::yaml(&call.body)?;
    if !config.is_object() {
        return Err(ApiError::bad_request("error decoding YAML: the body is not an object"));
    }
    if config["metadata"]
        .get("managedFields")
        .is_some_and(|fields| fields.as_array().is_some_and(|fields| !fields.is_empty()))
    {
        return Err(ApiError::bad_request("metadata.managedFields must be nil"));
    }
    if target.served.resource.namespaced && config.namespace().is_empty() {
        config["metadata"]["namespace"] = json!(target.namespace);
    }
    if config.name().is_empty() {
        config["metadata"]["name"] = json!(name);
    }
    decode::check_names(target, &config, Some(name))?;
    decode::check_types(call, target.served, &config)?;
    validation::applied(call, target, &mut config)?;
    let config = drop_nulls(target.served.inward(config));
    let applied = fields::all(&config).as_object().cloned().unwrap_or_default();
    let resource = target.served.resource;
    call.with(|store| {
        let Some(live) = store.get(resource, &target.namespace, name).cloned() else {
            let created = store.create(resource, config, writer)?;
            return Ok((store.adopt(&created, resource, &applied, writer), true));
        };
        let mut merged = merge(live.value(), &config, "", "");
        let others = |entry: &&Managed| !(entry.applied && &*entry.manager == writer.manager);
        let changes = fields::changes(live.value(), &merged);
        if !call.query.flag("force") {
            refuse_conflicts(&changes.touched, live.managed().iter().filter(others))?;
        }
        let mine = live.managed().iter().find(|entry| entry.applied && &*entry.manager == writer.manager);
        if let Some(Value::Object(dropped)) = mine.map(|entry| (*entry.fields).clone()) {
            let mut dropped = dropped;
            fields::subtract(&mut dropped, &applied);
            for entry in live.managed().iter().filter(others) {
                fields::subtract(&mut dropped, entry.fields.as_object().unwrap_or(&Map::new()));
            }
            remove(&mut merged, &dropped);
        }
        store.write_applied(resource, merged, &applied, writer).map(|object| (object, false))
    })
}

fn drop_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            map.into_iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key, drop_nulls(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(drop_nulls).collect(),
        other => other,
    }
}

fn merge(live: &Value, config: &Value, parent: &str, field: &str) -> Value {
    match (live, config) {
        (Value::Object(live), Value::Object(config)) => {
            let mut merged = live.clone();
            for (key, value) in config {
                let value = live.get(key).map_or_else(|| value.clone(), |before| merge(before, value, field, key));
                merged.insert(key.clone(), value);
            }
            Value::Object(merged)
        }
        (Value::Array(live), Value::Array(config)) => {
            let kind = list_kind(parent, field);
            let mut merged = live.clone();
            for item in config {
                let Some(name) = fields::item_key(kind, item) else { return Value::Array(config.clone()) };
                match merged.iter_mut().find(|existing| fields::item_key(kind, existing).as_ref() == Some(&name)) {
                    Some(existing) => *existing = merge(existing, item, field, ""),
                    None => merged.push(item.clone()),
                }
            }
            if kind == ListKind::Atomic { Value::Array(config.clone()) } else { Value::Array(merged) }
        }
        _ => config.clone(),
    }
}

/// Removes the fields of a set from an object; what that leaves empty goes too, where the set owned it.
fn remove(value: &mut Value, set: &Map<String, Value>) {
    for (element, inner) in set {
        let leaf = inner.as_object().is_none_or(|inner| inner.keys().all(|key| key == "."));
        let owned = leaf || inner.get(".").is_some();
        let mut emptied = |child: &mut Value| {
            if let Some(inner) = inner.as_object().filter(|_| !leaf) {
                remove(child, inner);
            }
            owned
                && (leaf || child.as_object().is_some_and(Map::is_empty) || child.as_array().is_some_and(Vec::is_empty))
        };
        match (element.strip_prefix("f:"), &mut *value) {
            (Some(name), Value::Object(map)) => {
                let gone = map.get_mut(name).is_some_and(&mut emptied);
                if gone {
                    map.shift_remove(name);
                }
            }
            (None, Value::Array(items)) => items.retain_mut(|item| !(names(element, item) && emptied(item))),
            _ => {}
        }
    }
}

fn names(element: &str, item: &Value) -> bool {
    if let Some(key) = element.strip_prefix("k:").and_then(|key| serde_json::from_str::<Map<String, Value>>(key).ok()) {
        return key.iter().all(|(field, value)| item.get(field).map_or(*value == "TCP", |found| found == value));
    }
    element
        .strip_prefix("v:")
        .and_then(|value| serde_json::from_str::<Value>(value).ok())
        .is_some_and(|value| value == *item)
}

fn refuse_conflicts<'a>(
    touched: &Map<String, Value>,
    others: impl Iterator<Item = &'a Managed>,
) -> Result<(), ApiError> {
    let mut conflicts: Vec<(String, Vec<String>)> = Vec::new();
    for entry in others {
        let mut paths = Vec::new();
        overlap(touched, &entry.fields, "", &mut paths);
        if !paths.is_empty() {
            let via = if entry.subresource.is_empty() {
                String::new()
            } else {
                format!(" with subresource {:?}", entry.subresource)
            };
            conflicts.push((format!("{:?}{via} using {}", entry.manager, entry.api_version), paths));
        }
    }
    let count: usize = conflicts.iter().map(|(_, paths)| paths.len()).sum();
    if count == 0 {
        return Ok(());
    }
    let sentences: Vec<String> = conflicts
        .iter()
        .map(|(who, paths)| match paths.as_slice() {
            [path] => format!("conflict with {who}: {path}"),
            paths => format!("conflicts with {who}:\n- {}", paths.join("\n- ")),
        })
        .collect();
    let plural = if count == 1 { "conflict" } else { "conflicts" };
    let mut error =
        ApiError::new(409, "Conflict", format!("Apply failed with {count} {plural}: {}", sentences.join("\n")));
    let cause = |who: &str, path: &String| json!({"reason": "FieldManagerConflict", "message": format!("conflict with {who}"), "field": path});
    let causes: Vec<Value> =
        conflicts.iter().flat_map(|(who, paths)| paths.iter().map(|path| cause(who, path))).collect();
    error.details = Some(Box::new(json!({"causes": causes})));
    Err(error)
}

fn overlap(touched: &Map<String, Value>, owned: &Value, path: &str, found: &mut Vec<String>) {
    for (element, inner) in touched {
        let Some(theirs) = owned.get(element) else { continue };
        if element == "." {
            continue;
        }
        let path = format!("{path}{}", shown(element));
        match inner.as_object() {
            Some(inner) if !inner.is_empty() => overlap(inner, theirs, &path, found),
            _ => found.push(path),
        }
    }
}

fn shown(element: &str) -> String {
    match element.split_once(':') {
        Some(("f", name)) => format!(".{name}"),
        Some(("k", key)) => {
            let keys: Map<String, Value> = serde_json::from_str(key).unwrap_or_default();
            let pairs: Vec<String> = keys.iter().map(|(field, value)| format!("{field}={value}")).collect();
            format!("[{}]", pairs.join(","))
        }
        Some((_, value)) => format!("[={value}]"),
        None => element.to_owned(),
    }
}
