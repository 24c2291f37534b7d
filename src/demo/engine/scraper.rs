//! The company's Prometheus: scraped after the traffic, asked through the service proxy.

use std::cell::LazyCell;

use jiff::{SignedDuration, Timestamp};

use super::kube_view;
use crate::demo::company::CROWD;
use crate::demo::controllers::cluster::Cluster;
use crate::demo::metrics::{METADATA, Recorder, backfill, rules};
use crate::demo::prometheus::Monitoring;
use crate::demo::traffic::{PodInput, PodLoad, Traffic};

/// Seconds between two scrapes: the usual ones at speed 1, fewer where stories run faster.
const INTERVAL: (f64, f64) = (5.0, 15.0);

/// What scrapes.
#[derive(Debug)]
pub(super) struct Scraper {
    recorder: Recorder,
    monitoring: Monitoring,
    interval: SignedDuration,
    due: Timestamp,
}

/// Says whether a namespace is for measurements only, and not monitored: its series would be most of all memory.
pub(super) fn unmonitored(namespace: &str) -> bool {
    namespace == CROWD
}

impl Scraper {
    /// An empty Prometheus that is scraped from `now` on.
    pub(super) fn new(cluster: &Cluster, now: Timestamp) -> Self {
        let factor = cluster.speed();
        let interval = (INTERVAL.1 / factor).max(INTERVAL.0);
        let monitoring = Monitoring::default();
        {
            let mut prometheus = monitoring.lock();
            prometheus.metadata = METADATA;
            prometheus.scrape_interval = interval;
            prometheus.rules = rules(factor, interval);
        }
        let interval = SignedDuration::try_from_secs_f64(interval).unwrap_or(SignedDuration::from_secs(15));
        Self { recorder: Recorder::new(), monitoring, interval, due: now }
    }

    /// Fills in the day before `now`, so that charts are full at the first look.
    pub(super) fn remember(&mut self, cluster: &Cluster, traffic: &Traffic, pods: &[PodInput], now: Timestamp) {
        let state = kube_view::read(cluster, &unmonitored);
        backfill(&mut self.recorder, &mut self.monitoring.lock().db, traffic, now, pods, &state, self.interval);
    }

    pub(super) fn monitoring(&self) -> Monitoring {
        self.monitoring.clone()
    }

    /// Counts what pods did in `seconds`, and scrapes when it is time.
    pub(super) fn observe(
        &mut self,
        cluster: &Cluster,
        seconds: f64,
        pods: &[PodInput],
        loads: &[PodLoad],
        now: Timestamp,
    ) {
        let mut prometheus = self.monitoring.lock();
        // Read only when somebody asks: for a new pod, or a scrape.
        let state = LazyCell::new(|| kube_view::read(cluster, &unmonitored));
        self.recorder.observe(&mut prometheus.db, seconds, pods, loads, &state);
        if self.due <= now {
            self.recorder.scrape(&mut prometheus.db, now, &state);
            prometheus.targets = self.recorder.targets(Some(now));
            prometheus.evaluate_rules(now);
            self.due = now + self.interval;
        }
    }
}
