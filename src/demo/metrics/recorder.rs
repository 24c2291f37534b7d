//! Keeps the counters of every container, and writes samples of everything.

use std::collections::{BTreeMap, HashSet};
use std::ops::Deref;

use jiff::Timestamp;

use super::super::prometheus::tsdb::SeriesId;
use super::super::prometheus::{Target, Tsdb};
use super::super::traffic::{PodInput, PodLoad, is_java};
use super::application::Application;
use super::container::Container;
use super::kube::KubeState;
use super::kube_state;

/// Milliseconds after the full second at which every scrape happens. Off the grid of queries, so
/// that it does not matter which ends belong to a window.
const OFFSET: i64 = 217;

/// Milliseconds between two compactions of the store.
const COMPACTION: i64 = 300_000;

/// Namespace and name of a pod.
type Key = (String, String);

/// Keeps what the pods' counters have counted.
#[derive(Debug, Default)]
pub struct Recorder {
    pods: BTreeMap<Key, Pod>,
    /// Series of the last scrape; one that is not written again is ended.
    written: Vec<SeriesId>,
    /// When the store was compacted last, in milliseconds since 1970.
    compacted: i64,
}

/// What is kept of a pod.
#[derive(Debug)]
pub(super) struct Pod {
    target: Vec<(&'static str, String)>,
    age: f64,
    running: bool,
    up: Option<SeriesId>,
    pub application: Option<Application>,
    container: Option<Container>,
}

/// The instant of a scrape at `now`, in milliseconds since 1970: not after `now`, less than a second before.
pub fn scrape_instant(now: Timestamp) -> i64 {
    let now = now.as_millisecond();
    now - (now - OFFSET).rem_euclid(1000)
}

impl Recorder {
    /// A recorder that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what `pods` did in the last `dt` seconds; `loads` are theirs, in the same order.
    ///
    /// A container that is younger than before has started anew, and counts from zero.
    /// `state` is read for a new container only.
    pub fn observe(
        &mut self,
        db: &mut Tsdb,
        dt: f64,
        pods: &[PodInput],
        loads: &[PodLoad],
        state: &impl Deref<Target = KubeState>,
    ) {
        for (input, load) in pods.iter().zip(loads) {
            let key = (input.namespace.clone(), input.pod.clone());
            let pod = self.pods.entry(key).or_insert_with(|| Pod::new(db, input));
            if !input.running || input.container_age < pod.age {
                (pod.application, pod.container) = (None, None);
            }
            (pod.age, pod.running) = (input.container_age, input.running);

            if !input.running {
                continue;
            }
            let container = pod.container.get_or_insert_with(|| Container::new(db, input, image_of(state, input)));
            container.observe(dt, input, load);
            if pod.up.is_some() {
                let application = pod.application.get_or_insert_with(|| Application::new(pod.target.clone()));
                application.observe(db, input, load);
            }
        }
        if self.pods.len() > pods.len() {
            let present: HashSet<(&str, &str)> = pods.iter().map(|pod| (&*pod.namespace, &*pod.pod)).collect();
            self.pods.retain(|key, _| present.contains(&(&*key.0, &*key.1)));
        }
    }

    /// Writes one sample of every series, and ends those that are gone; every few minutes it thins out
    /// what has grown old.
    pub fn scrape(&mut self, db: &mut Tsdb, now: Timestamp, state: &KubeState) {
        let cluster = kube_state::readings(db, state);
        let at = scrape_instant(now);
        self.write(db, at, &cluster);
        if at - self.compacted >= COMPACTION {
            db.compact(at);
            self.compacted = at;
        }
    }

    /// Writes one sample of every pod's series, and of the cluster's as given.
    pub(super) fn write(&mut self, db: &mut Tsdb, at: i64, cluster: &[(SeriesId, f64)]) {
        let mut written = Vec::with_capacity(self.written.len());
        let mut put = |(id, value): (SeriesId, f64)| {
            db.append(id, at, value);
            written.push(id);
        };
        for pod in self.pods.values_mut() {
            if let Some(up) = pod.up {
                put((up, if pod.running { 1.0 } else { 0.0 }));
            }
            pod.container.iter().flat_map(Container::readings).for_each(&mut put);
            if let Some(application) = &mut pod.application {
                application.readings().for_each(&mut put);
                application.rotate();
            }
        }
        cluster.iter().copied().for_each(&mut put);
        if self.written != written {
            let present: HashSet<SeriesId> = written.iter().copied().collect();
            for gone in self.written.iter().filter(|id| !present.contains(id)) {
                db.end(*gone, at);
            }
        }
        self.written = written;
    }

    /// What Prometheus scrapes, for its list of targets.
    pub fn targets(&self, scraped: Option<Timestamp>) -> Vec<Target> {
        let pods = self.pods.iter().filter(|(_, pod)| pod.up.is_some());
        let target = |((namespace, name), pod): (&Key, &Pod)| Target {
            pool: format!("podMonitor/{namespace}/mambogo/0"),
            address: format!("{name}:8080"),
            path: "/actuator/prometheus".to_owned(),
            labels: pod.target.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            scraped,
            error: if pod.running { String::new() } else { "connect: connection refused".to_owned() },
        };
        pods.map(target).collect()
    }

    /// The pod, where it is known.
    pub(super) fn pod(&self, namespace: &str, pod: &str) -> Option<&Pod> {
        self.pods.get(&(namespace.to_owned(), pod.to_owned()))
    }
}

impl Pod {
    fn new(db: &mut Tsdb, input: &PodInput) -> Self {
        let target = vec![
            ("job", input.app.clone()),
            ("app", input.app.clone()),
            ("namespace", input.namespace.clone()),
            ("pod", input.pod.clone()),
            ("container", input.container.clone()),
            ("version", input.version.clone()),
        ];
        let labels: Vec<(&str, &str)> = target.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let up = is_java(&input.app).then(|| db.series("up", &labels));
        Self { target, age: 0.0, running: false, up, application: None, container: None }
    }
}

/// Image of a pod's container, empty where the cluster does not say.
fn image_of<'s>(state: &'s KubeState, input: &PodInput) -> &'s str {
    let pods = state.pods.iter().filter(|pod| pod.name == input.pod && pod.namespace == input.namespace);
    let mut containers = pods.flat_map(|pod| &pod.containers);
    containers.find(|container| container.name == input.container).map_or("", |container| &container.image)
}
