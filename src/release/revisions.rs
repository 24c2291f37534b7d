//! The revisions of a workload: what it was, what it is, where an undo would go.

use jiff::Timestamp;

use crate::{
    domain::{Meta, ReplicaSet, Template, Text, WorkloadKey},
    world::{Unit, World},
};

use super::{
    Who,
    subject::{Subject, revision_hash},
    version, who,
};

/// One revision, as the history shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// Its number, by the workload's own count.
    pub revision: i64,
    /// Name of its ReplicaSet or ControllerRevision.
    pub name: Text,
    /// When that object was created; a revision that was gone back to keeps its first time.
    pub created: Option<Timestamp>,
    /// Container and image, in the order of the template.
    pub images: Vec<(Text, Text)>,
    /// Its version.
    pub version: String,
    /// Annotation `kubernetes.io/change-cause`.
    pub change_cause: Option<String>,
    /// Who made it.
    pub who: Who,
    /// Its pods, terminating ones too.
    pub replicas: i32,
    /// Its ready pods.
    pub ready: i32,
    /// It is the target.
    pub current: bool,
    /// An undo without a number goes here: the second highest, as kubectl takes it.
    pub undo_default: bool,
}

/// Lists the revisions of a workload, highest first; empty where none can be read.
pub fn revisions(world: &World, key: &WorkloadKey, now: Timestamp) -> Vec<Revision> {
    let served = serving(world, key);
    let Some(subject) = Subject::of(world, &edited(world, key), now) else { return Vec::new() };
    let target = subject.revision();
    let of_sets = subject.sets.iter().map(|set| {
        let one = revision(&subject, &set.meta, &set.template, set.revision == target);
        let same = served.iter().filter(|other| other.template.containers == set.template.containers);
        let (pods, ready) = same.fold((0, 0), |(pods, ready), other| (pods + other.replicas, ready + other.ready));
        Revision { revision: set.revision, replicas: set.replicas + pods, ready: set.ready + ready, ..one }
    });
    let of_revisions = subject.revisions.iter().map(|of| {
        let one = revision(&subject, &of.meta, &of.template, of.revision == target);
        // A StatefulSet's pods carry the revision's name, a DaemonSet's its hash.
        let names = [Some(&*of.meta.name), revision_hash(of)];
        let own = subject.pods.iter().filter(|pod| pod.revision_hash().is_some_and(|hash| names.contains(&Some(hash))));
        let count =
            |ready: bool| i32::try_from(own.clone().filter(|pod| !ready || pod.is_ready()).count()).unwrap_or(i32::MAX);
        Revision { revision: of.revision, replicas: count(false), ready: count(true), ..one }
    });
    let mut all: Vec<_> = of_sets.chain(of_revisions).collect();
    if let Some(second) = all.get_mut(1) {
        second.undo_default = true;
    }
    all
}

/// The workload whose revisions people made: a Flagger Canary's are those of its target.
fn edited(world: &World, key: &WorkloadKey) -> WorkloadKey {
    match world.unit(key) {
        Some(Unit::Flagger { target, .. }) => target.clone(),
        _ => key.clone(),
    }
}

/// Flagger's copies of those revisions, which serve: their pods count where their containers are the same.
fn serving<'a>(world: &'a World, key: &WorkloadKey) -> Vec<&'a ReplicaSet> {
    match world.unit(key) {
        Some(Unit::Flagger { primary, .. }) => world.own_replica_sets_of(primary).collect(),
        _ => Vec::new(),
    }
}

fn revision(subject: &Subject<'_>, meta: &Meta, template: &Template, current: bool) -> Revision {
    let own = who::of_revision(meta, template);
    // Only the target's writer is still told by the workload's managed fields and the audit.
    let deed = subject.world.deed_of(&subject.workload.meta.uid);
    let who = match who::on_record(subject.workload, deed) {
        Some(person) if current => person,
        _ if current && own == Who::Unknown => who::of_workload(subject.workload, deed),
        _ => own,
    };
    Revision {
        revision: 0,
        name: meta.name.clone(),
        created: meta.created,
        images: template.containers.iter().map(|container| (container.name.clone(), container.image.clone())).collect(),
        version: version::of(template),
        change_cause: meta.annotation(who::CHANGE_CAUSE).map(ToOwned::to_owned),
        who,
        replicas: 0,
        ready: 0,
        current,
        undo_default: false,
    }
}
