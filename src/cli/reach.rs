//! Reaching the cluster: one connection, the workloads meant, and a view of them that keeps up.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use crate::{
    cluster::{
        Access, Client, access::who_am_i, discovery::served, execute::list_keys, kubeconfig::Environment,
        usage::Poller, watch::Watcher,
    },
    domain::{Absence, Family, Kind, Link, LinkState, Observation, Scope, Selector, SourceState, Text, WorkloadKey},
    operation::Policy,
    session::{Picture, PrometheusAddress, PrometheusFinder, PrometheusState},
    settings::Settings,
    world::World,
};

use super::{
    failure::{Failure, Kind as Exit},
    intent::Common,
    selector,
    target::{Lost, Target},
};

/// How long the first lists may take.
const FIRST_LISTS: Duration = Duration::from_secs(60);
/// Batches that may wait to be folded in.
const WAITING: usize = 64;

/// A cluster that answers, and what is meant by the arguments there.
pub struct Reach {
    /// The connection.
    pub client: Client,
    /// Who is connected to what.
    pub link: Link,
    /// What this session may do there.
    pub policy: Policy,
    selector: Selector,
    audit: PathBuf,
}

/// What is known of the workloads now.
pub struct View {
    /// The objects and their judgement.
    pub picture: Picture,
    /// Watches end with the view.
    watches: JoinSet<()>,
    _revive: watch::Sender<u64>,
}

impl Reach {
    /// Connects as the arguments and the settings say.
    ///
    /// # Errors
    /// A kubeconfig that cannot be used, a cluster that does not answer, a selector that does not parse.
    pub async fn open(common: &Common, settings: &Settings) -> Result<Self, Failure> {
        let selector = selector::parse(common.selector.as_deref().unwrap_or_default())
            .map_err(|why| Failure::new(Exit::Usage, why))?;
        let access = Access {
            kubeconfig: common.access.kubeconfig.clone(),
            context: common.access.context.clone(),
            impersonate: common.access.user.clone(),
            impersonate_groups: common.access.groups.clone(),
            read_only: settings.options.read_only.value,
        };
        let prepared = tokio::task::spawn_blocking(move || {
            let first = access.prepare(&Environment::read())?;
            Ok::<_, crate::cluster::Failure>((first, access))
        });
        let (prepared, access) = prepared.await.map_err(|error| Failure::new(Exit::Failed, error.to_string()))??;
        let here = settings.options.in_context(&prepared.context);
        // Which context it is decides whether it may be written to, so the guard is known only now.
        let prepared = if here.read_only.value == access.read_only {
            prepared
        } else {
            Access { read_only: here.read_only.value, ..access }.prepare(&Environment::read())?
        };
        let mut link = Link {
            id: 1,
            context: prepared.context.as_str().into(),
            server: prepared.server.as_str().into(),
            user: prepared.user.as_str().into(),
            namespace: prepared.namespace.as_str().into(),
            scope: scope(common, &here.namespaces.value, &prepared.namespace),
            state: LinkState::Live,
        };
        let policy = Policy { read_only: here.read_only.value, protected: here.protected.value, ..Policy::default() };
        let client = prepared.client().await?;
        if let Some(user) = who_am_i(&client).await? {
            link.user = user;
        }
        let audit = settings.options.audit_path.value.clone();
        Ok(Self { client, link, policy, selector, audit })
    }

    /// Finds the workload meant.
    ///
    /// # Errors
    /// None or several of that name.
    pub async fn resolve(&self, target: &Target) -> Result<WorkloadKey, Failure> {
        if let (Some(kind), Some(namespace)) = (target.kind, self.only_namespace()) {
            return Ok(WorkloadKey::new(kind, namespace, target.name.as_str()));
        }
        let kinds = match target.kind {
            Some(kind) => vec![kind],
            None => self.kinds().await,
        };
        let mut keys = Vec::new();
        let mut refused = None;
        for kind in kinds {
            for namespace in self.namespaces() {
                match list_keys(&self.client, kind, namespace.as_deref()).await {
                    Ok(found) => keys.extend(found),
                    Err(error) if matches!(error.code(), Some(403 | 404)) => refused = Some(error),
                    Err(error) => return Err(error.into()),
                }
            }
        }
        match (target.resolve(&keys), refused) {
            (Ok(key), _) => Ok(key),
            (Err(Lost::Missing(_)), Some(error)) if keys.is_empty() => Err(error.into()),
            (Err(lost), _) => Err(self.lost(target, lost)),
        }
    }

