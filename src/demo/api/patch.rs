//! Patches: JSON patch, merge patch and strategic merge patch.

use serde_json::{Map, Value};

use super::decode;
use crate::demo::store::schema::{ListKind, list_kind};
use crate::demo::store::{ApiError, Resource};

/// How a patch is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PatchKind {
    Json,
    Merge,
    Strategic,
    Apply,
}

impl PatchKind {
    /// Reads the content type of a patch.
    pub(super) fn of(content_type: &str, resource: &Resource) -> Result<Self, ApiError> {
        let strategic = if resource.is_custom() { "" } else { "application/strategic-merge-patch+json, " };
        match content_type.split(';').next().unwrap_or_default().trim() {
            "application/json-patch+json" => Ok(Self::Json),
            "application/merge-patch+json" => Ok(Self::Merge),
            "application/strategic-merge-patch+json" if !resource.is_custom() => Ok(Self::Strategic),
            "application/apply-patch+yaml" => Ok(Self::Apply),
            other => {
                let message = format!(
                    "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, \
                     application/merge-patch+json, {strategic}application/apply-patch+yaml; got {other:?}"
                );
                Err(ApiError::new(415, "UnsupportedMediaType", message))
            }
        }
    }
}

/// Returns `current` with a patch applied.
pub(super) fn patched(
    kind: PatchKind,
    mut current: Value,
    body: &[u8],
    resource: &Resource,
) -> Result<Value, ApiError> {
    match kind {
        PatchKind::Json => {
            let patch: json_patch::Patch = serde_json::from_slice(body)
                .map_err(|error| ApiError::bad_request(format!("error decoding patch: {error}")))?;
            json_patch::patch(&mut current, &patch).map_err(|error| {
                tracing::debug!(%error, kind = resource.kind, "a JSON patch does not apply");
                let mut refusal =
                    ApiError::new(422, "Invalid", "the server rejected our request due to an error in our request");
                refusal.details = Some(Box::new(Value::Object(Map::new())));
                refusal
            })?;
        }
        PatchKind::Merge => {
            let patch = decode::json(body)?;
            json_patch::merge(&mut current, &patch);
        }
        PatchKind::Strategic | PatchKind::Apply => {
            let Value::Object(patch) = decode::json(body)? else {
                return Err(ApiError::bad_request("json: cannot unmarshal the patch into a map"));
            };
            if let Value::Object(map) = &mut current {
                merge_map(map, patch, "")?;
            }
        }
    }
    if current.is_object() { Ok(current) } else { Err(ApiError::bad_request("the patch does not leave an object")) }
}

const ORDER: &str = "$setElementOrder/";
const FROM_LIST: &str = "$deleteFromPrimitiveList/";

/// Merges strategically: lists of the built-in types by their keys, directives as documented for `kubectl`.
fn merge_map(current: &mut Map<String, Value>, mut patch: Map<String, Value>, parent: &str) -> Result<(), ApiError> {
    match patch.shift_remove("$patch").as_ref().and_then(Value::as_str) {
        Some("replace") => {
            *current = without_directives(patch);
            return Ok(());
        }
        Some("delete") => {
            current.clear();
            return Ok(());
        }
        Some("merge") | None => {}
        Some(other) => return Err(ApiError::bad_request(format!("unknown patch type found: {other}"))),
    }
    if let Some(Value::Array(kept)) = patch.shift_remove("$retainKeys") {
        current.retain(|key, _| kept.iter().any(|kept| kept == key));
    }
    let (directives, fields): (Vec<_>, Vec<_>) = patch.into_iter().partition(|(key, _)| key.starts_with('$'));
    for (key, value) in fields {
        merge_field(current, key, value, parent)?;
    }
    for (key, value) in directives {
        let Value::Array(values) = value else { continue };
        if let Some(field) = key.strip_prefix(FROM_LIST)
            && let Some(Value::Array(list)) = current.get_mut(field)
        {
            list.retain(|item| !values.contains(item));
        }
        if let Some(field) = key.strip_prefix(ORDER)
            && let Some(Value::Array(list)) = current.get_mut(field)
        {
            reorder(list, &values, list_kind(parent, field));
        }
    }
    Ok(())
}

fn merge_field(current: &mut Map<String, Value>, key: String, value: Value, parent: &str) -> Result<(), ApiError> {
    match (current.get_mut(&key), value) {
        (_, Value::Null) => drop(current.shift_remove(&key)),
        (Some(Value::Object(inner)), Value::Object(patch)) => {
            let removes = patch.get("$patch").is_some_and(|directive| directive == "delete");
            merge_map(inner, patch, &key)?;
            if removes {
                current.shift_remove(&key);
            }
        }
        (Some(Value::Array(list)), Value::Array(patch)) => merge_list(list, patch, list_kind(parent, &key), &key)?,
        (_, Value::Object(patch)) => {
            if patch.get("$patch").is_none_or(|directive| directive != "delete") {
                let mut fresh = Map::new();
                merge_map(&mut fresh, patch, &key)?;
                current.insert(key, Value::Object(fresh));
            }
        }
        (_, Value::Array(patch)) => {
            let mut fresh = Vec::new();
            merge_list(&mut fresh, patch, list_kind(parent, &key), &key)?;
            current.insert(key, Value::Array(fresh));
        }
        (_, value) => drop(current.insert(key, value)),
    }
    Ok(())
}

