//! Prometheus for a session: named or found in the cluster, and whether it answers.

use std::{fmt, time::Duration};

use futures::future::BoxFuture;
use http::{Request, header};
use kube::client::Body;
use serde::Deserialize;
use std::collections::BTreeMap;
use tokio::sync::watch;

use crate::{
    cluster::{Client, Failure, FailureKind, client::PATIENCE},
    domain::{Scope, Text},
    prometheus::{self, Answer, Candidate, Credentials, Direct, Error, Service, Transport, rank, well_known},
    settings::PrometheusOptions,
};

/// How often one that answers is asked whether it still does.
const HEALTHY: Duration = Duration::from_secs(30);
/// How soon one that does not is asked again.
const SICK: Duration = Duration::from_secs(5);
/// How soon a search that found nothing is repeated.
const SEARCH: Duration = Duration::from_secs(60);

/// A Prometheus named by its URL, and what is shown at its door.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PrometheusAddress {
    /// Base URL.
    pub url: String,
    /// Login.
    pub credentials: Credentials,
}

impl PrometheusAddress {
    /// What the settings name; `None` where they name none.
    pub fn of(options: &PrometheusOptions) -> Option<Self> {
        let basic = options.basic_auth.as_ref();
        let headers = options.headers.iter().map(|(name, value)| (name.clone(), value.reveal().to_owned()));
        let credentials = Credentials {
            bearer_token_file: options.bearer_token_file.value.clone(),
            basic: basic.map(|auth| (auth.username.clone(), auth.password_file.clone())),
            headers: headers.collect(),
        };
        Some(Self { url: options.url.value.clone()?, credentials })
    }
}

impl fmt::Debug for PrometheusAddress {
    /// Leaves everything out: the URL may hold a password, the headers a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrometheusAddress").finish_non_exhaustive()
    }
}

/// How it stands with Prometheus.
#[derive(Clone, Debug)]
pub enum PrometheusState {
    /// It is looked for.
    Searching,
    /// It answers.
    Ready(prometheus::Client),
    /// There is none; holds why, and what to do.
    Absent(String),
    /// It is known and does not answer; holds why.
    Failing(prometheus::Client, String),
}

impl PrometheusState {
    /// Returns the one to ask, whether or not it answered last.
    pub fn client(&self) -> Option<&prometheus::Client> {
        match self {
            Self::Ready(client) | Self::Failing(client, _) => Some(client),
            Self::Searching | Self::Absent(_) => None,
        }
    }

    fn says_the_same(&self, other: &Self) -> bool {
        let place = |state: &Self| state.client().map(|client| client.place().to_owned());
        let why = |state: &Self| match state {
            Self::Absent(why) | Self::Failing(_, why) => Some(why.clone()),
            Self::Searching | Self::Ready(_) => None,
        };
        std::mem::discriminant(self) == std::mem::discriminant(other)
            && place(self) == place(other)
            && why(self) == why(other)
    }
}

/// Looks for a Prometheus, and then after it.
pub struct PrometheusFinder {
    client: Client,
    address: Option<PrometheusAddress>,
    discover: bool,
    scope: Scope,
}

impl PrometheusFinder {
    /// Makes a finder; an address given is used and nothing is searched. Without one the cluster is searched, if it may
    /// be.
    pub fn new(client: Client, address: Option<PrometheusAddress>, discover: bool, scope: Scope) -> Self {
        Self { client, address, discover, scope }
    }

