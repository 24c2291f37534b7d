//! What a session is opened with.

use std::time::Duration;

use crate::{
    cluster::{self, kubeconfig::Environment},
    domain::Scope,
};

use super::prometheus::PrometheusAddress;

/// Which cluster, as whom, and what of it.
#[derive(Clone, Debug, Default)]
pub struct ConnectOptions {
    /// Which kubeconfig and context, as whom, read-only or not.
    pub access: cluster::Access,
    /// Which namespaces are watched; `None` is the context's own.
    pub scope: Option<Scope>,
    /// Where Prometheus is; `None` looks for it in the cluster.
    pub prometheus: Option<PrometheusAddress>,
    /// Prometheus is not looked for where no address is given.
    pub no_discovery: bool,
    /// The shortest time between two questions to metrics-server; `None` is 5 s.
    pub usage_interval: Option<Duration>,
    /// How often the server is asked whether it is there; `None` is every 10 s.
    pub heartbeat: Option<Duration>,
    /// How often the server is asked what it serves; `None` is every 60 s.
    pub discovery: Option<Duration>,
    /// The variables that decide where clusters are found.
    pub environment: Environment,
}
