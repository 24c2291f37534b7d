//! Events: what the cluster's parts said.

use jiff::Timestamp;

use super::{Meta, ObjectRef, Text};

/// How grave an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// `Normal`.
    Normal,
    /// `Warning`.
    Warning,
}

/// An event as last seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Metadata.
    pub meta: Meta,
    /// How grave.
    pub severity: Severity,
    /// `BackOff`, `FailedCreate`, `ScalingReplicaSet` …
    pub reason: Text,
    /// Sentence.
    pub message: Text,
    /// What it speaks of.
    pub about: ObjectRef,
    /// UID of what it speaks of; may be empty.
    pub about_uid: Text,
    /// Who said it, e.g. `kubelet`.
    pub source: Text,
    /// How often.
    pub count: i32,
    /// First and last time.
    pub first: Option<Timestamp>,
    /// Last time; falls back to first, then creation.
    pub last: Option<Timestamp>,
}
