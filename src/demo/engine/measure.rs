//! Traffic over the running pods: load, memory kills, usage for the autoscaler and the metrics server, logs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::routes;
use super::scraper::{Scraper, unmonitored};
use super::story::Story;
use crate::demo::api::{ContainerUsage, NodeUsage, PodUsage, Usage};
use crate::demo::controllers::cluster::{Cluster, Key, Kind, Object};
use crate::demo::controllers::object::{amount, dig, label, list, name, namespace, text};
use crate::demo::kubelet::{Kubelets, Life};
use crate::demo::logs::{Event, Logs, Past};
use crate::demo::prometheus::Monitoring;
use crate::demo::traffic::{PodInput, PodLoad, Traffic};

/// Seconds between two scrapes of the metrics server, at speed 1.
const RESOLUTION: f64 = 15.0;
/// Above this many pods traffic is computed every fifth second only.
const MANY: usize = 1000;
/// Cores and bytes that a node uses beside its pods.
const SYSTEM: (f64, f64) = (0.18, 900e6);

/// What was measured last, shared with whoever serves it.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    usage: Arc<Mutex<Usage>>,
    monitoring: Monitoring,
}

impl Measured {
    /// Returns what the metrics server saw at its last scrape.
    pub fn usage(&self) -> Usage {
        self.lock().clone()
    }

    /// Returns Prometheus.
    pub fn monitoring(&self) -> &Monitoring {
        &self.monitoring
    }

    fn lock(&self) -> MutexGuard<'_, Usage> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The measuring part of the engine.
#[derive(Debug)]
pub(super) struct Measure {
    traffic: Traffic,
    logs: Logs,
    last: Timestamp,
    due: Timestamp,
    scraped: Timestamp,
    window: HashMap<Key, (f64, f64)>,
    measured: Measured,
    scraper: Scraper,
}

/// One pod with what it serves and does.
struct Served {
    key: Key,
    pod: Object,
    input: PodInput,
}

impl Measure {
    pub(super) fn new(cluster: &Cluster, seed: u64, logs: Logs, now: Timestamp) -> Self {
        let scraper = Scraper::new(cluster, now);
        Self {
            traffic: Traffic::new(seed).at_speed(cluster.speed()),
            logs,
            last: now - SignedDuration::from_secs(1),
            due: now,
            scraped: now,
            window: HashMap::new(),
            measured: Measured { monitoring: scraper.monitoring(), ..Measured::default() },
            scraper,
        }
    }

    /// Tells Prometheus what it would have seen in the day before the first step.
    ///
    /// It ends where that step begins to count: a second between the two would be a dent in every chart of rates.
    pub(super) fn remember(&mut self, cluster: &Cluster, kubelets: &Kubelets, story: &Story) {
        let until = self.last;
        let served = serving(cluster, kubelets, story, until).into_iter().map(|each| each.input);
        let pods: Vec<PodInput> = served.filter(|pod| !unmonitored(&pod.namespace)).collect();
        self.scraper.remember(cluster, &self.traffic, &pods, until);
        self.logs.remember(Past::new(self.traffic.clone(), pods, until));
    }

    pub(super) fn measured(&self) -> Measured {
        self.measured.clone()
    }

    /// Writes what containers say when they start and end.
    pub(super) fn write_lives(&self, lives: Vec<Life>, now: Timestamp) {
        for life in lives {
            let Life { pod, app, container, image, startup, ended } = life;
            let event = match ended {
                Some((code, reason)) => Event::Ended { app, code, reason },
                None => Event::Started { app, image, startup },
            };
            self.logs.lived(&pod, &container, &event, now);
        }
    }

    pub(super) fn due(&self) -> Timestamp {
        self.due
    }

    /// Lets the shop serve since the last step.
    pub(super) fn step(&mut self, cluster: &mut Cluster, kubelets: &mut Kubelets, story: &Story, now: Timestamp) {
        let seconds = now.duration_since(self.last).as_secs_f64().max(0.001);
        let served = serving(cluster, kubelets, story, now);
        let inputs: Vec<PodInput> = served.iter().map(|each| each.input.clone()).collect();
        let loads = self.traffic.step(now, seconds, &inputs, story.weather());
        for (each, load) in served.iter().zip(&loads) {
            let entry = self.window.entry(each.key.clone()).or_insert((0.0, 0.0));
            *entry = (entry.0 + load.cpu * seconds, load.memory);
            self.logs.requests(&each.key, &each.input, load, now);
            let limit = each.input.memory_limit.unwrap_or(f64::INFINITY);
            if each.input.running && load.memory >= limit {
                kubelets.out_of_memory(cluster, &each.key, &each.input.container, now);
            }
        }
        self.scrape_series(cluster, seconds, &inputs, &loads, now);
        let resolution = cluster.scaled(RESOLUTION).max(SignedDuration::from_secs(1));
        if now.duration_since(self.scraped) >= resolution || self.measured.lock().pods.is_empty() {
            self.scrape(cluster, &served, &loads, now);
        }
        self.last = now;
        self.due = now + SignedDuration::from_secs(if served.len() > MANY { 5 } else { 1 });
    }

