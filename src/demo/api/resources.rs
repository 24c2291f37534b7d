//! Requests to objects and collections: permission first, then the verb.

use http::Method;

use super::handle::{Call, authorize};
use super::rbac::Attributes;
use super::request::Target;
use super::respond::Answer;
use super::{proxy, read, subresources, watch, write};
use crate::demo::store::ApiError;

/// Answers a request to an object, a collection or a subresource.
pub(super) fn answer(call: &Call, target: &Target) -> Result<Answer, ApiError> {
    let verb = target.verb(&call.method, &call.query);
    authorize(call, &attributes(target, verb))?;
    match target.subresource.as_str() {
        "" | "status" | "finalize" => {}
        "proxy" => return proxy::answer(call, target),
        _ => return subresources::answer(call, target),
    }
    match (verb, target.name.is_some()) {
        ("watch", _) => watch::answer(call, target),
        ("get", _) => read::get(call, target),
        ("list", _) => read::list(call, target),
        ("create", false) => write::create(call, target),
        ("update", true) => write::update(call, target),
        ("patch", true) => write::patch(call, target),
        ("delete", _) => write::delete(call, target),
        ("deletecollection", _) => write::delete_collection(call, target),
        _ => Err(not_allowed(&call.method)),
    }
}

/// The refusal of a method a path does not know.
pub(super) fn not_allowed(method: &Method) -> ApiError {
    tracing::debug!(%method, "method not allowed");
    ApiError::new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
}

fn attributes(target: &Target, verb: &str) -> Attributes {
    let resource = target.served.resource;
    let name = target.name.clone().unwrap_or_default();
    let is_namespace = resource.qualified == "namespaces";
    Attributes {
        verb: verb.to_owned(),
        group: target.served.group().to_owned(),
        resource: resource.plural.to_owned(),
        subresource: target.subresource.clone(),
        namespace: if is_namespace { name.clone() } else { target.namespace.clone() },
        name,
        path: String::new(),
    }
}
