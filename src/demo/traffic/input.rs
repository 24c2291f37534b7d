//! What the model is told: the pods, their faults, and what happens around them.

use std::collections::BTreeMap;

/// One container that serves traffic, as the kubelet sees it now.
#[derive(Debug, Clone, PartialEq)]
pub struct PodInput {
    /// Namespace; only one ending in `-production` has real users, the others a trickle.
    pub namespace: String,
    /// Name of the pod.
    pub pod: String,
    /// Name of its main container.
    pub container: String,
    /// Value of the label `app`, with or without the suffix `-service`.
    pub app: String,
    /// Version it runs, as the image tag says.
    pub version: String,
    /// Node it is on, empty while it has none.
    pub node: String,
    /// Whether its container runs; one that does not run uses nothing.
    pub running: bool,
    /// Whether it is ready and so gets its share of the requests.
    pub ready: bool,
    /// Share of its service's requests that reaches it, 0 to 1; none where all ready pods share evenly.
    pub share: Option<f64>,
    /// Seconds since its container last started.
    pub container_age: f64,
    /// CPU request in cores.
    pub cpu_request: Option<f64>,
    /// CPU limit in cores.
    pub cpu_limit: Option<f64>,
    /// Memory request in bytes.
    pub memory_request: Option<f64>,
    /// Memory limit in bytes.
    pub memory_limit: Option<f64>,
    /// What is wrong with the version it runs.
    pub defect: Defect,
}

/// What is wrong with a release; the default is a sound one.
#[derive(Debug, Clone, PartialEq)]
pub struct Defect {
    /// Share of requests answered with 500, 0 to 1.
    pub error_share: f64,
    /// Seconds added to every request.
    pub latency: f64,
    /// Seconds added to the slowest requests only, see [`Defect::tail_share`].
    pub tail_latency: f64,
    /// Share of requests that meets [`Defect::tail_latency`], 0 to 1.
    pub tail_share: f64,
    /// Factor on the CPU time of a request.
    pub cpu_factor: f64,
    /// Bytes lost for good each second that the container runs.
    pub memory_leak: f64,
    /// Database connections lost for good each second that the container runs.
    pub connection_leak: f64,
    /// Size of the connection pool where it differs from the service's own.
    pub pool_size: Option<u32>,
}

impl Default for Defect {
    fn default() -> Self {
        Self {
            error_share: 0.0,
            latency: 0.0,
            tail_latency: 0.0,
            tail_share: 0.02,
            cpu_factor: 1.0,
            memory_leak: 0.0,
            connection_leak: 0.0,
            pool_size: None,
        }
    }
}

impl Defect {
    /// Reads the words in an image's tag: `5xx`, `latency`; any other image is sound.
    pub fn of_image(image: &str) -> Self {
        let tag = image.rsplit_once(':').map_or("", |(_, tag)| tag);
        Self {
            error_share: if tag.contains("5xx") { 0.2 } else { 0.0 },
            latency: if tag.contains("latency") { 0.8 } else { 0.0 },
            ..Self::default()
        }
    }
}

/// What happens around the pods; the default is an ordinary day.
#[derive(Debug, Clone, PartialEq)]
pub struct Weather {
    /// Factor on the number of users: 1 on an ordinary day, 3 in a peak.
    pub traffic: f64,
    /// Seconds the external payment provider takes longer than usual.
    pub payment_provider_latency: f64,
    /// Share of calls that the external payment provider fails, 0 to 1.
    pub payment_provider_errors: f64,
    /// Seconds a database query takes longer than usual.
    pub database_latency: f64,
    /// Share of a node's CPU that a noisy neighbour takes from our pods, 0 to 1, by node.
    pub node_contention: BTreeMap<String, f64>,
}

impl Default for Weather {
    fn default() -> Self {
        Self {
            traffic: 1.0,
            payment_provider_latency: 0.0,
            payment_provider_errors: 0.0,
            database_latency: 0.0,
            node_contention: BTreeMap::new(),
        }
    }
}
