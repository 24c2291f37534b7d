//! Bytes into nouns: slim structs that name only the fields a release needs.
//!
//! Reading is tolerant: a wrong number, a list where a map belongs, a null never cost the object or its list; they
//! count as absent or become the nearest value allowed. Only broken JSON is an error. Every string is cleaned of
//! control sequences on the way, repeated strings and equal container lists are stored once ([`Interner`]).
//!
//! ```text
//! loose       leaves that take any JSON            intern      one copy of what repeats
//! meta        metadata, managedFields, conditions  template    pod templates, containers
//! workload · revision · pod · autoscaler · event · usage        one shape each
//! rollout · canary · analysis · network        what delivers progressively, and where traffic goes
//! status      how an API server says no
//! ```

mod analysis;
mod autoscaler;
mod canary;
mod event;
mod intern;
mod loose;
mod meta;
mod network;
mod pod;
mod revision;
mod rollout;
mod status;
mod template;
mod usage;
mod workload;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Deserializer};

use self::{
    analysis::{RawAnalysisRun, RawExperiment},
    autoscaler::RawAutoscaler,
    canary::RawCanary,
    event::RawEvent,
    loose::{List, Loose, Str},
    network::{RawRoute, RawService},
    pod::RawPod,
    revision::{RawControllerRevision, RawReplicaSet},
    rollout::RawRollout,
    usage::RawUsage,
    workload::RawWorkload,
};
use crate::domain::{
    AnalysisRun, Autoscaler, ControllerRevision, Delta, Event, Experiment, Family, Kind, NodeUsage, Observation, Pod,
    PodUsage, ReplicaSet, Route, RouteKind, Service, Text, Workload,
};

pub use intern::Interner;
pub use status::{ApiStatus, Cause};

/// One decoded object.
#[derive(Clone, Debug, PartialEq)]
pub enum Object {
    /// A workload of any kind.
    Workload(Box<Workload>),
    /// A ReplicaSet.
    ReplicaSet(ReplicaSet),
    /// A ControllerRevision.
    ControllerRevision(ControllerRevision),
    /// A pod.
    Pod(Pod),
    /// An autoscaler.
    Autoscaler(Autoscaler),
    /// An event.
    Event(Event),
    /// A Service.
    Service(Service),
    /// A route that splits traffic.
    Route(RouteKind, Route),
    /// An AnalysisRun.
    AnalysisRun(AnalysisRun),
    /// An Experiment.
    Experiment(Experiment),
    /// What a pod consumes.
    PodUsage(PodUsage),
    /// What a node consumes; `None` when its figures could not be read.
    NodeUsage(Option<NodeUsage>),
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Version to watch from.
    pub resource_version: String,
    /// Token of the next page; empty at the end.
    pub next: String,
    /// Its objects.
    pub objects: Vec<Object>,
}

/// One line of a watch.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// Added or modified, and the version to resume from.
    Applied(Object, String),
    /// Gone (its last state), and the version to resume from.
    Deleted(Object, String),
    /// Nothing but a version to resume from.
    Bookmark(String),
    /// The server ends the watch, e.g. 410 when the version is too old.
    Error(ApiStatus),
}

/// Decodes one object of a family.
///
/// # Errors
/// Only for text that is no JSON.
pub fn decode(family: Family, bytes: &[u8], intern: &mut Interner) -> serde_json::Result<Object> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let object = object(family, &mut json, intern)?;
    json.end()?;
    Ok(object)
}

/// Decodes one object of a family from JSON already parsed.
///
/// # Errors
/// Never in practice; the signature is serde's.
pub fn decode_value(family: Family, value: &serde_json::Value, intern: &mut Interner) -> serde_json::Result<Object> {
    object(family, value, intern)
}

