//! Read-only questions; each costs as much as its answer is long.

use jiff::Timestamp;

use crate::domain::{
    Absence, Access, AnalysisRun, Autoscaler, Bytes, ContainerRole, ControllerRevision, Cores, Deed, Event, Experiment,
    Family, Kind, Link, NodeUsage, ObjectRef, Pod, PodUsage, Reading, ReplicaSet, Resources, Route, Service,
    SourceState, Text, Workload, WorkloadKey,
};

use super::{PodHistory, Source, WorkloadHistory, World, fold::workload_by_name};

/// What the pods of a workload consume, and what those same pods ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// End of the newest window among them.
    pub at: Timestamp,
    /// CPU of all counted pods.
    pub cpu: Cores,
    /// Memory of all counted pods.
    pub memory: Bytes,
    /// Requests of the counted pods; `None` where any of their containers has none. Never a limit.
    pub requests: Resources,
    /// Limits of the counted pods; `None` where any of their containers has none.
    pub limits: Resources,
    /// Pods with a reading.
    pub counted: usize,
    /// Pods that should have one: all that have not ended.
    pub total: usize,
}

impl World {
    /// Returns the connection.
    pub fn link(&self) -> Option<&Link> {
        self.link.as_ref()
    }

    /// Returns the newest recorded change of a workload's template, by its UID.
    pub fn deed_of(&self, uid: &str) -> Option<&Deed> {
        self.deeds.get(uid)
    }

    /// Returns the newest recorded abort of a workload's release, by its UID.
    pub fn abort_of(&self, uid: &str) -> Option<&Deed> {
        self.aborts.get(uid)
    }

    /// Returns the permissions known so far.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// Tells whether every list is in, or will never be.
    pub fn synced(&self) -> bool {
        self.sources.synced()
    }

    /// Returns the source of a family that speaks for a namespace.
    pub fn source(&self, family: Family, namespace: &str) -> Option<&Source> {
        self.sources.of(family, namespace)
    }

    /// Returns every source with its family and namespace (`None`: all namespaces).
    pub fn sources(&self) -> impl Iterator<Item = (Family, Option<&Text>, &Source)> {
        self.sources.iter()
    }

    /// Returns when a family was last heard in any namespace.
    pub fn last_heard(&self, family: Family) -> Option<Timestamp> {
        self.sources.last_heard(family)
    }

    /// Returns a workload.
    pub fn workload(&self, key: &WorkloadKey) -> Option<&Workload> {
        self.workloads.get(&key.kind)?.get(&key.namespace, &key.name)
    }

    /// Returns all workloads, by kind, namespace and name.
    pub fn workloads(&self) -> impl Iterator<Item = &Workload> {
        self.workloads.values().flat_map(super::store::Store::iter)
    }

    /// Returns all pods, by namespace and name.
    pub fn pods(&self) -> impl Iterator<Item = &Pod> {
        self.pods.iter()
    }

    /// Returns a pod.
    pub fn pod(&self, namespace: &str, name: &str) -> Option<&Pod> {
        self.pods.get(namespace, name)
    }

    /// Returns the workload a pod belongs to.
    pub fn workload_of_pod(&self, pod: &Pod) -> Option<WorkloadKey> {
        self.workload_of(&pod.meta)
    }

    /// Returns the pods of a workload and of what its unit takes in, by workload, ReplicaSet and name.
    pub fn pods_of(&self, key: &WorkloadKey) -> Vec<&Pod> {
        let mut pods = self.own_pods_of(key);
        for member in self.others_in(key) {
            pods.extend(self.own_pods_of(&member));
        }
        pods
    }

    /// Returns the pods of one workload, whatever its unit takes in, by ReplicaSet and name.
    pub fn own_pods_of(&self, key: &WorkloadKey) -> Vec<&Pod> {
        let Some(workload) = self.workload(key) else { return Vec::new() };
        if !matches!(key.kind, Kind::Deployment | Kind::Rollout) {
            return self.pods.of(&workload.meta.uid).collect();
        }
        let unread = self.source(Family::ReplicaSets, &key.namespace).is_some_and(|source| !source.listed);
        if unread {
            // Without ReplicaSets only names tell whose a pod is; this one case walks the namespace.
            let of_name = |pod: &&Pod| workload_by_name(&pod.meta) == Some((key.kind, &*key.name));
            return self.pods.within(&key.namespace).filter(of_name).collect();
        }
        self.own_replica_sets_of(key).flat_map(|set| self.pods.of(&set.meta.uid)).collect()
    }

