//! Reading raw objects without decoding them.

use jiff::Timestamp;
use serde_json::Value;

/// Returns the value at a JSON pointer, unless it is absent or null.
pub(super) fn at<'a>(object: &'a Value, pointer: &str) -> Option<&'a Value> {
    object.pointer(pointer).filter(|value| !value.is_null())
}

/// Returns the string at a JSON pointer, or an empty one.
pub(super) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    at(object, pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Returns the array at a JSON pointer, or an empty one.
pub(super) fn list<'a>(object: &'a Value, pointer: &str) -> &'a [Value] {
    at(object, pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Returns an object's annotation.
pub(super) fn annotation<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.pointer("/metadata/annotations")?.get(name)?.as_str()
}

/// Returns an object's label.
pub(super) fn label<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.pointer("/metadata/labels")?.get(name)?.as_str()
}

/// Tells whether an object's controlling owner has a UID.
pub(super) fn controlled_by(object: &Value, uid: &str) -> bool {
    !uid.is_empty()
        && list(object, "/metadata/ownerReferences")
            .iter()
            .any(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true) && text(owner, "/uid") == uid)
}

/// Escapes a key for a JSON pointer.
pub(super) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Returns when the fields of a spec that lead to a key were last written, as far as their managers say.
pub(super) fn spec_written(object: &Value, key: &str) -> Option<Timestamp> {
    let path = format!("/fieldsV1/f:spec/f:{}", escape(key));
    let managers = list(object, "/metadata/managedFields").iter().filter(|manager| manager.pointer(&path).is_some());
    managers.filter_map(|manager| text(manager, "/time").parse().ok()).max()
}
