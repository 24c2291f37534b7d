//! ReplicaSets and ControllerRevisions.

use serde::Deserialize;

use super::{
    intern::Interner,
    loose::{Loose, Num},
    meta::{Parts, RawConditions, RawMeta, Unread, conditions},
    template::RawTemplate,
};
use crate::domain::{ControllerRevision, ReplicaSet};

/// Annotations that number a ReplicaSet: by the Deployment controller, or by Argo Rollouts.
const REVISION: [&str; 2] = ["deployment.kubernetes.io/revision", "rollout.argoproj.io/revision"];
/// Labels that tell its pods apart, likewise.
const HASH: [&str; 2] = ["pod-template-hash", "rollouts-pod-template-hash"];

pub(super) type RawReplicaSet<'a> = Parts<RawMeta<'a, Unread>, RawSpec<'a>, RawStatus<'a>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawSpec<'a> {
    replicas: Num,
    #[serde(borrow)]
    template: Loose<RawTemplate<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RawStatus<'a> {
    observed_generation: Num,
    replicas: Num,
    ready_replicas: Num,
    available_replicas: Num,
    #[serde(borrow)]
    conditions: RawConditions<'a>,
}

impl RawReplicaSet<'_> {
    /// Makes the domain's ReplicaSet of it.
    pub(super) fn replica_set(&self, intern: &mut Interner) -> ReplicaSet {
        let (spec, status) = (&self.spec.0, &self.status.0);
        let meta = self.metadata.0.meta(intern);
        ReplicaSet {
            revision: (REVISION.iter().find_map(|name| meta.annotation(name)))
                .and_then(|number| number.trim().parse().ok())
                .unwrap_or_default(),
            hash: HASH.iter().find_map(|name| meta.labels.get(*name)).cloned().unwrap_or_default(),
            desired: spec.replicas.count().unwrap_or(1),
            replicas: status.replicas.or_zero(),
            ready: status.ready_replicas.or_zero(),
            available: status.available_replicas.or_zero(),
            observed_generation: status.observed_generation.0.unwrap_or_default(),
            template: spec.template.0.template(intern),
            conditions: conditions(&status.conditions, intern),
            meta,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawControllerRevision<'a> {
    #[serde(borrow)]
    metadata: Loose<RawMeta<'a, Unread>>,
    revision: Num,
    #[serde(borrow)]
    data: Loose<RawData<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawData<'a> {
    #[serde(borrow)]
    spec: Loose<RawDataSpec<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawDataSpec<'a> {
    #[serde(borrow)]
    template: Loose<RawTemplate<'a>>,
}

impl RawControllerRevision<'_> {
    /// Makes the domain's ControllerRevision of it.
    pub(super) fn controller_revision(&self, intern: &mut Interner) -> ControllerRevision {
        ControllerRevision {
            meta: self.metadata.0.meta(intern),
            revision: self.revision.0.unwrap_or_default(),
            template: self.data.0.spec.0.template.0.template(intern),
        }
    }
}