    /// Returns what a unit takes in beside the workload it is named by.
    fn others_in(&self, unit: &WorkloadKey) -> impl Iterator<Item = WorkloadKey> {
        self.members_of(unit).into_iter().filter(move |member| member != unit)
    }

    /// Returns the pods of an owner (a ReplicaSet, StatefulSet or DaemonSet), by name.
    pub fn pods_of_owner<'a>(&'a self, uid: &Text) -> impl Iterator<Item = &'a Pod> + use<'a> {
        self.pods.of(uid)
    }

    /// Returns the ReplicaSets of a workload and of what its unit takes in, by workload and name.
    pub fn replica_sets_of(&self, key: &WorkloadKey) -> impl Iterator<Item = &ReplicaSet> {
        let others = self.others_in(key).collect::<Vec<_>>();
        let uid = |key: &WorkloadKey| self.workload(key).map(|workload| workload.meta.uid.clone());
        let owners: Vec<Text> = std::iter::once(key).chain(&others).filter_map(uid).collect();
        owners.into_iter().flat_map(|owner| self.replica_sets.of(&owner))
    }

    /// Returns the ReplicaSets of one Deployment or Rollout, whatever its unit takes in, by name.
    pub fn own_replica_sets_of(&self, key: &WorkloadKey) -> impl Iterator<Item = &ReplicaSet> {
        self.workload(key).into_iter().flat_map(|workload| self.replica_sets.of(&workload.meta.uid))
    }

    /// Returns the ControllerRevisions of a StatefulSet or DaemonSet, by name.
    pub fn controller_revisions_of(&self, key: &WorkloadKey) -> impl Iterator<Item = &ControllerRevision> {
        self.workload(key).into_iter().flat_map(|workload| self.controller_revisions.of(&workload.meta.uid))
    }

    /// Returns the autoscaler of a workload, else of what its unit takes in, what serves first; the first by name
    /// where several fight over it.
    pub fn autoscaler_of(&self, key: &WorkloadKey) -> Option<&Autoscaler> {
        let own = |key: &WorkloadKey| self.autoscalers.of(&ObjectRef::from(key)).next();
        own(key).or_else(|| {
            let mut members: Vec<_> = self.others_in(key).collect();
            // Flagger's primary serves, and comes after the target it is made of.
            members.reverse();
            members.iter().find_map(own)
        })
    }

    /// Returns the AnalysisRuns an object owns, by name.
    pub fn analysis_runs_of<'a>(&'a self, owner: &Text) -> impl Iterator<Item = &'a AnalysisRun> + use<'a> {
        self.analysis_runs.of(owner)
    }

    /// Returns an AnalysisRun by name.
    pub fn analysis_run(&self, namespace: &str, name: &str) -> Option<&AnalysisRun> {
        self.analysis_runs.get(namespace, name)
    }

    /// Returns the Experiments an object owns, by name.
    pub fn experiments_of<'a>(&'a self, owner: &Text) -> impl Iterator<Item = &'a Experiment> + use<'a> {
        self.experiments.of(owner)
    }

    /// Returns the Services of a namespace, by name.
    pub fn services_in(&self, namespace: &str) -> impl Iterator<Item = &Service> {
        self.services.within(namespace)
    }

    /// Returns the routes of a namespace, by kind and name.
    pub fn routes_in<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a Route> {
        self.routes.values().flat_map(move |store| store.within(namespace))
    }

    /// Returns the events about one object.
    pub fn events_about<'a>(&'a self, object: &ObjectRef) -> impl Iterator<Item = &'a Event> + use<'a> {
        self.events.of(object)
    }

    /// Returns the events about a workload, what its unit takes in, ReplicaSets, pods, autoscaler, analyses and
    /// experiments, newest first.
    pub fn events_of(&self, key: &WorkloadKey) -> Vec<&Event> {
        let about = |kind: &str, name: &Text| ObjectRef {
            kind: kind.into(),
            namespace: key.namespace.clone(),
            name: name.clone(),
        };
        let mut objects = vec![ObjectRef::from(key)];
        objects.extend(self.others_in(key).map(|member| ObjectRef::from(&member)));
        if let Some(workload) = self.workload(key).filter(|_| key.kind == Kind::Rollout) {
            let uid = &workload.meta.uid;
            objects.extend(self.analysis_runs_of(uid).map(|run| about("AnalysisRun", &run.meta.name)));
            objects.extend(self.experiments_of(uid).map(|one| about("Experiment", &one.meta.name)));
        }
        objects.extend(self.replica_sets_of(key).map(|set| about("ReplicaSet", &set.meta.name)));
        objects.extend(self.pods_of(key).into_iter().map(|pod| about("Pod", &pod.meta.name)));
        objects.extend(self.autoscaler_of(key).map(|scaler| about("HorizontalPodAutoscaler", &scaler.meta.name)));
        let mut events: Vec<&Event> = objects.iter().flat_map(|object| self.events.of(object)).collect();
        events.sort_by(|a, b| b.last.cmp(&a.last).then_with(|| a.meta.name.cmp(&b.meta.name)));
        events
    }

    /// Returns what was seen of a workload over time.
    pub fn history(&self, key: &WorkloadKey) -> Option<&WorkloadHistory> {
        self.workload_history.get(key)
    }

    /// Returns what was seen of a pod over time.
    pub fn pod_history(&self, pod: &Pod) -> Option<&PodHistory> {
        self.pod_history.get(&pod.meta.uid)
    }

    /// Returns what the nodes consume.
    pub fn node_usage(&self) -> &[NodeUsage] {
        &self.node_usage
    }

    /// Returns what a pod consumed at the last scrape, or why that is unknown.
    pub fn pod_usage(&self, namespace: &str, name: &str) -> Reading<&PodUsage> {
        let reading = self.usage.get(namespace).and_then(|names| names.get(name));
        reading.ok_or_else(|| self.usage_absence(namespace))
    }

    /// Returns what a workload's pods consumed at the last scrape, or why that is unknown.
    pub fn usage_of(&self, key: &WorkloadKey) -> Reading<Usage> {
        self.usage_of_pods(&key.namespace, &self.pods_of(key))
    }

    /// Returns what some pods of a namespace consumed together at the last scrape, or why that is unknown.
    pub fn usage_of_pods(&self, namespace: &str, pods: &[&Pod]) -> Reading<Usage> {
        let mut sum: Option<Usage> = None;
        let mut total = 0;
        for pod in pods.iter().filter(|pod| !matches!(&*pod.phase, "Succeeded" | "Failed")) {
            total += 1;
            let Some(usage) = self.usage.get(namespace).and_then(|names| names.get(&pod.meta.name)) else {
                continue;
            };
            let one = Usage {
                at: usage.at,
                cpu: usage.cpu(),
                memory: usage.memory(),
                requests: asked(pod, |container| container.requests),
                limits: asked(pod, |container| container.limits),
                counted: 1,
                total: 0,
            };
            sum = Some(sum.map_or(one, |sum| add(sum, one)));
        }
        sum.map(|sum| Usage { total, ..sum }).ok_or_else(|| self.usage_absence(namespace))
    }

    fn usage_absence(&self, namespace: &str) -> Absence {
        match self.source(Family::PodUsage, namespace).map(|source| &source.state) {
            Some(SourceState::Absent(absence)) => absence.clone(),
            Some(SourceState::Lost { why, .. }) => Absence::Failed(why.clone()),
            Some(SourceState::Listing | SourceState::Synced) | None => Absence::NotYet,
        }
    }
}

/// Sums what a pod's lasting containers ask for; one that says nothing makes the sum unknown.
fn asked(pod: &Pod, of: impl Fn(&crate::domain::Container) -> Resources) -> Resources {
    let none = Resources { cpu: Some(Cores(0)), memory: Some(Bytes(0)) };
    let lasting = pod.containers.iter().filter(|container| container.role != ContainerRole::Init);
    lasting.map(of).fold(none, sum)
}

fn sum(a: Resources, b: Resources) -> Resources {
    Resources { cpu: a.cpu.zip(b.cpu).map(|(a, b)| a + b), memory: a.memory.zip(b.memory).map(|(a, b)| a + b) }
}

fn add(a: Usage, b: Usage) -> Usage {
    Usage {
        at: a.at.max(b.at),
        cpu: a.cpu + b.cpu,
        memory: a.memory + b.memory,
        requests: sum(a.requests, b.requests),
        limits: sum(a.limits, b.limits),
        counted: a.counted + b.counted,
        total: 0,
    }
}
