//! The seam to the rest of the company: what the API server asks others for.

use std::time::Duration;

use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt};
use jiff::Timestamp;

use crate::demo::store::ApiError;

/// What the API server cannot answer from its objects.
pub trait Backends: Send + Sync + 'static {
    /// Returns the lines of a container's log, each with its newline; the API server has checked that pod and container exist.
    fn logs(&self, query: LogQuery) -> Result<LogStream, ApiError>;

    /// Returns what pods and nodes use now, as the metrics server saw it at its last scrape.
    fn usage(&self) -> Usage;

    /// Answers a request to a service; none where nothing listens there.
    fn service_proxy(&self, request: &ProxyRequest) -> Option<ProxyResponse>;

    /// Lets something happen now; `step` is what a scenario's step says in TOML, without its time.
    fn inject(&self, _step: &str) -> Result<(), ApiError> {
        Err(ApiError::new(501, "NotImplemented", "nothing happens in a cluster without a company"))
    }
}

/// Log lines as bytes, oldest first; with `follow` it ends when the container does.
pub type LogStream = BoxStream<'static, Bytes>;

/// Which part of which log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogQuery {
    /// Namespace of the pod.
    pub namespace: String,
    /// Name of the pod.
    pub pod: String,
    /// Name of the container.
    pub container: String,
    /// The run before the current one.
    pub previous: bool,
    /// Go on as lines come.
    pub follow: bool,
    /// No lines before this instant.
    pub since: Option<Timestamp>,
    /// Only this many of the last lines.
    pub tail: Option<usize>,
    /// Begin each line with its time (RFC 3339, nanoseconds) and a space.
    pub timestamps: bool,
    /// End after this many bytes.
    pub limit_bytes: Option<usize>,
}

/// What pods and nodes use.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Usage {
    /// Pods scraped at least once.
    pub pods: Vec<PodUsage>,
    /// Nodes scraped at least once.
    pub nodes: Vec<NodeUsage>,
}

/// What one pod uses.
#[derive(Debug, Clone, PartialEq)]
pub struct PodUsage {
    /// Namespace of the pod.
    pub namespace: String,
    /// Name of the pod.
    pub name: String,
    /// End of the interval measured.
    pub timestamp: Timestamp,
    /// Length of the interval measured.
    pub window: Duration,
    /// One entry per running container.
    pub containers: Vec<ContainerUsage>,
}

/// What one container uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerUsage {
    /// Name of the container.
    pub name: String,
    /// Billionths of a core.
    pub cpu_nanocores: u64,
    /// Working set in bytes.
    pub memory_bytes: u64,
}

/// What one node uses.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeUsage {
    /// Name of the node.
    pub name: String,
    /// End of the interval measured.
    pub timestamp: Timestamp,
    /// Length of the interval measured.
    pub window: Duration,
    /// Billionths of a core.
    pub cpu_nanocores: u64,
    /// Working set in bytes.
    pub memory_bytes: u64,
}

/// A request to a service, through the API server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyRequest {
    /// Namespace of the service.
    pub namespace: String,
    /// Name of the service.
    pub service: String,
    /// Port by name or number, empty where the client named none.
    pub port: String,
    /// HTTP method.
    pub method: String,
    /// Path behind the proxy, with its leading slash.
    pub path: String,
    /// Query without the question mark.
    pub query: String,
    /// Body of the request.
    pub body: Bytes,
}

/// What a service answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyResponse {
    /// HTTP status.
    pub status: u16,
    /// Media type of the body.
    pub content_type: String,
    /// The body.
    pub body: Bytes,
}

/// A company of which nothing but its objects is known: empty logs, no usage, no services.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoBackends;

impl Backends for NoBackends {
    fn logs(&self, _query: LogQuery) -> Result<LogStream, ApiError> {
        Ok(futures::stream::empty().boxed())
    }

    fn usage(&self) -> Usage {
        Usage::default()
    }

    fn service_proxy(&self, _request: &ProxyRequest) -> Option<ProxyResponse> {
        None
    }
}
