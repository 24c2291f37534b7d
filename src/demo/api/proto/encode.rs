//! From JSON to protobuf.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Value;

use super::schema::{Field, Kind, Schema};
use super::wire::{put_bytes, put_int, put_varint};
use super::{MAGIC, message_name};

impl Schema {
    /// Writes an object with its envelope; none for a kind without a protobuf form.
    pub(in super::super) fn encode(&self, object: &Value) -> Option<Vec<u8>> {
        let (api_version, kind) = (object["apiVersion"].as_str()?, object["kind"].as_str()?);
        let raw = self.bare(api_version, kind, object)?;
        Some(envelope(api_version, kind, &raw))
    }

    /// Writes an object without an envelope, as lists hold it.
    pub(in super::super) fn bare(&self, api_version: &str, kind: &str, object: &Value) -> Option<Vec<u8>> {
        let name = message_name(api_version, kind)?;
        self.fields(&name)?;
        let mut raw = Vec::with_capacity(2048);
        self.put_message(&name, object, &mut raw);
        Some(raw)
    }

    /// Writes a list of objects that are encoded already.
    pub(in super::super) fn list(
        &self,
        api_version: &str,
        kind: &str,
        metadata: &Value,
        items: &[bytes::Bytes],
    ) -> Vec<u8> {
        let mut meta = Vec::new();
        self.put_message("meta.ListMeta", metadata, &mut meta);
        let mut raw = Vec::with_capacity(items.iter().map(|item| item.len() + 5).sum::<usize>() + 64);
        put_bytes(&mut raw, 1, &meta);
        for item in items {
            put_bytes(&mut raw, 2, item);
        }
        envelope(api_version, &format!("{kind}List"), &raw)
    }

    fn put_message(&self, name: &str, value: &Value, out: &mut Vec<u8>) {
        for field in self.fields(name).unwrap_or_default() {
            match field.name {
                Some(name) => {
                    if let Some(value) = value.get(name).filter(|value| !value.is_null()) {
                        self.put_field(field, value, out);
                    }
                }
                None => {
                    if let Kind::Message(message) = field.kind {
                        let mut inner = Vec::new();
                        self.put_message(message, value, &mut inner);
                        put_bytes(out, field.number, &inner);
                    }
                }
            }
        }
    }

    fn put_field(&self, field: &Field, value: &Value, out: &mut Vec<u8>) {
        match &field.kind {
            Kind::List(kind) => {
                for item in value.as_array().into_iter().flatten() {
                    self.put(kind, field.number, item, out);
                }
            }
            Kind::Map(kind) => {
                let mut entries: Vec<_> = value.as_object().into_iter().flatten().collect();
                // The bytes do not depend on the order of insertion.
                entries.sort_unstable_by_key(|(key, _)| *key);
                for (key, value) in entries {
                    let mut entry = Vec::with_capacity(key.len() + 32);
                    put_bytes(&mut entry, 1, key.as_bytes());
                    self.put(kind, 2, value, &mut entry);
                    put_bytes(out, field.number, &entry);
                }
            }
            kind => self.put(kind, field.number, value, out),
        }
    }

    fn put(&self, kind: &Kind, number: u32, value: &Value, out: &mut Vec<u8>) {
        let text = value.as_str().unwrap_or_default();
        match kind {
            Kind::Int => put_int(out, number, value.as_i64().unwrap_or_default()),
            Kind::Bool => put_int(out, number, i64::from(value.as_bool().unwrap_or_default())),
            Kind::Double => {
                put_varint(out, u64::from(number) << 3 | 1);
                out.extend_from_slice(&value.as_f64().unwrap_or_default().to_le_bytes());
            }
            Kind::Text => put_bytes(out, number, text.as_bytes()),
            Kind::Bytes => put_bytes(out, number, &STANDARD.decode(text).unwrap_or_default()),
            Kind::Message(message) => {
                let mut inner = Vec::new();
                self.put_message(message, value, &mut inner);
                put_bytes(out, number, &inner);
            }
            Kind::Quantity => {
                put_wrapped(out, number, value.as_str().map_or_else(|| value.to_string(), str::to_owned).as_bytes());
            }
            Kind::Raw => put_wrapped(out, number, value.to_string().as_bytes()),
            Kind::IntOrString => {
                let mut inner = Vec::new();
                put_int(&mut inner, 1, i64::from(value.is_string()));
                put_int(&mut inner, 2, value.as_i64().unwrap_or_default());
                put_bytes(&mut inner, 3, text.as_bytes());
                put_bytes(out, number, &inner);
            }
            Kind::Time | Kind::MicroTime => {
                let mut inner = Vec::new();
                if let Ok(at) = text.parse::<Timestamp>() {
                    put_int(&mut inner, 1, at.as_second());
                    put_int(&mut inner, 2, i64::from(at.subsec_nanosecond()));
                }
                put_bytes(out, number, &inner);
            }
            Kind::Wrapped(kind) => {
                let mut inner = Vec::new();
                for item in value.as_array().into_iter().flatten() {
                    self.put(kind, 1, item, &mut inner);
                }
                put_bytes(out, number, &inner);
            }
            Kind::List(_) | Kind::Map(_) => {}
        }
    }
}

fn put_wrapped(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    let mut inner = Vec::with_capacity(bytes.len() + 4);
    put_bytes(&mut inner, 1, bytes);
    put_bytes(out, number, &inner);
}

/// Puts an encoded object of any kind into the envelope.
pub(in super::super) fn envelope(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
    let mut meta = Vec::new();
    put_bytes(&mut meta, 1, api_version.as_bytes());
    put_bytes(&mut meta, 2, kind.as_bytes());
    let mut out = Vec::with_capacity(raw.len() + meta.len() + 24);
    out.extend_from_slice(MAGIC);
    put_bytes(&mut out, 1, &meta);
    put_bytes(&mut out, 2, raw);
    put_bytes(&mut out, 3, b"");
    put_bytes(&mut out, 4, b"");
    out
}

/// Writes one frame of a watch: four bytes of length, then the event around an object in its envelope.
pub(in super::super) fn frame(out: &mut Vec<u8>, word: &str, object: &[u8]) {
    let mut event = Vec::with_capacity(object.len() + 32);
    put_bytes(&mut event, 1, word.as_bytes());
    put_wrapped(&mut event, 2, object);
    out.extend_from_slice(&u32::try_from(event.len()).unwrap_or_default().to_be_bytes());
    out.extend_from_slice(&event);
}
