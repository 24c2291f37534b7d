//! The company's metrics: series that follow from traffic and from the state of the cluster.
//!
//! ```text
//! traffic ── PodLoad ──▶ Recorder ── scrape ──▶ Tsdb      the pods' own, as Micrometer names them
//! cluster ── KubeState ────┘  │                            cadvisor's, kube-state-metrics'
//!                             └─ exposition ──▶ text       what GET /actuator/prometheus says
//! ```
//!
//! [`Recorder::observe`] adds what pods did since the last call, [`Recorder::scrape`] writes a sample
//! of everything, [`backfill()`] does both for the day before the start.

mod alerts;
mod application;
mod backfill;
mod container;
mod exposition;
mod kube;
mod kube_state;
mod metadata;
mod recorder;

pub use alerts::rules;
pub use backfill::backfill;
pub use exposition::CONTENT_TYPE;
pub use kube::{
    AutoscalerState, ContainerState, KubeState, NodeState, PodState, ReplicaSetState, WorkloadKind, WorkloadState,
};
pub use metadata::METADATA;
pub use recorder::{Recorder, scrape_instant};

#[cfg(test)]
mod tests;
