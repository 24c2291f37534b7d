//! Answers: JSON, Status, text and streams, compressed where the client takes it.

use std::convert::Infallible;
use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::{Stream, StreamExt};
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, RETRY_AFTER, VARY};
use http::{HeaderMap, Response, StatusCode};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use serde_json::Value;

use super::proto::{self, Schema};
use crate::demo::store::ApiError;

/// Why a body ends before its time; only a chaos knob makes one.
pub(super) type BodyError = std::io::Error;
/// The body of every answer.
pub(super) type Body = UnsyncBoxBody<Bytes, BodyError>;
/// An answer.
pub(super) type Answer = Response<Body>;

/// Bodies above this many bytes are compressed, as the API server does.
const COMPRESS_FROM: usize = 128 * 1024;

fn never(never: Infallible) -> BodyError {
    match never {}
}

/// Answers with bytes of one media type.
pub(super) fn bytes(status: u16, content_type: &str, body: impl Into<Bytes>) -> Answer {
    let mut response = Response::new(Full::new(body.into()).map_err(never).boxed_unsync());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(value) = HeaderValue::from_str(content_type) {
        response.headers_mut().insert(CONTENT_TYPE, value);
    }
    response
}

/// Answers with JSON bytes.
pub(super) fn json_bytes(status: u16, body: impl Into<Bytes>) -> Answer {
    bytes(status, "application/json", body)
}

/// Answers with a JSON value.
pub(super) fn json(status: u16, value: &Value) -> Answer {
    json_bytes(status, serde_json::to_vec(value).unwrap_or_default())
}

/// Answers with plain text.
pub(super) fn text(status: u16, body: impl Into<Bytes>) -> Answer {
    bytes(status, "text/plain; charset=utf-8", body)
}

/// Answers with a refusal, in protobuf where a schema is given.
pub(super) fn error(error: &ApiError, schema: Option<&Schema>) -> Answer {
    let status = error.status();
    let mut answer = match schema.and_then(|schema| schema.encode(&status)) {
        Some(packed) => bytes(error.code, proto::MEDIA, packed),
        None => json(error.code, &status),
    };
    if let Some(seconds) = error.retry_after {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

/// Answers with a stream of bytes that come when they come.
pub(super) fn stream(
    content_type: &'static str,
    body: impl Stream<Item = Result<Bytes, BodyError>> + Send + 'static,
) -> Answer {
    let mut response = Response::new(StreamBody::new(body.map(|chunk| chunk.map(Frame::data))).boxed_unsync());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Compresses a large answer that is whole already, where the client takes gzip.
pub(super) fn compress(body: Bytes, headers: &HeaderMap, answer: impl FnOnce(Bytes) -> Answer) -> Answer {
    let takes =
        headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains("gzip"));
    if !takes || body.len() < COMPRESS_FROM {
        return answer(body);
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
    let Some(packed) = encoder.write_all(&body).and_then(|()| encoder.finish()).ok() else { return answer(body) };
    let mut answer = answer(Bytes::from(packed));
    answer.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    answer.headers_mut().insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    answer
}
