//! The life of a connection: reading the files, the first answer, the watchers, the heartbeat.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::{
    discovery::Discoverer,
    handle::Connected,
    options::ConnectOptions,
    prometheus::{PrometheusFinder, PrometheusState},
};
use crate::{
    cluster::{
        Client, Failure, FailureKind, access,
        usage::Poller,
        watch::{Backoff, Sink, Watcher},
    },
    domain::{Family, Link, LinkState, Observation, Scope, Text},
};

/// How often the server is asked whether it is there.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How long it may take to say so.
const HEARTBEAT_PATIENCE: Duration = Duration::from_secs(5);
/// How soon a failed exec plugin is run again: it may open a browser.
const PLUGIN_PAUSE: Duration = Duration::from_secs(30);

/// The task behind a session.
pub(super) struct Connection {
    options: Arc<ConnectOptions>,
    sink: Sink,
    publish: watch::Sender<Option<Connected>>,
    found: watch::Sender<PrometheusState>,
    cancel: CancellationToken,
    link: Link,
    /// When the connection was lost; `None` while it lives.
    lost: Option<Timestamp>,
}

impl Connection {
    pub(super) fn new(
        options: Arc<ConnectOptions>,
        sink: Sink,
        publish: watch::Sender<Option<Connected>>,
        found: watch::Sender<PrometheusState>,
        cancel: CancellationToken,
    ) -> Self {
        let link = Link {
            id: fastrand::u64(1..),
            context: options.access.context.as_deref().unwrap_or_default().into(),
            server: Text::default(),
            user: Text::default(),
            namespace: Text::default(),
            scope: options.scope.clone().unwrap_or(Scope::Namespaces(std::collections::BTreeSet::new())),
            state: LinkState::Connecting("the kubeconfig".into()),
        };
        Self { options, sink, publish, found, cancel, link, lost: None }
    }

