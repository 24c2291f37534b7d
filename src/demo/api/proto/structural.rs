//! What a custom resource definition's schema refuses: values of another type than the field's.

use serde_json::Value;

use super::schema::{Kind, Schema};
use super::type_name;
use crate::demo::store::Cause;

impl Schema {
    /// Returns a cause for each value whose type is not the field's; kinds that are not in the table have none.
    pub(in super::super) fn mistakes(&self, api_version: &str, kind: &str, object: &Value) -> Vec<Cause> {
        let mut found = Vec::new();
        if let Some(message) = type_name(api_version, kind) {
            self.mistakes_of(&message, object, "", &mut found);
        }
        found
    }

    fn mistakes_of(&self, message: &str, value: &Value, path: &str, found: &mut Vec<Cause>) {
        let Some(fields) = value.as_object() else { return };
        for (name, value) in fields {
            // Metadata is checked by the API itself; null is absence.
            if value.is_null() || (path.is_empty() && name == "metadata") {
                continue;
            }
            if let Some(kind) = self.kind_of(message, name) {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                self.mistake(kind, value, &path, found);
            }
        }
    }

    fn mistake(&self, kind: &Kind, value: &Value, path: &str, found: &mut Vec<Cause>) {
        let fits = match kind {
            Kind::Text | Kind::Bytes | Kind::Time | Kind::MicroTime => value.is_string(),
            Kind::Int => value.is_i64() || value.is_u64(),
            Kind::Double => value.is_number(),
            Kind::Bool => value.is_boolean(),
            Kind::IntOrString | Kind::Quantity => value.is_string() || value.is_number(),
            Kind::List(_) | Kind::Wrapped(_) => value.is_array(),
            Kind::Map(_) | Kind::Message(_) | Kind::Raw => value.is_object(),
        };
        if !fits {
            let (wanted, given) = (wanted(kind), given(value));
            found.push(Cause::invalid(
                path,
                &format!("{given:?}"),
                &format!("{path} in body must be of type {wanted}: {given:?}"),
            ));
            return;
        }
        match (kind, value) {
            (Kind::Message(message), value) => self.mistakes_of(message, value, path, found),
            (Kind::List(item), Value::Array(items)) => {
                for (index, value) in items.iter().enumerate().filter(|(_, value)| !value.is_null()) {
                    self.mistake(item, value, &format!("{path}[{index}]"), found);
                }
            }
            (Kind::Map(item), Value::Object(entries)) => {
                for (key, value) in entries.iter().filter(|(_, value)| !value.is_null()) {
                    self.mistake(item, value, &format!("{path}.{key}"), found);
                }
            }
            _ => {}
        }
    }
}

fn wanted(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Bytes | Kind::Time | Kind::MicroTime | Kind::Quantity => "string",
        Kind::Int => "integer",
        Kind::IntOrString => "integer,string",
        Kind::Double => "number",
        Kind::Bool => "boolean",
        Kind::List(_) | Kind::Wrapped(_) => "array",
        Kind::Map(_) | Kind::Message(_) | Kind::Raw => "object",
    }
}

fn given(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
