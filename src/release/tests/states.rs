//! What a world looks like, and the state it is judged to be in.

use jiff::Timestamp;

use crate::{
    domain::{
        Absence, Condition, ContainerState, Delta, Event, Family, Kind, ObjectRef, Observation, Pod, Probe, ReplicaSet,
        Severity, SourceState, Terminated, Text, Workload, WorkloadKey,
    },
    release::{Assessment, Assessments, Proposal, State, assess, revisions},
    world::{
        Changed, World,
        fixtures::{at, condition, deployment, meta, owned, pod, replica_set, running, template},
    },
};

fn key() -> WorkloadKey {
    WorkloadKey::new(Kind::Deployment, "shop", "app")
}

/// Revision 2 goes out over revision 1: one new pod of three, two old ones.
struct Scene {
    workload: Workload,
    sets: Vec<ReplicaSet>,
    pods: Vec<Pod>,
}

impl Scene {
    fn going_out() -> Self {
        let (old, new) = (replica_set("app", "old", 1), replica_set("app", "new", 2));
        let new = ReplicaSet { desired: 1, replicas: 1, ready: 0, available: 0, ..new };
        let mut workload = deployment("app");
        workload.meta.annotations.insert("deployment.kubernetes.io/revision".into(), "2".into());
        workload.template = template("shop/app:v2");
        workload.status.replicas = 4;
        workload.status.updated = 1;
        workload.conditions = vec![Condition {
            message: "ReplicaSet \"app-new\" is progressing.".into(),
            updated: Some(at(10)),
            ..condition("Progressing", "True", "ReplicaSetUpdated")
        }];
        let pods = vec![unready(&new, "x"), pod(&old, "a"), pod(&old, "b"), pod(&old, "c")];
        Self { workload, sets: vec![old, new], pods }
    }

    fn stable() -> Self {
        let set = replica_set("app", "one", 1);
        Self { workload: deployment("app"), pods: ["a", "b", "c"].map(|name| pod(&set, name)).into(), sets: vec![set] }
    }

    fn world(self) -> World {
        let mut world = World::new();
        world.apply(Observation::Workloads(Kind::Deployment, Delta::Applied(self.workload)), at(0));
        let sets = Delta::Reset { namespace: None, items: self.sets };
        world.apply(Observation::ReplicaSets(sets), at(0));
        world.apply(Observation::Pods(Delta::Reset { namespace: None, items: self.pods }), at(0));
        world
    }

    fn judge(self, second: i64) -> Assessment {
        assess(&self.world(), &key(), at(second))
    }
}

fn unready(set: &ReplicaSet, name: &str) -> Pod {
    let mut pod = pod(set, name);
    pod.statuses = vec![running("app", false)];
    pod.conditions = vec![Condition { since: Some(at(1)), ..condition("Ready", "False", "ContainersNotReady") }];
    pod
}

fn waits(pod: &mut Pod, reason: &str, message: &str) {
    pod.statuses[0].state = ContainerState::Waiting { reason: reason.into(), message: message.into() };
}

fn ended(reason: &str, exit_code: i32, finished: Timestamp) -> Terminated {
    Terminated { exit_code, reason: reason.into(), finished: Some(finished), ..Terminated::default() }
}

fn gravest(assessment: &Assessment) -> (State, &str, &str) {
    let reason = assessment.evidence.first().map_or("", |evidence| &*evidence.reason);
    (assessment.state, reason, &assessment.reason)
}

