//! One pod during a step: what its requests, its heap and its pool do to it.

use super::flow::{Answer, Below, SHAPE, Step, either};
use super::graph::Service;
use super::input::PodInput;
use super::latency::Latency;
use super::load::{PodLoad, Pool, RouteLoad};
use super::shape;

const MIB: f64 = 1024.0 * 1024.0;
/// Requests that fail in a sound release, as a share.
const ORDINARY_ERRORS: f64 = 0.0001;
/// Seconds a request waits for a connection before it fails.
const POOL_TIMEOUT: f64 = 3.0;

/// One pod during a step.
pub(super) struct PodStep<'a> {
    pub pod: &'a PodInput,
    pub service: &'static Service,
    pub key: u64,
    /// Requests a second.
    pub rate: f64,
    pub below: Below,
    pub speed: f64,
}

impl PodStep<'_> {
    /// The pod's load, and what its callers see of it.
    pub fn run(&self, step: &Step<'_>) -> (PodLoad, Answer) {
        let (memory, heap, pressure) = self.memory(step);
        let taken = step.weather.node_contention.get(&self.pod.node).copied().unwrap_or(0.0);
        let capacity = self.pod.cpu_limit.unwrap_or(2.0) * (1.0 - taken).max(0.05);
        let demand = self.cpu_demand(step) + 0.12 * pressure;
        let used = demand / capacity;
        let (pool, wait) = self.pool();
        let defect = &self.pod.defect;
        let warm_up = if self.service.java { 1.5 * (-self.age() / 40.0).exp() } else { 0.0 };
        let slow = slowness(used) * (1.0 + warm_up) * (1.0 + pressure);
        let database = if self.service.name == "postgres" { step.weather.database_latency } else { 0.0 };
        let own = self.service.median * slow + defect.latency + database;
        let latency = self.latency(own + wait + self.below.seconds);
        let overload = (1.0 - 1.0 / used.max(1.0)).max(pool.map_or(0.0, pool_failures));
        let own_errors = either(either(ORDINARY_ERRORS, defect.error_share), overload);
        let load = PodLoad {
            cpu: demand.min(capacity),
            cpu_demand: demand,
            throttled: ((used - 0.6) / 0.4).clamp(0.0, 1.0),
            memory,
            heap,
            routes: self.routes(step.dt, own_errors, &latency),
            pool,
            queue_depth: pool.map_or(0.0, |pool| pool.pending) + self.rate * (slow - 1.0) * self.service.median,
        };
        let errors = either(own_errors, self.below.errors);
        (load, Answer { errors, latency })
    }

    /// Distribution of the durations, given the median of the whole request.
    fn latency(&self, median: f64) -> Latency {
        let defect = &self.pod.defect;
        let own_share = if defect.tail_latency > 0.0 { defect.tail_share } else { 0.0 };
        let tail_share = either(own_share, self.below.tail_share);
        let seconds = own_share * defect.tail_latency + self.below.tail_share * self.below.tail_extra;
        let tail_extra = if tail_share > 0.0 { seconds / tail_share } else { 0.0 };
        Latency { median, shape: SHAPE, tail_share, tail_extra }
    }

    /// Seconds the container runs, as its warm-up counts them.
    fn age(&self) -> f64 {
        self.pod.container_age * self.speed
    }

    /// Cores the container asks for.
    fn cpu_demand(&self, step: &Step<'_>) -> f64 {
        let starting = if self.service.java { 0.4 * (-self.age() / 20.0).exp() } else { 0.0 };
        let wobble = 1.0 + 0.08 * shape::noise(self.key ^ 2, step.now, 25.0);
        (self.service.idle + self.rate * self.service.cpu * self.pod.defect.cpu_factor) * wobble + starting
    }

    /// Working set and heap in bytes, and how hard the garbage collector works, 0 to 1.
    fn memory(&self, step: &Step<'_>) -> (f64, f64, f64) {
        let warm = self.service.memory * MIB;
        let own = 0.94 + 0.12 * shape::fraction(self.key);
        let grown = if self.service.java { 1.0 - 0.3 * (-self.age() / 240.0).exp() } else { 1.0 };
        let wave = 1.0 + 0.03 * shape::noise(self.key ^ 3, step.now, 60.0);
        let leaked = self.pod.defect.memory_leak * self.pod.container_age;
        let memory = warm * own * grown * wave + leaked;
        let heap = if self.service.java { memory * 0.62 + leaked * 0.3 } else { 0.0 };
        let full = self.pod.memory_limit.map_or(0.0, |limit| memory / limit);
        (memory, heap.min(memory), ((full - 0.85) / 0.15).clamp(0.0, 1.0))
    }

    /// State of the connection pool, and seconds a request waits for a connection.
    fn pool(&self) -> (Option<Pool>, f64) {
        let max = f64::from(self.pod.defect.pool_size.unwrap_or(self.service.pool));
        if self.service.pool == 0 {
            return (None, 0.0);
        }
        let leaked = (self.pod.defect.connection_leak * self.pod.container_age).min(max);
        let wanted = self.rate * self.below.database;
        let free = max - leaked;
        let active = (leaked + wanted.min(free)).min(max);
        let load = if free > 0.0 { wanted / free } else { f64::INFINITY };
        let wait = if self.rate == 0.0 || load < 0.5 {
            0.0
        } else if load >= 1.0 {
            POOL_TIMEOUT
        } else {
            (self.below.database * load / (1.0 - load)).min(POOL_TIMEOUT)
        };
        (Some(Pool { active, max, pending: self.rate * wait }), wait)
    }

    /// What the service's HTTP route did.
    fn routes(&self, dt: f64, own_errors: f64, latency: &Latency) -> Vec<RouteLoad> {
        let Some((method, uri)) = self.service.route else {
            return Vec::new();
        };
        let total = self.rate * dt;
        let failed = total * own_errors;
        let below = (total - failed) * self.below.errors;
        let missing = (total - failed - below) * self.service.not_found;
        let counts =
            [(self.service.success, total - failed - below - missing), (404, missing), (500, failed), (503, below)];
        let answered = counts.into_iter().filter(|(_, count)| *count > 0.0);
        let statuses = latency.spread(answered);
        vec![RouteLoad { uri, method, statuses }]
    }
}

/// Factor on the time of a request when `used` of the CPU is asked for, after queueing theory's
/// `1 / (1 - used)`, flattened for light loads.
fn slowness(used: f64) -> f64 {
    let used = used.clamp(0.0, 0.97);
    1.0 + 0.35 * used.powi(4) / (1.0 - used)
}

/// Share of requests that get no connection in time.
fn pool_failures(pool: Pool) -> f64 {
    let waiting = pool.pending / POOL_TIMEOUT;
    if pool.active >= pool.max && waiting > 0.0 { 0.9 } else { 0.0 }
}
