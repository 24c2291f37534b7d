//! What the cluster serves beside the built-in kinds, looked at now and then: watchers start as it appears and end as
//! it goes.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
};

use crate::{
    cluster::{
        Client,
        discovery::{Served, api, served},
        watch::{Sink, Watcher},
    },
    domain::{Absence, Family, Observation, SourceState, Text},
};

/// How often the server is asked what it serves.
const INTERVAL: Duration = Duration::from_secs(60);
/// How soon it is asked again when it did not answer.
const RETRY: Duration = Duration::from_secs(10);
/// After something turned out to be gone, the server is not asked again sooner.
const SETTLE: Duration = Duration::from_secs(1);

/// Looks after the watchers of what may or may not be served.
pub(super) struct Discoverer {
    client: Client,
    namespaces: Vec<Option<Text>>,
    sink: Sink,
    revived: watch::Receiver<u64>,
    interval: Duration,
    /// A watcher met a 404.
    gone: Arc<Notify>,
    /// Dropping a set ends its watchers.
    running: BTreeMap<Family, JoinSet<()>>,
    foreign: BTreeMap<Family, Text>,
}

impl Discoverer {
    pub(super) fn new(
        client: Client,
        namespaces: Vec<Option<Text>>,
        sink: Sink,
        revived: watch::Receiver<u64>,
        interval: Option<Duration>,
    ) -> Self {
        Self {
            client,
            namespaces,
            sink,
            revived,
            interval: interval.unwrap_or(INTERVAL),
            gone: Arc::new(Notify::new()),
            running: BTreeMap::new(),
            foreign: BTreeMap::new(),
        }
    }

    /// Looks once: what is served is being listed from then on, and the picture is not whole before it is in. Where
    /// the server does not say, nothing changes; tells whether it said.
    pub(super) async fn look(&mut self) -> bool {
        let Ok(Served { families, foreign }) = served(&self.client).await else { return false };
        let gone: Vec<Family> = self.running.keys().filter(|family| !families.contains(family)).copied().collect();
        for family in gone {
            self.running.remove(&family);
            let api = Text::from(api(family));
            self.tell(family, &SourceState::Absent(Absence::NoApi(foreign.get(&family).cloned().unwrap_or(api)))).await;
        }
        for family in families {
            if !self.running.contains_key(&family) {
                self.start(family).await;
            }
        }
        for (family, says) in &foreign {
            if self.foreign.get(family) != Some(says) {
                self.tell(*family, &SourceState::Absent(Absence::NoApi(says.clone()))).await;
            }
        }
        self.foreign = foreign;
        true
    }

    /// Goes on looking until nobody listens any more.
    pub(super) async fn run(mut self, mut answered: bool) {
        loop {
            let gone = self.gone.clone();
            let pause = if answered { self.interval } else { self.interval.min(RETRY) };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = gone.notified() => tokio::time::sleep(SETTLE.min(self.interval)).await,
                () = self.sink.closed() => return,
            }
            answered = self.look().await;
        }
    }

    async fn start(&mut self, family: Family) {
        self.tell(family, &SourceState::Listing).await;
        let mut tasks = JoinSet::new();
        for namespace in &self.namespaces {
            let (client, sink, revived) = (self.client.clone(), self.sink.clone(), self.revived.clone());
            let watcher = Watcher::new(client, family, namespace.clone(), sink, revived);
            tasks.spawn(watcher.telling_when_gone(self.gone.clone()).run());
        }
        self.running.insert(family, tasks);
    }

    async fn tell(&self, family: Family, state: &SourceState) {
        let of = |namespace: &Option<Text>| Observation::Source {
            family,
            namespace: namespace.clone(),
            state: state.clone(),
        };
        // Nobody listening means that nobody wants to know; the loop ends by itself then.
        let _ = self.sink.send(self.namespaces.iter().map(of).collect()).await;
    }
}
