//! A hand-made shop: one rollout that crashes, one under way, the rest at rest.

use jiff::{Timestamp, tz::TimeZone};
use rolltop::{
    app::Sight,
    domain::{
        Autoscaler, AutoscalerMetric, Bytes, Condition, Container, ContainerState, ContainerStatus, ControllerRevision,
        Cores, Delta, Event, Family, IntOrPercent, Kind, Link, LinkState, LogLine, Meta, ObjectRef, Observation, Owner,
        Pod, PodUsage, ReplicaSet, Resources, Scope, Selector, Severity, SourceState, Strategy, Template, Terminated,
        Workload, WorkloadKey, WorkloadStatus,
    },
    release::Assessments,
    view::Setting,
    world::World,
};

pub const NAMESPACE: &str = "mambogo-production";

/// Seconds before the instant at which the screens are drawn.
pub fn ago(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_020 - seconds).unwrap()
}

pub struct Shop {
    pub world: World,
    pub assessments: Assessments,
}

impl Shop {
    /// Connected, all lists in, no workloads.
    pub fn empty() -> Self {
        let mut shop = Self { world: World::new(), assessments: Assessments::new() };
        shop.link(LinkState::Live);
        let families = [
            Family::Workloads(Kind::Deployment),
            Family::Workloads(Kind::StatefulSet),
            Family::Workloads(Kind::DaemonSet),
            Family::ReplicaSets,
            Family::ControllerRevisions,
            Family::Pods,
            Family::Autoscalers,
            Family::Events,
            Family::Services,
            Family::PodUsage,
        ];
        for family in families {
            shop.source(family, SourceState::Synced);
        }
        shop
    }

    /// Everything at rest.
    pub fn healthy() -> Self {
        let mut shop = Self::empty();
        shop.deployment("product-service", 5, &[(14, "v3.1.4", 5, Look::Ready)]);
        shop.deployment("config-server", 2, &[(3, "v1.0.2", 2, Look::Ready)]);
        shop.daemon_set("log-shipper");
        shop
    }

    /// A crash loop, a rollout under way, the rest at rest.
    pub fn busy() -> Self {
        let mut shop = Self::healthy();
        shop.deployment("payment-service", 3, &[(7, "v2.3.0", 2, Look::Ready), (8, "v2.4.0", 1, Look::Crash)]);
        shop.deployment(
            "order-service",
            5,
            &[(2, "v1.0.0", 2, Look::Ready), (3, "v1.1.0", 3, Look::Ready), (3, "v1.1.0", 1, Look::Starting)],
        );
        shop.autoscaler("order-service");
        shop.event(
            "payment-service-8-0",
            "BackOff",
            "Back-off restarting failed container app in pod payment-service-8-0",
            7,
        );
        shop
    }

