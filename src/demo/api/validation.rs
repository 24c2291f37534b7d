//! Fields no kind has: refused, warned of or ignored as `fieldValidation` says, and dropped in any case.

use http::HeaderValue;
use serde_json::{Value, json};

use super::convert::Served;
use super::handle::Call;
use super::request::Target;
use super::respond::Answer;
use crate::demo::store::{ApiError, Meta};

/// Fields that were dropped and that the client wants to hear of.
#[derive(Debug, Default)]
pub(super) struct Dropped(Vec<String>);

impl Dropped {
    /// Tells the client what was dropped.
    pub(super) fn warn(&self, mut answer: Answer) -> Answer {
        for path in &self.0 {
            if let Ok(value) = HeaderValue::from_str(&format!("299 - \"unknown field \\\"{path}\\\"\"")) {
                answer.headers_mut().append(http::header::WARNING, value);
            }
        }
        answer
    }
}

fn prune(call: &Call, served: Served, object: &mut Value) -> Vec<String> {
    call.server.proto.prune(&served.api_version(), served.resource.kind, object)
}

/// Drops the fields that the kind does not have; in strict mode returns the sentence that refuses them.
fn checked(call: &Call, served: Served, object: &mut Value) -> Result<Dropped, String> {
    let unknown = prune(call, served, object);
    match call.query.get("fieldValidation") {
        Some("Strict") if !unknown.is_empty() => {
            let fields: Vec<String> = unknown.iter().map(|path| format!("unknown field {path:?}")).collect();
            Err(format!("strict decoding error: {}", fields.join(", ")))
        }
        Some("Ignore") => Ok(Dropped::default()),
        _ => Ok(Dropped(unknown)),
    }
}

/// Checks an object as it was sent.
pub(super) fn sent(call: &Call, served: Served, object: &mut Value) -> Result<Dropped, ApiError> {
    checked(call, served, object).map_err(|why| {
        let (kind, version) = (served.resource.kind, served.resource.version);
        ApiError::bad_request(format!("{kind} in version {version:?} cannot be handled as a {kind}: {why}"))
    })
}

/// Checks an object as a patch made it.
pub(super) fn patched(call: &Call, served: Served, object: &mut Value) -> Result<Dropped, ApiError> {
    checked(call, served, object).map_err(|why| {
        let patch = serde_json::from_slice(&call.body).unwrap_or_default();
        let message = format!("Invalid value: {:?}: {why}", go(&patch));
        let cause = json!({"reason": "FieldValueInvalid", "message": message, "field": "patch"});
        let mut error = ApiError::new(422, "Invalid", format!(" \"\" is invalid: patch: {message}"));
        error.details = Some(Box::new(json!({"causes": [cause]})));
        error
    })
}

/// Prints a value as Go prints its maps and slices.
fn go(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(go).collect::<Vec<_>>().join(" ")),
        Value::Object(fields) => {
            let mut fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}:{}", go(value))).collect();
            fields.sort();
            format!("map[{}]", fields.join(" "))
        }
        other => other.to_string(),
    }
}

/// Refuses an applied configuration that names fields the kind does not have.
pub(super) fn applied(call: &Call, target: &Target, config: &mut Value) -> Result<(), ApiError> {
    let served = target.served;
    let unknown = prune(call, served, config);
    if unknown.is_empty() {
        return Ok(());
    }
    let (namespace, name) = (config.namespace(), config.name());
    let (api_version, kind) = (served.api_version(), served.resource.kind);
    let fields: Vec<String> = unknown.iter().map(|path| format!(".{path}: field not declared in schema")).collect();
    let list =
        if let [only] = fields.as_slice() { only.clone() } else { format!("errors:\n  {}", fields.join("\n  ")) };
    let message =
        format!("failed to create typed patch object ({namespace}/{name}; {api_version}, Kind={kind}): {list}");
    Err(ApiError::new(500, "", message))
}
