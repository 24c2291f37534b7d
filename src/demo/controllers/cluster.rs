//! The controllers' hands: reads and writes on the store, a work queue fed by its changes, timers, events.
//!
//! A change wakes exactly who it concerns: the object itself, the owner that controls it, and for a pod
//! the services, budgets and quotas that count it. Nothing is ever rescanned as a whole; `kind` names what there is.

mod dispatch;
mod kind;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

pub use kind::{Key, Kind};

use super::events::Recorder;
use super::flagger::Gates;
use super::object::{name, namespace, text};
use super::{hash, scheduler::Ledger};
use crate::demo::prometheus::Monitoring;
use crate::demo::store::{DeleteOptions, Part, Shared, SharedStore, Store, Writer};

/// An object of the store, shared.
pub type Object = Shared;

/// The store with a work queue, timers and an event recorder.
#[derive(Debug)]
pub struct Cluster {
    store: SharedStore,
    now: Timestamp,
    seen: u64,
    queue: VecDeque<Key>,
    later: VecDeque<Key>,
    queued: HashSet<Key>,
    timers: BTreeSet<(Timestamp, Key)>,
    failures: HashMap<Key, (u32, Timestamp)>,
    watchers: BTreeMap<String, BTreeSet<Key>>,
    unplaced: BTreeSet<Key>,
    recorder: Recorder,
    rng: fastrand::Rng,
    speed: f64,
    /// What is taken on each node.
    pub ledger: Ledger,
    /// Cores and bytes that each pod used at the last scrape.
    pub usage: HashMap<Key, (f64, f64)>,
    /// When each autoscaler looks next, and what it remembers.
    pub autoscaled: HashMap<Key, (Timestamp, super::hpa::Memory)>,
    /// Where analyses measure; empty until the company is.
    pub monitoring: Monitoring,
    /// The gates that Flagger's webhooks ask.
    pub gates: Gates,
    /// Since when each canary is looked at, and when it is next; one at rest only when something of it changes.
    pub canaries: HashMap<Key, (Timestamp, Option<Timestamp>)>,
    stopped: BTreeSet<String>,
}

impl Cluster {
    /// Takes the store in hand; everything already in it counts as settled.
    pub fn new(store: SharedStore, seed: u64, speedup: f64, now: Timestamp) -> Self {
        Self {
            store,
            now,
            seen: 0,
            queue: VecDeque::new(),
            later: VecDeque::new(),
            queued: HashSet::new(),
            timers: BTreeSet::new(),
            failures: HashMap::new(),
            watchers: BTreeMap::new(),
            unplaced: BTreeSet::new(),
            recorder: Recorder::default(),
            rng: fastrand::Rng::with_seed(seed),
            speed: speedup,
            ledger: Ledger::default(),
            usage: HashMap::new(),
            autoscaled: HashMap::new(),
            monitoring: Monitoring::default(),
            gates: Gates::default(),
            canaries: HashMap::new(),
            stopped: BTreeSet::new(),
        }
    }

    /// Says whether a controller of custom kinds has been stopped.
    pub fn is_stopped(&self, controller: &str) -> bool {
        self.stopped.contains(controller)
    }

    /// Stops or starts a controller of custom kinds; a started one looks at everything of its own.
    pub fn run_controller(&mut self, controller: &str, runs: bool) {
        if !runs {
            self.stopped.insert(controller.to_owned());
            return;
        }
        self.stopped.remove(controller);
        for kind in [Kind::Rollout, Kind::AnalysisRun, Kind::Experiment, Kind::Canary] {
            for object in self.list(kind, None) {
                self.enqueue(Key::new(kind, namespace(&object), name(&object)));
            }
        }
    }

