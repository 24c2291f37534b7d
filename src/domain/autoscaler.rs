//! HorizontalPodAutoscalers.

use super::{Condition, Meta, ObjectRef, Text};

/// An autoscaler as last seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Autoscaler {
    /// Metadata.
    pub meta: Meta,
    /// What it scales.
    pub target: ObjectRef,
    /// Lower bound; the API's default is 1.
    pub min: i32,
    /// Upper bound.
    pub max: i32,
    /// Replicas it last saw.
    pub current: i32,
    /// Replicas it wants.
    pub desired: i32,
    /// Its metrics.
    pub metrics: Vec<AutoscalerMetric>,
    /// Its conditions (`AbleToScale`, `ScalingActive`, `ScalingLimited`).
    pub conditions: Vec<Condition>,
}

/// One metric, worded as kubectl's TARGETS column does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutoscalerMetric {
    /// `cpu`, `memory` or the metric's name.
    pub name: Text,
    /// Current value, e.g. `41%`; `None` is kubectl's `<unknown>`.
    pub current: Option<Text>,
    /// Target, e.g. `70%`.
    pub target: Text,
}
