//! The engine: one step is due timers and changes → controllers → scheduler → kubelets → traffic → usage → story.
//!
//! ```text
//! step        everything that follows from what changed and what is due, until nothing does
//! measure     traffic, memory kills, what the metrics server and Prometheus are told
//! routes      which share of a service's requests each pod gets
//! scraper     Prometheus' scrapes              kube_view   the cluster as kube-state-metrics sees it
//! story       what a scenario does, and when  hands      what people do to a delivery
//! ```
//!
//! Work is driven by changes and timers. [`Engine::step_until`] is the virtual-time driver of tests and of the
//! company's past: it jumps from one due instant to the next.

mod hands;
mod kube_view;
mod measure;
mod routes;
mod scraper;
mod story;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};

use super::controllers::cluster::{Cluster, Kind};
use super::controllers::{
    self,
    object::{self, put, stamp},
};
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
    churn: Option<Churn>,
}

/// Restarts of one Deployment after another.
#[derive(Debug)]
struct Churn {
    space: String,
    pause: SignedDuration,
    due: Timestamp,
    turn: usize,
}

impl Engine {
    /// An engine over a store; `factor` divides all durations that no spec writes.
    pub fn new(store: SharedStore, seed: u64, factor: f64, now: Timestamp) -> Self {
        Self {
            cluster: Cluster::new(store, seed, factor, now),
            kubelets: Kubelets::default(),
            measure: None,
            story: Story::default(),
            churn: None,
        }
    }

    /// Begins to restart the Deployments of a namespace, so many per second.
    pub fn churn(&mut self, space: &str, per_second: f64, now: Timestamp) {
        let pause = SignedDuration::try_from_secs_f64(1.0 / per_second).unwrap_or(SignedDuration::from_secs(1));
        self.churn = Some(Churn { space: space.to_owned(), pause, due: now + pause, turn: 0 });
    }

    /// Begins to measure: traffic flows, memory is counted, usage is published.
    pub fn measure(&mut self, seed: u64, logs: Logs, now: Timestamp) -> Measured {
        let measure = Measure::new(&self.cluster, seed, logs, now);
        let measured = measure.measured();
        self.cluster.monitoring = measured.monitoring().clone();
        self.measure = Some(measure);
        measured
    }

    /// Fills Prometheus with the day before the first step; nothing where nobody measures.
    pub fn remember(&mut self) {
        if let Some(measure) = &mut self.measure {
            measure.remember(&self.cluster, &self.kubelets, &self.story);
        }
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
        if let Some(churn) = &mut self.churn {
            churn.step(&mut self.cluster, now);
        }
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
        let churn = self.churn.as_ref().map(|churn| churn.due);
        [self.cluster.next_wake(), self.story.next_wake(), measure, churn].into_iter().flatten().min()
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

impl Churn {
    fn step(&mut self, cluster: &mut Cluster, now: Timestamp) {
        if self.due > now {
            return;
        }
        // A machine that cannot keep up restarts fewer, rather than ever more at once.
        self.due = (self.due + self.pause).max(now);
        let all = cluster.list(Kind::Deployment, Some(&self.space));
        let Some(deployment) = all.get(self.turn % all.len().max(1)) else { return };
        self.turn += 1;
        cluster.modify(Kind::Deployment, &self.space, object::name(deployment), "kubectl-rollout", |deployment| {
            put(
                deployment,
                &["spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt"],
                stamp(now),
            );
        });
    }
}

/// How long a company with nothing to do may sleep.
pub const IDLE: SignedDuration = SignedDuration::from_secs(1);
