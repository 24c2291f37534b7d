//! Folds workloads, and notes when their template was seen to change.

use jiff::Timestamp;

use crate::domain::{Delta, Family, Kind, Text, Workload, WorkloadKey};

use super::super::{Changed, World, history::TemplateChange, units::regroups};

impl World {
    pub(in crate::world) fn fold_workloads(&mut self, kind: Kind, delta: Delta<Workload>, at: Timestamp) -> Changed {
        self.hear(Family::Workloads(kind), &delta, at);
        let differing = self.workloads.entry(kind).or_default().apply(delta);
        let mut changed = Changed::default();
        for change in differing {
            changed.families.insert(Family::Workloads(kind));
            let key = WorkloadKey::new(kind, change.namespace, change.name);
            let new = self.workloads.get(&kind).and_then(|store| store.get(&key.namespace, &key.name));
            if new.zip(change.old.as_ref()).is_none_or(|(new, old)| regroups(old, new)) {
                self.units.touch(&key.namespace);
            }
            match (change.old, new) {
                (Some(old), Some(new)) if old.meta.uid == new.meta.uid => {
                    let known = self.workload_history.get(&key).and_then(|history| history.change.as_ref());
                    if let Some(change) = template_change(&old, new, known, at) {
                        self.workload_history.entry(key.clone()).or_default().change = Some(change);
                    }
                }
                (Some(_), _) => {
                    self.workload_history.remove(&key);
                }
                (None, _) => {}
            }
            self.note_unseen(&key, at);
            changed.workloads.insert(key);
        }
        changed
    }

    /// Notes since when a delivery's controller has not acted; an object it never saw waits since its creation.
    fn note_unseen(&mut self, key: &WorkloadKey, at: Timestamp) {
        let workload = self.workload(key).filter(|workload| workload.delivery.is_some());
        let unseen = workload.filter(|workload| workload.is_unseen()).map(|workload| {
            let never = workload.meta.generation <= 1 && workload.status.observed_generation == 0;
            workload.meta.created.filter(|_| never).unwrap_or(at)
        });
        match unseen {
            Some(since) => {
                self.workload_history.entry(key.clone()).or_default().unseen.get_or_insert(since);
            }
            None => {
                if let Some(history) = self.workload_history.get_mut(key) {
                    history.unseen = None;
                }
            }
        }
    }
}

/// Returns the change between two sights of a workload.
///
/// The slim template misses fields a release does not look at, but each kind's controller marks the
/// revision too; the mark follows the template a moment later and is then no change of its own.
fn template_change(
    old: &Workload,
    new: &Workload,
    known: Option<&TemplateChange>,
    at: Timestamp,
) -> Option<TemplateChange> {
    if old.template != new.template {
        let moved = (mark(old) != mark(new)).then(|| mark(new));
        return Some(TemplateChange { at, mark: moved });
    }
    if mark(old) == mark(new) || mark(new).is_empty() || mark(old).is_empty() {
        return None;
    }
    match known {
        Some(change) if change.mark.is_none() => Some(TemplateChange { at: change.at, mark: Some(mark(new)) }),
        _ => Some(TemplateChange { at, mark: Some(mark(new)) }),
    }
}

/// The workload's own mark of its target revision.
fn mark(workload: &Workload) -> Text {
    match workload.kind {
        Kind::Deployment => workload.meta.annotation("deployment.kubernetes.io/revision").unwrap_or_default().into(),
        Kind::Rollout => workload.meta.annotation("rollout.argoproj.io/revision").unwrap_or_default().into(),
        Kind::Canary => workload.flagger().map(|canary| canary.status.last_applied.clone()).unwrap_or_default(),
        Kind::StatefulSet => workload.status.update_revision.clone(),
        Kind::DaemonSet => {
            workload.meta.annotation("deprecated.daemonset.template.generation").unwrap_or_default().into()
        }
    }
}
