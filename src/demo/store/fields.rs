//! Field ownership: who last wrote which field, in the shape of `managedFields`' `fieldsV1`.
//!
//! Sets are kept as the JSON they are served as (`{"f:spec": {"f:replicas": {}}}`) and interned, so that
//! the pods of one template share one set. A write walks only the parts that differ.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Map, Value, json};

use super::schema::{ListKind, default_key, list_kind};

/// One entry of `managedFields`.
#[derive(Debug, Clone, PartialEq)]
pub struct Managed {
    /// The writer's name, such as `kubectl-rollout`.
    pub manager: Arc<str>,
    /// Whether the fields were applied (server-side apply) rather than updated.
    pub applied: bool,
    /// The subresource written, empty for the object itself.
    pub subresource: &'static str,
    /// `apiVersion` the writer spoke.
    pub api_version: Arc<str>,
    /// Time of the last write that changed something, RFC 3339.
    pub time: Arc<str>,
    /// The field set as `fieldsV1`.
    pub fields: Arc<Value>,
}

impl Serialize for Managed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("manager", &*self.manager)?;
        map.serialize_entry("operation", if self.applied { "Apply" } else { "Update" })?;
        map.serialize_entry("apiVersion", &*self.api_version)?;
        map.serialize_entry("time", &*self.time)?;
        map.serialize_entry("fieldsType", "FieldsV1")?;
        map.serialize_entry("fieldsV1", &*self.fields)?;
        if !self.subresource.is_empty() {
            map.serialize_entry("subresource", self.subresource)?;
        }
        map.end()
    }
}

/// Shares equal field sets.
#[derive(Debug, Default)]
pub(super) struct Interner(HashMap<String, Arc<Value>>);

impl Interner {
    pub(super) fn share(&mut self, fields: Value) -> Arc<Value> {
        if self.0.len() > 4096 {
            self.0.retain(|_, set| Arc::strong_count(set) > 1);
        }
        Arc::clone(self.0.entry(fields.to_string()).or_insert_with(|| Arc::new(fields)))
    }
}

/// What a write changed: fields with a new value, and fields that are gone.
#[derive(Debug, Default, PartialEq)]
pub struct Changes {
    /// Set of fields added or given another value.
    pub touched: Map<String, Value>,
    /// Set of fields removed.
    pub removed: Map<String, Value>,
}

impl Changes {
    /// Tells whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.touched.is_empty() && self.removed.is_empty()
    }
}

/// Compares two objects; server-set metadata, `kind` and `apiVersion` are nobody's fields.
pub fn changes(old: &Value, new: &Value) -> Changes {
    let empty = Map::new();
    let old = old.as_object().unwrap_or(&empty);
    let new = new.as_object().unwrap_or(&empty);
    let mut changes = compare(old, new, "");
    for set in [&mut changes.touched, &mut changes.removed] {
        set.shift_remove("f:kind");
        set.shift_remove("f:apiVersion");
        if let Some(metadata) = set.get_mut("f:metadata").and_then(Value::as_object_mut) {
            metadata.retain(|key, _| !SERVER_SET.contains(&key.as_str()));
            if metadata.is_empty() {
                set.shift_remove("f:metadata");
            }
        }
    }
    changes
}

const SERVER_SET: &[&str] = &[
    "f:name",
    "f:namespace",
    "f:uid",
    "f:resourceVersion",
    "f:generation",
    "f:creationTimestamp",
    "f:deletionTimestamp",
    "f:deletionGracePeriodSeconds",
    "f:selfLink",
    "f:managedFields",
    "f:generateName",
];

/// Returns the whole set of an object's fields.
pub fn all(value: &Value) -> Value {
    Value::Object(changes(&json!({}), value).touched)
}

fn compare(old: &Map<String, Value>, new: &Map<String, Value>, parent: &str) -> Changes {
    let mut changes = Changes::default();
    for (key, value) in new {
        match old.get(key) {
            Some(before) if before == value => {}
            Some(before) => compare_field(before, value, parent, key, &mut changes),
            None => {
                changes.touched.insert(format!("f:{key}"), whole(value, parent, key));
            }
        }
    }
    for key in old.keys().filter(|key| !new.contains_key(*key)) {
        changes.removed.insert(format!("f:{key}"), json!({}));
    }
    changes
}

fn compare_field(before: &Value, value: &Value, parent: &str, key: &str, changes: &mut Changes) {
    let inner = match (before, value) {
        (Value::Object(before), Value::Object(value)) if !is_atomic(parent, key) && !value.is_empty() => {
            compare(before, value, key)
        }
        (Value::Array(before), Value::Array(value)) => match compare_lists(before, value, parent, key) {
            Some(inner) => inner,
            None => return drop(changes.touched.insert(format!("f:{key}"), json!({}))),
        },
        _ => {
            return drop(changes.touched.insert(format!("f:{key}"), whole(value, parent, key)));
        }
    };
    if !inner.touched.is_empty() {
        changes.touched.insert(format!("f:{key}"), Value::Object(inner.touched));
    }
    if !inner.removed.is_empty() {
        changes.removed.insert(format!("f:{key}"), Value::Object(inner.removed));
    }
}

