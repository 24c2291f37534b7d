//! The API server of the simulated cluster: Kubernetes' HTTP interface over the store, on loopback, over TLS.
//!
//! ```text
//! backends   what others answer: logs, usage, proxied services
//! ```

mod backends;

pub use backends::{
    Backends, ContainerUsage, LogQuery, LogStream, NoBackends, NodeUsage, PodUsage, ProxyRequest, ProxyResponse, Usage,
};
