//! Metadata and conditions.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    intern::{Interner, unique},
    loose::{Flag, List, Loose, Map, Num, Present, Str, Time},
};
use crate::domain::{Condition, Manager, Meta, Owner, Text};

/// What `kubectl apply` remembers; as long as the object, so only its presence is kept.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Longer annotations are state of other programs; only their presence is kept.
const LONGEST_ANNOTATION: usize = 4096;

/// An object of the three parts most kinds have.
#[derive(Debug, Default, Deserialize)]
#[serde(
    default,
    bound(deserialize = "M: Deserialize<'de> + Default, S: Deserialize<'de> + Default, T: Deserialize<'de> + Default")
)]
pub(super) struct Parts<M, S, T> {
    pub(super) metadata: Loose<M>,
    pub(super) spec: Loose<S>,
    pub(super) status: Loose<T>,
}

/// `metadata`; `M` is what is read of `managedFields`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "M: Deserialize<'de> + Default"))]
pub(super) struct RawMeta<'a, M> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    namespace: Str<'a>,
    #[serde(borrow)]
    uid: Str<'a>,
    #[serde(borrow)]
    resource_version: Str<'a>,
    generation: Num,
    creation_timestamp: Time,
    deletion_timestamp: Time,
    #[serde(borrow)]
    labels: Map<'a, Str<'a>>,
    #[serde(borrow)]
    annotations: Map<'a, Str<'a>>,
    #[serde(borrow)]
    owner_references: List<Loose<RawOwner<'a>>>,
    pub(super) managed_fields: M,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawOwner<'a> {
    #[serde(borrow)]
    kind: Str<'a>,
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    uid: Str<'a>,
    controller: Flag,
}

/// managedFields of kinds where nobody asks who wrote them: skipped unparsed.
pub(super) type Unread = Present;
/// managedFields of workloads: who owns the template and the replica count.
pub(super) type Managers<'a> = List<Loose<RawManager<'a>>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawManager<'a> {
    #[serde(borrow)]
    manager: Str<'a>,
    #[serde(borrow)]
    operation: Str<'a>,
    time: Time,
    #[serde(rename = "fieldsV1")]
    fields: Loose<Fields>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fields {
    #[serde(rename = "f:spec")]
    spec: Loose<SpecFields>,
    #[serde(rename = "f:status")]
    status: Loose<StatusFields>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StatusFields {
    #[serde(rename = "f:abort")]
    abort: Present,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SpecFields {
    #[serde(rename = "f:template")]
    template: Present,
    #[serde(rename = "f:replicas")]
    replicas: Present,
    #[serde(rename = "f:paused")]
    paused: Present,
}

/// Reads managers out of managedFields, newest first; those that own nothing of interest are left out.
pub(super) trait ReadManagers {
    fn managers(&self, intern: &mut Interner) -> Vec<Manager>;
}

impl ReadManagers for Unread {
    fn managers(&self, _: &mut Interner) -> Vec<Manager> {
        Vec::new()
    }
}

impl ReadManagers for Managers<'_> {
    fn managers(&self, intern: &mut Interner) -> Vec<Manager> {
        let mut found: Vec<Manager> = self
            .0
            .iter()
            .map(|Loose(raw)| {
                let spec = &raw.fields.0.spec.0;
                Manager {
                    name: intern.text(&raw.manager),
                    operation: intern.text(&raw.operation),
                    at: raw.time.0,
                    template: spec.template.0,
                    replicas: spec.replicas.0,
                    paused: spec.paused.0,
                    aborts: raw.fields.0.status.0.abort.0,
                }
            })
            .filter(|manager| manager.template || manager.replicas || manager.paused || manager.aborts)
            .collect();
        found.sort_by_key(|manager| std::cmp::Reverse(manager.at));
        found
    }
}

impl<M: ReadManagers> RawMeta<'_, M> {
    /// Makes the domain's metadata of it.
    pub(super) fn meta(&self, intern: &mut Interner) -> Meta {
        let controller = self.owner_references.0.iter().find(|Loose(owner)| owner.controller.set());
        Meta {
            name: unique(&self.name),
            namespace: intern.text(&self.namespace),
            uid: unique(&self.uid),
            resource_version: unique(&self.resource_version),
            generation: self.generation.0.unwrap_or_default(),
            created: self.creation_timestamp.0,
            deleting: self.deletion_timestamp.0,
            labels: intern.map(&self.labels),
            annotations: annotations(&self.annotations, intern),
            owner: controller.map(|Loose(owner)| Owner {
                kind: intern.text(&owner.kind),
                name: intern.text(&owner.name),
                uid: intern.text(&owner.uid),
            }),
            managers: self.managed_fields.managers(intern),
        }
    }

    /// Returns an annotation as written.
    pub(super) fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.get(name).map(Str::as_str)
    }
}

/// Keeps annotations, of the long ones and of kubectl's memory only the name.
pub(super) fn annotations(raw: &Map<'_, Str<'_>>, intern: &mut Interner) -> BTreeMap<Text, Text> {
    raw.0
        .iter()
        .map(|(name, value)| {
            let drop = name.0 == LAST_APPLIED || value.0.len() > LONGEST_ANNOTATION;
            (intern.text(name), if drop { Text::default() } else { intern.text(value) })
        })
        .collect()
}

/// A status condition.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RawCondition<'a> {
    #[serde(borrow, rename = "type")]
    kind: Str<'a>,
    #[serde(borrow)]
    status: Str<'a>,
    #[serde(borrow)]
    reason: Str<'a>,
    #[serde(borrow)]
    message: Str<'a>,
    last_transition_time: Time,
    last_update_time: Time,
}

/// Conditions as they stand in a status.
pub(super) type RawConditions<'a> = List<Loose<RawCondition<'a>>>;

/// Makes the domain's conditions of them.
pub(super) fn conditions(raw: &RawConditions<'_>, intern: &mut Interner) -> Vec<Condition> {
    raw.0
        .iter()
        .map(|Loose(raw)| Condition {
            kind: intern.text(&raw.kind),
            status: intern.text(&raw.status),
            reason: intern.text(&raw.reason),
            message: intern.text(&raw.message),
            since: raw.last_transition_time.0,
            updated: raw.last_update_time.0,
        })
        .collect()
}