/// Decodes one page of a list.
///
/// # Errors
/// Broken or cut JSON, or JSON that is no list.
pub fn decode_page(family: Family, bytes: &[u8], intern: &mut Interner) -> serde_json::Result<Page> {
    match family {
        Family::Workloads(Kind::Rollout) => page(bytes, |raw: RawRollout<'_>| Object::workload(raw.workload(intern))),
        Family::Workloads(Kind::Canary) => page(bytes, |raw: RawCanary<'_>| Object::workload(raw.workload(intern))),
        Family::Workloads(kind) => page(bytes, |raw: RawWorkload<'_>| Object::workload(raw.workload(kind, intern))),
        Family::ReplicaSets => page(bytes, |raw: RawReplicaSet<'_>| Object::ReplicaSet(raw.replica_set(intern))),
        Family::ControllerRevisions => {
            page(bytes, |raw: RawControllerRevision<'_>| Object::ControllerRevision(raw.controller_revision(intern)))
        }
        Family::Pods => page(bytes, |raw: RawPod<'_>| Object::Pod(raw.pod(intern))),
        Family::Autoscalers => page(bytes, |raw: RawAutoscaler<'_>| Object::Autoscaler(raw.autoscaler(intern))),
        Family::Events => page(bytes, |raw: RawEvent<'_>| Object::Event(raw.event(intern))),
        Family::Services => page(bytes, |raw: RawService<'_>| Object::Service(raw.service(intern))),
        Family::Routes(kind) => page(bytes, |raw: RawRoute<'_>| Object::Route(kind, raw.route(kind, intern))),
        Family::AnalysisRuns => page(bytes, |raw: RawAnalysisRun<'_>| Object::AnalysisRun(raw.run(intern))),
        Family::Experiments => page(bytes, |raw: RawExperiment<'_>| Object::Experiment(raw.experiment(intern))),
        Family::PodUsage => page(bytes, |raw: RawUsage<'_>| Object::PodUsage(raw.pod(intern))),
        Family::NodeUsage => page(bytes, |raw: RawUsage<'_>| Object::NodeUsage(raw.node(intern))),
    }
}

/// Decodes one line of a watch.
///
/// # Errors
/// Broken or cut JSON, or a line of another type than Kubernetes documents.
pub fn decode_line(family: Family, bytes: &[u8], intern: &mut Interner) -> serde_json::Result<Line> {
    let head: Loose<RawHead<'_>> = serde_json::from_slice(bytes)?;
    let version = || head.0.object.0.metadata.0.resource_version.as_str().to_owned();
    match head.0.kind.as_str() {
        "ADDED" | "MODIFIED" => Ok(Line::Applied(inside(family, bytes, intern)?, version())),
        "DELETED" => Ok(Line::Deleted(inside(family, bytes, intern)?, version())),
        "BOOKMARK" => Ok(Line::Bookmark(version())),
        "ERROR" => {
            let raw: Loose<Envelope<Loose<status::RawStatus<'_>>>> = serde_json::from_slice(bytes)?;
            Ok(Line::Error(raw.0.object.0.status()))
        }
        other => Err(serde::de::Error::custom(format!("`{}` is no type of watch event", short(other)))),
    }
}

fn short(text: &str) -> String {
    crate::domain::text::clean(text, false).chars().take(40).collect()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawHead<'a> {
    #[serde(borrow, rename = "type")]
    kind: Str<'a>,
    #[serde(borrow)]
    object: Loose<RawVersioned<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawVersioned<'a> {
    #[serde(borrow)]
    metadata: Loose<RawListMeta<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawListMeta<'a> {
    #[serde(borrow)]
    resource_version: Str<'a>,
    #[serde(borrow, rename = "continue")]
    next: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Envelope<T> {
    object: T,
}

#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de> + Default"))]
struct RawList<'a, T> {
    #[serde(borrow, default)]
    metadata: Loose<RawListMeta<'a>>,
    items: List<Loose<T>>,
}

fn object<'de, D: Deserializer<'de>>(family: Family, from: D, intern: &mut Interner) -> Result<Object, D::Error> {
    Ok(match family {
        Family::Workloads(Kind::Rollout) => {
            Object::workload(Loose::<RawRollout<'_>>::deserialize(from)?.0.workload(intern))
        }
        Family::Workloads(Kind::Canary) => {
            Object::workload(Loose::<RawCanary<'_>>::deserialize(from)?.0.workload(intern))
        }
        Family::Workloads(kind) => {
            Object::workload(Loose::<RawWorkload<'_>>::deserialize(from)?.0.workload(kind, intern))
        }
        Family::ReplicaSets => Object::ReplicaSet(Loose::<RawReplicaSet<'_>>::deserialize(from)?.0.replica_set(intern)),
        Family::ControllerRevisions => Object::ControllerRevision(
            Loose::<RawControllerRevision<'_>>::deserialize(from)?.0.controller_revision(intern),
        ),
        Family::Pods => Object::Pod(Loose::<RawPod<'_>>::deserialize(from)?.0.pod(intern)),
        Family::Autoscalers => Object::Autoscaler(Loose::<RawAutoscaler<'_>>::deserialize(from)?.0.autoscaler(intern)),
        Family::Events => Object::Event(Loose::<RawEvent<'_>>::deserialize(from)?.0.event(intern)),
        Family::Services => Object::Service(Loose::<RawService<'_>>::deserialize(from)?.0.service(intern)),
        Family::Routes(kind) => Object::Route(kind, Loose::<RawRoute<'_>>::deserialize(from)?.0.route(kind, intern)),
        Family::AnalysisRuns => Object::AnalysisRun(Loose::<RawAnalysisRun<'_>>::deserialize(from)?.0.run(intern)),
        Family::Experiments => Object::Experiment(Loose::<RawExperiment<'_>>::deserialize(from)?.0.experiment(intern)),
        Family::PodUsage => Object::PodUsage(Loose::<RawUsage<'_>>::deserialize(from)?.0.pod(intern)),
        Family::NodeUsage => Object::NodeUsage(Loose::<RawUsage<'_>>::deserialize(from)?.0.node(intern)),
    })
}

/// Decodes the `object` of a watch line.
fn inside(family: Family, bytes: &[u8], intern: &mut Interner) -> serde_json::Result<Object> {
    struct Seed<'a>(Family, &'a mut Interner);
    impl<'de> serde::de::DeserializeSeed<'de> for Seed<'_> {
        type Value = Object;
        fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Object, D::Error> {
            object(self.0, from, self.1)
        }
    }
    struct Fields<'a>(Family, &'a mut Interner);
    impl<'de> serde::de::Visitor<'de> for Fields<'_> {
        type Value = Option<Object>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a watch event")
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = None;
            while let Some(key) = map.next_key::<Str<'_>>()? {
                if key.0 == "object" {
                    found = Some(map.next_value_seed(Seed(self.0, &mut *self.1))?);
                } else {
                    map.next_value::<serde::de::IgnoredAny>()?;
                }
            }
            Ok(found)
        }
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    json.deserialize_map(Fields(family, intern))?
        .ok_or_else(|| serde::de::Error::custom("a watch event without an object"))
}

fn page<'de, T: Deserialize<'de> + Default>(
    bytes: &'de [u8],
    mut object: impl FnMut(T) -> Object,
) -> serde_json::Result<Page> {
    let raw: RawList<'de, T> = serde_json::from_slice(bytes)?;
    Ok(Page {
        resource_version: raw.metadata.0.resource_version.as_str().to_owned(),
        next: raw.metadata.0.next.as_str().to_owned(),
        objects: raw.items.0.into_iter().map(|Loose(item)| object(item)).collect(),
    })
}

impl Object {
    fn workload(workload: Workload) -> Self {
        Self::Workload(Box::new(workload))
    }

    /// Returns the observation that this object was added or modified; `None` for what is never watched.
    pub fn applied(self) -> Option<Observation> {
        Some(match self {
            Self::Workload(item) => Observation::Workloads(item.kind, Delta::Applied(*item)),
            Self::ReplicaSet(item) => Observation::ReplicaSets(Delta::Applied(item)),
            Self::ControllerRevision(item) => Observation::ControllerRevisions(Delta::Applied(item)),
            Self::Pod(item) => Observation::Pods(Delta::Applied(item)),
            Self::Autoscaler(item) => Observation::Autoscalers(Delta::Applied(item)),
            Self::Event(item) => Observation::Events(Delta::Applied(item)),
            Self::Service(item) => Observation::Services(Delta::Applied(item)),
            Self::Route(kind, item) => Observation::Routes(kind, Delta::Applied(item)),
            Self::AnalysisRun(item) => Observation::AnalysisRuns(Delta::Applied(item)),
            Self::Experiment(item) => Observation::Experiments(Delta::Applied(item)),
            Self::PodUsage(_) | Self::NodeUsage(_) => return None,
        })
    }

    /// Returns the observation that this object is gone; `None` for what is never watched.
    pub fn deleted(self) -> Option<Observation> {
        fn gone<T>(meta: crate::domain::Meta) -> Delta<T> {
            Delta::Deleted { namespace: meta.namespace, name: meta.name, uid: meta.uid }
        }
        Some(match self {
            Self::Workload(item) => Observation::Workloads(item.kind, gone(item.meta)),
            Self::ReplicaSet(item) => Observation::ReplicaSets(gone(item.meta)),
            Self::ControllerRevision(item) => Observation::ControllerRevisions(gone(item.meta)),
            Self::Pod(item) => Observation::Pods(gone(item.meta)),
            Self::Autoscaler(item) => Observation::Autoscalers(gone(item.meta)),
            Self::Event(item) => Observation::Events(gone(item.meta)),
            Self::Service(item) => Observation::Services(gone(item.meta)),
            Self::Route(kind, item) => Observation::Routes(kind, gone(item.meta)),
            Self::AnalysisRun(item) => Observation::AnalysisRuns(gone(item.meta)),
            Self::Experiment(item) => Observation::Experiments(gone(item.meta)),
            Self::PodUsage(_) | Self::NodeUsage(_) => return None,
        })
    }
}

/// Returns the observation of a complete list; objects of another family are left out.
pub fn reset(family: Family, namespace: Option<Text>, objects: Vec<Object>) -> Observation {
    macro_rules! list {
        ($variant:ident) => {
            objects.into_iter().filter_map(|object| match object {
                Object::$variant(item) => Some(item),
                _ => None,
            })
        };
    }
    match family {
        Family::Workloads(kind) => {
            let items = list!(Workload).map(|item| *item).collect();
            Observation::Workloads(kind, Delta::Reset { namespace, items })
        }
        Family::ReplicaSets => Observation::ReplicaSets(Delta::Reset { namespace, items: list!(ReplicaSet).collect() }),
        Family::ControllerRevisions => {
            Observation::ControllerRevisions(Delta::Reset { namespace, items: list!(ControllerRevision).collect() })
        }
        Family::Pods => Observation::Pods(Delta::Reset { namespace, items: list!(Pod).collect() }),
        Family::Autoscalers => Observation::Autoscalers(Delta::Reset { namespace, items: list!(Autoscaler).collect() }),
        Family::Events => Observation::Events(Delta::Reset { namespace, items: list!(Event).collect() }),
        Family::Services => Observation::Services(Delta::Reset { namespace, items: list!(Service).collect() }),
        Family::AnalysisRuns => {
            Observation::AnalysisRuns(Delta::Reset { namespace, items: list!(AnalysisRun).collect() })
        }
        Family::Experiments => Observation::Experiments(Delta::Reset { namespace, items: list!(Experiment).collect() }),
        Family::Routes(kind) => {
            let of_kind = objects.into_iter().filter_map(|object| match object {
                Object::Route(found, item) if found == kind => Some(item),
                _ => None,
            });
            Observation::Routes(kind, Delta::Reset { namespace, items: of_kind.collect() })
        }
        Family::PodUsage => Observation::PodUsage { namespace, items: list!(PodUsage).collect() },
        Family::NodeUsage => Observation::NodeUsage(list!(NodeUsage).flatten().collect()),
    }
}
