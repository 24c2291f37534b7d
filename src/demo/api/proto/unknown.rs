//! Finds, and takes out, what no message has a field for: a typed API keeps nothing it does not know.

use serde_json::Value;

use super::schema::{Kind, Schema};
use super::type_name;

/// The one message that stands inside others with a kind and a version of its own.
const WITH_TYPE: &str = "core.PersistentVolumeClaim";

impl Schema {
    /// Drops the unknown fields of an object and returns their paths, such as `spec.template.spec.containers[0].imagee`.
    ///
    /// Kinds that are not in the table keep everything.
    pub(in super::super) fn prune(&self, api_version: &str, kind: &str, object: &mut Value) -> Vec<String> {
        let mut found = Vec::new();
        if let Some(message) = type_name(api_version, kind).filter(|name| self.fields(name).is_some()) {
            self.prune_message(&message, true, object, "", &mut found);
        }
        found
    }

    fn prune_message(&self, message: &str, has_type: bool, value: &mut Value, path: &str, found: &mut Vec<String>) {
        let Some(fields) = value.as_object_mut() else { return };
        fields.retain(|name, value| {
            if has_type && matches!(name.as_str(), "kind" | "apiVersion") {
                return true;
            }
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let Some(kind) = self.kind_of(message, name) else {
                found.push(path);
                return false;
            };
            self.prune_value(kind, value, &path, found);
            true
        });
    }

    fn prune_value(&self, kind: &Kind, value: &mut Value, path: &str, found: &mut Vec<String>) {
        match (kind, value) {
            (Kind::Message(message), value) => self.prune_message(message, *message == WITH_TYPE, value, path, found),
            (Kind::List(item), Value::Array(items)) => {
                for (index, value) in items.iter_mut().enumerate() {
                    self.prune_value(item, value, &format!("{path}[{index}]"), found);
                }
            }
            (Kind::Map(item), Value::Object(entries)) => {
                for (key, value) in entries {
                    self.prune_value(item, value, &format!("{path}.{key}"), found);
                }
            }
            _ => {}
        }
    }

    /// Returns the kind of a field by its JSON name, embedded messages included.
    pub(super) fn kind_of(&self, message: &str, name: &str) -> Option<&Kind> {
        self.fields(message)?.iter().find_map(|field| match (field.name, &field.kind) {
            (None, Kind::Message(inner)) => self.kind_of(inner, name),
            (known, kind) => (known == Some(name)).then_some(kind),
        })
    }
}
