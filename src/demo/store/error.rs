//! What the API server answers when it refuses: the code, the reason and the sentence of a `Status`.

use serde_json::{Value, json};

use super::resource::Resource;

/// A refusal in the API server's words; renders as a `v1` Status.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// HTTP status code.
    pub code: u16,
    /// Machine-readable reason, such as `NotFound`.
    pub reason: &'static str,
    /// The sentence a person reads.
    pub message: String,
    /// `details` of the Status: name, group, kind, causes.
    pub details: Option<Box<Value>>,
    /// Seconds a client should wait before it asks again.
    pub retry_after: Option<u32>,
    /// Token with which an expired list may go on.
    pub continue_with: Option<String>,
}

/// One field that fails validation: its path, the kind of failure, and the sentence after the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Path such as `spec.replicas`.
    pub field: String,
    /// Cause such as `FieldValueInvalid`.
    pub reason: &'static str,
    /// Sentence such as `Invalid value: -1: must be greater than or equal to 0`.
    pub message: String,
}

impl Cause {
    /// Builds an `Invalid value` cause; `shown` is the offending value as Go prints it.
    pub fn invalid(field: impl Into<String>, shown: &str, why: &str) -> Self {
        Self { field: field.into(), reason: "FieldValueInvalid", message: format!("Invalid value: {shown}: {why}") }
    }

    /// Builds a `Required value` cause.
    pub fn required(field: impl Into<String>, why: &str) -> Self {
        let message = if why.is_empty() { "Required value".to_owned() } else { format!("Required value: {why}") };
        Self { field: field.into(), reason: "FieldValueRequired", message }
    }

    /// Builds a `Forbidden` cause.
    pub fn forbidden(field: impl Into<String>, why: &str) -> Self {
        Self { field: field.into(), reason: "FieldValueForbidden", message: format!("Forbidden: {why}") }
    }

    /// Builds a `Duplicate value` cause.
    pub fn duplicate(field: impl Into<String>, shown: &str) -> Self {
        Self { field: field.into(), reason: "FieldValueDuplicate", message: format!("Duplicate value: {shown}") }
    }

    /// Builds an `Unsupported value` cause with the values that would do.
    pub fn unsupported(field: impl Into<String>, shown: &str, supported: &[&str]) -> Self {
        let supported: Vec<String> = supported.iter().map(|value| format!("{value:?}")).collect();
        let message = format!("Unsupported value: {shown}: supported values: {}", supported.join(", "));
        Self { field: field.into(), reason: "FieldValueNotSupported", message }
    }
}

impl ApiError {
    /// Builds an error without details.
    pub fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: None, retry_after: None, continue_with: None }
    }

    fn about(mut self, resource: &Resource, name: &str) -> Self {
        let mut details = json!({ "name": name, "kind": resource.plural });
        if !resource.group.is_empty() {
            details["group"] = json!(resource.group);
        }
        self.details = Some(Box::new(details));
        self
    }

    /// No such object.
    pub fn not_found(resource: &Resource, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{} {name:?} not found", resource.qualified)).about(resource, name)
    }

    /// An object of that name is there already.
    pub fn already_exists(resource: &Resource, name: &str) -> Self {
        Self::new(409, "AlreadyExists", format!("{} {name:?} already exists", resource.qualified)).about(resource, name)
    }

    /// The object cannot be written as asked; `why` ends the sentence.
    pub fn conflict(resource: &Resource, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} {name:?}: {why}", resource.qualified);
        Self::new(409, "Conflict", message).about(resource, name)
    }

    /// The resource version sent is not the newest.
    pub fn modified(resource: &Resource, name: &str) -> Self {
        Self::conflict(
            resource,
            name,
            "the object has been modified; please apply your changes to the latest version and try again",
        )
    }

    /// The object breaks the rules of its kind.
    pub fn invalid(resource: &Resource, name: &str, causes: &[Cause]) -> Self {
        let sentences: Vec<String> = causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
        let list = if let [only] = sentences.as_slice() { only.clone() } else { format!("[{}]", sentences.join(", ")) };
        let kind = if resource.group.is_empty() {
            resource.kind.to_owned()
        } else {
            format!("{}.{}", resource.kind, resource.group)
        };
        let mut error = Self::new(422, "Invalid", format!("{kind} {name:?} is invalid: {list}")).about(resource, name);
        if let Some(details) = &mut error.details {
            details["kind"] = json!(resource.kind);
            details["causes"] = causes
                .iter()
                .map(|cause| json!({ "reason": cause.reason, "message": cause.message, "field": cause.field }))
                .collect();
        }
        error
    }

    /// The cluster's own rules (quota, a terminating namespace) forbid it; `why` ends the sentence.
    pub fn forbidden(resource: &Resource, name: &str, why: &str) -> Self {
        let message = if name.is_empty() {
            format!("{} is forbidden: {why}", resource.qualified)
        } else {
            format!("{} {name:?} is forbidden: {why}", resource.qualified)
        };
        Self::new(403, "Forbidden", message).about(resource, name)
    }

    /// The request makes no sense.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// The resource version asked for has been compacted away.
    pub fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    /// Too many requests, or a disruption budget in the way.
    pub fn too_many(message: impl Into<String>, retry_after: Option<u32>) -> Self {
        Self { retry_after, ..Self::new(429, "TooManyRequests", message) }
    }

    /// The server itself failed.
    pub fn internal(why: &str) -> Self {
        Self::new(500, "InternalError", format!("Internal error occurred: {why}"))
    }

    /// Renders the Status object.
    pub fn status(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason,
        });
        if let Some(token) = &self.continue_with {
            status["metadata"]["continue"] = json!(token);
        }
        let mut details = self.details.as_deref().cloned();
        if let Some(seconds) = self.retry_after {
            details.get_or_insert_with(|| json!({}))["retryAfterSeconds"] = json!(seconds);
        }
        if let Some(details) = details {
            status["details"] = details;
        }
        status["code"] = json!(self.code);
        status
    }
}
