//! Reads bodies, and refuses those that do not fit the URL or the kind's types.

use serde_json::{Value, json};

use super::convert::Served;
use super::handle::Call;
use super::proto;
use super::request::Target;
use crate::demo::store::{ApiError, Meta};

/// Reads JSON.
pub(super) fn json(body: &[u8]) -> Result<Value, ApiError> {
    serde_json::from_slice(body)
        .map_err(|error| ApiError::bad_request(format!("couldn't get version/kind; json parse error: {error}")))
}

/// Reads JSON, or YAML where it is none.
pub(super) fn yaml(body: &[u8]) -> Result<Value, ApiError> {
    if let Ok(value) = serde_json::from_slice(body) {
        return Ok(value);
    }
    let text = std::str::from_utf8(body).map_err(|_| ApiError::bad_request("error decoding YAML: invalid UTF-8"))?;
    serde_saphyr::from_str(text).map_err(|error| ApiError::bad_request(format!("error decoding YAML: {error}")))
}

/// Reads a request's body in whichever form it is sent.
pub(super) fn body(call: &Call) -> Result<Value, ApiError> {
    read(call, false)
}

/// Reads a body; one of a custom kind has no protobuf form.
fn read(call: &Call, custom: bool) -> Result<Value, ApiError> {
    let content = call.header(http::header::CONTENT_TYPE);
    match content.split(';').next().unwrap_or_default().trim() {
        "" | "application/json" => json(&call.body),
        "application/yaml" => yaml(&call.body),
        proto::MEDIA if !custom => {
            let decoded = call.server.proto.decode(&call.body);
            decoded.ok_or_else(|| ApiError::bad_request("the protobuf body is broken or of an unknown kind"))
        }
        other => {
            let protobuf = if custom { String::new() } else { format!(", {}", proto::MEDIA) };
            let message = format!(
                "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml{protobuf}; got {other}"
            );
            Err(ApiError::new(415, "UnsupportedMediaType", message))
        }
    }
}

/// Reads the object of a create (no `name`) or an update.
pub(super) fn object(call: &Call, target: &Target, name: Option<&str>) -> Result<Value, ApiError> {
    let mut object = read(call, target.served.resource.is_custom())?;
    if !object.is_object() {
        return Err(ApiError::bad_request("json: the body is not an object"));
    }
    let kind = target.served.resource.kind;
    let api_version = target.served.api_version();
    let (sent_version, sent_kind) =
        (object["apiVersion"].as_str().unwrap_or(&api_version), object["kind"].as_str().unwrap_or(kind));
    if sent_kind != kind || sent_version != api_version {
        let version = sent_version.rsplit('/').next().unwrap_or_default();
        let message = format!(
            "{sent_kind} in version {version:?} cannot be handled as a {kind}: no kind {sent_kind:?} is registered for version {sent_version:?}"
        );
        return Err(ApiError::bad_request(message));
    }
    if target.served.resource.namespaced && object.namespace().is_empty() {
        object["metadata"]["namespace"] = json!(target.namespace);
    }
    check_names(target, &object, name)?;
    check_types(call, target.served, &object)?;
    Ok(object)
}

/// Refuses an object whose name or namespace is not that of the URL.
pub(super) fn check_names(target: &Target, object: &Value, name: Option<&str>) -> Result<(), ApiError> {
    if target.served.resource.namespaced && object.namespace() != target.namespace {
        return Err(ApiError::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    if let Some(name) = name.filter(|name| *name != object.name()) {
        let message = format!("the name of the object ({}) does not match the name on the URL ({name})", object.name());
        return Err(ApiError::bad_request(message));
    }
    Ok(())
}

/// What a field must be: pointer, Go type, and the test.
type Expected = (&'static str, &'static str, fn(&Value) -> bool);

fn is_int32(value: &Value) -> bool {
    value.as_i64().is_some_and(|number| i32::try_from(number).is_ok())
}

const EXPECTED: &[Expected] = &[
    ("/metadata/labels", "map[string]string", is_string_map),
    ("/metadata/annotations", "map[string]string", is_string_map),
    ("/spec/replicas", "int32", is_int32),
    ("/spec/minReadySeconds", "int32", is_int32),
    ("/spec/revisionHistoryLimit", "int32", is_int32),
    ("/spec/progressDeadlineSeconds", "int32", is_int32),
    ("/spec/minReplicas", "int32", is_int32),
    ("/spec/maxReplicas", "int32", is_int32),
    ("/spec/paused", "bool", Value::is_boolean),
    ("/spec/unschedulable", "bool", Value::is_boolean),
    ("/spec/template", "v1.PodTemplateSpec", Value::is_object),
    ("/spec/template/metadata/labels", "map[string]string", is_string_map),
    ("/spec/template/metadata/annotations", "map[string]string", is_string_map),
    ("/spec/template/spec/containers", "[]v1.Container", Value::is_array),
    ("/spec/containers", "[]v1.Container", Value::is_array),
];

fn is_string_map(value: &Value) -> bool {
    value.as_object().is_some_and(|map| map.values().all(Value::is_string))
}

/// Refuses values whose type the kind does not have there.
pub(super) fn check_types(call: &Call, served: Served, object: &Value) -> Result<(), ApiError> {
    if served.resource.is_custom() {
        let mistakes = call.server.proto.mistakes(&served.api_version(), served.resource.kind, object);
        let invalid = || ApiError::invalid(served.resource, object.name(), &mistakes);
        return if mistakes.is_empty() { Ok(()) } else { Err(invalid()) };
    }
    for (pointer, expected, test) in EXPECTED {
        let Some(value) = object.pointer(pointer).filter(|value| !value.is_null() && !test(value)) else { continue };
        let found = match value {
            Value::Bool(_) => "bool".to_owned(),
            Value::Number(number) => format!("number {number}"),
            Value::String(_) => "string".to_owned(),
            Value::Array(_) => "array".to_owned(),
            _ => "object".to_owned(),
        };
        let kind = served.resource.kind;
        let path = pointer.trim_start_matches('/').replace('/', ".");
        return Err(ApiError::bad_request(format!(
            "{kind} in version {:?} cannot be handled as a {kind}: json: cannot unmarshal {found} into Go struct field {kind}.{path} of type {expected}",
            served.resource.version
        )));
    }
    Ok(())
}