#[test]
fn each_kind_of_evidence_makes_a_rollout_stuck() {
    type Spoil = fn(&mut Scene);
    let cases: [(Spoil, &str, &str); 7] = [
        (
            |scene| waits(&mut scene.pods[0], "ImagePullBackOff", "no such image"),
            "ImagePullBackOff",
            "ImagePullBackOff",
        ),
        (
            |scene| waits(&mut scene.pods[0], "CreateContainerConfigError", "no secret"),
            "CreateContainerConfigError",
            "CreateContainerConfigError",
        ),
        (
            |scene| {
                waits(&mut scene.pods[0], "CrashLoopBackOff", "back-off");
                scene.pods[0].statuses[0].restarts = 6;
                scene.pods[0].statuses[0].last = Some(ended("Error", 1, at(5)));
            },
            "CrashLoopBackOff",
            "CrashLoopBackOff ×7",
        ),
        (
            |scene| {
                scene.pods[0].statuses[0].restarts = 2;
                scene.pods[0].statuses[0].last = Some(ended("OOMKilled", 137, at(5)));
            },
            "OOMKilled",
            "OOMKilled ×2",
        ),
        (
            |scene| {
                scene.pods[0].conditions = vec![Condition {
                    message: "0/3 nodes are available: 3 Insufficient cpu.".into(),
                    ..condition("PodScheduled", "False", "Unschedulable")
                }];
                scene.pods[0].statuses.clear();
            },
            "Unschedulable",
            "Unschedulable: 3 Insufficient cpu",
        ),
        (
            |scene| {
                scene.sets[1].replicas = 0;
                scene.sets[1].conditions = vec![Condition {
                    message: "exceeded quota: q, requested: pods=1, used: pods=4, limited: pods=4".into(),
                    ..condition("ReplicaFailure", "True", "FailedCreate")
                }];
            },
            "FailedCreate",
            "quota q: pods 4/4",
        ),
        (
            |scene| {
                scene.workload.conditions = vec![Condition {
                    message: "ReplicaSet \"app-new\" has timed out progressing.".into(),
                    ..condition("Progressing", "False", "ProgressDeadlineExceeded")
                }];
            },
            "ProgressDeadlineExceeded",
            "deadline exceeded",
        ),
    ];
    for (spoil, reason, cell) in cases {
        let mut scene = Scene::going_out();
        spoil(&mut scene);
        assert_eq!(gravest(&scene.judge(20)), (State::Stuck, reason, cell));
    }
}

#[test]
fn what_speaks_against_others_or_the_past_does_not_make_it_stuck() {
    assert_eq!(gravest(&Scene::going_out().judge(20)), (State::Progressing, "", "1 of 3 updated"));
    let mut old = Scene::going_out();
    waits(&mut old.pods[1], "CrashLoopBackOff", "");
    assert_eq!(old.judge(20).state, State::Progressing, "a pod of the old revision");
    let mut leaving = Scene::going_out();
    waits(&mut leaving.pods[0], "CrashLoopBackOff", "");
    leaving.pods[0].meta.deleting = Some(at(5));
    assert_eq!(leaving.judge(20).state, State::Progressing, "a terminating pod");
    let mut stale = Scene::going_out();
    stale.workload.conditions = vec![Condition {
        message: "ReplicaSet \"app-before\" has timed out progressing.".into(),
        ..condition("Progressing", "False", "ProgressDeadlineExceeded")
    }];
    assert_eq!(stale.judge(20).state, State::Progressing, "a deadline of the change before");
    let mut once = Scene::going_out();
    once.pods[0].statuses[0].restarts = 1;
    once.pods[0].statuses[0].last = Some(ended("Error", 1, at(5)));
    assert_eq!(once.judge(20).state, State::Progressing, "one failed run");
}

#[test]
fn readiness_has_an_allowance_and_time_alone_ends_it() {
    let mut scene = Scene::going_out();
    let mut asked = scene.pods[0].containers[0].clone();
    asked.readiness = Some(Probe { initial_delay: 5, period: 10, failure_threshold: 3 });
    scene.pods[0].containers = [asked.clone()].into();
    let due = 1 + 5 + 3 * 10 * 3;
    let world = scene.world();
    let mut all = Assessments::new();
    all.refresh(&world, &Changed { workloads: [key()].into(), ..Changed::default() }, at(2));
    assert_eq!(all.get(&key()).unwrap().state, State::Progressing);
    assert_eq!(all.next_deadline(), Some(at(due)));
    assert!(all.refresh(&world, &Changed::default(), at(due - 1)).is_empty());
    assert!(all.refresh(&world, &Changed::default(), at(due)).contains(&key()));
    assert_eq!(gravest(all.get(&key()).unwrap()), (State::Stuck, "Unhealthy", "not ready"));

    asked.startup = Some(Probe { initial_delay: 0, period: 10, failure_threshold: 60 });
    let mut slow = Scene::going_out();
    slow.pods[0].containers = [asked].into();
    slow.pods[0].statuses[0].started = false;
    assert_eq!(slow.judge(due).state, State::Progressing, "readiness is not asked before the startup probe passed");
}

