//! When the present rollout began, and how that is known.

use crate::domain::Kind;

use super::{
    Started,
    subject::{Subject, is_reused},
};

/// Finds the start: the template change seen by watch, else the write that owns the template, else the creation of
/// the ReplicaSet if its revision was never reused, else nothing.
pub(super) fn started(subject: &Subject<'_>) -> Option<Started> {
    let seen = subject.history.and_then(|history| history.change.as_ref());
    if let Some(change) = seen {
        return Some(Started { at: change.at, source: "seen" });
    }
    let managers = &subject.edited().meta.managers;
    if let Some(at) = managers.iter().filter(|manager| manager.template).filter_map(|manager| manager.at).max() {
        return Some(Started { at, source: "managedFields" });
    }
    if !matches!(subject.workload.kind, Kind::Deployment | Kind::Rollout) {
        return None;
    }
    let set = subject.target?;
    let at = set.meta.created.filter(|_| !is_reused(set))?;
    Some(Started { at, source: "ReplicaSet creation" })
}