    /// Returns the kinds of workload the cluster serves.
    pub async fn kinds(&self) -> Vec<Kind> {
        let served = served(&self.client).await.unwrap_or_default().families;
        let is_served = |kind: &Kind| Kind::BUILT_IN.contains(kind) || served.contains(&Family::Workloads(*kind));
        Kind::ALL.into_iter().filter(is_served).collect()
    }

    /// Asks the Prometheus of the settings, or looks for one in the cluster, as the screen does.
    pub async fn prometheus(&self, settings: &Settings) -> PrometheusState {
        let options = settings.options.in_context(&self.link.context).prometheus;
        let (address, scope) = (PrometheusAddress::of(&options), self.link.scope.clone());
        PrometheusFinder::new(self.client.clone(), address, options.discover.value, scope).search().await
    }

    /// Lists and watches what a judgement of these workloads needs, and what their pods consume; returns when all of it
    /// is in, or is known not to come.
    ///
    /// # Errors
    /// As [`Reach::view`].
    pub async fn measured_view(&self, keys: &[WorkloadKey]) -> Result<View, Failure> {
        let mut view = self.view(keys).await?;
        let (sink, mut incoming) = mpsc::channel(WAITING);
        for namespace in keys.iter().map(|key| &key.namespace) {
            let poller = Poller::new(self.client.clone(), Family::PodUsage, Some(namespace.clone()), sink.clone());
            view.watches.spawn(poller.run());
            // Its first answer is all that is wanted.
            for observation in incoming.recv().await.into_iter().flatten() {
                view.picture.tell(observation, Timestamp::now());
            }
        }
        Ok(view)
    }

    /// Lists and watches what a judgement of these workloads needs; returns when every list is in. Empty
    /// means all workloads of the scope.
    ///
    /// # Errors
    /// Lists that do not come, or that may not be read at all.
    pub async fn view(&self, keys: &[WorkloadKey]) -> Result<View, Failure> {
        let (sink, incoming) = mpsc::channel(WAITING);
        let (revive, revived) = watch::channel(0);
        let mut namespaces: Vec<Option<Text>> = keys.iter().map(|key| Some(key.namespace.clone())).collect();
        namespaces.sort();
        namespaces.dedup();
        if namespaces.is_empty() {
            namespaces = self.namespaces();
        }
        let mut view = View { picture: Picture::of(incoming), watches: JoinSet::new(), _revive: revive };
        let mut tell = |observation| drop(view.picture.tell(observation, Timestamp::now()));
        tell(Observation::Link(self.link.clone()));
        // Where the audit cannot be read nobody is named.
        tell(Observation::Deeds(crate::audit::deeds(&self.audit).unwrap_or_default()));
        // Where the server does not say what it serves, the kinds every cluster has are all there is to see.
        let more = served(&self.client).await.unwrap_or_default().families;
        for namespace in &namespaces {
            for family in Family::WATCHED.into_iter().chain(more.iter().copied()) {
                let state = SourceState::Listing;
                view.picture
                    .tell(Observation::Source { family, namespace: namespace.clone(), state }, Timestamp::now());
                let one = Watcher::new(self.client.clone(), family, namespace.clone(), sink.clone(), revived.clone());
                view.watches.spawn(one.run());
            }
        }
        match tokio::time::timeout(FIRST_LISTS, view.settle()).await {
            Ok(settled) => settled.map(|()| view),
            Err(_) => {
                Err(Failure::new(Exit::Undecided, format!("the lists of {} did not come in time", self.link.server)))
            }
        }
    }

