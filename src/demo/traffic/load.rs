//! What the model answers: what one pod did and used during a step.

use super::latency::BUCKETS;

/// What one pod did and used during a step; the counts are fractional and add up over steps.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PodLoad {
    /// CPU in use, in cores, never above what limit and node leave.
    pub cpu: f64,
    /// CPU the container asked for, in cores: more than [`PodLoad::cpu`] when it was throttled.
    pub cpu_demand: f64,
    /// Share of the scheduling periods in which the container was throttled, 0 to 1.
    pub throttled: f64,
    /// Working set in bytes; at or above the limit the kernel kills the container.
    pub memory: f64,
    /// Share of the working set that is Java heap in use, in bytes; 0 where there is no Java.
    pub heap: f64,
    /// What the HTTP routes did; empty for a pod that serves no HTTP.
    pub routes: Vec<RouteLoad>,
    /// The database connection pool, where the service has one.
    pub pool: Option<Pool>,
    /// Work that waits: requests for a connection or thread, messages not yet consumed.
    pub queue_depth: f64,
}

/// What one HTTP route of a pod did during a step.
#[derive(Debug, Clone, PartialEq)]
pub struct RouteLoad {
    /// Path template, as Micrometer's label `uri` has it.
    pub uri: &'static str,
    /// HTTP method.
    pub method: &'static str,
    /// One entry for each status that was answered at least in part.
    pub statuses: Vec<StatusLoad>,
}

/// The requests of a route that ended with one status.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusLoad {
    /// HTTP status.
    pub status: u16,
    /// Requests in the step.
    pub count: f64,
    /// Sum of their durations in seconds.
    pub sum: f64,
    /// Longest of them in seconds.
    pub max: f64,
    /// Requests not longer than each of [`BUCKETS`], cumulative as in the exposition format.
    pub buckets: [f64; BUCKETS.len()],
}

/// A database connection pool.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pool {
    /// Connections in use, leaked ones included.
    pub active: f64,
    /// Most connections there may be.
    pub max: f64,
    /// Requests that wait for a connection.
    pub pending: f64,
}

impl PodLoad {
    /// Requests answered in the step, of all routes.
    pub fn requests(&self) -> f64 {
        self.statuses().map(|status| status.count).sum()
    }

    /// Requests answered with a 5xx status in the step, of all routes.
    pub fn errors(&self) -> f64 {
        let failed = self.statuses().filter(|status| status.status >= 500);
        failed.map(|status| status.count).sum()
    }

    /// Every route's statuses, one after another.
    fn statuses(&self) -> impl Iterator<Item = &StatusLoad> {
        self.routes.iter().flat_map(|route| &route.statuses)
    }
}