fn merge_list(list: &mut Vec<Value>, patch: Vec<Value>, kind: ListKind, field: &str) -> Result<(), ApiError> {
    if patch.iter().any(|item| item["$patch"] == "replace") {
        let plain = patch.into_iter().filter(|item| item.get("$patch").is_none());
        *list = plain.collect();
        return Ok(());
    }
    match kind {
        ListKind::Atomic => *list = patch,
        ListKind::Set => {
            for item in patch {
                if !list.contains(&item) {
                    list.push(item);
                }
            }
        }
        ListKind::Map(keys) => {
            let Some(key) = keys.first() else { return Ok(()) };
            for item in patch {
                merge_item(list, item, key, field)?;
            }
        }
    }
    Ok(())
}

fn merge_item(list: &mut Vec<Value>, item: Value, key: &str, field: &str) -> Result<(), ApiError> {
    let Some(name) = item.get(key).cloned() else {
        return Err(ApiError::bad_request(format!("map: {item} does not contain declared merge key: {key}")));
    };
    let same = |existing: &Value| existing.get(key) == Some(&name);
    if item["$patch"] == "delete" {
        list.retain(|existing| !same(existing));
        return Ok(());
    }
    let Value::Object(patch) = item else {
        return Err(ApiError::bad_request(format!("an item of {field} is not an object")));
    };
    if let Some(Value::Object(existing)) = list.iter_mut().find(|existing| same(existing)) {
        return merge_map(existing, patch, field);
    }
    let mut fresh = Map::new();
    merge_map(&mut fresh, patch, field)?;
    list.push(Value::Object(fresh));
    Ok(())
}

/// Puts the named items into the given order; the others keep their place behind them.
fn reorder(list: &mut [Value], order: &[Value], kind: ListKind) {
    let place = |item: &Value| match kind {
        ListKind::Map(keys) => {
            keys.first().and_then(|key| order.iter().position(|wanted| wanted.get(*key) == item.get(*key)))
        }
        _ => order.iter().position(|wanted| wanted == item),
    };
    list.sort_by_key(|item| place(item).unwrap_or(usize::MAX));
}

fn without_directives(patch: Map<String, Value>) -> Map<String, Value> {
    patch.into_iter().filter(|(key, value)| !key.starts_with('$') && !value.is_null()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::store::resource::DEPLOYMENTS;
    use serde_json::json;

    fn strategic(current: &Value, patch: &Value) -> Value {
        patched(PatchKind::Strategic, current.clone(), patch.to_string().as_bytes(), &DEPLOYMENTS).unwrap()
    }

    #[test]
    fn lists_merge_by_their_keys() {
        let current = json!({"spec": {"template": {"spec": {"containers": [
            {"name": "a", "image": "a:1", "env": [{"name": "X", "value": "1"}], "args": ["x", "y"]},
            {"name": "b", "image": "b:1"},
        ]}}}});
        let patch = json!({"spec": {"template": {"spec": {
            "$setElementOrder/containers": [{"name": "b"}, {"name": "a"}],
            "containers": [
                {"name": "a", "image": "a:2", "args": ["z"], "env": [{"name": "Y", "value": "2"}, {"name": "X", "$patch": "delete"}]},
                {"name": "b", "image": null},
            ],
        }}}});
        let expected = json!({"spec": {"template": {"spec": {"containers": [
            {"name": "b"},
            {"name": "a", "image": "a:2", "env": [{"name": "Y", "value": "2"}], "args": ["z"]},
        ]}}}});
        assert_eq!(strategic(&current, &patch), expected);
    }

    #[test]
    fn directives_do_what_they_say() {
        let current = json!({"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}, "metadata": {"finalizers": ["a", "b"]}});
        let cases = [
            (
                json!({"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}),
                "/spec/strategy",
                json!({"type": "Recreate"}),
            ),
            (
                json!({"spec": {"strategy": {"$patch": "replace", "type": "Recreate"}}}),
                "/spec/strategy",
                json!({"type": "Recreate"}),
            ),
            (json!({"spec": {"strategy": {"$patch": "delete"}}}), "/spec", json!({})),
            (json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}}), "/metadata/finalizers", json!(["b"])),
            (json!({"metadata": {"finalizers": ["c", "a"]}}), "/metadata/finalizers", json!(["a", "b", "c"])),
        ];
        for (patch, pointer, expected) in cases {
            assert_eq!(strategic(&current, &patch).pointer(pointer), Some(&expected), "{patch}");
        }
        let keyless = json!({"spec": {"template": {"spec": {"containers": [{"image": "x"}]}}}});
        let error = patched(PatchKind::Strategic, current, keyless.to_string().as_bytes(), &DEPLOYMENTS).unwrap_err();
        assert!(error.message.ends_with("does not contain declared merge key: name"), "{}", error.message);
    }

    #[test]
    fn a_failing_test_operation_is_a_422() {
        let patch = br#"[{"op":"test","path":"/spec/replicas","value":99}]"#;
        let error = patched(PatchKind::Json, json!({"spec": {"replicas": 1}}), patch, &DEPLOYMENTS).unwrap_err();
        assert_eq!(
            (error.code, error.message.as_str()),
            (422, "the server rejected our request due to an error in our request")
        );
    }
}
