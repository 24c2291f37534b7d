//! Answers that are no success.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};

use super::{Failure, FailureKind};
use crate::cluster::wire::ApiStatus;

/// Longest piece of a foreign body that is quoted.
const QUOTE: usize = 120;

impl Failure {
    /// Words an answer that is no success; `what` is the request in words (`list pods in shop`).
    pub fn from_answer(server: &str, what: &str, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let said = ApiStatus::parse(body);
        let kind = kind(status, said.as_ref());
        let words = said.as_ref().map_or_else(|| quote(headers, body), |said| said.message.clone());
        let words = if words.is_empty() { status.to_string() } else { words };
        let (sentence, hint) = match kind {
            FailureKind::Unauthorized => (
                format!("{server} does not accept the credentials: {words}"),
                "log in again (for example with your cloud's command), or choose another context".to_owned(),
            ),
            FailureKind::Forbidden => (
                format!("you may not {what}: {words}"),
                "ask for that permission, or choose another namespace".to_owned(),
            ),
            FailureKind::ReadOnly => (words, "start without --read-only to change things".to_owned()),
            FailureKind::NotFound => {
                (format!("{server} does not have what was asked ({what}): {words}"), String::new())
            }
            FailureKind::TooManyRequests => {
                (format!("{server} is busy ({what}): {words}"), "it is tried again by itself".to_owned())
            }
            FailureKind::NotKubernetes => (
                format!("{server} answered {status} with something that is no Kubernetes answer: {words}"),
                "check the server address and the proxy of the context".to_owned(),
            ),
            _ => (format!("{server} answered {} to {what}: {words}", status.as_u16()), String::new()),
        };
        let header = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let seconds: Option<u32> = header.or(said.and_then(|said| said.retry_after));
        Self {
            retry_after: seconds.map(|seconds| Duration::from_secs(u64::from(seconds))),
            ..Self::new(kind, sentence, hint)
        }
    }

    /// Words a refusal the server sent inside a stream.
    pub fn from_status(server: &str, what: &str, said: &ApiStatus) -> Self {
        let status = StatusCode::from_u16(said.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let sentence = format!("{server} ended {what}: {} {}", said.code, said.message);
        let retry_after = said.retry_after.map(|seconds| Duration::from_secs(u64::from(seconds)));
        Self { retry_after, ..Self::new(kind(status, Some(said)), sentence, "") }
    }

    /// Words an answer that cannot be read.
    pub fn unreadable(server: &str, what: &str, headers: &HeaderMap, body: &[u8], error: &serde_json::Error) -> Self {
        if error.is_eof() && !body.is_empty() {
            let sentence = format!("{server} stopped in the middle of its answer ({what})");
            return Self::new(FailureKind::Cut, sentence, "it is tried again by itself");
        }
        let sentence = format!("{server} answered {what} with something unreadable: {}", quote(headers, body));
        Self::new(FailureKind::NotKubernetes, sentence, "check the server address and the proxy of the context")
    }
}

/// Judges by the code, never by the reason alone: a missing kind answers 404 in plain text.
fn kind(status: StatusCode, said: Option<&ApiStatus>) -> FailureKind {
    match status.as_u16() {
        401 => FailureKind::Unauthorized,
        403 if said.is_some_and(|said| said.reason == "ReadOnlySession") => FailureKind::ReadOnly,
        403 => FailureKind::Forbidden,
        404 => FailureKind::NotFound,
        409 => FailureKind::Conflict,
        410 => FailureKind::Gone,
        429 => FailureKind::TooManyRequests,
        407 | 300..=399 => FailureKind::NotKubernetes,
        500..=599 => FailureKind::Server,
        400..=499 => FailureKind::Invalid,
        _ => FailureKind::NotKubernetes,
    }
}

/// Quotes the beginning of a foreign answer; of a web page only that it is one.
fn quote(headers: &HeaderMap, body: &[u8]) -> String {
    let page = headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    let start = body.trim_ascii_start();
    if page || start.first() == Some(&b'<') {
        return "a web page (HTML); a login page or a proxy is likely in the way".to_owned();
    }
    let text = String::from_utf8_lossy(&start[..start.len().min(4 * QUOTE)]);
    let text = crate::domain::text::clean(text.trim(), false).into_owned();
    match text.char_indices().nth(QUOTE) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
