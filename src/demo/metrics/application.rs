//! What a Java service says of itself, named as Micrometer names it.

use super::super::prometheus::Tsdb;
use super::super::prometheus::tsdb::SeriesId;
use super::super::traffic::{BUCKETS, PodInput, PodLoad, RouteLoad, StatusLoad};

const MIB: f64 = 1024.0 * 1024.0;

/// A series that only grows while the container lives.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counter {
    id: SeriesId,
    total: f64,
}

impl Counter {
    /// A counter at zero.
    pub fn new(id: SeriesId) -> Self {
        Self { id, total: 0.0 }
    }

    /// Adds to it.
    pub fn add(&mut self, amount: f64) {
        self.total += amount;
    }

    /// Its series and its value.
    pub fn reading(self) -> (SeriesId, f64) {
        (self.id, self.total)
    }

    /// Its series and the whole things counted so far.
    pub fn whole(self) -> (SeriesId, f64) {
        (self.id, self.total.floor())
    }
}

/// The series of one running container.
#[derive(Debug)]
pub(super) struct Application {
    labels: Vec<(&'static str, String)>,
    statuses: Vec<StatusSeries>,
    /// In the order in which a step sets them.
    gauges: Vec<(SeriesId, f64)>,
    /// How many of them the present step has set.
    set: usize,
    timeouts: Option<Counter>,
}

/// The series of one route and status.
#[derive(Debug)]
struct StatusSeries {
    uri: &'static str,
    status: u16,
    buckets: Vec<Counter>,
    count: Counter,
    sum: Counter,
    max: (SeriesId, f64),
}

impl Application {
    /// The series of a container that has just started.
    pub fn new(labels: Vec<(&'static str, String)>) -> Self {
        Self { labels, statuses: Vec::new(), gauges: Vec::new(), set: 0, timeouts: None }
    }

    /// Adds what the container did in a step.
    pub fn observe(&mut self, db: &mut Tsdb, pod: &PodInput, load: &PodLoad) {
        for route in &load.routes {
            for status in &route.statuses {
                self.count(db, route, status);
            }
        }
        self.set = 0;
        let heap_max = pod.memory_limit.unwrap_or(1024.0 * MIB) * 0.75;
        self.gauge(db, "jvm_memory_used_bytes", &[("area", "heap"), ("id", "G1 Old Gen")], load.heap);
        let other = (load.memory - load.heap) * 0.6;
        self.gauge(db, "jvm_memory_used_bytes", &[("area", "nonheap"), ("id", "Metaspace")], other);
        self.gauge(db, "jvm_memory_max_bytes", &[("area", "heap"), ("id", "G1 Old Gen")], heap_max);
        self.gauge(db, "process_uptime_seconds", &[], pod.container_age);
        self.gauge(db, "executor_queued_tasks", &[("name", "http")], load.queue_depth.round());
        if let Some(pool) = load.pool {
            let own = [("pool", "HikariPool-1")];
            let active = pool.active.round();
            self.gauge(db, "hikaricp_connections", &own, pool.max);
            self.gauge(db, "hikaricp_connections_active", &own, active);
            self.gauge(db, "hikaricp_connections_idle", &own, (pool.max - active).max(0.0));
            self.gauge(db, "hikaricp_connections_max", &own, pool.max);
            self.gauge(db, "hikaricp_connections_pending", &own, pool.pending.round());
            let failed = if pool.pending >= 1.0 && active >= pool.max { load.errors() } else { 0.0 };
            let mut timeouts = match self.timeouts {
                Some(known) => known,
                None => Counter::new(self.series(db, "hikaricp_connections_timeout_total", &own)),
            };
            timeouts.add(failed);
            self.timeouts = Some(timeouts);
        }
    }

    /// Every series with its value.
    pub fn readings(&self) -> impl Iterator<Item = (SeriesId, f64)> {
        let requests = self.statuses.iter().filter(|status| status.count.total >= 1.0).flat_map(|status| {
            let buckets = status.buckets.iter().map(|bucket| bucket.whole());
            buckets.chain([status.count.whole(), status.sum.reading(), status.max])
        });
        let timeouts = self.timeouts.iter().map(|timeouts| timeouts.whole());
        requests.chain(self.gauges.iter().copied()).chain(timeouts)
    }

    /// Forgets the slowest requests: Micrometer shows the maximum of the last minutes.
    pub fn rotate(&mut self) {
        for status in &mut self.statuses {
            status.max.1 = 0.0;
        }
    }

    fn count(&mut self, db: &mut Tsdb, route: &RouteLoad, load: &StatusLoad) {
        let known = self.statuses.iter().position(|own| own.uri == route.uri && own.status == load.status);
        let index = known.unwrap_or_else(|| {
            let series = self.status_series(db, route, load.status);
            self.statuses.push(series);
            self.statuses.len() - 1
        });
        let own = &mut self.statuses[index];
        own.count.add(load.count);
        own.sum.add(load.sum);
        own.max.1 = own.max.1.max(load.max);
        // The last bucket has no bound and holds every request.
        for (bucket, count) in own.buckets.iter_mut().zip(load.buckets.iter().chain([&load.count])) {
            bucket.add(*count);
        }
    }

    fn status_series(&self, db: &mut Tsdb, route: &RouteLoad, status: u16) -> StatusSeries {
        let text = status.to_string();
        let outcome = match status {
            200..300 => "SUCCESS",
            400..500 => "CLIENT_ERROR",
            _ => "SERVER_ERROR",
        };
        let own = [("uri", route.uri), ("method", route.method), ("status", text.as_str()), ("outcome", outcome)];
        let bounds = BUCKETS.iter().map(f64::to_string).chain(["+Inf".to_owned()]);
        let buckets = bounds.map(|bound| {
            let labels = [own[0], own[1], own[2], own[3], ("le", bound.as_str())];
            Counter::new(self.series(db, "http_server_requests_seconds_bucket", &labels))
        });
        StatusSeries {
            uri: route.uri,
            status,
            buckets: buckets.collect(),
            count: Counter::new(self.series(db, "http_server_requests_seconds_count", &own)),
            sum: Counter::new(self.series(db, "http_server_requests_seconds_sum", &own)),
            max: (self.series(db, "http_server_requests_seconds_max", &own), 0.0),
        }
    }

    /// Sets the next gauge; the first step looks its series up.
    fn gauge(&mut self, db: &mut Tsdb, name: &str, labels: &[(&str, &str)], value: f64) {
        if let Some(known) = self.gauges.get_mut(self.set) {
            known.1 = value;
        } else {
            self.gauges.push((self.series(db, name, labels), value));
        }
        self.set += 1;
    }

    fn series(&self, db: &mut Tsdb, name: &str, labels: &[(&str, &str)]) -> SeriesId {
        let target = self.labels.iter().map(|(name, value)| (*name, value.as_str()));
        db.series(name, &target.chain(labels.iter().copied()).collect::<Vec<_>>())
    }
}
