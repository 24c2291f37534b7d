//! Why nothing came of it.

use crate::{
    cluster::execute::Error,
    operation::{Refusal, Request, Send, Write},
};

/// Why an operation was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// A rule, a state or the server stands against it.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The cluster could not be asked.
    #[error("{0}")]
    Cluster(#[from] Error),
}

/// Words the server's no to a write; what is no clear no stays a failure.
pub(super) fn rejected(write: &Write, error: Error) -> Failure {
    let Error::Status { code, message, .. } = &error else {
        return error.into();
    };
    let evicts = matches!(write.send, Send::Evict);
    let refusal = match code {
        // An admission plugin may refuse too, so the server's own words stay.
        403 => {
            Refusal { missing: Some(write.permission()), ..Refusal::new(format!("the server forbids it: {message}")) }
        }
        404 if evicts => Refusal::new("the pod is gone already"),
        404 => Refusal::new(format!("{} is gone: {message}", write.object)),
        409 => Refusal::new(format!("the object changed under the request: {message}")),
        429 if evicts => Refusal::new(format!("a disruption budget stands against it: {message}"))
            .hint("wait until more pods are ready, then try again"),
        400 | 405 | 415 | 422 => Refusal::new(format!("the server refuses it: {message}")),
        _ => return error.into(),
    };
    refusal.into()
}

/// Words a target that cannot be read.
pub(super) fn unread(request: &Request, error: Error) -> Failure {
    match error.code() {
        Some(404) => Refusal::new(format!("{} is not in namespace {}", request.target, request.target.namespace))
            .hint("rolltop status lists what is there")
            .into(),
        Some(403) => Refusal::new(format!("it cannot be read: {error}")).into(),
        _ => error.into(),
    }
}
