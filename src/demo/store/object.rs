//! One stored object: its JSON without `managedFields`, who manages which fields, and its bytes once somebody asked for them.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};
use serde_json::{Map, Value};

use super::fields::Managed;

/// An object as stored; dereferences to its JSON, which holds everything but `metadata.managedFields`.
///
/// The field sets are kept apart and shared between objects because ten thousand pods of one template
/// have the same ones, and they are half of a pod's bytes.
///
/// What the log keeps of the past is cold: bytes alone, read again for whoever asks what is in them.
#[derive(Debug)]
pub struct Object {
    value: OnceLock<Value>,
    managed: Vec<Managed>,
    version: u64,
    json: OnceLock<Bytes>,
    packed: OnceLock<Bytes>,
}

impl Object {
    pub(super) fn new(value: Value, managed: Vec<Managed>, version: u64) -> Self {
        Self { value: OnceLock::from(tight(value)), managed, version, json: OnceLock::new(), packed: OnceLock::new() }
    }

    /// Returns the same object as bytes alone, a quarter of its size in memory.
    pub(super) fn cold(&self) -> Self {
        let (json, packed) = (OnceLock::from(self.json()), self.packed.clone());
        Self { value: OnceLock::new(), managed: self.managed.clone(), version: self.version, json, packed }
    }

    /// Tells whether it is bytes alone.
    pub(super) fn is_cold(&self) -> bool {
        self.value.get().is_none()
    }

    /// Returns the JSON without `managedFields`.
    pub fn value(&self) -> &Value {
        self.value.get_or_init(|| {
            // Only what was written as JSON is without a value.
            let mut value: Value =
                self.json.get().and_then(|json| serde_json::from_slice(json).ok()).unwrap_or_default();
            if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
                metadata.shift_remove("managedFields");
            }
            value
        })
    }

    /// Returns who manages which fields.
    pub fn managed(&self) -> &[Managed] {
        &self.managed
    }

    /// Returns the resource version as a number; 0 for an object that was only tried (dry run).
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Returns the object's compact JSON with `managedFields`, made once and shared.
    pub fn json(&self) -> Bytes {
        self.json.get_or_init(|| Bytes::from(serde_json::to_vec(self).unwrap_or_default())).clone()
    }

    /// Returns the object's binary form, made once by `make` and shared.
    pub fn packed(&self, make: impl FnOnce(Value) -> Vec<u8>) -> Bytes {
        self.packed.get_or_init(|| make(self.with_managed_fields()).into()).clone()
    }

    /// Returns the JSON with `managedFields` as a value.
    pub fn with_managed_fields(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// Returns the same JSON without room for more: a map of one field, as it grows, has room for four.
fn tight(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut exact = Map::with_capacity(fields.len());
            exact.extend(fields.into_iter().map(|(key, value)| (key, tight(value))));
            Value::Object(exact)
        }
        Value::Array(items) => {
            let mut exact: Vec<Value> = items.into_iter().map(tight).collect();
            exact.shrink_to_fit();
            Value::Array(exact)
        }
        other => other,
    }
}

impl Deref for Object {
    type Target = Value;

    fn deref(&self) -> &Value {
        self.value()
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let empty = Map::new();
        let fields = self.value().as_object().unwrap_or(&empty);
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in fields {
            match (key.as_str(), value.as_object()) {
                ("metadata", Some(metadata)) if !self.managed.is_empty() => {
                    map.serialize_entry(key, &Metadata { metadata, managed: &self.managed })?;
                }
                _ => map.serialize_entry(key, value)?,
            }
        }
        map.end()
    }
}

struct Metadata<'a> {
    metadata: &'a Map<String, Value>,
    managed: &'a [Managed],
}

impl Serialize for Metadata<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in self.metadata {
            map.serialize_entry(key, value)?;
        }
        map.serialize_entry("managedFields", &ManagedList(self.managed))?;
        map.end()
    }
}

struct ManagedList<'a>(&'a [Managed]);

impl Serialize for ManagedList<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for entry in self.0 {
            list.serialize_element(entry)?;
        }
        list.end()
    }
}

/// What every object says about itself, read from its JSON.
pub trait Meta {
    /// Returns a string field of `metadata`, empty where absent.
    fn meta(&self, field: &str) -> &str;
    /// Returns the object's name.
    fn name(&self) -> &str {
        self.meta("name")
    }
    /// Returns the object's namespace, empty for cluster-wide kinds.
    fn namespace(&self) -> &str {
        self.meta("namespace")
    }
    /// Returns the object's uid.
    fn uid(&self) -> &str {
        self.meta("uid")
    }
    /// Tells whether deletion has begun.
    fn is_terminating(&self) -> bool {
        !self.meta("deletionTimestamp").is_empty()
    }
    /// Returns the value of a label.
    fn label(&self, key: &str) -> Option<&str>;
    /// Returns the value of an annotation.
    fn annotation(&self, key: &str) -> Option<&str>;
    /// Returns the owner reference marked as controller.
    fn controller(&self) -> Option<&Value>;
}

impl Meta for Value {
    fn meta(&self, field: &str) -> &str {
        self["metadata"][field].as_str().unwrap_or_default()
    }

    fn label(&self, key: &str) -> Option<&str> {
        self["metadata"]["labels"].get(key)?.as_str()
    }

    fn annotation(&self, key: &str) -> Option<&str> {
        self["metadata"]["annotations"].get(key)?.as_str()
    }

    fn controller(&self) -> Option<&Value> {
        let owners = self["metadata"]["ownerReferences"].as_array()?;
        owners.iter().find(|owner| owner["controller"] == Value::Bool(true))
    }
}

/// Renders an instant as objects carry it: RFC 3339 in UTC, whole seconds.
pub fn timestamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Renders an instant as leases and events carry it: RFC 3339 in UTC with microseconds.
pub fn micro_timestamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

/// An object shared between the store, its log and whoever reads it.
pub type Shared = Arc<Object>;
