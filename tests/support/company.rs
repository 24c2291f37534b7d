//! A served cluster, a kubeconfig for it, and what a session observes of it.

use std::{path::PathBuf, sync::Arc, time::Duration};

use jiff::Timestamp;
use rolltop::{
    cluster::Access,
    demo::{
        api::{NoBackends, Running, serve},
        clock::Clock,
        store::{
            SharedStore, Store, Writer,
            resource::{DEPLOYMENTS, NAMESPACES},
        },
    },
    domain::{Delta, Kind, LinkState, Observation, Workload},
    session::{ConnectOptions, Session},
};
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// Far more than any step takes; only a hanging test meets it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A served cluster with a namespace `shop`.
pub struct Company {
    pub running: Running,
    pub store: SharedStore,
    pub folder: tempfile::TempDir,
}

impl Company {
    pub async fn start() -> Self {
        let store = SharedStore::new(Store::new(1));
        let writer = Writer::new("test", Timestamp::now());
        store.with(|store| store.create(&NAMESPACES, json!({"metadata": {"name": "shop"}}), &writer)).unwrap();
        let address = "127.0.0.1:0".parse().unwrap();
        let running = serve(address, store.clone(), Arc::new(NoBackends), Clock::wall(1.0)).await.unwrap();
        Self { running, store, folder: tempfile::tempdir().unwrap() }
    }

    /// Creates a deployment behind the client's back.
    pub fn deploy(&self, name: &str) {
        let writer = Writer::new("test", Timestamp::now());
        let object = json!({
            "metadata": {"name": name, "namespace": "shop", "labels": {"app": name}},
            "spec": {
                "replicas": 2, "selector": {"matchLabels": {"app": name}},
                "template": {
                    "metadata": {"labels": {"app": name}},
                    "spec": {"containers": [{"name": "main", "image": "shop/x:v1"}]},
                },
            },
        });
        self.store.with(|store| store.create(&DEPLOYMENTS, object, &writer)).unwrap();
    }

    /// Throws faults in.
    pub fn fault(&self, faults: Value) {
        self.running.chaos.set(serde_json::from_value(faults).unwrap());
    }

    /// Takes every fault out again.
    pub fn heal(&self) {
        self.running.chaos.set(rolltop::demo::api::Faults::default());
    }

    /// Writes a file into the test's folder.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Writes a kubeconfig of this cluster, with a namespace and with these lines for cluster and user.
    pub fn kubeconfig(&self, cluster: &Value, user: &Value) -> PathBuf {
        use base64::{Engine, prelude::BASE64_STANDARD};
        let mut at = json!({
            "server": format!("https://{}", self.running.address),
            "certificate-authority-data": BASE64_STANDARD.encode(&self.running.ca_pem),
        });
        for (name, value) in cluster.as_object().unwrap() {
            at[name.as_str()] = value.clone();
        }
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "c", "cluster": at}],
            "users": [{"name": "u", "user": user}],
            "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u", "namespace": "shop"}}],
        });
        // JSON is YAML.
        self.file("kubeconfig", &config.to_string())
    }

    /// The administrator's access.
    pub fn admin(&self) -> Access {
        self.access(&json!({}), &json!({"token": self.running.credentials.admin}))
    }

    /// An access with these lines for cluster and user.
    pub fn access(&self, cluster: &Value, user: &Value) -> Access {
        Access { kubeconfig: Some(self.kubeconfig(cluster, user)), ..Access::default() }
    }
}

/// Opens a session of an access.
pub fn open(access: Access) -> (Session, Feed) {
    let options = ConnectOptions { access, heartbeat: Some(Duration::from_millis(200)), ..ConnectOptions::default() };
    open_with(options)
}

/// Opens a session.
pub fn open_with(options: ConnectOptions) -> (Session, Feed) {
    let (session, receiver) = Session::open(options);
    (session, Feed { receiver, seen: Vec::new() })
}

/// Everything observed so far, in order.
pub struct Feed {
    receiver: mpsc::Receiver<Vec<Observation>>,
    pub seen: Vec<Observation>,
}

impl Feed {
    /// Waits for an observation; answers it.
    pub async fn until<T>(&mut self, what: &str, mut wanted: impl FnMut(&Observation) -> Option<T>) -> T {
        let wait = async {
            loop {
                let batch = self.receiver.recv().await.expect("the session ended");
                let found = batch.iter().find_map(&mut wanted);
                self.seen.extend(batch);
                if let Some(found) = found {
                    return found;
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("never seen: {what}"))
    }

    /// Waits until the link is down; answers sentence, hint, and whether it is tried again.
    pub async fn down(&mut self) -> (String, String, bool) {
        self.until("a lost link", |observation| match observation {
            Observation::Link(link) => match &link.state {
                LinkState::Down { sentence, hint, retry_at, .. } => {
                    Some((sentence.to_string(), hint.to_string(), retry_at.is_some()))
                }
                _ => None,
            },
            _ => None,
        })
        .await
    }

    /// Waits until the link lives; answers it.
    pub async fn live(&mut self) -> rolltop::domain::Link {
        self.until("a live link", |observation| match observation {
            Observation::Link(link) if link.state == LinkState::Live => Some(link.clone()),
            _ => None,
        })
        .await
    }

    /// Waits for a complete list of deployments; answers their names.
    pub async fn deployments(&mut self) -> Vec<String> {
        self.until("a list of deployments", |observation| match observation {
            Observation::Workloads(Kind::Deployment, Delta::Reset { items, .. }) => Some(names(items)),
            _ => None,
        })
        .await
    }

    /// Waits until a deployment is seen added or modified.
    pub async fn applied(&mut self, name: &str) {
        self.until(name, |observation| match observation {
            Observation::Workloads(Kind::Deployment, Delta::Applied(item)) => (&*item.meta.name == name).then_some(()),
            _ => None,
        })
        .await;
    }
}

fn names(items: &[Workload]) -> Vec<String> {
    items.iter().map(|item| item.meta.name.to_string()).collect()
}