    fn scrape_series(
        &mut self,
        cluster: &Cluster,
        seconds: f64,
        inputs: &[PodInput],
        loads: &[PodLoad],
        now: Timestamp,
    ) {
        let both = inputs.iter().zip(loads).filter(|(input, _)| !unmonitored(&input.namespace));
        let (inputs, loads): (Vec<PodInput>, Vec<PodLoad>) =
            both.map(|(input, load)| (input.clone(), load.clone())).unzip();
        self.scraper.observe(cluster, seconds, &inputs, &loads, now);
    }

    fn scrape(&mut self, cluster: &mut Cluster, served: &[Served], loads: &[PodLoad], now: Timestamp) {
        let window = now.duration_since(self.scraped).as_secs_f64().max(1.0);
        let length = Duration::from_secs_f64(window);
        let mut nodes: HashMap<String, (f64, f64)> = HashMap::new();
        let mut pods = Vec::with_capacity(served.len());
        let first = cluster.usage.is_empty();
        cluster.usage.clear();
        for (each, load) in served.iter().zip(loads).filter(|(each, _)| each.input.running) {
            let (cpu_seconds, memory) = self.window.get(&each.key).copied().unwrap_or((load.cpu * window, load.memory));
            let cpu = cpu_seconds / window;
            let node = nodes.entry(each.input.node.clone()).or_insert(SYSTEM);
            *node = (node.0 + cpu, node.1 + memory);
            cluster.usage.insert(each.key.clone(), (cpu, memory));
            let mut containers = vec![usage(&each.input.container, cpu, memory)];
            for sidecar in list(&each.pod, &["spec", "containers"]).iter().skip(1) {
                containers.push(usage(text(sidecar, &["name"]), 0.004, 24e6));
            }
            let (namespace, name) = (each.key.namespace.clone(), each.key.name.clone());
            pods.push(PodUsage { namespace, name, timestamp: now, window: length, containers });
        }
        for scaler in if first { cluster.list(Kind::HorizontalPodAutoscaler, None) } else { Vec::new() } {
            cluster.enqueue(Key::new(Kind::HorizontalPodAutoscaler, namespace(&scaler), name(&scaler)));
        }
        let nodes = cluster.list(Kind::Node, None).into_iter().map(|node| {
            let (cpu, memory) = nodes.get(name(&node)).copied().unwrap_or(SYSTEM);
            let used = usage("", cpu, memory);
            NodeUsage {
                name: name(&node).to_owned(),
                timestamp: now,
                window: length,
                cpu_nanocores: used.cpu_nanocores,
                memory_bytes: used.memory_bytes,
            }
        });
        *self.measured.lock() = Usage { pods, nodes: nodes.collect() };
        self.window.clear();
        self.scraped = now;
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "loads are small and positive")]
fn usage(container: &str, cpu: f64, memory: f64) -> ContainerUsage {
    ContainerUsage { name: container.to_owned(), cpu_nanocores: (cpu * 1e9) as u64, memory_bytes: memory as u64 }
}

/// Returns every pod on a node as the traffic model wants it.
fn serving(cluster: &Cluster, kubelets: &Kubelets, story: &Story, now: Timestamp) -> Vec<Served> {
    let shares = routes::shares(cluster);
    let pods = cluster.list(Kind::Pod, None);
    pods.into_iter()
        .filter(|pod| !text(pod, &["spec", "nodeName"]).is_empty())
        .map(|pod| {
            let key = Key::new(Kind::Pod, namespace(&pod), name(&pod));
            let running = kubelets.running(&key);
            let main = list(&pod, &["spec", "containers"]).first().unwrap_or(&Value::Null);
            let state = running.iter().find(|each| each.name == text(main, &["name"]));
            let share = shares.of(&pod);
            let input = PodInput {
                share,
                ..input(
                    &pod,
                    main,
                    state.and_then(|state| state.since),
                    state.is_some_and(|state| state.ready),
                    story,
                    now,
                )
            };
            Served { key, pod, input }
        })
        .collect()
}

fn input(pod: &Value, main: &Value, since: Option<Timestamp>, ready: bool, story: &Story, now: Timestamp) -> PodInput {
    let image = text(main, &["image"]);
    let app = label(pod, "app");
    let resource = |side: &str, what: &str| dig(main, &["resources", side, what]).map(|value| amount(Some(value)));
    let stopping = super::super::controllers::object::deleting(pod);
    PodInput {
        namespace: namespace(pod).to_owned(),
        pod: name(pod).to_owned(),
        container: text(main, &["name"]).to_owned(),
        app: app.to_owned(),
        version: image.rsplit_once(':').map_or("", |(_, tag)| tag).to_owned(),
        node: text(pod, &["spec", "nodeName"]).to_owned(),
        running: since.is_some(),
        ready: ready && !stopping,
        share: None,
        container_age: since.map_or(0.0, |since| now.duration_since(since).as_secs_f64()),
        cpu_request: resource("requests", "cpu"),
        cpu_limit: resource("limits", "cpu"),
        memory_request: resource("requests", "memory"),
        memory_limit: resource("limits", "memory"),
        defect: story.defect(app, image),
    }
}