    /// Takes over what the store holds now, without any work following from it.
    pub fn adopt(&mut self) {
        self.watchers.clear();
        self.queue.clear();
        self.later.clear();
        self.queued.clear();
        self.ledger = Ledger::default();
        for kind in [Kind::Service, Kind::PodDisruptionBudget, Kind::ResourceQuota] {
            for object in self.list(kind, None) {
                let key = Key::new(kind, namespace(&object), name(&object));
                self.watchers.entry(key.namespace.clone()).or_default().insert(key);
            }
        }
        for pod in self.list(Kind::Pod, None) {
            self.ledger.account(None, Some(&pod));
        }
        self.seen = self.store.with(|store| store.resource_version());
    }

    /// Returns the time of this step.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Returns by how much durations that no spec names are divided.
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// Divides a duration in seconds by the speed.
    pub fn scaled(&self, seconds: f64) -> SignedDuration {
        SignedDuration::try_from_secs_f64(seconds / self.speed).unwrap_or(SignedDuration::from_secs(1))
    }

    /// Returns the store.
    pub fn store(&self) -> &SharedStore {
        &self.store
    }

    /// Returns the source of chance.
    pub fn rng(&mut self) -> &mut fastrand::Rng {
        &mut self.rng
    }

    /// Makes five random characters for a pod's name.
    pub fn suffix(&mut self) -> String {
        hash::suffix(&mut self.rng)
    }

    /// Returns an object.
    pub fn get(&self, kind: Kind, namespace: &str, name: &str) -> Option<Object> {
        self.store.with(|store| store.get(kind.resource(), namespace, name).cloned())
    }

    /// Returns all objects of a kind, of one namespace where it is given.
    pub fn list(&self, kind: Kind, namespace: Option<&str>) -> Vec<Object> {
        self.store.with(|store| store.list(kind.resource(), namespace).cloned().collect())
    }

    /// Returns the objects of a kind that `uid` controls.
    pub fn owned(&self, uid: &str, kind: Kind) -> Vec<Object> {
        let wanted = kind.resource().kind;
        self.store
            .with(|store| store.owned_by(uid).filter(|object| text(object, &["kind"]) == wanted).cloned().collect())
    }

    /// Creates an object; the error is the API's sentence.
    pub fn create(&mut self, kind: Kind, object: Value, manager: &str) -> Result<Object, String> {
        let writer = Writer::new(manager, self.now);
        let made =
            self.store.with(|store| store.create(kind.resource(), object, &writer)).map_err(|error| error.to_string());
        self.absorb();
        made
    }

    /// Changes an object's spec and metadata; nothing where it is gone.
    pub fn modify(
        &mut self,
        kind: Kind,
        namespace: &str,
        name: &str,
        manager: &str,
        change: impl FnOnce(&mut Value),
    ) -> Option<Object> {
        self.write(kind, (namespace, name), Part::Main, manager, change)
    }

    /// Changes an object's status; nothing where it is gone.
    pub fn modify_status(
        &mut self,
        kind: Kind,
        namespace: &str,
        name: &str,
        manager: &str,
        change: impl FnOnce(&mut Value),
    ) -> Option<Object> {
        self.write(kind, (namespace, name), Part::Status, manager, change)
    }

    fn write(
        &mut self,
        kind: Kind,
        at: (&str, &str),
        part: Part,
        manager: &str,
        change: impl FnOnce(&mut Value),
    ) -> Option<Object> {
        let writer = Writer::new(manager, self.now);
        let written = self.store.with(|store| store.modify(kind.resource(), at, part, &writer, change));
        self.absorb();
        written.ok()
    }

    /// Binds a pod to a node, as the scheduler does.
    pub fn bind(&mut self, pod: &Key, node: &str) -> Option<Object> {
        let writer = Writer::new("kube-scheduler", self.now);
        let bound = self.store.with(|store| store.bind(&pod.namespace, &pod.name, node, &writer));
        self.absorb();
        bound.ok()
    }

    /// Deletes an object with its own grace period.
    pub fn delete(&mut self, kind: Kind, namespace: &str, name: &str) {
        self.delete_with(kind, namespace, name, &DeleteOptions::default());
    }

