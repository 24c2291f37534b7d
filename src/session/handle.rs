//! The handle of a session: everything that can be asked of a cluster besides what it tells by itself.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::{connection, options::ConnectOptions, prometheus::PrometheusState};
use crate::{
    cluster::{
        Client, Failure, FailureKind, access,
        kubeconfig::{self, Contexts, Found},
        logs::{self, LogChunk},
        object,
    },
    domain::{Link, LogRequest, ObjectRef, Observation, Permission, Scope, Text},
};

/// Batches of observations that may wait before the sources do.
const BATCHES: usize = 256;
/// Log chunks that may wait before the stream does.
const LOG_CHUNKS: usize = 16;

/// A client and the connection it belongs to.
#[derive(Clone, Debug)]
pub struct Connected {
    /// Asks the cluster.
    pub client: Client,
    /// Who is connected to what; its id binds plans.
    pub link: Link,
}

/// One connection to one cluster; clones are the same session. It ends when it is closed or when the receiver of its
/// observations is dropped.
#[derive(Clone, Debug)]
pub struct Session {
    options: Arc<ConnectOptions>,
    connected: watch::Receiver<Option<Connected>>,
    prometheus: watch::Receiver<PrometheusState>,
    /// Weak, so that the receiver ends with the session's tasks however long a handle is held.
    sink: mpsc::WeakSender<Vec<Observation>>,
    cancel: CancellationToken,
}

impl Session {
    /// Opens a session. It neither blocks nor fails, nor touches files or the network: all of that happens in tasks,
    /// and how it goes is observed as [`Observation::Link`]. It must be called within a tokio runtime.
    pub fn open(options: ConnectOptions) -> (Self, mpsc::Receiver<Vec<Observation>>) {
        let (sink, feed) = mpsc::channel(BATCHES);
        let (publish, connected) = watch::channel(None);
        let (found, prometheus) = watch::channel(PrometheusState::Searching);
        let cancel = CancellationToken::new();
        let options = Arc::new(options);
        let weak = sink.downgrade();
        let task = connection::Connection::new(options.clone(), sink, publish, found, cancel.clone());
        tokio::spawn(cancel.clone().run_until_cancelled_owned(task.run()));
        (Self { options, connected, prometheus, sink: weak, cancel }, feed)
    }

    /// Ends everything the session does.
    pub fn close(&self) {
        self.cancel.cancel();
    }

    /// Returns what it was opened with.
    pub fn options(&self) -> &ConnectOptions {
        &self.options
    }

    /// Returns the client and the link.
    ///
    /// # Errors
    /// [`FailureKind::NotConnected`] before the first connection.
    pub fn connected(&self) -> Result<Connected, Failure> {
        self.connected.borrow().clone().ok_or_else(not_connected)
    }

    /// Waits for the first connection; `None` when there will never be one.
    pub async fn wait_connected(&self) -> Option<Connected> {
        let mut connected = self.connected.clone();
        connected.wait_for(Option::is_some).await.ok()?.clone()
    }

    /// Lists the contexts of the kubeconfig, whether or not one of them is connected.
    ///
    /// # Errors
    /// A kubeconfig that is missing or broken.
    pub async fn contexts(&self) -> Result<Contexts, Failure> {
        let options = self.options.clone();
        let read = move || match kubeconfig::read(options.access.kubeconfig.as_deref(), &options.environment)? {
            Found::Files(config) => Ok(kubeconfig::contexts(&config)),
            Found::InCluster => Ok(Contexts { current: Some("in-cluster".to_owned()), all: Vec::new() }),
        };
        tokio::task::spawn_blocking(read).await.unwrap_or_else(|_| Err(not_connected()))
    }

    /// Lists the namespaces; where that is forbidden, those that are watched or that the kubeconfig names for this
    /// cluster.
    ///
    /// # Errors
    /// No connection, or no answer.
    pub async fn namespaces(&self) -> Result<Vec<Text>, Failure> {
        let Connected { client, link } = self.connected()?;
        match access::namespaces(&client).await {
            Err(failure) if failure.kind == FailureKind::Forbidden => Ok(self.known_namespaces(&link).await),
            answer => answer,
        }
    }

    async fn known_namespaces(&self, link: &Link) -> Vec<Text> {
        let mut known = BTreeSet::from([link.namespace.clone()]);
        if let Scope::Namespaces(names) = &link.scope {
            known.extend(names.iter().cloned());
        }
        let contexts = self.contexts().await.unwrap_or_default().all;
        let cluster = contexts.iter().find(|entry| *entry.name == *link.context).map(|entry| entry.cluster.clone());
        let same = contexts.into_iter().filter(|entry| Some(&entry.cluster) == cluster.as_ref());
        known.extend(same.map(|entry| Text::from(entry.namespace)));
        known.into_iter().collect()
    }

    /// Asks for permissions; each answer arrives as [`Observation::Access`].
    pub fn ask(&self, permissions: Vec<Permission>) {
        let (session, cancel) = (self.clone(), self.cancel.clone());
        tokio::spawn(cancel.run_until_cancelled_owned(async move {
            let Ok(Connected { client, .. }) = session.connected() else { return };
            let questions = permissions.into_iter().map(|permission| {
                let client = client.clone();
                async move {
                    let verdict = access::ask(&client, &permission).await;
                    Observation::Access(permission, verdict)
                }
            });
            let answers = futures::future::join_all(questions).await;
            // Nobody listening means that nobody wants to know.
            if let Some(sink) = session.sink.upgrade() {
                let _ = sink.send(answers).await;
            }
        }));
    }

    /// Reads a container's log; dropping the receiver ends it.
    ///
    /// # Errors
    /// No connection.
    pub fn logs(&self, request: LogRequest) -> Result<mpsc::Receiver<LogChunk>, Failure> {
        let client = self.connected()?.client;
        let (sink, chunks) = mpsc::channel(LOG_CHUNKS);
        tokio::spawn(self.cancel.clone().run_until_cancelled_owned(logs::run(client, request, sink)));
        Ok(chunks)
    }

    /// Reads an object, complete and unchanged.
    ///
    /// # Errors
    /// No connection, no answer, no such object.
    pub async fn object(&self, object: &ObjectRef) -> Result<Value, Failure> {
        object::raw(&self.connected()?.client, object).await
    }

    /// Reads an object as YAML, managedFields folded.
    ///
    /// # Errors
    /// No connection, no answer, no such object.
    pub async fn yaml(&self, object: &ObjectRef) -> Result<String, Failure> {
        object::yaml(self.object(object).await?)
    }

    /// Returns how it stands with Prometheus; the receiver tells when that changes.
    pub fn prometheus(&self) -> watch::Receiver<PrometheusState> {
        self.prometheus.clone()
    }
}

fn not_connected() -> Failure {
    Failure::new(
        FailureKind::NotConnected,
        "there is no connection to the cluster yet",
        "wait, or press c for another context",
    )
}
