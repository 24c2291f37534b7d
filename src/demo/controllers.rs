//! What kube-controller-manager and kube-scheduler compute, over the store, one object at a time.
//!
//! ```text
//! cluster      store, work queue, timers, events        object · condition   paths into JSON, conditions
//! deployment   ReplicaSets in surge and unavailability  rounding · hash      percentages, template hashes
//! replicaset   pods, deleted in the real order          ranking · pods       which pod goes first; what counts
//! statefulset  ordered pods, partitions                 revision             ControllerRevisions
//! daemonset    a pod on each node                       scheduler            a node for each pod, or why none
//! network      Endpoints, EndpointSlices                budget               disruption budgets, quotas
//! node         lost nodes, eviction                     hpa                  replicas from CPU and memory
//! events       counted, combined, cut                   http_route           the mesh accepts its routes
//! rollout      Argo Rollouts: canary, blue-green        analysis_run         measurements against conditions
//! experiment   ReplicaSets for a while, compared        flagger              Flagger: a primary, and its canary
//! ```
//!
//! Each `sync` is a step function of the store and the time; a change of an object wakes only those it concerns.

mod analysis_run;
pub mod budget;
pub mod cluster;
pub mod condition;
mod daemonset;
mod deployment;
mod events;
mod experiment;
pub mod flagger;
pub mod hash;
mod hpa;
mod http_route;
mod network;
mod node;
pub mod object;
pub mod pods;
mod ranking;
mod replicaset;
pub mod revision;
pub mod rollout;
mod rounding;
mod scheduler;
mod statefulset;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

use cluster::{Cluster, Key, Kind};
pub use deployment::{DESIRED, MAX, REVISION};

/// Looks at one object; `lost` says since when a node's kubelet is silent.
pub fn sync(cluster: &mut Cluster, key: &Key, lost: Option<Timestamp>, now: Timestamp) {
    match key.kind {
        Kind::Deployment => deployment::sync(cluster, key, now),
        Kind::ReplicaSet => replicaset::sync(cluster, key, now),
        Kind::StatefulSet => statefulset::sync(cluster, key, now),
        Kind::DaemonSet => daemonset::sync(cluster, key, now),
        Kind::Pod => scheduler::sync(cluster, key, now),
        Kind::Service => network::sync(cluster, key, now),
        Kind::PodDisruptionBudget => budget::sync_disruptions(cluster, key, now),
        Kind::HorizontalPodAutoscaler => hpa::sync(cluster, key, now),
        Kind::ResourceQuota => budget::sync_quota(cluster, key, now),
        Kind::Node => node::sync(cluster, key, lost, now),
        Kind::Rollout => rollout::sync(cluster, key, now),
        Kind::AnalysisRun => analysis_run::sync(cluster, key, now),
        Kind::Experiment => experiment::sync(cluster, key, now),
        Kind::Canary => flagger::sync(cluster, key, now),
        Kind::HttpRoute => http_route::sync(cluster, key, now),
        _ => {}
    }
}
