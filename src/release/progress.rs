//! What `kubectl rollout status` concludes, with its numbers and in our words.
//!
//! The rules are those of kubectl's `polymorphichelpers/rollout_status.go`; the first that matches wins.

use std::fmt;

use crate::domain::{Kind, Strategy, Workload};

use super::strategy::{self, Phase};

/// What kubectl would conclude of a workload now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The controller has not seen the newest spec yet.
    Unobserved,
    /// Deployments: the controller gave up.
    DeadlineExceeded,
    /// Pods are being updated (Deployments, DaemonSets).
    Updating {
        /// Pods of the target revision.
        updated: i32,
        /// Pods wanted.
        desired: i32,
    },
    /// Deployments: all are updated; old pods are still there.
    OldPending {
        /// How many.
        old: i32,
    },
    /// All are updated and not all are available.
    Arriving {
        /// Available pods.
        available: i32,
        /// Of so many: updated pods (Deployments) or wanted ones (DaemonSets).
        of: i32,
    },
    /// StatefulSets: pods are not ready.
    NotReady {
        /// How many.
        missing: i32,
    },
    /// StatefulSets with a declared rolling update: pods at or above its partition, which may be 0, are being updated.
    Partition {
        /// Pods of the target revision.
        updated: i32,
        /// Pods at or above the partition.
        wanted: i32,
    },
    /// StatefulSets without a declared rolling update: the controller has not finished the revision.
    Finishing {
        /// Pods of the target revision.
        updated: i32,
    },
    /// Deployments, DaemonSets: done.
    Done,
    /// StatefulSets: done, as far as the partition lets it.
    PartitionDone {
        /// Pods of the target revision.
        updated: i32,
    },
    /// The strategy is `OnDelete`, of which kubectl says nothing.
    OnDelete,
    /// Rollouts and Canaries, of which kubectl knows nothing: what their own controller makes of them.
    Delivery(Phase),
}

impl Verdict {
    /// Tells whether the rollout is over and good.
    pub fn is_done(self) -> bool {
        matches!(self, Self::Done | Self::PartitionDone { .. } | Self::Delivery(Phase::Healthy))
    }

    /// Words it for a cell of a table, beside counts that say the rest.
    pub fn brief(self) -> String {
        match self {
            Self::Unobserved => "not seen by its controller".to_owned(),
            Self::Updating { updated, desired } => format!("{updated} of {desired} updated"),
            Self::OldPending { old } => format!("{old} old still to go"),
            Self::Arriving { available, of } => format!("{available} of {of} available"),
            Self::NotReady { missing } => format!("{missing} not ready"),
            Self::Partition { updated, wanted } => format!("{updated} of {wanted} updated"),
            Self::Finishing { .. } => "controller is finishing".to_owned(),
            Self::OnDelete => "waits for deletions (OnDelete)".to_owned(),
            Self::DeadlineExceeded | Self::Done | Self::PartitionDone { .. } | Self::Delivery(_) => self.to_string(),
        }
    }

    /// Returns kubectl's numbers in kubectl's order.
    pub fn numbers(self) -> Vec<i32> {
        match self {
            Self::Unobserved | Self::DeadlineExceeded | Self::Done | Self::OnDelete | Self::Delivery(_) => Vec::new(),
            Self::Updating { updated, desired } => vec![updated, desired],
            Self::OldPending { old } => vec![old],
            Self::Arriving { available, of } => vec![available, of],
            Self::NotReady { missing } => vec![missing],
            Self::Partition { updated, wanted } => vec![updated, wanted],
            Self::Finishing { updated } | Self::PartitionDone { updated } => vec![updated],
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unobserved => f.write_str("the controller has not seen the new spec yet"),
            Self::DeadlineExceeded => f.write_str("the progress deadline has passed"),
            Self::Updating { updated, desired } => write!(f, "{updated} of {desired} pods updated"),
            Self::OldPending { old: 1 } => f.write_str("all pods updated, 1 old pod still to go"),
            Self::OldPending { old } => write!(f, "all pods updated, {old} old pods still to go"),
            Self::Arriving { available, of } => write!(f, "{available} of {of} updated pods available"),
            Self::NotReady { missing: 1 } => f.write_str("1 pod is not ready"),
            Self::NotReady { missing } => write!(f, "{missing} pods are not ready"),
            Self::Partition { updated, wanted } => write!(f, "{updated} of {wanted} new pods updated"),
            Self::Finishing { updated } => write!(f, "{updated} pods updated, the controller is finishing"),
            Self::Done => f.write_str("rolled out"),
            Self::PartitionDone { updated } => write!(f, "rolled out, {updated} pods updated"),
            Self::OnDelete => f.write_str("pods change only when someone deletes them (OnDelete)"),
            Self::Delivery(phase) => f.write_str(match phase {
                Phase::Healthy => "rolled out",
                Phase::Progressing => "being rolled out",
                Phase::Paused => "paused",
                Phase::Degraded => "degraded",
            }),
        }
    }
}

/// Concludes what kubectl would.
pub fn verdict(workload: &Workload) -> Verdict {
    match workload.kind {
        Kind::Rollout | Kind::Canary => Verdict::Delivery(strategy::phase(workload).0),
        Kind::Deployment => deployment(workload),
        Kind::StatefulSet => stateful_set(workload),
        Kind::DaemonSet => daemon_set(workload),
    }
}

fn deployment(workload: &Workload) -> Verdict {
    let status = &workload.status;
    if workload.meta.generation > status.observed_generation {
        return Verdict::Unobserved;
    }
    if workload.condition("Progressing").is_some_and(|condition| &*condition.reason == "ProgressDeadlineExceeded") {
        return Verdict::DeadlineExceeded;
    }
    match workload.replicas {
        Some(desired) if status.updated < desired => Verdict::Updating { updated: status.updated, desired },
        _ if status.replicas > status.updated => Verdict::OldPending { old: status.replicas - status.updated },
        _ if status.available < status.updated => Verdict::Arriving { available: status.available, of: status.updated },
        _ => Verdict::Done,
    }
}

fn daemon_set(workload: &Workload) -> Verdict {
    let status = &workload.status;
    if workload.strategy == Strategy::OnDelete {
        Verdict::OnDelete
    } else if workload.meta.generation > status.observed_generation {
        Verdict::Unobserved
    } else if status.updated < status.desired {
        Verdict::Updating { updated: status.updated, desired: status.desired }
    } else if status.available < status.desired {
        Verdict::Arriving { available: status.available, of: status.desired }
    } else {
        Verdict::Done
    }
}

fn stateful_set(workload: &Workload) -> Verdict {
    let status = &workload.status;
    let Strategy::Rolling { partition, declared, .. } = workload.strategy else { return Verdict::OnDelete };
    if status.observed_generation == 0 || workload.meta.generation > status.observed_generation {
        return Verdict::Unobserved;
    }
    let missing = workload.replicas.map_or(0, |desired| desired - status.ready);
    if missing > 0 {
        return Verdict::NotReady { missing };
    }
    if declared {
        let wanted = workload.replicas.zip(partition).map_or(0, |(replicas, partition)| replicas - partition);
        return if status.updated < wanted {
            Verdict::Partition { updated: status.updated, wanted }
        } else {
            Verdict::PartitionDone { updated: status.updated }
        };
    }
    if status.update_revision == status.current_revision {
        Verdict::PartitionDone { updated: status.updated }
    } else {
        Verdict::Finishing { updated: status.updated }
    }
}
