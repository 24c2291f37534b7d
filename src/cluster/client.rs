//! Asking a cluster: every call with its own time limit, without hidden retries, with failures in sentences.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use kube::client::Body;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::failure::{Failure, FailureKind};

/// How long an ordinary answer may take.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// How long one page of a list may take.
pub const LIST_PATIENCE: Duration = Duration::from_secs(60);
/// The longest answer read, in bytes.
const LONGEST: usize = 256 << 20;
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A cluster that can be asked; clones share one connection.
#[derive(Clone)]
pub struct Client {
    kube: kube::Client,
    server: Arc<str>,
}

/// An answer, of whatever status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Client {
    pub(super) fn new(kube: kube::Client, server: String) -> Self {
        Self { kube, server: server.into() }
    }

    /// Returns kube's client over the same connection, guard and credentials.
    pub fn kube(&self) -> &kube::Client {
        &self.kube
    }

    /// Returns the cluster's address.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Reads a path; `what` says in words what is asked, for the sentence of a failure.
    ///
    /// # Errors
    /// No answer, or an answer that is no success.
    pub async fn get(&self, path: &str, what: &str, patience: Duration) -> Result<Answer, Failure> {
        let request = Request::get(path).header(header::ACCEPT, "application/json").body(Body::empty());
        let answer = self.call(request, what, patience).await?;
        self.succeed(answer, what)
    }

    /// Sends a JSON document with POST. In a read-only session only questions leave.
    ///
    /// # Errors
    /// No answer, or an answer that is no success.
    pub async fn post(&self, path: &str, what: &str, body: &serde_json::Value) -> Result<Answer, Failure> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string().into_bytes()));
        let answer = self.call(request, what, PATIENCE).await?;
        self.succeed(answer, what)
    }

    /// Sends a request and reads the whole answer, of whatever status.
    ///
    /// # Errors
    /// No answer, or none within `patience`.
    pub async fn call(
        &self,
        request: Result<Request<Body>, http::Error>,
        what: &str,
        patience: Duration,
    ) -> Result<Answer, Failure> {
        let exchange = async {
            let (head, body) = self.send(request, what).await?.into_parts();
            let body = Limited::new(body, LONGEST).collect().await;
            let body = body.map_err(|error| Failure::from_transport(&self.server, &*error))?.to_bytes();
            Ok(Answer { status: head.status, headers: head.headers, body })
        };
        tokio::time::timeout(patience, exchange).await.unwrap_or_else(|_| Err(Failure::timeout(&self.server, what)))
    }

    /// Opens a stream: returns the body of an answer that is a success. Only the answer's head has to come in time.
    ///
    /// # Errors
    /// No answer, or an answer that is no success.
    pub async fn stream(&self, path: &str, what: &str) -> Result<Body, Failure> {
        let request = Request::get(path)
            .header(header::ACCEPT, "application/json")
            // A compressed watch would be one gzip member an event, which decoders stop after.
            .header(header::ACCEPT_ENCODING, "identity")
            .body(Body::empty());
        let opening = tokio::time::timeout(PATIENCE, self.send(request, what));
        let (head, body) = opening.await.unwrap_or_else(|_| Err(Failure::timeout(&self.server, what)))?.into_parts();
        if head.status.is_success() {
            return Ok(body);
        }
        let body = tokio::time::timeout(PATIENCE, Limited::new(body, 1 << 20).collect()).await;
        let body = body.ok().and_then(Result::ok).map(http_body_util::Collected::to_bytes).unwrap_or_default();
        Err(Failure::from_answer(&self.server, what, head.status, &head.headers, &body))
    }

    /// Reads a path and parses its JSON.
    ///
    /// # Errors
    /// As [`Client::get`], and an answer that is no JSON of that shape.
    pub async fn json<T: serde::de::DeserializeOwned>(&self, path: &str, what: &str) -> Result<T, Failure> {
        let answer = self.get(path, what, PATIENCE).await?;
        self.parse(&answer, what, |body| serde_json::from_slice(body))
    }

    /// Parses an answer, wording what cannot be parsed.
    pub(super) fn parse<T>(
        &self,
        answer: &Answer,
        what: &str,
        parse: impl FnOnce(&[u8]) -> serde_json::Result<T>,
    ) -> Result<T, Failure> {
        parse(&answer.body)
            .map_err(|error| Failure::unreadable(&self.server, what, &answer.headers, &answer.body, &error))
    }

    async fn send(
        &self,
        request: Result<Request<Body>, http::Error>,
        what: &str,
    ) -> Result<http::Response<Body>, Failure> {
        let request = request.map_err(|error| {
            Failure::new(FailureKind::Invalid, format!("the request to {what} cannot be built: {error}"), "")
        })?;
        self.kube.send(request).await.map_err(|error| Failure::from_transport(&self.server, &error))
    }

    fn succeed(&self, answer: Answer, what: &str) -> Result<Answer, Failure> {
        if answer.status.is_success() {
            return Ok(answer);
        }
        Err(Failure::from_answer(&self.server, what, answer.status, &answer.headers, &answer.body))
    }
}

/// Encodes one segment of a path, or one value of a query: a name is data, and may hold a slash.
pub(super) fn encoded(segment: &str) -> String {
    utf8_percent_encode(segment, SEGMENT).to_string()
}
