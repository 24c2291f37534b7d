//! How a request reaches Prometheus.

use bytes::Bytes;
use futures::future::BoxFuture;

use super::Error;

/// An HTTP answer, not yet understood.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Content type; empty when none was given.
    pub content_type: String,
    /// The body.
    pub body: Bytes,
}

/// A way to Prometheus.
pub trait Transport: Send + Sync {
    /// Gets a path with its query, such as `/api/v1/query?query=up`. An answer of any status is an answer.
    fn get(&self, path: String) -> BoxFuture<'_, Result<Answer, Error>>;

    /// Returns where it leads, in words for people: a URL, or `service monitoring/prometheus-operated`.
    fn place(&self) -> &str;
}
