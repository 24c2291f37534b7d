//! What cadvisor says of a container.

use super::super::prometheus::Tsdb;
use super::super::prometheus::tsdb::SeriesId;
use super::super::traffic::{PodInput, PodLoad};
use super::application::Counter;

/// Scheduling periods of the kernel in a second.
const PERIODS: f64 = 10.0;

/// The series of one running container.
#[derive(Debug)]
pub(super) struct Container {
    cpu: Counter,
    periods: Counter,
    throttled_periods: Counter,
    throttled: Counter,
    working_set: SeriesId,
    rss: SeriesId,
    memory_limit: SeriesId,
    memory: f64,
    limit: f64,
}

impl Container {
    /// The series of a container that has just started.
    pub fn new(db: &mut Tsdb, pod: &PodInput, image: &str) -> Self {
        let own = [
            ("job", "kubelet"),
            ("metrics_path", "/metrics/cadvisor"),
            ("namespace", &pod.namespace),
            ("pod", &pod.pod),
            ("container", &pod.container),
            ("node", &pod.node),
            ("image", image),
        ];
        let mut series = |name: &str| db.series(name, &own);
        Self {
            cpu: Counter::new(series("container_cpu_usage_seconds_total")),
            periods: Counter::new(series("container_cpu_cfs_periods_total")),
            throttled_periods: Counter::new(series("container_cpu_cfs_throttled_periods_total")),
            throttled: Counter::new(series("container_cpu_cfs_throttled_seconds_total")),
            working_set: series("container_memory_working_set_bytes"),
            rss: series("container_memory_rss"),
            memory_limit: series("container_spec_memory_limit_bytes"),
            memory: 0.0,
            limit: 0.0,
        }
    }

    /// Adds what the container used in a step of `dt` seconds.
    pub fn observe(&mut self, dt: f64, pod: &PodInput, load: &PodLoad) {
        self.cpu.add(load.cpu * dt);
        self.periods.add(PERIODS * dt);
        self.throttled_periods.add(PERIODS * dt * load.throttled);
        self.throttled.add(dt * load.throttled * (load.cpu_demand - load.cpu * 0.6).max(0.0));
        self.memory = load.memory.floor();
        self.limit = pod.memory_limit.unwrap_or(0.0);
    }

    /// Every series with its value.
    pub fn readings(&self) -> [(SeriesId, f64); 7] {
        [
            self.cpu.reading(),
            self.periods.whole(),
            self.throttled_periods.whole(),
            self.throttled.reading(),
            (self.working_set, self.memory),
            (self.rss, (self.memory * 0.92).floor()),
            (self.memory_limit, self.limit),
        ]
    }
}