    /// Connects, however often it takes, and serves the connection until nobody listens.
    pub(super) async fn run(mut self) {
        let mut backoff = Backoff::default();
        loop {
            let failure = match self.connect().await {
                Ok(client) => return self.serve(client).await,
                Err(failure) => failure,
            };
            let asked = if failure.kind == FailureKind::Credentials { Some(PLUGIN_PAUSE) } else { failure.retry_after };
            let pause = (!failure.is_permanent()).then(|| backoff.next(asked));
            if !self.down(failure, pause).await {
                return;
            }
            match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                // Only a person can help: by another context, which is another session.
                None => return self.sink.closed().await,
            }
        }
    }

    /// Reads the files, runs the plugin, asks the server who we are, settles the scope.
    async fn connect(&mut self) -> Result<Client, Failure> {
        self.tell(LinkState::Connecting("the kubeconfig".into())).await;
        let options = self.options.clone();
        let prepare = move || options.access.prepare(&options.environment);
        let prepared = tokio::task::spawn_blocking(prepare).await.map_err(|error| {
            Failure::new(FailureKind::BrokenKubeconfig, format!("the kubeconfig could not be read: {error}"), "")
        })??;
        self.link.context = prepared.context.as_str().into();
        self.link.server = prepared.server.as_str().into();
        self.link.user = prepared.user.as_str().into();
        self.link.namespace = prepared.namespace.as_str().into();
        if self.options.scope.is_none() {
            self.link.scope = Scope::one(self.link.namespace.clone());
        }
        if let Some(plugin) = prepared.waits_for() {
            self.tell(LinkState::Connecting(plugin.into())).await;
        }
        let client = prepared.client().await?;
        self.tell(LinkState::Connecting(client.server().into())).await;
        access::ping(&client, HEARTBEAT_PATIENCE * 2).await?;
        if let Some(user) = access::who_am_i(&client).await? {
            self.link.user = user;
        }
        if self.link.scope == Scope::All && !may_list_all(&client).await? {
            self.link.scope = Scope::one(self.link.namespace.clone());
        }
        Ok(client)
    }

    /// Watches, and keeps an eye on the connection.
    async fn serve(mut self, client: Client) {
        self.lost = None;
        self.tell(LinkState::Live).await;
        self.publish.send_replace(Some(Connected { client: client.clone(), link: self.link.clone() }));
        let (revive, revived) = watch::channel(0);
        // Dropping the set, with this task, ends them all.
        let mut tasks = JoinSet::new();
        let interval = self.options.discovery;
        let mut discoverer =
            Discoverer::new(client.clone(), self.namespaces(), self.sink.clone(), revived.clone(), interval);
        // Before the lists of the rest: a picture without what is served would pass for whole.
        let answered = tokio::time::timeout(HEARTBEAT_PATIENCE, discoverer.look()).await.unwrap_or(false);
        tasks.spawn(discoverer.run(answered));
        for namespace in self.namespaces() {
            for family in Family::WATCHED {
                let sink = self.sink.clone();
                tasks.spawn(Watcher::new(client.clone(), family, namespace.clone(), sink, revived.clone()).run());
            }
            tasks.spawn(self.poller(&client, Family::PodUsage, namespace).run());
        }
        tasks.spawn(self.poller(&client, Family::NodeUsage, None).run());
        let (address, discover) = (self.options.prometheus.clone(), !self.options.no_discovery);
        let finder = PrometheusFinder::new(client.clone(), address, discover, self.link.scope.clone());
        let found = self.found.clone();
        tasks.spawn(finder.run(found));
        self.heartbeat(&client, &revive).await;
    }

    /// Asks now and then whether the server is there; tells when it goes and when it comes back.
    async fn heartbeat(&mut self, client: &Client, revive: &watch::Sender<u64>) {
        let mut backoff = Backoff::default();
        let mut misses = 0;
        let interval = self.options.heartbeat.unwrap_or(HEARTBEAT);
        let patience = HEARTBEAT_PATIENCE.min(interval * 5);
        let mut pause = interval;
        loop {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.sink.closed() => return,
                () = self.cancel.cancelled() => return,
            }
            match access::ping(client, patience).await {
                Ok(()) => {
                    if self.lost.take().is_some() {
                        self.tell(LinkState::Live).await;
                        // Streams of the dead connection may never notice by themselves.
                        revive.send_modify(|count| *count += 1);
                    }
                    backoff.reset();
                    (misses, pause) = (0, interval);
                }
                Err(failure) => {
                    misses += 1;
                    pause = backoff.next(failure.retry_after);
                    // One miss may be a hiccup of a busy server.
                    if misses > 1 && !self.down(failure, Some(pause)).await {
                        return;
                    }
                }
            }
        }
    }

    fn poller(&self, client: &Client, family: Family, namespace: Option<Text>) -> Poller {
        let poller = Poller::new(client.clone(), family, namespace, self.sink.clone());
        match self.options.usage_interval {
            Some(interval) => poller.at_most_every(interval),
            None => poller,
        }
    }

    fn namespaces(&self) -> Vec<Option<Text>> {
        match &self.link.scope {
            Scope::All => vec![None],
            Scope::Namespaces(names) => names.iter().cloned().map(Some).collect(),
        }
    }

    async fn down(&mut self, failure: Failure, pause: Option<Duration>) -> bool {
        let now = Timestamp::now();
        let since = *self.lost.get_or_insert(now);
        let retry_at = pause.map(|pause| now.checked_add(pause).unwrap_or(Timestamp::MAX));
        self.tell(LinkState::Down { sentence: failure.sentence.into(), hint: failure.hint.into(), since, retry_at })
            .await
    }

    /// Reports the link; false when nobody listens.
    async fn tell(&mut self, state: LinkState) -> bool {
        self.link.state = state;
        self.sink.send(vec![Observation::Link(self.link.clone())]).await.is_ok()
    }
}

/// Tells whether workloads and pods may be listed in all namespaces.
async fn may_list_all(client: &Client) -> Result<bool, Failure> {
    for path in ["/apis/apps/v1/deployments?limit=1", "/api/v1/pods?limit=1"] {
        match client.get(path, "list everything", HEARTBEAT_PATIENCE * 2).await {
            Err(failure) if failure.kind == FailureKind::Forbidden => return Ok(false),
            answer => answer?,
        };
    }
    Ok(true)
}