    /// Takes an object out at once.
    pub fn delete_now(&mut self, kind: Kind, namespace: &str, name: &str) {
        self.delete_with(kind, namespace, name, &DeleteOptions::now());
    }

    fn delete_with(&mut self, kind: Kind, namespace: &str, name: &str, options: &DeleteOptions) {
        let writer = Writer::new("kube-controller-manager", self.now);
        // An object that is gone already is what a deletion wants; there is nothing to report.
        let _ = self.store.with(|store| store.delete(kind.resource(), (namespace, name), options, &writer));
        self.absorb();
    }

    /// Tells an event about an object; repeated ones are counted.
    pub fn event(&mut self, about: &Value, kind: &str, reason: &str, message: &str, source: &str) {
        self.event_from(about, kind, reason, message, (source, ""));
    }

    /// Tells an event with the host it comes from.
    pub fn event_from(&mut self, about: &Value, kind: &str, reason: &str, message: &str, source: (&str, &str)) {
        let writer_name = if source.0 == "kubelet" { "kubelet" } else { source.0 };
        let writer = Writer::new(writer_name, self.now);
        let recorder = &mut self.recorder;
        self.store.with(|store| recorder.record(store, about, (kind, reason, message), source, &writer));
        self.absorb();
    }

    /// Looks at an object again as soon as its turn comes.
    pub fn enqueue(&mut self, key: Key) {
        if self.queued.insert(key.clone()) {
            // The real controllers run side by side, and a Deployment sees what its ReplicaSets have done so far.
            let late = matches!(key.kind, Kind::Deployment | Kind::Rollout | Kind::Experiment | Kind::Canary);
            let queue = if late { &mut self.later } else { &mut self.queue };
            queue.push_back(key);
        }
    }

    /// Looks at an object again at an instant.
    pub fn wake(&mut self, key: Key, at: Timestamp) {
        self.timers.insert((at, key));
    }

    /// Looks at an object again after 5 ms, doubled with each failure up to about 5 minutes; a retry under way stands.
    pub fn retry_later(&mut self, key: &Key, now: Timestamp) {
        let (failures, pending) = self.failures.entry(key.clone()).or_insert((0, now));
        if *pending > now {
            return;
        }
        *pending = now + SignedDuration::from_millis(5 << (*failures).min(16));
        *failures += 1;
        let at = *pending;
        self.wake(key.clone(), at);
    }

    /// Forgets that work on an object failed.
    pub fn forget_failures(&mut self, key: &Key) {
        self.failures.remove(key);
    }

    /// Remembers a pod that fits nowhere until something changes.
    pub fn park(&mut self, key: Key) {
        self.unplaced.insert(key);
    }

    /// Takes in what changed and forgets its history: a watch from an older version answers 410 Gone.
    pub fn forget_changes(&mut self) {
        self.absorb();
        self.store.with(Store::compact);
    }

    /// Begins a step: the time is set, changes of others are taken in, due timers become work.
    pub fn begin(&mut self, now: Timestamp) {
        self.now = now;
        self.absorb();
        while let Some((at, _)) = self.timers.first() {
            if *at > now {
                break;
            }
            if let Some((_, key)) = self.timers.pop_first() {
                self.enqueue(key);
            }
        }
        let recorder = &mut self.recorder;
        self.store.with(|store| recorder.expire(store, now));
    }

    /// Returns the next piece of work.
    pub fn next_key(&mut self) -> Option<Key> {
        let key = self.queue.pop_front().or_else(|| self.later.pop_front())?;
        self.queued.remove(&key);
        Some(key)
    }

    /// Returns when the next timer is due.
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Says whether others changed the store since the last look.
    pub fn has_news(&self) -> bool {
        !(self.queue.is_empty() && self.later.is_empty())
            || self.store.with(|store| store.resource_version()) > self.seen
    }
}