fn compare_lists(before: &[Value], value: &[Value], parent: &str, key: &str) -> Option<Changes> {
    let kind = list_kind(parent, key);
    let old: Map<String, Value> =
        before.iter().map(|item| Some((item_key(kind, item)?, item.clone()))).collect::<Option<_>>()?;
    let mut changes = Changes::default();
    let mut seen = Vec::with_capacity(value.len());
    for item in value {
        let name = item_key(kind, item)?;
        match (old.get(&name), item) {
            (Some(before), item) if before == item => {}
            (Some(Value::Object(before)), Value::Object(item)) => {
                let inner = compare(before, item, key);
                if !inner.touched.is_empty() {
                    changes.touched.insert(name.clone(), Value::Object(inner.touched));
                }
                if !inner.removed.is_empty() {
                    changes.removed.insert(name.clone(), Value::Object(inner.removed));
                }
            }
            _ => drop(changes.touched.insert(name.clone(), whole_item(item, key))),
        }
        seen.push(name);
    }
    for name in old.keys().filter(|name| !seen.contains(name)) {
        changes.removed.insert(name.clone(), json!({}));
    }
    Some(changes)
}

/// Returns the path element of a list item: `k:{"name":"x"}` or `v:"x"`; none where the list is atomic.
pub fn item_key(kind: ListKind, item: &Value) -> Option<String> {
    match kind {
        ListKind::Atomic => None,
        ListKind::Set => Some(format!("v:{item}")),
        ListKind::Map(keys) => {
            let mut named = Map::new();
            for key in keys {
                match item.get(key) {
                    Some(value) => named.insert((*key).to_owned(), value.clone()),
                    None => named.insert((*key).to_owned(), json!(default_key(key)?)),
                };
            }
            Some(format!("k:{}", Value::Object(named)))
        }
    }
}

/// Label selectors, resource quantities of a limit and the like change as one.
fn is_atomic(parent: &str, key: &str) -> bool {
    matches!(
        (parent, key),
        ("spec", "selector")
            | (_, "labelSelector" | "fieldRef" | "secretKeyRef" | "configMapKeyRef" | "scaleTargetRef")
    )
}

fn whole(value: &Value, parent: &str, key: &str) -> Value {
    match value {
        Value::Object(map) if !map.is_empty() && !is_atomic(parent, key) => {
            let mut set = Map::new();
            if !matches!(key, "metadata" | "spec" | "status" | "strategy" | "updateStrategy" | "template") {
                set.insert(".".to_owned(), json!({}));
            }
            for (inner, value) in map {
                set.insert(format!("f:{inner}"), whole(value, key, inner));
            }
            Value::Object(set)
        }
        Value::Array(items) if !items.is_empty() => {
            let kind = list_kind(parent, key);
            let mut set = Map::new();
            if !matches!(key, "containers" | "initContainers") {
                set.insert(".".to_owned(), json!({}));
            }
            for item in items {
                let Some(name) = item_key(kind, item) else {
                    return json!({});
                };
                set.insert(name, whole_item(item, key));
            }
            Value::Object(set)
        }
        _ => json!({}),
    }
}

fn whole_item(item: &Value, key: &str) -> Value {
    match item {
        Value::Object(map) => {
            let mut set = Map::new();
            set.insert(".".to_owned(), json!({}));
            for (inner, value) in map {
                set.insert(format!("f:{inner}"), whole(value, key, inner));
            }
            Value::Object(set)
        }
        _ => json!({}),
    }
}

/// Adds every field of `more` to `set`.
pub fn union(set: &mut Map<String, Value>, more: &Map<String, Value>) {
    for (key, value) in more {
        match (set.get_mut(key), value) {
            (Some(Value::Object(inner)), Value::Object(value)) => union(inner, value),
            (Some(_), _) => {}
            (None, value) => drop(set.insert(key.clone(), value.clone())),
        }
    }
}

/// Tells whether every field of `more` is in `set`.
pub fn contains(set: &Value, more: &Map<String, Value>) -> bool {
    more.iter().all(|(key, value)| {
        set.get(key).is_some_and(|inner| value.as_object().is_none_or(|value| contains(inner, value)))
    })
}

/// Removes the leaves of `less` from `set`; a branch left without fields goes too.
pub fn subtract(set: &mut Map<String, Value>, less: &Map<String, Value>) {
    for (key, value) in less {
        let Some(inner) = set.get_mut(key) else {
            continue;
        };
        match (inner, value) {
            (Value::Object(inner), Value::Object(value)) if !value.is_empty() => {
                subtract(inner, value);
                if inner.is_empty() {
                    set.shift_remove(key);
                }
            }
            _ => drop(set.shift_remove(key)),
        }
    }
}

/// Tells whether any leaf of `less` is in `set`, that is, whether `subtract` would change it.
pub fn intersects(set: &Value, less: &Map<String, Value>) -> bool {
    less.iter().any(|(key, value)| {
        set.get(key).is_some_and(|inner| match value.as_object() {
            Some(value) if !value.is_empty() => intersects(inner, value),
            _ => true,
        })
    })
}