#[test]
fn the_first_match_in_order_wins() {
    let stuck = || {
        let mut scene = Scene::going_out();
        waits(&mut scene.pods[0], "CrashLoopBackOff", "");
        scene
    };
    let mut paused = stuck();
    paused.workload.paused = true;
    let mut zero = stuck();
    zero.workload.paused = true;
    zero.workload.replicas = Some(0);
    assert_eq!(stuck().judge(9).state, State::Stuck);
    assert_eq!(paused.judge(9).state, State::Paused);
    assert_eq!(zero.judge(9).state, State::ScaledDown);
    assert_eq!(assess(&World::new(), &key(), at(0)).state, State::Unknown);
    let mut world = World::new();
    let listing = Observation::Source { family: Family::Pods, namespace: None, state: SourceState::Listing };
    world.apply(listing, at(0));
    world.apply(Observation::Workloads(Kind::Deployment, Delta::Applied(deployment("app"))), at(0));
    assert_eq!(assess(&world, &key(), at(0)).state, State::Unknown, "without its pods nothing is said");
}

#[test]
fn a_state_without_evidence_has_its_own_reason() {
    let mut idle = Scene::stable();
    idle.workload.paused = true;
    assert_eq!(&*idle.judge(9).reason, "nothing waits to go out");
    for (pods, reason) in [
        (0, "no pods are wanted"),
        (1, "no pods are wanted, 1 is still stopping"),
        (3, "no pods are wanted, 3 are still stopping"),
    ] {
        let mut zero = Scene::stable();
        zero.workload.replicas = Some(0);
        zero.pods.truncate(pods);
        assert_eq!(&*zero.judge(9).reason, reason);
    }
}

#[test]
fn without_the_right_to_see_pods_the_status_still_counts_and_the_reason_says_so() {
    let forbidden = |mut scene: Scene| {
        scene.pods.clear();
        scene.sets.clear();
        let mut world = scene.world();
        for family in [Family::Pods, Family::ReplicaSets] {
            let state = SourceState::Absent(Absence::Forbidden("list it in shop".into()));
            world.apply(Observation::Source { family, namespace: None, state }, at(1));
        }
        assess(&world, &key(), at(9))
    };
    let unseen = "its pods cannot be seen (no permission: list it in shop)";
    let stable = forbidden(Scene::stable());
    assert_eq!((stable.state, &*stable.reason, stable.progress.updated_available), (State::Stable, unseen, 3));
    let going = forbidden(Scene::going_out());
    assert_eq!((going.state, going.progress.updated_available), (State::Progressing, 0));
    assert_eq!(going.reason, format!("1 of 3 updated; {unseen}"));
    assert!(going.evidence.is_empty() && going.eta.is_none());
}

#[test]
fn what_arrived_is_stable_or_degraded() {
    assert_eq!(gravest(&Scene::stable().judge(9)), (State::Stable, "", ""));

    let mut lost = Scene::stable();
    lost.workload.conditions[0].updated = Some(at(100));
    lost.workload.status.available = 2;
    lost.pods[0] = unready(&lost.sets[0], "a");
    lost.pods[0].statuses[0].restarts = 1;
    lost.pods[0].statuses[0].last = Some(ended("OOMKilled", 137, at(90)));
    let judged = lost.judge(101);
    assert_eq!(gravest(&judged), (State::Degraded, "OOMKilled", "OOMKilled"));
    assert_eq!(judged.restarts.last_reason, "OOMKilled");

    let mut scaled = Scene::stable();
    scaled.workload.replicas = Some(4);
    let young = unready(&scaled.sets[0], "d");
    scaled.pods.push(young);
    assert_eq!(scaled.judge(9).state, State::Progressing, "scaling is no illness");

    let mut evicted = Scene::stable();
    evicted.workload.conditions[0].updated = Some(at(100));
    let mut over = unready(&evicted.sets[0], "z");
    (over.phase, over.reason) = ("Failed".into(), "Evicted".into());
    evicted.pods.push(over);
    assert_eq!(evicted.judge(9).state, State::Stable, "what was evicted and replaced is over");
}

