//! Release units: which workloads one release is made of, worked out again only when their names, labels, selectors
//! or existence change.
//!
//! A Rollout takes in the Deployment it refers to, a Flagger Canary its target and that one's primary. Two Deployments
//! behind one Service are a label canary, two of which a Service selects one are a blue-green pair; both have to share
//! a name, or an annotation has to say so: a Service with a broad selector must never pair two different programs.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Kind, Text, Workload, WorkloadKey};

use super::{Changed, World, pairs};

/// What a release unit is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    /// An Argo Rollout whose template is another workload's.
    Argo {
        /// That workload.
        template: WorkloadKey,
    },
    /// A Flagger Canary.
    Flagger {
        /// The workload people edit; it holds the canary's pods.
        target: WorkloadKey,
        /// The workload Flagger makes of it; it serves.
        primary: WorkloadKey,
    },
    /// Two Deployments behind one Service.
    Labels {
        /// What users mostly get; the unit bears its name.
        stable: WorkloadKey,
        /// What is being tried.
        canary: WorkloadKey,
        /// The Services that reach both, by name; empty where only an annotation pairs them.
        services: Vec<Text>,
    },
    /// Two Deployments of which a Service selects one.
    Switch {
        /// The one it selects; the unit bears its name.
        active: WorkloadKey,
        /// The other one.
        other: WorkloadKey,
        /// The Service.
        service: Text,
        /// The key of its selector that tells them apart.
        label: Text,
        /// The Service that selects the other one, where there is one.
        preview: Option<Text>,
        /// Further Services for users that select the active one: a switch of the first leaves them where they are.
        beside: Vec<Text>,
    },
}

impl Unit {
    /// Returns the workloads it takes in.
    pub fn members(&self) -> Vec<&WorkloadKey> {
        match self {
            Self::Argo { template } => vec![template],
            Self::Flagger { target, primary } => vec![target, primary],
            Self::Labels { stable, canary, .. } => vec![stable, canary],
            Self::Switch { active, other, .. } => vec![active, other],
        }
    }
}

/// The units of one namespace, and what is doubtful about workloads that look like one.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Space {
    pub(super) units: BTreeMap<WorkloadKey, Unit>,
    pub(super) doubts: BTreeMap<WorkloadKey, Vec<String>>,
}

impl Space {
    /// Every workload it says something of.
    fn keys(&self) -> impl Iterator<Item = &WorkloadKey> {
        let members = self.units.values().flat_map(Unit::members);
        self.units.keys().chain(members).chain(self.doubts.keys())
    }
}

/// All units.
#[derive(Debug, Default)]
pub(super) struct Units {
    spaces: BTreeMap<Text, Space>,
    /// Members that are not what their unit is named by.
    of: BTreeMap<WorkloadKey, WorkloadKey>,
    /// Namespaces to be worked out again.
    dirty: BTreeSet<Text>,
}

impl Units {
    pub(super) fn touch(&mut self, namespace: &Text) {
        if !self.dirty.contains(namespace) {
            self.dirty.insert(namespace.clone());
        }
    }

    /// Returns the units of a namespace that take others in.
    pub(super) fn within(&self, namespace: &str) -> impl Iterator<Item = &WorkloadKey> {
        self.spaces.get(namespace).into_iter().flat_map(|space| space.units.keys())
    }
}

/// Tells whether two sights of a workload may be grouped differently.
pub(super) fn regroups(old: &Workload, new: &Workload) -> bool {
    match new.kind {
        Kind::Deployment => {
            old.template.labels != new.template.labels
                || pairs::ANNOTATIONS.iter().any(|name| old.meta.annotation(name) != new.meta.annotation(name))
        }
        Kind::Rollout => {
            old.argo().and_then(|argo| argo.workload_ref.as_ref())
                != new.argo().and_then(|argo| argo.workload_ref.as_ref())
        }
        Kind::Canary => old.flagger().map(|canary| &canary.target) != new.flagger().map(|canary| &canary.target),
        Kind::StatefulSet | Kind::DaemonSet => false,
    }
}

impl World {
    /// Returns the unit a workload belongs to; itself where it stands alone.
    pub fn unit_of(&self, key: &WorkloadKey) -> WorkloadKey {
        self.units.of.get(key).unwrap_or(key).clone()
    }

    /// Tells whether a workload is shown by itself, not as a part of another one's unit.
    pub fn is_unit(&self, key: &WorkloadKey) -> bool {
        !self.units.of.contains_key(key)
    }

    /// Returns what a unit is made of; `None` for one that stands alone.
    pub fn unit(&self, key: &WorkloadKey) -> Option<&Unit> {
        self.units.spaces.get(&key.namespace)?.units.get(key)
    }

    /// Returns the workloads a unit takes in, as far as they are there; none where it stands alone.
    pub fn members_of(&self, unit: &WorkloadKey) -> Vec<WorkloadKey> {
        let members = self.unit(unit).into_iter().flat_map(Unit::members);
        members.filter(|member| self.workload(member).is_some()).cloned().collect()
    }

    /// Returns what is doubtful about a workload that looks like a part of a unit, in sentences.
    pub fn doubts_of(&self, key: &WorkloadKey) -> &[String] {
        self.units.spaces.get(&key.namespace).and_then(|space| space.doubts.get(key)).map_or(&[], Vec::as_slice)
    }

    /// Returns all workloads that are shown by themselves, by kind, namespace and name.
    pub fn unit_keys(&self) -> impl Iterator<Item = WorkloadKey> {
        self.workloads().map(Workload::key).filter(|key| self.is_unit(key))
    }

    /// Works the units out again where that is needed; what is grouped differently now counts as changed, and a
    /// change of a member is one of its unit.
    pub(super) fn regroup(&mut self, changed: &mut Changed) {
        for namespace in std::mem::take(&mut self.units.dirty) {
            let new = pairs::detect(self, &namespace);
            let old = self.units.spaces.remove(&namespace).unwrap_or_default();
            if old != new {
                changed.workloads.extend(old.keys().chain(new.keys()).cloned());
                self.units.of.retain(|member, _| member.namespace != namespace);
                for (unit, members) in &new.units {
                    let others = members.members().into_iter().filter(|member| *member != unit);
                    self.units.of.extend(others.map(|member| (member.clone(), unit.clone())));
                }
            }
            if new != Space::default() {
                self.units.spaces.insert(namespace, new);
            }
        }
        if !self.units.of.is_empty() {
            let units: Vec<_> = changed.workloads.iter().filter_map(|key| self.units.of.get(key)).cloned().collect();
            changed.workloads.extend(units);
        }
    }
}
