//! What the variables of a panel stand for.

use std::time::Duration;

use crate::domain::{Kind, WorkloadKey};

/// The longest part of a pod's name that comes from its owner; the rest is drawn at random by the API server.
const GENERATED_BASE: usize = 58;

/// The most characters a ReplicaSet's template hash takes, with the dash before it.
const HASH: usize = 11;

/// The values of the variables for one workload and one step of the chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variables {
    /// `$namespace`: the workload's namespace, taken literally.
    pub namespace: String,
    /// `$workload`: the workload's name, taken literally.
    pub workload: String,
    /// `$pods`: a regular expression that matches the workload's pods, those of earlier revisions too, so
    /// that a chart reaches back beyond the release.
    pub pods: String,
    /// `$container`: a regular expression that matches the containers asked for.
    pub container: String,
    /// `$interval`: the window of rates.
    pub interval: Duration,
}

impl Variables {
    /// The variables of a workload, for all its containers or one of them.
    pub fn of(workload: &WorkloadKey, container: Option<&str>, interval: Duration) -> Self {
        Self {
            namespace: workload.namespace.to_string(),
            workload: workload.name.to_string(),
            pods: pods(workload.kind, &workload.name),
            // Not ".*": cadvisor's sums over a whole pod have an empty container name.
            container: container.map_or_else(|| ".+".to_owned(), regex::escape),
            interval,
        }
    }

    /// The variables of pods named by a regular expression, as [`Variables::pods`] takes it.
    pub fn of_pods(workload: &WorkloadKey, pods: &str, interval: Duration) -> Self {
        Self { pods: pods.to_owned(), ..Self::of(workload, None, interval) }
    }

    /// A regular expression for the pods some ReplicaSets make, by the names of these.
    pub fn pods_of_sets<'a>(sets: impl IntoIterator<Item = &'a str>) -> String {
        let one = |set: &str| match set.get(..GENERATED_BASE - 1) {
            Some(cut) if set.len() > GENERATED_BASE - 1 => format!("{}[a-z0-9-]+", regex::escape(cut)),
            _ => format!("{}-[a-z0-9]{{5}}", regex::escape(set)),
        };
        sets.into_iter().map(one).collect::<Vec<_>>().join("|")
    }
}

/// A regular expression for the names controllers give to pods. Kubernetes cuts long names before it adds
/// the random part, so past that length only the beginning is matched.
fn pods(kind: Kind, name: &str) -> String {
    let room = match kind {
        Kind::Deployment | Kind::Rollout | Kind::Canary => GENERATED_BASE - HASH - 1,
        Kind::DaemonSet => GENERATED_BASE - 1,
        Kind::StatefulSet => usize::MAX,
    };
    if name.len() > room {
        return format!("{}[a-z0-9-]+", regex::escape(name.get(..room).unwrap_or(name)));
    }
    let name = regex::escape(name);
    match kind {
        Kind::Deployment | Kind::Rollout => format!("{name}-[a-z0-9]{{1,10}}-[a-z0-9]{{5}}"),
        // The target serves while it is tried, its primary always.
        Kind::Canary => format!("{name}(-primary)?-[a-z0-9]{{1,10}}-[a-z0-9]{{5}}"),
        Kind::StatefulSet => format!("{name}-[0-9]+"),
        Kind::DaemonSet => format!("{name}-[a-z0-9]{{5}}"),
    }
}