#[test]
fn crashes_in_between_are_remembered_for_a_while() {
    let mut world = Scene::stable().world();
    let set = replica_set("app", "one", 1);
    for (name, second) in [("a", 10), ("b", 20)] {
        let mut crashed = pod(&set, name);
        crashed.statuses[0].restarts = 1;
        crashed.statuses[0].last = Some(ended("Error", 1, at(second)));
        world.apply(Observation::Pods(Delta::Applied(crashed)), at(second));
    }
    let judged = assess(&world, &key(), at(30));
    assert_eq!(gravest(&judged), (State::Degraded, "Error", "Error ×2"));
    let mut all = Assessments::new();
    all.refresh(&world, &Changed { workloads: [key()].into(), ..Changed::default() }, at(30));
    assert_eq!(all.next_deadline(), Some(at(310)), "five minutes after the older of the two");
    all.refresh(&world, &Changed::default(), at(310));
    assert_eq!(all.get(&key()).unwrap().state, State::Stable);
}

#[test]
fn a_paused_change_has_not_taken_over_the_old_mark() {
    let mut scene = Scene::stable();
    scene.workload.paused = true;
    scene.workload.template = template("shop/app:v2");
    scene.workload.status.updated = 0;
    let judged = scene.judge(9);
    assert_eq!((judged.state, &*judged.reason), (State::Paused, "0 of 3 updated"));
    assert_eq!((&*judged.version.from, &*judged.version.to), ("v1", "v2"));
    assert_eq!((judged.progress.old, judged.advice.proposal), (3, Some(Proposal::Resume)));
}

#[test]
fn a_stateful_set_that_may_not_create_pods_is_stuck() {
    let key = WorkloadKey::new(Kind::StatefulSet, "shop", "db");
    let mut workload = Workload { kind: Kind::StatefulSet, conditions: Vec::new(), ..deployment("db") };
    workload.status.ready = 2;
    workload.status.update_revision = "db-2".into();
    workload.status.current_revision = "db-1".into();
    let refusal = |reason: &str, name: &str, second| Event {
        meta: meta(name),
        severity: Severity::Warning,
        reason: reason.into(),
        message: "create Pod db-0 failed: admission webhook says no".into(),
        about: ObjectRef::from(&key),
        about_uid: Text::default(),
        source: "statefulset-controller".into(),
        count: 3,
        first: None,
        last: Some(at(second)),
    };
    let mut world = World::new();
    world.apply(Observation::Workloads(Kind::StatefulSet, Delta::Applied(workload)), at(0));
    world.apply(Observation::Events(Delta::Applied(refusal("FailedCreate", "one", 10))), at(10));
    assert_eq!(assess(&world, &key, at(20)).state, State::Stuck);
    assert_eq!(assess(&world, &key, at(20 + 600)).state, State::Progressing, "old news");
    world.apply(Observation::Events(Delta::Applied(refusal("SuccessfulCreate", "two", 30))), at(30));
    assert_eq!(assess(&world, &key, at(40)).state, State::Progressing, "overcome since");
}

#[test]
fn a_daemon_set_shows_its_revisions_by_its_pods() {
    let key = WorkloadKey::new(Kind::DaemonSet, "shop", "log");
    let mut workload = Workload { kind: Kind::DaemonSet, conditions: Vec::new(), ..deployment("log") };
    workload.status.desired = 3;
    let mut world = World::new();
    world.apply(Observation::Workloads(Kind::DaemonSet, Delta::Applied(workload)), at(0));
    for revision in [1, 2] {
        let mut meta = owned(&format!("log-h{revision}"), "DaemonSet", "log");
        meta.labels.insert("controller-revision-hash".into(), format!("h{revision}").into());
        let template = template(&format!("shop/log:v{revision}"));
        let revision = crate::domain::ControllerRevision { meta, revision, template };
        world.apply(Observation::ControllerRevisions(Delta::Applied(revision)), at(0));
    }
    for (name, hash) in [("log-a", "h1"), ("log-b", "h2"), ("log-c", "h2")] {
        let mut pod = Pod { meta: owned(name, "DaemonSet", "log"), ..Pod::default() };
        pod.meta.labels.insert("controller-revision-hash".into(), hash.into());
        world.apply(Observation::Pods(Delta::Applied(pod)), at(0));
    }
    let rows: Vec<_> = revisions(&world, &key, at(0))
        .iter()
        .map(|row| (row.revision, row.replicas, row.current, row.undo_default))
        .collect();
    assert_eq!(rows, [(2, 2, true, false), (1, 1, false, true)]);
}
