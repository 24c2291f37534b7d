//! What every object carries, as far as a release needs it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Text;

/// Metadata of an object; labels and annotations are the ones a release looks at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meta {
    /// Name.
    pub name: Text,
    /// Namespace; empty when cluster-scoped.
    pub namespace: Text,
    /// UID: tells a recreated object from the old one.
    pub uid: Text,
    /// Opaque version of the stored object.
    pub resource_version: Text,
    /// Counts changes of the spec.
    pub generation: i64,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// When deletion was asked for; the object is terminating.
    pub deleting: Option<Timestamp>,
    /// All labels.
    pub labels: BTreeMap<Text, Text>,
    /// Annotations (the wire drops `last-applied-configuration`'s body; its presence stays as an empty value).
    pub annotations: BTreeMap<Text, Text>,
    /// The controlling owner.
    pub owner: Option<Owner>,
    /// Who last wrote the template and the replica count, newest first; workloads only.
    pub managers: Vec<Manager>,
}

impl Meta {
    /// Returns an annotation's value.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.get(name).map(AsRef::as_ref)
    }

    /// Returns a label's value.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.get(name).map(AsRef::as_ref)
    }
}

/// The controller that owns an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    /// Kind as in a manifest.
    pub kind: Text,
    /// Name.
    pub name: Text,
    /// UID.
    pub uid: Text,
}

/// One entry of managedFields that owns something a release cares for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manager {
    /// Field manager, e.g. `kubectl-rollout`, `argocd-controller`.
    pub name: Text,
    /// `Apply` or `Update`.
    pub operation: Text,
    /// When it last wrote.
    pub at: Option<Timestamp>,
    /// It owns a field below `spec.template`.
    pub template: bool,
    /// It owns `spec.replicas`.
    pub replicas: bool,
    /// It owns `spec.paused`.
    pub paused: bool,
    /// It owns `status.abort`, by which a Rollout is given up.
    pub aborts: bool,
}

/// A status condition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Condition {
    /// `Progressing`, `Available`, `Ready` …
    pub kind: Text,
    /// `True`, `False` or `Unknown`.
    pub status: Text,
    /// Machine-readable reason.
    pub reason: Text,
    /// Sentence for people.
    pub message: Text,
    /// When the status last flipped.
    pub since: Option<Timestamp>,
    /// When it was last confirmed (Deployments only).
    pub updated: Option<Timestamp>,
}

impl Condition {
    /// Tells whether the status is `True`.
    pub fn is_true(&self) -> bool {
        &*self.status == "True"
    }
}
