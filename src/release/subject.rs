//! One workload with everything a judgement looks at, gathered once.

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{
        Absence, ContainerRole, ContainerState, ControllerRevision, Family, Kind, Pod, ReplicaSet, SourceState,
        Strategy, Template, Text, Workload, WorkloadKey,
    },
    world::{WorkloadHistory, World},
};

use super::progress::{Verdict, verdict};

const REVISION: [&str; 2] = ["deployment.kubernetes.io/revision", "rollout.argoproj.io/revision"];
const REUSED: [&str; 2] = ["deployment.kubernetes.io/revision-history", "rollout.argoproj.io/revision-history"];
const DAEMON_GENERATION: &str = "deprecated.daemonset.template.generation";

/// One workload and what belongs to it.
pub(super) struct Subject<'a> {
    pub(super) world: &'a World,
    pub(super) key: WorkloadKey,
    pub(super) workload: &'a Workload,
    /// ReplicaSets, highest revision first (Deployments).
    pub(super) sets: Vec<&'a ReplicaSet>,
    /// ControllerRevisions, highest first (StatefulSets, DaemonSets).
    pub(super) revisions: Vec<&'a ControllerRevision>,
    pub(super) pods: Vec<&'a Pod>,
    pub(super) history: Option<&'a WorkloadHistory>,
    pub(super) verdict: Verdict,
    /// The ReplicaSet of the target revision; `None` before its controller made one.
    pub(super) target: Option<&'a ReplicaSet>,
    pub(super) now: Timestamp,
}

impl<'a> Subject<'a> {
    pub(super) fn of(world: &'a World, key: &WorkloadKey, now: Timestamp) -> Option<Self> {
        let workload = world.workload(key)?;
        let mut sets: Vec<_> = world.own_replica_sets_of(key).collect();
        sets.sort_by_key(|set| std::cmp::Reverse(set.revision));
        let mut revisions: Vec<_> = world.controller_revisions_of(key).collect();
        revisions.sort_by_key(|revision| std::cmp::Reverse(revision.revision));
        Some(Self {
            world,
            key: key.clone(),
            workload,
            sets,
            revisions,
            pods: world.own_pods_of(key),
            history: world.history(key),
            verdict: verdict(workload),
            target: target(workload, world.own_replica_sets_of(key)),
            now,
        })
    }

    /// Tells whether its controller has acted on the newest spec.
    pub(super) fn observed(&self) -> bool {
        self.workload.meta.generation <= self.workload.status.observed_generation
    }

    /// Tells whether enough lists are in to judge it.
    pub(super) fn seen_enough(&self) -> bool {
        let mut needed = vec![Family::Pods];
        needed.extend(matches!(self.workload.kind, Kind::Deployment | Kind::Rollout).then_some(Family::ReplicaSets));
        let listing = |family: Family| {
            let source = self.world.source(family, &self.key.namespace);
            source.is_some_and(|source| !source.listed) && self.absent(family).is_none()
        };
        !needed.into_iter().any(listing)
    }