    pub fn sight(&self) -> Sight<'_> {
        Sight { world: &self.world, assessments: &self.assessments, now: ago(0) }
    }

    pub fn see(&mut self, observation: Observation) {
        let changed = self.world.apply(observation, ago(0));
        self.assessments.refresh(&self.world, &changed, ago(0));
    }

    pub fn link(&mut self, state: LinkState) {
        self.see(Observation::Link(Link {
            id: 1,
            context: "prod-eu".into(),
            server: "https://127.0.0.1:6443".into(),
            user: "oncall".into(),
            namespace: NAMESPACE.into(),
            scope: Scope::one(NAMESPACE),
            state,
        }));
    }

    pub fn source(&mut self, family: Family, state: SourceState) {
        self.see(Observation::Source { family, namespace: Some(NAMESPACE.into()), state });
    }

    /// A Deployment of revisions: number, version, pods, how they are. The last one is the target.
    pub fn deployment(&mut self, name: &str, replicas: i32, revisions: &[(i64, &str, i32, Look)]) {
        let (number, version, ..) = *revisions.last().unwrap();
        let count = |look: Option<Look>, target: bool| -> i32 {
            let own = revisions.iter().filter(|(n, ..)| !target || *n == number);
            own.filter(|(.., one)| look.is_none_or(|look| look == *one)).map(|(_, _, pods, _)| pods).sum()
        };
        let mut meta = meta(name, 90_000);
        meta.generation = number;
        meta.annotations.insert("deployment.kubernetes.io/revision".into(), number.to_string().into());
        let condition = |kind: &str, status: &str, reason: &str| Condition {
            kind: kind.into(),
            status: status.into(),
            reason: reason.into(),
            message: format!("ReplicaSet \"{name}-{number}\" says so").into(),
            since: Some(ago(240)),
            updated: Some(ago(60)),
        };
        let rolling = count(None, true) != replicas || count(None, false) != count(Some(Look::Ready), false);
        let workload = Workload {
            kind: Kind::Deployment,
            meta,
            selector: Selector { labels: labels(name), expressions: Vec::new() },
            paused: false,
            replicas: Some(replicas),
            min_ready_seconds: 0,
            progress_deadline_seconds: Some(600),
            strategy: Strategy::Rolling {
                max_surge: Some(IntOrPercent::Percent(25)),
                max_unavailable: Some(IntOrPercent::Percent(25)),
                partition: None,
                declared: true,
            },
            template: template(name, version),
            status: WorkloadStatus {
                observed_generation: number,
                replicas: count(None, false),
                updated: count(None, true),
                ready: count(Some(Look::Ready), false),
                available: count(Some(Look::Ready), false),
                ..WorkloadStatus::default()
            },
            conditions: vec![
                condition("Available", "True", "MinimumReplicasAvailable"),
                condition("Progressing", "True", if rolling { "ReplicaSetUpdated" } else { "NewReplicaSetAvailable" }),
            ],
            delivery: None,
        };
        let mut numbers: Vec<i64> = revisions.iter().map(|(number, ..)| *number).collect();
        numbers.dedup();
        for number in numbers {
            let own: Vec<_> = revisions.iter().filter(|(n, ..)| *n == number).collect();
            let pods: i32 = own.iter().map(|(_, _, pods, _)| pods).sum();
            let ready: i32 = own.iter().filter(|(.., look)| *look == Look::Ready).map(|(_, _, pods, _)| pods).sum();
            let created = if number == workload.meta.generation && rolling { 240 } else { 90_000 };
            let set = format!("{name}-{number}");
            let mut meta = owned(&set, "Deployment", name, created);
            meta.annotations.insert("deployment.kubernetes.io/revision".into(), number.to_string().into());
            meta.annotations.insert("kubernetes.io/change-cause".into(), format!("release {}", own[0].1).into());
            self.see(Observation::ReplicaSets(Delta::Applied(ReplicaSet {
                meta,
                revision: number,
                hash: number.to_string().into(),
                desired: pods,
                replicas: pods,
                ready,
                available: ready,
                observed_generation: 1,
                template: template(name, own[0].1),
                conditions: Vec::new(),
            })));
            let mut ordinal = 0;
            for (_, version, pods, look) in own {
                for _ in 0..*pods {
                    self.pod(&format!("{set}-{ordinal}"), ("ReplicaSet", &set), (name, version), *look, created);
                    ordinal += 1;
                }
            }
        }
        self.see(Observation::Workloads(Kind::Deployment, Delta::Applied(workload)));
        let key = WorkloadKey::new(Kind::Deployment, NAMESPACE, name);
        self.see(Observation::PodUsage { namespace: Some(NAMESPACE.into()), items: self.usage(&key) });
    }

    fn usage(&self, _: &WorkloadKey) -> Vec<PodUsage> {
        let usage = |pod: &Pod| PodUsage {
            namespace: NAMESPACE.into(),
            name: pod.meta.name.clone(),
            at: ago(20),
            window: 15.0,
            containers: vec![("app".into(), Cores(178_000_000), Bytes(400 << 20))],
        };
        self.world.pods().map(usage).collect()
    }

    pub fn pod(&mut self, name: &str, owner: (&str, &str), image: (&str, &str), look: Look, created: i64) {
        let mut meta = owned(name, owner.0, owner.1, created);
        meta.labels = labels(image.0);
        let running = ContainerState::Running { since: Some(ago(created - 5)) };
        let end = Terminated {
            exit_code: 1,
            reason: "Error".into(),
            started: Some(ago(80)),
            finished: Some(ago(63)),
            ..Terminated::default()
        };
        let (phase, state, restarts, last) = match look {
            Look::Ready => ("Running", running, 0, None),
            Look::Starting => {
                ("Pending", ContainerState::Waiting { reason: "ContainerCreating".into(), message: "".into() }, 0, None)
            }
            Look::Crash => {
                let message = "back-off 2m40s restarting failed container=app".into();
                ("Running", ContainerState::Waiting { reason: "CrashLoopBackOff".into(), message }, 7, Some(end))
            }
        };
        let ready = look == Look::Ready;
        let template = template(image.0, image.1);
        meta.labels.insert("controller-revision-hash".into(), "abc".into());
        self.see(Observation::Pods(Delta::Applied(Pod {
            meta,
            node: "node-a".into(),
            phase: phase.into(),
            started: Some(ago(created)),
            containers: template.containers,
            statuses: vec![ContainerStatus {
                name: "app".into(),
                image: format!("mambogo/{}:{}", image.0, image.1).into(),
                ready,
                started: ready,
                restarts,
                state,
                last,
                ..ContainerStatus::default()
            }],
            conditions: vec![Condition {
                kind: "Ready".into(),
                status: if ready { "True" } else { "False" }.into(),
                since: Some(ago(created - 30)),
                ..Condition::default()
            }],
            ..Pod::default()
        })));
    }

    fn daemon_set(&mut self, name: &str) {
        let workload = Workload {
            kind: Kind::DaemonSet,
            meta: meta(name, 900_000),
            selector: Selector { labels: labels(name), expressions: Vec::new() },
            paused: false,
            replicas: None,
            min_ready_seconds: 0,
            progress_deadline_seconds: None,
            strategy: Strategy::Rolling { max_surge: None, max_unavailable: None, partition: None, declared: true },
            template: template(name, "v0.9.0"),
            status: WorkloadStatus {
                observed_generation: 1,
                replicas: 1,
                updated: 1,
                ready: 1,
                available: 1,
                desired: 1,
                ..WorkloadStatus::default()
            },
            conditions: Vec::new(),
            delivery: None,
        };
        let mut revision = owned(&format!("{name}-abc"), "DaemonSet", name, 900_000);
        revision.labels.insert("controller-revision-hash".into(), "abc".into());
        self.see(Observation::ControllerRevisions(Delta::Applied(ControllerRevision {
            meta: revision,
            revision: 1,
            template: template(name, "v0.9.0"),
        })));
        self.see(Observation::Workloads(Kind::DaemonSet, Delta::Applied(workload)));
        self.pod(&format!("{name}-x"), ("DaemonSet", name), (name, "v0.9.0"), Look::Ready, 900_000);
    }

    fn autoscaler(&mut self, name: &str) {
        self.see(Observation::Autoscalers(Delta::Applied(Autoscaler {
            meta: meta(name, 90_000),
            target: object("Deployment", name),
            min: 5,
            max: 20,
            current: 5,
            desired: 5,
            metrics: vec![AutoscalerMetric { name: "cpu".into(), current: Some("41%".into()), target: "70%".into() }],
            conditions: Vec::new(),
        })));
    }

    pub fn event(&mut self, pod: &str, reason: &str, message: &str, count: i32) {
        self.see(Observation::Events(Delta::Applied(Event {
            meta: meta(&format!("{pod}.{reason}"), 30),
            severity: Severity::Warning,
            reason: reason.into(),
            message: message.into(),
            about: object("Pod", pod),
            about_uid: "".into(),
            source: "kubelet".into(),
            count,
            first: Some(ago(200)),
            last: Some(ago(12)),
        })));
    }
}

