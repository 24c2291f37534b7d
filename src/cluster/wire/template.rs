//! Pod templates and the containers of a pod's spec.

use std::sync::Arc;

use serde::Deserialize;

use super::{
    intern::Interner,
    loose::{List, Loose, Map, Num, Str},
    meta::annotations,
};
use crate::domain::{Bytes, Container, ContainerRole, Cores, Probe, Resources, Template};

/// `spec.template`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawTemplate<'a> {
    #[serde(borrow)]
    metadata: Loose<TemplateMeta<'a>>,
    #[serde(borrow)]
    spec: Loose<RawContainers<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TemplateMeta<'a> {
    #[serde(borrow)]
    labels: Map<'a, Str<'a>>,
    #[serde(borrow)]
    annotations: Map<'a, Str<'a>>,
}

/// The containers of a pod's spec.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RawContainers<'a> {
    #[serde(borrow)]
    containers: RawList<'a>,
    #[serde(borrow)]
    init_containers: RawList<'a>,
}

/// Containers as they stand in a spec.
pub(super) type RawList<'a> = List<Loose<RawContainer<'a>>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RawContainer<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    image: Str<'a>,
    #[serde(borrow)]
    restart_policy: Str<'a>,
    #[serde(borrow)]
    resources: Loose<RawResources<'a>>,
    readiness_probe: Option<Loose<RawProbe>>,
    startup_probe: Option<Loose<RawProbe>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawResources<'a> {
    #[serde(borrow)]
    requests: Loose<RawAmounts<'a>>,
    #[serde(borrow)]
    limits: Loose<RawAmounts<'a>>,
}

/// CPU and memory as quantities.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawAmounts<'a> {
    #[serde(borrow)]
    cpu: Str<'a>,
    #[serde(borrow)]
    memory: Str<'a>,
}

impl RawAmounts<'_> {
    /// Returns what could be read; a quantity that is none is "not said".
    pub(super) fn resources(&self) -> Resources {
        Resources { cpu: Cores::parse(self.cpu.as_str()), memory: Bytes::parse(self.memory.as_str()) }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawProbe {
    initial_delay_seconds: Num,
    period_seconds: Num,
    failure_threshold: Num,
}

impl RawProbe {
    /// Returns its timing with the API's defaults where nothing is said.
    fn probe(&self) -> Probe {
        Probe {
            initial_delay: self.initial_delay_seconds.or_zero(),
            period: self.period_seconds.count().filter(|period| *period > 0).unwrap_or(10),
            failure_threshold: self.failure_threshold.count().filter(|limit| *limit > 0).unwrap_or(3),
        }
    }
}

impl<'a> RawContainers<'a> {
    /// Puts the two lists of a spec together.
    pub(super) fn new(containers: RawList<'a>, init_containers: RawList<'a>) -> Self {
        Self { containers, init_containers }
    }

    /// Returns main and sidecar containers, then init containers; equal lists are shared.
    pub(super) fn containers(&self, intern: &mut Interner) -> Arc<[Container]> {
        let sidecar = |raw: &Loose<RawContainer<'_>>| raw.0.restart_policy.0 == "Always";
        let (sidecars, inits): (Vec<_>, Vec<_>) = self.init_containers.0.iter().partition(|raw| sidecar(raw));
        let list = (self.containers.0.iter().map(|raw| (raw, ContainerRole::Main)))
            .chain(sidecars.into_iter().map(|raw| (raw, ContainerRole::Sidecar)))
            .chain(inits.into_iter().map(|raw| (raw, ContainerRole::Init)))
            .map(|(Loose(raw), role)| Container {
                name: intern.text(&raw.name),
                image: intern.text(&raw.image),
                role,
                requests: raw.resources.0.requests.0.resources(),
                limits: raw.resources.0.limits.0.resources(),
                readiness: raw.readiness_probe.as_ref().map(|Loose(probe)| probe.probe()),
                startup: raw.startup_probe.as_ref().map(|Loose(probe)| probe.probe()),
            })
            .collect();
        intern.containers(list)
    }
}

impl RawTemplate<'_> {
    /// Makes the domain's template of it.
    pub(super) fn template(&self, intern: &mut Interner) -> Template {
        Template {
            labels: intern.map(&self.metadata.0.labels),
            annotations: annotations(&self.metadata.0.annotations, intern),
            containers: self.spec.0.containers(intern),
        }
    }
}
