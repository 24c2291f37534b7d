//! Folds pods, and notes first sights, times to readiness and ended runs.

use jiff::{SignedDuration, Timestamp};

use crate::domain::{Delta, Family, Pod};

use super::super::{
    Changed, World,
    history::{PodHistory, ReadyTime, RunEnd, UsageRing},
    store::Change,
};

/// A first sight this near to the creation saw the pod being made; times are whole seconds there.
const FRESH: SignedDuration = SignedDuration::from_secs(2);
/// A readiness later than this after the creation speaks of a flap, not of a start.
const LONGEST_START: SignedDuration = SignedDuration::from_mins(10);

impl World {
    pub(in crate::world) fn fold_pods(&mut self, delta: Delta<Pod>, at: Timestamp) -> Changed {
        self.hear(Family::Pods, &delta, at);
        let changes = self.pods.apply(delta);
        for change in &changes {
            self.remember(change, at);
        }
        self.owners(Family::Pods, &self.pods, &changes)
    }

    fn remember(&mut self, change: &Change<Pod>, at: Timestamp) {
        let new = self.pods.get(&change.namespace, &change.name);
        let old = change.old.as_ref().filter(|old| {
            let same = new.is_some_and(|new| new.meta.uid == old.meta.uid);
            if !same {
                self.pod_history.remove(&old.meta.uid);
            }
            same
        });
        let Some(new) = new else { return };
        let history = self.pod_history.entry(new.meta.uid.clone()).or_insert_with(|| PodHistory {
            seen: at,
            ready: None,
            usage: UsageRing::default(),
        });
        let mut took = None;
        if history.ready.is_none() && new.is_ready() {
            history.ready = Some(at);
            took = time_to_ready(new, history.seen, old.is_some(), at);
        }
        let ended = ended_runs(old, new, at);
        if took.is_none() && ended.is_empty() {
            return;
        }
        let Some(key) = self.workload_of(&new.meta) else { return };
        let revision = new.revision_hash().unwrap_or_default().into();
        let history = self.workload_history.entry(key).or_default();
        if let Some(took) = took {
            history.note_ready(ReadyTime { revision, took });
        }
        for end in ended {
            history.note_end(end);
        }
    }
}

/// Returns how long a pod took to readiness: as watched where its birth was, else by the server's whole seconds.
fn time_to_ready(pod: &Pod, seen: Timestamp, watched: bool, at: Timestamp) -> Option<SignedDuration> {
    let created = pod.meta.created?;
    let took = if watched && seen.duration_since(created) <= FRESH {
        at.duration_since(seen)
    } else if pod.restarts() == 0 {
        pod.condition("Ready")?.since?.duration_since(created)
    } else {
        return None;
    };
    (took >= SignedDuration::ZERO && took <= LONGEST_START).then_some(took)
}

/// Returns the runs that ended between two sights of a pod, as far as a restart followed.
fn ended_runs(old: Option<&Pod>, new: &Pod, at: Timestamp) -> Vec<RunEnd> {
    let restarts = |pod: &Pod, name: &str| {
        pod.statuses.iter().find(|status| &*status.name == name).map_or(0, |status| status.restarts)
    };
    new.statuses
        .iter()
        .filter(|status| status.restarts > old.map_or(0, |old| restarts(old, &status.name)))
        .filter_map(|status| {
            let last = status.last.as_ref()?;
            Some(RunEnd {
                at: last.finished.unwrap_or(at),
                pod: new.meta.name.clone(),
                container: status.name.clone(),
                reason: last.reason.clone(),
                exit_code: last.exit_code,
            })
        })
        .collect()
}