    /// Returns why a family has nothing to say here, where it is forbidden or not served.
    pub(super) fn absent(&self, family: Family) -> Option<&'a Absence> {
        match &self.world.source(family, &self.key.namespace)?.state {
            SourceState::Absent(why) => Some(why),
            _ => None,
        }
    }

    /// Tells whether a pod is of the target revision.
    pub(super) fn is_target(&self, pod: &Pod) -> bool {
        match self.workload.kind {
            Kind::Deployment | Kind::Rollout | Kind::Canary => {
                self.target.is_some_and(|set| pod.meta.owner.as_ref().is_some_and(|own| own.uid == set.meta.uid))
            }
            Kind::StatefulSet => pod.revision_hash() == Some(&*self.workload.status.update_revision),
            Kind::DaemonSet => {
                let generation = self.workload.meta.annotation(DAEMON_GENERATION);
                let by_generation = generation.is_some() && pod.meta.label("pod-template-generation") == generation;
                let newest = self.revisions.first().and_then(|revision| revision_hash(revision));
                by_generation || newest.is_some_and(|hash| pod.revision_hash() == Some(hash))
            }
        }
    }

    /// Returns the pods of the target revision that are neither going nor over (evicted ones stay listed for long).
    pub(super) fn target_pods(&self) -> impl Iterator<Item = &'a Pod> {
        let over = |pod: &Pod| pod.is_terminating() || matches!(&*pod.phase, "Succeeded" | "Failed");
        self.pods.iter().copied().filter(move |pod| !over(pod) && self.is_target(pod))
    }

    /// Tells whether the target is a former revision that was gone back to.
    pub(super) fn rolled_back(&self) -> bool {
        self.target.is_some_and(is_reused)
    }

    /// Returns the template that is asked for: a Rollout may refer to another object's.
    pub(super) fn template(&self) -> &'a Template {
        let own = &self.workload.template;
        match self.target {
            Some(set) if own.containers.is_empty() => &set.template,
            _ => own,
        }
    }

    /// Returns the workload people edit: a Rollout may refer to another one.
    pub(super) fn edited(&self) -> &'a Workload {
        let referred = self.workload.argo().and_then(|argo| argo.workload_ref.as_ref());
        let key = referred
            .and_then(|of| Some(WorkloadKey::new(Kind::parse(&of.kind)?, of.namespace.clone(), of.name.clone())));
        key.and_then(|key| self.world.workload(&key)).unwrap_or(self.workload)
    }

    /// Returns the number of the target revision; 0 when unknown.
    pub(super) fn revision(&self) -> i64 {
        let status = &self.workload.status;
        match self.workload.kind {
            Kind::Deployment | Kind::Rollout | Kind::Canary => marked(self.workload).unwrap_or_default(),
            Kind::StatefulSet => {
                let target = self.revisions.iter().find(|revision| revision.meta.name == status.update_revision);
                target.map_or(0, |revision| revision.revision)
            }
            Kind::DaemonSet => self.revisions.first().map_or(0, |revision| revision.revision),
        }
    }

    /// Returns number and template of the revision an undo would go back to: the second highest, as kubectl takes it.
    pub(super) fn previous(&self) -> Option<(i64, &'a Template)> {
        let sets = self.sets.get(1).map(|set| (set.revision, &set.template));
        sets.or_else(|| self.revisions.get(1).map(|revision| (revision.revision, &revision.template)))
    }

    /// Returns the template that is being replaced: of the newest other revision that has pods, else of the previous.
    pub(super) fn replaced(&self) -> Option<&'a Template> {
        let target = self.target.map(|set| &set.meta.uid);
        let serving = self.sets.iter().find(|set| set.replicas > 0 && Some(&set.meta.uid) != target);
        let current = &self.workload.status.current_revision;
        let current = self.revisions.iter().find(|revision| revision.meta.name == *current);
        serving
            .map(|set| &set.template)
            .or_else(|| current.map(|revision| &revision.template))
            .or_else(|| self.previous().map(|(_, template)| template))
    }

    /// Tells whether the target revision has arrived once; what is missing now was there.
    pub(super) fn arrived(&self) -> bool {
        if self.verdict.is_done() {
            return true;
        }
        let status = &self.workload.status;
        match self.workload.kind {
            Kind::Rollout => self.workload.argo().is_some_and(|argo| {
                !argo.status.current_hash.is_empty()
                    && argo.status.current_hash == argo.status.stable_hash
                    && self.observed()
            }),
            Kind::Deployment | Kind::Canary if !self.observed() => self.target.is_some() && self.progressed(),
            Kind::Deployment | Kind::Canary => status.updated == status.replicas && self.progressed(),
            Kind::StatefulSet | Kind::DaemonSet if self.workload.strategy == Strategy::OnDelete => true,
            Kind::StatefulSet => {
                let whole = !status.update_revision.is_empty() && status.update_revision == status.current_revision;
                self.observed() && (whole || self.partition_arrived())
            }
            Kind::DaemonSet => {
                self.observed() && status.updated >= status.desired && self.target_pods().all(|pod| self.was_ready(pod))
            }
        }
    }

    /// All pods above a StatefulSet's partition are updated and were ready once.
    fn partition_arrived(&self) -> bool {
        let Strategy::Rolling { partition: Some(partition @ 1..), .. } = self.workload.strategy else { return false };
        self.workload.status.updated >= self.workload.desired() - partition
            && self.target_pods().all(|pod| self.was_ready(pod))
    }

    /// A Deployment's condition says that its present ReplicaSet came up; an older one's word does not count.
    fn progressed(&self) -> bool {
        self.workload.condition("Progressing").is_some_and(|condition| {
            let about_target = self.target.is_none_or(|set| is_about(&condition.message, &set.meta.name));
            &*condition.reason == "NewReplicaSetAvailable" && about_target
        })
    }

    /// Tells whether a pod has been ready: as watched, as its Deployment's arrival proves, or by its conditions.
    pub(super) fn was_ready(&self, pod: &Pod) -> bool {
        let watched = self.world.pod_history(pod).is_some_and(|history| history.ready.is_some());
        let arrived = self
            .workload
            .condition("Progressing")
            .filter(|_| self.workload.kind == Kind::Deployment && self.progressed())
            .and_then(|condition| condition.updated);
        watched
            || pod.is_ready()
            // Both are whole seconds: a pod of the very second may as well have come after it.
            || arrived.zip(pod.meta.created).is_some_and(|(arrived, created)| created < arrived)
            || lost_readiness(pod)
    }
}

