//! The engine: one step is due timers and changes → controllers → scheduler → kubelets → traffic → usage → story.
//!
//! ```text
//! step        everything that follows from what changed and what is due, until nothing does
//! measure     traffic, memory kills, what the metrics server and Prometheus are told
//! story       what a scenario does, and when
//! ```
//!
//! Work is driven by changes and timers. [`Engine::step_until`] is the virtual-time driver of tests and of the
//! company's past: it jumps from one due instant to the next.

mod measure;
mod story;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};

use super::controllers::cluster::{Cluster, Key, Kind};
use super::controllers::{self};
use super::kubelet::Kubelets;
use super::logs::Logs;
use super::scenario::{Action, Scenario};
use super::store::SharedStore;
use measure::Measure;
pub use measure::Measured;
use story::Story;

/// The company's clockwork over a store.
#[derive(Debug)]
pub struct Engine {
    cluster: Cluster,
    kubelets: Kubelets,
    measure: Option<Measure>,
    story: Story,
}

impl Engine {
    /// An engine over a store; `factor` divides all durations that no spec writes.
    pub fn new(store: SharedStore, seed: u64, factor: f64, now: Timestamp) -> Self {
        Self {
            cluster: Cluster::new(store, seed, factor, now),
            kubelets: Kubelets::default(),
            measure: None,
            story: Story::default(),
        }
    }

    /// Begins to measure: traffic flows, memory is counted, usage is published.
    pub fn measure(&mut self, seed: u64, logs: Logs, now: Timestamp) -> Measured {
        let measure = Measure::new(seed, self.cluster.speed(), logs, now);
        let measured = measure.measured();
        self.measure = Some(measure);
        measured
    }

    /// Begins to tell a story; its steps count from `now`.
    pub fn play(&mut self, scenario: Scenario, now: Timestamp) {
        self.story.begin(scenario, &mut self.kubelets, self.cluster.speed(), now);
    }

    /// Returns the controllers' view of the store.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Returns the controllers' view of the store, to act on it as somebody else.
    pub fn cluster_mut(&mut self) -> &mut Cluster {
        &mut self.cluster
    }

    /// Returns the kubelets.
    pub fn kubelets_mut(&mut self) -> &mut Kubelets {
        &mut self.kubelets
    }

    /// Does all that is due at `now`.
    pub fn step(&mut self, now: Timestamp) {
        self.cluster.begin(now);
        self.story.step(&mut self.cluster, &mut self.kubelets, now);
        self.work(now);
        if let Some(measure) = &mut self.measure
            && measure.due() <= now
        {
            measure.step(&mut self.cluster, &mut self.kubelets, &self.story, now);
            self.work(now);
        }
    }

    /// Steps through virtual time up to `until`, stopping wherever something is due.
    pub fn step_until(&mut self, until: Timestamp) {
        self.step(self.cluster.now());
        while let Some(next) = self.next_wake().filter(|next| *next <= until) {
            self.step(next.max(self.cluster.now()));
        }
        self.step(until);
    }

    /// Returns when something is due next.
    pub fn next_wake(&self) -> Option<Timestamp> {
        let measure = self.measure.as_ref().map(Measure::due);
        [self.cluster.next_wake(), self.story.next_wake(), measure].into_iter().flatten().min()
    }

    /// Returns whether anybody changed the store since the last step.
    pub fn has_news(&self) -> bool {
        self.cluster.has_news()
    }

    /// Does one thing of a scenario now.
    pub fn act(&mut self, action: Action, now: Timestamp) {
        self.story.act(action, &mut self.cluster, &mut self.kubelets, now);
    }

    fn work(&mut self, now: Timestamp) {
        while let Some(key) = self.cluster.next_key() {
            let lost = (key.kind == Kind::Node).then(|| self.kubelets.lost_since(&key.name)).flatten();
            controllers::sync(&mut self.cluster, &key, lost, now);
            if key.kind == Kind::Pod {
                self.kubelets.sync(&mut self.cluster, &key, now);
            }
        }
        let lives = self.kubelets.take_lives();
        if let Some(measure) = &self.measure {
            measure.write_lives(lives, now);
        }
    }
}

/// Waits no longer than this for the next look at the clock.
pub const TICK: SignedDuration = SignedDuration::from_millis(100);

/// Names a pod.
pub fn pod_key(namespace: &str, name: &str) -> Key {
    Key::new(Kind::Pod, namespace, name)
}