    /// Keeps `state` true until nobody looks at it.
    pub(super) async fn run(self, state: watch::Sender<PrometheusState>) {
        let mut known: Option<prometheus::Client> = None;
        loop {
            let next = match known.take() {
                Some(client) => check(client).await,
                None => self.search().await,
            };
            let pause = match &next {
                PrometheusState::Ready(_) => HEALTHY,
                PrometheusState::Failing(..) => SICK,
                PrometheusState::Searching | PrometheusState::Absent(_) => SEARCH,
            };
            // One that was found and fails may have moved: it is searched for again.
            if let PrometheusState::Ready(client) = &next {
                known = Some(client.clone());
            }
            state.send_if_modified(|current| {
                let news = !current.says_the_same(&next);
                if news {
                    *current = next;
                }
                news
            });
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = state.closed() => return,
            }
        }
    }

    /// Looks once; returns one that answers, else one that does not, else why there is none.
    pub async fn search(&self) -> PrometheusState {
        if let Some(PrometheusAddress { url, credentials }) = &self.address {
            return match Direct::new(url, credentials.clone()) {
                Ok(direct) => check(prometheus::Client::new(direct)).await,
                Err(error) => PrometheusState::Absent(error.to_string()),
            };
        }
        if !self.discover {
            let why = "no address is set, and looking for one is switched off; name one with --prometheus";
            return PrometheusState::Absent(why.into());
        }
        let found = match services(&self.client, &self.scope).await {
            Ok(services) => rank(&services),
            // Asking a service takes another right than listing services.
            Err(failure) if failure.kind == FailureKind::Forbidden => well_known(),
            Err(failure) => return PrometheusState::Absent(failure.sentence),
        };
        let mut failing = None;
        for candidate in found {
            match check(prometheus::Client::new(Proxied::new(self.client.clone(), &candidate))).await {
                PrometheusState::Failing(client, why) => failing = failing.or(Some((client, why))),
                ready => return ready,
            }
        }
        match failing {
            Some((client, why)) => PrometheusState::Failing(client, why),
            None => {
                PrometheusState::Absent("no Prometheus among the cluster's services; name one with --prometheus".into())
            }
        }
    }
}

async fn check(client: prometheus::Client) -> PrometheusState {
    match client.check().await {
        Ok(()) => PrometheusState::Ready(client),
        Err(error) => PrometheusState::Failing(client, error.to_string()),
    }
}

/// Lists services everywhere or, where that is forbidden, in the namespaces watched and in the usual one.
async fn services(client: &Client, scope: &Scope) -> Result<Vec<Service>, Failure> {
    let forbidden = match list(client, "/api/v1/services", "list services in all namespaces").await {
        Err(failure) if failure.kind == FailureKind::Forbidden => failure,
        answer => return answer,
    };
    let mut names = vec![Text::from("monitoring")];
    if let Scope::Namespaces(watched) = scope {
        names.extend(watched.iter().cloned());
    }
    let mut found = Vec::new();
    for name in names {
        let path = format!("/api/v1/namespaces/{name}/services");
        match list(client, &path, &format!("list services in {name}")).await {
            Ok(services) => found.extend(services),
            Err(failure) if failure.kind == FailureKind::Forbidden => {}
            Err(failure) => return Err(failure),
        }
    }
    if rank(&found).is_empty() { Err(forbidden) } else { Ok(found) }
}

#[derive(Deserialize)]
struct List {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    metadata: ItemMeta,
    #[serde(default)]
    spec: ItemSpec,
}

#[derive(Deserialize)]
struct ItemMeta {
    name: String,
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Default, Deserialize)]
struct ItemSpec {
    #[serde(default)]
    ports: Option<Vec<ItemPort>>,
}

#[derive(Deserialize)]
struct ItemPort {
    #[serde(default)]
    name: String,
    port: u16,
}

async fn list(client: &Client, path: &str, what: &str) -> Result<Vec<Service>, Failure> {
    let list: List = client.json(path, what).await?;
    let service = |item: Item| Service {
        namespace: item.metadata.namespace.into(),
        name: item.metadata.name.into(),
        labels: item.metadata.labels.into_iter().flatten().map(|(name, value)| (name.into(), value.into())).collect(),
        ports: item.spec.ports.into_iter().flatten().map(|port| (port.name.into(), port.port)).collect(),
    };
    Ok(list.items.into_iter().map(service).collect())
}

/// The way through the API server's service proxy: one GET, one answer.
struct Proxied {
    client: Client,
    base: String,
    place: String,
}

impl Proxied {
    fn new(client: Client, candidate: &Candidate) -> Self {
        Self { client, base: candidate.proxy_path(), place: candidate.place() }
    }
}

impl Transport for Proxied {
    fn get(&self, path: String) -> BoxFuture<'_, Result<Answer, Error>> {
        Box::pin(async move {
            let request = Request::get(format!("{}{path}", self.base)).body(Body::empty());
            let answer = self.client.call(request, "ask Prometheus", PATIENCE).await;
            let answer =
                answer.map_err(|failure| Error::Unreachable { place: self.place.clone(), why: failure.sentence })?;
            let content_type = answer.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
            Ok(Answer {
                status: answer.status.as_u16(),
                content_type: content_type.unwrap_or_default().to_owned(),
                body: answer.body,
            })
        })
    }

    fn place(&self) -> &str {
        &self.place
    }
}