/// A pod that never was ready is unready since its start; one that lost it, since later.
fn lost_readiness(pod: &Pod) -> bool {
    /// Conditions and states are stamped by different hands.
    const SKEW: SignedDuration = SignedDuration::from_secs(10);
    let unready = pod.condition("Ready").filter(|condition| !condition.is_true()).and_then(|condition| condition.since);
    let running = pod.statuses.iter().find_map(|status| match status.state {
        ContainerState::Running { since } if status.role == ContainerRole::Main => since,
        _ => None,
    });
    unready.zip(running).is_some_and(|(unready, running)| unready > running + SKEW)
}

/// The revision a workload's controller marked it with.
fn marked(workload: &Workload) -> Option<i64> {
    REVISION.iter().find_map(|name| workload.meta.annotation(name))?.parse().ok()
}

/// Tells whether a ReplicaSet was gone back to, so that its age says nothing of the present release.
pub(super) fn is_reused(set: &ReplicaSet) -> bool {
    REUSED.iter().any(|name| set.meta.annotation(name).is_some())
}

/// Finds the ReplicaSet of a Deployment's template: the one its controller marked, else one of the same template.
///
/// A mark that names another template is older than the template: the controller has not followed, or is paused.
///
/// Argo Rollouts names the newest by its hash.
fn target<'a>(workload: &Workload, mut sets: impl Iterator<Item = &'a ReplicaSet>) -> Option<&'a ReplicaSet> {
    if let Some(argo) = workload.argo() {
        let current = &argo.status.current_hash;
        return sets.find(|set| !current.is_empty() && set.hash == *current);
    }
    let marked = marked(workload);
    let observed = workload.meta.generation <= workload.status.observed_generation;
    sets.find(|set| {
        let template = &workload.template;
        let labels = set.template.labels.iter().filter(|(name, _)| &***name != "pod-template-hash");
        (!observed || Some(set.revision) == marked)
            && set.template.containers == template.containers
            && set.template.annotations == template.annotations
            && labels.eq(&template.labels)
    })
}

/// Tells whether a condition's sentence names a ReplicaSet; one that names none is taken as it is.
pub(super) fn is_about(message: &str, set: &str) -> bool {
    !message.contains('"') || message.contains(&format!("\"{set}\""))
}

/// The label pods of a ControllerRevision carry.
pub(super) fn revision_hash(revision: &ControllerRevision) -> Option<&str> {
    revision.meta.label("controller-revision-hash")
}

/// A reference to a pod.
pub(super) fn pod_ref(pod: &Pod) -> crate::domain::ObjectRef {
    crate::domain::ObjectRef {
        kind: Text::from("Pod"),
        namespace: pod.meta.namespace.clone(),
        name: pod.meta.name.clone(),
    }
}