/// How a pod is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    Ready,
    Starting,
    Crash,
}

pub fn object(kind: &str, name: &str) -> ObjectRef {
    ObjectRef { kind: kind.into(), namespace: NAMESPACE.into(), name: name.into() }
}

fn labels(name: &str) -> std::collections::BTreeMap<rolltop::domain::Text, rolltop::domain::Text> {
    [("app".into(), name.into())].into()
}

fn meta(name: &str, created: i64) -> Meta {
    Meta {
        name: name.into(),
        namespace: NAMESPACE.into(),
        uid: format!("uid-{name}").into(),
        resource_version: "1".into(),
        generation: 1,
        created: Some(ago(created)),
        labels: labels(name),
        ..Meta::default()
    }
}

fn owned(name: &str, kind: &str, owner: &str, created: i64) -> Meta {
    let owner = Owner { kind: kind.into(), name: owner.into(), uid: format!("uid-{owner}").into() };
    Meta { owner: Some(owner), ..meta(name, created) }
}

fn template(name: &str, version: &str) -> Template {
    let resources =
        |milli: u64, mebi: u64| Resources { cpu: Some(Cores(milli * 1_000_000)), memory: Some(Bytes(mebi << 20)) };
    let container = Container {
        name: "app".into(),
        image: format!("mambogo/{name}:{version}").into(),
        requests: resources(250, 512),
        limits: resources(500, 1024),
        ..Container::default()
    };
    Template { labels: labels(name), containers: [container].into(), ..Template::default() }
}

/// The surroundings of a frame.
pub fn setting(size: (u16, u16)) -> Setting {
    let words = [
        "Starting PaymentServiceApplication",
        "Connecting to postgres:5432",
        "FATAL: password authentication failed",
        "at com.mambogo.Db.connect(Db.java:41)",
        "Application run failed",
    ];
    let lines = words.iter().map(|text| LogLine { at: None, text: (*text).into() }).collect();
    Setting {
        size,
        zone: TimeZone::UTC,
        prometheus: Some(Ok("prometheus-operated".into())),
        panels: rolltop::panel::load(&rolltop::panel::shelf()).0.into(),
        last_words: Some((WorkloadKey::new(Kind::Deployment, NAMESPACE, "payment-service"), "app".into(), lines)),
    }
}
