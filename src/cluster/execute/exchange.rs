//! One request and what its failure means.

use http::{Method, Request, header};
use kube::client::Body;
use serde_json::Value;

use crate::{
    cluster::{
        Client, Failure, FailureKind,
        client::{Answer, PATIENCE},
    },
    domain::text::clean,
};

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The API server said no.
    #[error("{message}")]
    Status {
        /// HTTP status.
        code: u16,
        /// `NotFound`, `Forbidden`, `Invalid` …; may be empty.
        reason: String,
        /// The server's sentence.
        message: String,
    },
    /// No usable answer came.
    #[error("{0}")]
    Failed(#[from] Failure),
}

/// What is known of a request that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// It had no effect.
    NotDone,
    /// It may or may not have had its effect.
    Unknown,
}

impl Error {
    /// Returns the HTTP status, when there was one.
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Status { code, .. } => Some(*code),
            Self::Failed(_) => None,
        }
    }

    /// Tells what is known of the request's effect. A server's own failure (5xx) may come after the deed.
    pub fn certainty(&self) -> Certainty {
        let done_perhaps = match self {
            Self::Status { code, .. } => *code >= 500,
            Self::Failed(failure) => matches!(
                failure.kind,
                FailureKind::Timeout | FailureKind::Cut | FailureKind::Server | FailureKind::NotKubernetes
            ),
        };
        if done_perhaps { Certainty::Unknown } else { Certainty::NotDone }
    }
}

/// Reads a path.
pub(super) async fn get(client: &Client, path: &str, what: &str) -> Result<Value, Error> {
    let request = Request::get(path).header(header::ACCEPT, "application/json").body(Body::empty());
    decode(client, &client.call(request, what, PATIENCE).await?, what)
}

/// Reads a list without the objects' specs.
pub(super) async fn metadata(client: &Client, path: &str, what: &str) -> Result<Value, Error> {
    const PARTIAL: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
    let request = Request::get(path).header(header::ACCEPT, PARTIAL).body(Body::empty());
    decode(client, &client.call(request, what, PATIENCE).await?, what)
}

/// Sends a body.
pub(super) async fn send(
    client: &Client,
    (method, path): (Method, &str),
    (content_type, body): (&str, &Value),
    what: &str,
) -> Result<Value, Error> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, content_type)
        .body(Body::from(body.to_string().into_bytes()));
    decode(client, &client.call(request, what, PATIENCE).await?, what)
}

/// Sends a body to what stands behind a Service; its answer may be of any form, and is left unread.
pub(super) async fn post(client: &Client, path: &str, body: &Value, what: &str) -> Result<Value, Error> {
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string().into_bytes()));
    let answer = client.call(request, what, PATIENCE).await?;
    if answer.status.is_success() { Ok(Value::Null) } else { decode(client, &answer, what) }
}

/// Keeps the server's own words apart from what its failure means to a person: a plan knows that better.
fn decode(client: &Client, answer: &Answer, what: &str) -> Result<Value, Error> {
    let value = serde_json::from_slice::<Value>(&answer.body);
    if answer.status.is_success() {
        return value
            .map_err(|error| Failure::unreadable(client.server(), what, &answer.headers, &answer.body, &error).into());
    }
    let told = value.ok().filter(|value| value.get("kind").and_then(Value::as_str) == Some("Status"));
    let Some(told) = told else {
        // A proxy in between answers in its own words; the code still tells what became of the request.
        let failure = Failure::from_answer(client.server(), what, answer.status, &answer.headers, &answer.body);
        let code = answer.status.as_u16();
        return Err(Error::Status { code, reason: String::new(), message: failure.sentence });
    };
    let word = |key: &str| told.get(key).and_then(Value::as_str).unwrap_or_default();
    Err(Error::Status {
        code: answer.status.as_u16(),
        reason: word("reason").to_owned(),
        message: clean(word("message"), false).into_owned(),
    })
}
