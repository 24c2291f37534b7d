//! One request and what its failure means.

use std::time::Duration;

use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use kube::client::{Body, Client};
use serde_json::Value;

/// How long a request may take; the API server itself gives up after about half a minute.
const TIMEOUT: Duration = Duration::from_secs(20);
/// The longest answer read, in bytes: a list of old ReplicaSets may be large.
const LONGEST: usize = 64 << 20;

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
    /// It was not sent: no connection could be made.
    #[error("{server} cannot be reached: {why}")]
    Unreachable {
        /// What was asked.
        server: String,
        /// Why, down to the last cause.
        why: String,
    },
    /// It was sent and no usable answer came.
    #[error("no answer came: {0}")]
    Unanswered(String),
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
            _ => None,
        }
    }

    /// Tells what is known of the request's effect. A server's own failure (5xx) may come after the deed.
    pub fn certainty(&self) -> Certainty {
        match self {
            Self::Unreachable { .. } => Certainty::NotDone,
            Self::Status { code, .. } if *code < 500 => Certainty::NotDone,
            Self::Status { .. } | Self::Unanswered(_) => Certainty::Unknown,
        }
    }
}

/// Sends one request and returns the JSON that came back.
pub(super) async fn json(
    client: &Client,
    method: Method,
    uri: &str,
    body: Option<(&str, &Value)>,
) -> Result<Value, Error> {
    send(client, Request::builder().method(method).uri(uri).header(header::ACCEPT, "application/json"), uri, body).await
}

/// Reads a list without the objects' specs.
pub(super) async fn metadata(client: &Client, uri: &str) -> Result<Value, Error> {
    const PARTIAL: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
    send(client, Request::builder().method(Method::GET).uri(uri).header(header::ACCEPT, PARTIAL), uri, None).await
}

async fn send(
    client: &Client,
    mut request: http::request::Builder,
    uri: &str,
    body: Option<(&str, &Value)>,
) -> Result<Value, Error> {
    let mut bytes = Vec::new();
    if let Some((content_type, value)) = body {
        request = request.header(header::CONTENT_TYPE, content_type);
        bytes = serde_json::to_vec(value).map_err(|error| Error::Unanswered(error.to_string()))?;
    }
    let request = request
        .body(Body::from(bytes))
        .map_err(|error| Error::Unreachable { server: uri.to_owned(), why: error.to_string() })?;
    let exchange = async {
        let answer = client.send(request).await.map_err(|error| transport(&error))?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, LONGEST).collect().await.map_err(|error| Error::Unanswered(error.to_string()))?;
        decode(head.status, &body.to_bytes())
    };
    match tokio::time::timeout(TIMEOUT, exchange).await {
        Ok(answer) => answer,
        Err(_) => Err(Error::Unanswered(format!("{} s passed", TIMEOUT.as_secs()))),
    }
}

fn decode(status: StatusCode, body: &[u8]) -> Result<Value, Error> {
    let value: Option<Value> = serde_json::from_slice(body).ok();
    if status.is_success() {
        return value.ok_or_else(|| Error::Unanswered("the answer is not JSON".to_owned()));
    }
    let word = |key: &str| value.as_ref().and_then(|value| value.get(key)?.as_str().map(str::to_owned));
    // A proxy in between answers in its own words.
    let message = word("message").unwrap_or_else(|| format!("the server answered {status}"));
    Err(Error::Status { code: status.as_u16(), reason: word("reason").unwrap_or_default(), message })
}

/// Tells a request that never left from one that may have arrived.
fn transport(error: &kube::Error) -> Error {
    let mut causes = Vec::new();
    let mut connecting = false;
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = next {
        if let Some(client) = cause.downcast_ref::<hyper_util::client::legacy::Error>() {
            connecting |= client.is_connect();
        }
        let words = cause.to_string();
        if !causes.contains(&words) {
            causes.push(words);
        }
        next = cause.source();
    }
    let why = causes.last().cloned().unwrap_or_default();
    if connecting || matches!(error, kube::Error::Auth(_) | kube::Error::BuildRequest(_)) {
        Error::Unreachable { server: "the API server".to_owned(), why }
    } else {
        Error::Unanswered(why)
    }
}
