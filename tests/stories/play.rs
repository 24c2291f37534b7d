//! A story on a clock turned by hand, and a client that follows it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rolltop::{
    app::Sight,
    cluster::Access,
    demo::{
        company::PRODUCTION,
        scenario::Scenario,
        start::{ByHand, Options, start_by_hand},
        store::{
            Meta, Store,
            resource::{DEPLOYMENTS, PODS, REPLICA_SETS, ROLLOUTS, Resource},
        },
    },
    domain::{Kind, Scope, WorkloadKey},
    prometheus::Client,
    session::{ConnectOptions, Live},
    world::World,
};
use tempfile::TempDir;

/// By how much the company's durations are divided.
const SPEED: f64 = 20.0;
/// Far more than any step takes; only a hanging test meets it.
const PATIENCE: Duration = Duration::from_secs(120);

/// A company, and somebody connected to it.
pub struct Play {
    pub live: Live,
    pub prometheus: Client,
    pub folder: TempDir,
    company: ByHand,
    began: Timestamp,
}

impl Play {
    /// Sets the stage: the client is connected and in step, the story is about to begin.
    pub async fn open(story: Scenario) -> Self {
        // The first to come installs it; the others find it there.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Charts of the present are enough.
        let options = Options { seed: 5, speed: SPEED, memory: false, ..Options::default() };
        // Traffic follows the hour: every run has the same one.
        let now = Timestamp::from_second(1_795_262_400).unwrap();
        let mut company = start_by_hand(&options, now).await.unwrap();
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("kubeconfig");
        std::fs::write(&path, company.kubeconfig()).unwrap();
        let access = Access { kubeconfig: Some(path), ..Access::default() };
        let live =
            Live::open(ConnectOptions { access, scope: Some(Scope::one(PRODUCTION)), ..ConnectOptions::default() });
        let mut state = live.session.prometheus();
        let found = tokio::time::timeout(PATIENCE, state.wait_for(|state| state.client().is_some())).await;
        let prometheus = found.unwrap().unwrap().client().unwrap().clone();
        // Some scrapes of the live company before anything happens.
        company.turn(SignedDuration::from_secs(25));
        company.play(story);
        let began = company.now();
        let mut play = Self { live, prometheus, folder, company, began };
        play.follow().await;
        play
    }

    /// Goes on by so many seconds of the story, and waits for the client.
    pub async fn turn(&mut self, seconds: f64) {
        let by = SignedDuration::try_from_secs_f64(seconds / SPEED).unwrap();
        tokio::task::block_in_place(|| self.company.turn(by));
        self.follow().await;
    }

    /// Story time in seconds.
    pub fn story(&self) -> f64 {
        (self.company.now().duration_since(self.began).as_secs_f64() * SPEED).round()
    }

    pub fn now(&self) -> Timestamp {
        self.company.now()
    }

    pub fn sight(&self) -> Sight<'_> {
        Sight { world: &self.live.world, assessments: &self.live.assessments, now: self.now() }
    }

    /// Waits until the client knows every workload, ReplicaSet and pod as the company has them now.
    async fn follow(&mut self) {
        let now = self.company.now();
        let catching_up = async {
            self.live.drain(now);
            while !(self.live.world.synced() && self.company.store().with(|store| in_step(&self.live.world, store))) {
                self.live.next(|| now).await.expect("the session goes on");
            }
            self.live.drain(now);
        };
        tokio::time::timeout(PATIENCE, catching_up).await.expect("the client never catches up");
    }
}

fn in_step(world: &World, store: &mut Store) -> bool {
    let versions = |store: &Store, resource: &'static Resource| -> Vec<(String, String)> {
        let all = store.list(resource, Some(PRODUCTION));
        all.map(|one| (one.name().to_owned(), one["metadata"]["resourceVersion"].as_str().unwrap().to_owned()))
            .collect()
    };
    let pods = versions(store, &PODS);
    let deployments = versions(store, &DEPLOYMENTS);
    let sets = store.list(&REPLICA_SETS, Some(PRODUCTION));
    let sets = sets.filter(|set| set["metadata"]["ownerReferences"][0]["kind"] == "Deployment").count();
    let rollouts = versions(store, &ROLLOUTS);
    let key = |name: &str| WorkloadKey::new(Kind::Deployment, PRODUCTION, name);
    world.pods().count() == pods.len()
        && pods.iter().all(|(name, version)| {
            world.pod(PRODUCTION, name).is_some_and(|pod| *pod.meta.resource_version == **version)
        })
        && deployments.iter().all(|(name, version)| {
            world.workload(&key(name)).is_some_and(|workload| *workload.meta.resource_version == **version)
        })
        && rollouts.iter().all(|(name, version)| {
            let key = WorkloadKey::new(Kind::Rollout, PRODUCTION, name.as_str());
            world.workload(&key).is_some_and(|workload| *workload.meta.resource_version == **version)
        })
        && deployments.iter().map(|(name, _)| world.own_replica_sets_of(&key(name)).count()).sum::<usize>() == sets
}
