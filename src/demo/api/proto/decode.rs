//! From protobuf to JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::schema::{Field, Kind, Schema};
use super::wire::{Reader, Wire};
use super::{MAGIC, message_name};
use crate::demo::store::{micro_timestamp, timestamp};

impl Schema {
    /// Reads a body; none where it is broken or of an unknown kind.
    pub(in super::super) fn decode(&self, body: &[u8]) -> Option<Value> {
        let (mut api_version, mut kind, mut raw) = (String::new(), String::new(), &[][..]);
        for (number, wire) in Reader::new(body.strip_prefix(MAGIC)?) {
            match (number, wire) {
                (1, Wire::Bytes(meta)) => {
                    for (number, wire) in Reader::new(meta) {
                        match (number, wire) {
                            (1, Wire::Bytes(text)) => api_version = String::from_utf8_lossy(text).into_owned(),
                            (2, Wire::Bytes(text)) => kind = String::from_utf8_lossy(text).into_owned(),
                            _ => {}
                        }
                    }
                }
                (2, Wire::Bytes(bytes)) => raw = bytes,
                _ => {}
            }
        }
        // Options are sent in the version of whatever they delete.
        let name =
            if kind == "DeleteOptions" { "meta.DeleteOptions".to_owned() } else { message_name(&api_version, &kind)? };
        let mut object = Map::new();
        object.insert("kind".to_owned(), json!(kind));
        object.insert("apiVersion".to_owned(), json!(api_version));
        object.extend(self.message(&name, raw)?);
        Some(Value::Object(object))
    }

    fn message(&self, name: &str, bytes: &[u8]) -> Option<Map<String, Value>> {
        let fields = self.fields(name)?;
        let mut object = Map::new();
        let mut reader = Reader::new(bytes);
        for (number, wire) in reader.by_ref() {
            if let Some(field) = fields.iter().find(|field| field.number == number) {
                self.field(field, wire, &mut object)?;
            }
        }
        reader.sound.then_some(object)
    }

    fn field(&self, field: &Field, wire: Wire<'_>, object: &mut Map<String, Value>) -> Option<()> {
        let Some(name) = field.name else {
            if let (Kind::Message(message), Wire::Bytes(bytes)) = (&field.kind, wire) {
                object.extend(self.message(message, bytes)?);
            }
            return Some(());
        };
        match (&field.kind, wire) {
            (Kind::List(kind), wire) => {
                let item = self.value(kind, wire)?;
                if let Value::Array(items) = object.entry(name).or_insert_with(|| json!([])) {
                    items.push(item);
                }
            }
            (Kind::Map(kind), Wire::Bytes(entry)) => {
                let (mut key, mut value) = (String::new(), Value::Null);
                for (number, wire) in Reader::new(entry) {
                    match (number, wire) {
                        (1, Wire::Bytes(text)) => key = String::from_utf8_lossy(text).into_owned(),
                        (2, wire) => value = self.value(kind, wire)?,
                        _ => {}
                    }
                }
                if let Value::Object(map) = object.entry(name).or_insert_with(|| json!({})) {
                    map.insert(key, value);
                }
            }
            (kind, wire) => {
                let value = self.value(kind, wire)?;
                let zero = value == "" || value == 0 || value == false || value.is_null();
                if field.keeps_zero || !zero {
                    object.insert(name.to_owned(), value);
                }
            }
        }
        Some(())
    }

    fn value(&self, kind: &Kind, wire: Wire<'_>) -> Option<Value> {
        Some(match (kind, wire) {
            (Kind::Int, Wire::Varint(number)) => json!(number.cast_signed()),
            (Kind::Bool, Wire::Varint(number)) => json!(number != 0),
            (Kind::Double, Wire::Fixed64(bytes)) => json!(f64::from_le_bytes(bytes)),
            (Kind::Text, Wire::Bytes(bytes)) => json!(std::str::from_utf8(bytes).ok()?),
            (Kind::Bytes, Wire::Bytes(bytes)) => json!(STANDARD.encode(bytes)),
            (Kind::Message(message), Wire::Bytes(bytes)) => Value::Object(self.message(message, bytes)?),
            (Kind::Quantity, Wire::Bytes(bytes)) => json!(text_of(bytes, 1)),
            (Kind::IntOrString, Wire::Bytes(bytes)) => int_or_string(bytes),
            (Kind::Raw, Wire::Bytes(bytes)) => serde_json::from_str(&text_of(bytes, 1)).ok()?,
            (Kind::Time | Kind::MicroTime, Wire::Bytes(bytes)) => time(bytes, *kind == Kind::MicroTime)?,
            (Kind::Wrapped(inner), Wire::Bytes(bytes)) => Reader::new(bytes)
                .filter(|(number, _)| *number == 1)
                .map(|(_, wire)| self.value(inner, wire))
                .collect::<Option<_>>()?,
            _ => return None,
        })
    }
}

fn text_of(bytes: &[u8], wanted: u32) -> String {
    let mut fields = Reader::new(bytes);
    let found = fields.find_map(|(number, wire)| match wire {
        Wire::Bytes(text) if number == wanted => Some(String::from_utf8_lossy(text).into_owned()),
        _ => None,
    });
    found.unwrap_or_default()
}

fn int_or_string(bytes: &[u8]) -> Value {
    let (mut is_text, mut number) = (false, 0);
    for field in Reader::new(bytes) {
        match field {
            (1, Wire::Varint(kind)) => is_text = kind == 1,
            (2, Wire::Varint(value)) => number = value.cast_signed(),
            _ => {}
        }
    }
    if is_text { json!(text_of(bytes, 3)) } else { json!(number) }
}

/// The zero time is an empty message: null in JSON.
fn time(bytes: &[u8], micro: bool) -> Option<Value> {
    let (mut seconds, mut nanos) = (0, 0);
    for field in Reader::new(bytes) {
        match field {
            (1, Wire::Varint(value)) => seconds = value.cast_signed(),
            (2, Wire::Varint(value)) => nanos = i32::try_from(value).unwrap_or(0),
            _ => {}
        }
    }
    if seconds == 0 {
        return Some(Value::Null);
    }
    let at = Timestamp::new(seconds, nanos).ok()?;
    Some(json!(if micro { micro_timestamp(at) } else { timestamp(at) }))
}
