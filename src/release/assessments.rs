//! The judged state of every workload, kept up to date by what changed and by a queue of instants.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::{
    domain::WorkloadKey,
    world::{Changed, World},
};

use super::{Assessment, judge::judge};

/// The judged state of every workload.
#[derive(Debug, Default)]
pub struct Assessments {
    judged: BTreeMap<WorkloadKey, (Assessment, Option<Timestamp>)>,
    /// When time alone changes a judgement.
    due: BTreeSet<(Timestamp, WorkloadKey)>,
}

impl Assessments {
    /// Makes an empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Judges again what changed and what is due; returns the workloads whose judgement is another one now, or gone.
    pub fn refresh(&mut self, world: &World, changed: &Changed, now: Timestamp) -> BTreeSet<WorkloadKey> {
        let mut differing = BTreeSet::new();
        if changed.reset {
            differing.extend(std::mem::take(&mut self.judged).into_keys());
            self.due.clear();
        }
        let due: Vec<_> = self.due.iter().take_while(|(at, _)| *at <= now).map(|(_, key)| key.clone()).collect();
        for key in changed.workloads.iter().chain(&due) {
            if self.judge(world, key, now) {
                differing.insert(key.clone());
            }
        }
        differing
    }

    /// Judges one workload; tells whether the judgement differs from the last.
    fn judge(&mut self, world: &World, key: &WorkloadKey, now: Timestamp) -> bool {
        let before = self.judged.remove(key);
        if let Some((_, Some(at))) = &before {
            self.due.remove(&(*at, key.clone()));
        }
        // A part of another unit has no judgement of its own.
        if world.workload(key).is_none() || !world.is_unit(key) {
            return before.is_some();
        }
        let (assessment, recheck) = judge(world, key, now);
        // An instant that has passed would come up again and again.
        let recheck = recheck.filter(|at| *at > now);
        if let Some(at) = recheck {
            self.due.insert((at, key.clone()));
        }
        let differs = before.is_none_or(|(before, _)| before != assessment);
        self.judged.insert(key.clone(), (assessment, recheck));
        differs
    }

    /// Takes a judgement as it is given; it holds until its workload changes. For replays and tests.
    pub fn put(&mut self, assessment: Assessment) {
        self.judged.insert(assessment.key.clone(), (assessment, None));
    }

    /// Returns a workload's judgement.
    pub fn get(&self, key: &WorkloadKey) -> Option<&Assessment> {
        self.judged.get(key).map(|(assessment, _)| assessment)
    }

    /// Returns all judgements, by namespace, name and kind.
    pub fn iter(&self) -> impl Iterator<Item = &Assessment> {
        self.judged.values().map(|(assessment, _)| assessment)
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.judged.len()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.judged.is_empty()
    }

    /// Returns the next instant at which time alone changes a judgement: call [`Self::refresh`] then.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }
}