    /// Tells whether a workload belongs to what `-l` selects.
    pub fn selects(&self, world: &World, key: &WorkloadKey) -> bool {
        self.selector == Selector::default()
            || world.workload(key).is_some_and(|workload| self.selector.matches(&workload.meta.labels))
    }

    fn namespaces(&self) -> Vec<Option<Text>> {
        match &self.link.scope {
            Scope::All => vec![None],
            Scope::Namespaces(names) => names.iter().cloned().map(Some).collect(),
        }
    }

    fn only_namespace(&self) -> Option<Text> {
        match &self.link.scope {
            Scope::Namespaces(names) if names.len() == 1 => names.first().cloned(),
            _ => None,
        }
    }

    /// Words a target that means no object, or several.
    pub fn lost(&self, target: &Target, lost: Lost) -> Failure {
        match lost {
            Lost::Missing(near) => {
                let place = match &self.link.scope {
                    Scope::All => "any namespace".to_owned(),
                    Scope::Namespaces(names) => {
                        format!("namespace {}", names.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", "))
                    }
                };
                let failure = Failure::new(Exit::Failed, format!("there is no {target} in {place}"));
                let quoted: Vec<String> = near.iter().map(|name| format!("{name:?}")).collect();
                if near.is_empty() {
                    failure.hint("rolltop status lists what is there; -n and -A look elsewhere")
                } else {
                    failure.hint(format!("did you mean {}?", quoted.join(" or ")))
                }
            }
            Lost::Ambiguous(keys) => {
                let named = |key: &WorkloadKey| format!("{key} in {}", key.namespace);
                let all: Vec<String> = keys.iter().map(named).collect();
                Failure::new(Exit::Usage, format!("{target} may mean {}", all.join(" or ")))
                    .hint("write the kind before the name (deploy/NAME), and -n for the namespace")
            }
        }
    }
}

impl View {
    /// Waits for the next change, or for the instant at which time alone changes a judgement.
    ///
    /// # Errors
    /// Watches that ended, which they do not.
    pub async fn next(&mut self) -> Result<(), Failure> {
        let turn = self.picture.next(Timestamp::now).await;
        turn.map(|_| ()).ok_or_else(|| Failure::new(Exit::Undecided, "the watches ended"))
    }

    async fn settle(&mut self) -> Result<(), Failure> {
        while !self.picture.world.synced() {
            self.next().await?;
            self.readable()?;
        }
        Ok(())
    }

    /// Gives up when a first list failed, or when no kind of workload may be read.
    fn readable(&self) -> Result<(), Failure> {
        let mut absent = None;
        let mut kinds = 0;
        for (family, _, source) in self.picture.world.sources() {
            match &source.state {
                SourceState::Lost { why, .. } if !source.listed && !family.is_detail() => {
                    return Err(Failure::new(Exit::Undecided, why.to_string())
                        .hint("rolltop check says what stands between here and the cluster"));
                }
                SourceState::Absent(absence) if matches!(family, Family::Workloads(_)) => absent = Some(absence),
                _ => kinds += usize::from(matches!(family, Family::Workloads(_))),
            }
        }
        match absent {
            Some(Absence::Forbidden(rule)) if kinds == 0 => {
                Err(Failure::new(Exit::Failed, format!("you may not {rule}")).hint("choose a namespace with -n"))
            }
            Some(absence) if kinds == 0 => Err(Failure::new(Exit::Failed, absence.to_string())),
            _ => Ok(()),
        }
    }
}

/// Which namespaces are meant: the arguments', else the settings', else the context's own.
fn scope(common: &Common, of_context: &[String], own: &str) -> Scope {
    let named = |names: &[String]| Scope::Namespaces(names.iter().map(|name| name.as_str().into()).collect());
    if common.all_namespaces {
        Scope::All
    } else if !common.namespaces.is_empty() {
        named(&common.namespaces)
    } else if of_context.iter().any(|name| name == "*") {
        Scope::All
    } else if !of_context.is_empty() {
        named(of_context)
    } else {
        Scope::one(own)
    }
}
