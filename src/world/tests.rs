//! The world's promises: relists, recreation, indexes, bounds.

mod units;

use crate::domain::{
    Absence, Bytes, Cores, Delta, Event, Family, Kind, Link, LinkState, ObjectRef, Observation, PodUsage, Scope,
    Severity, SourceState, WorkloadKey,
};

use super::{
    World,
    fixtures::{at, deployment, meta, pod, replica_set},
};

fn key(name: &str) -> WorkloadKey {
    WorkloadKey::new(Kind::Deployment, "shop", name)
}

/// A Deployment with one ReplicaSet and three pods.
fn shop() -> World {
    let mut world = World::new();
    let set = replica_set("app", "abc", 1);
    let pods = ["a", "b", "c"].map(|suffix| pod(&set, suffix)).into();
    world.apply(Observation::Workloads(Kind::Deployment, Delta::Applied(deployment("app"))), at(0));
    world.apply(Observation::ReplicaSets(Delta::Applied(set)), at(0));
    world.apply(Observation::Pods(Delta::Reset { namespace: Some("shop".into()), items: pods }), at(0));
    world
}

#[test]
fn a_relist_of_the_same_changes_nothing_and_drops_what_went() {
    let mut world = shop();
    let set = replica_set("app", "abc", 1);
    let same = ["a", "b", "c"].map(|suffix| pod(&set, suffix)).into();
    let changed = world.apply(Observation::Pods(Delta::Reset { namespace: None, items: same }), at(1));
    assert!(changed.is_empty(), "{changed:?}");

    let fewer = vec![pod(&set, "b")];
    let changed = world.apply(Observation::Pods(Delta::Reset { namespace: Some("shop".into()), items: fewer }), at(2));
    assert!(changed.workloads.contains(&key("app")));
    assert_eq!(world.pods_of(&key("app")).len(), 1);
    assert!(world.pod("shop", "app-abc-a").is_none());

    let elsewhere = Delta::Reset { namespace: Some("other".into()), items: Vec::new() };
    world.apply(Observation::Pods(elsewhere), at(3));
    assert_eq!(world.pods().count(), 1, "a relist of one namespace leaves the others alone");
}

#[test]
fn a_late_deletion_of_an_older_object_leaves_the_newer_one() {
    let mut world = shop();
    let gone = |uid: &str| Delta::Deleted { namespace: "shop".into(), name: "app-abc-a".into(), uid: uid.into() };
    assert!(world.apply(Observation::Pods(gone("uid-of-before")), at(1)).is_empty());
    assert!(world.pod("shop", "app-abc-a").is_some());
    world.apply(Observation::Pods(gone("uid-app-abc-a")), at(1));
    assert!(world.pod("shop", "app-abc-a").is_none());
    assert_eq!(world.pods_of(&key("app")).len(), 2);
}

#[test]
fn another_connection_clears_everything() {
    let link = |id| Link {
        id,
        context: "c".into(),
        server: "s".into(),
        user: "u".into(),
        namespace: "shop".into(),
        scope: Scope::one("shop"),
        state: LinkState::Live,
    };
    let mut world = World::new();
    world.apply(Observation::Link(link(1)), at(0));
    world.apply(Observation::Workloads(Kind::Deployment, Delta::Applied(deployment("app"))), at(0));
    assert!(world.apply(Observation::Link(link(1)), at(1)).is_empty());
    let changed = world.apply(Observation::Link(link(2)), at(2));
    assert!(changed.reset && changed.link && changed.workloads.contains(&key("app")));
    assert_eq!(world.workloads().count(), 0);
}

#[test]
fn a_recreated_deployment_does_not_inherit_pods() {
    let mut world = shop();
    let mut again = deployment("app");
    again.meta.uid = "uid-new".into();
    world.apply(Observation::Workloads(Kind::Deployment, Delta::Applied(again)), at(1));
    assert!(world.pods_of(&key("app")).is_empty());
}

#[test]
fn the_first_sight_of_a_template_change_counts() {
    let mut world = shop();
    let mut new = deployment("app");
    new.template = super::fixtures::template("shop/app:v2");
    world.apply(Observation::Workloads(Kind::Deployment, Delta::Applied(new.clone())), at(10));
    new.meta.annotations.insert("deployment.kubernetes.io/revision".into(), "2".into());
    world.apply(Observation::Workloads(Kind::Deployment, Delta::Applied(new.clone())), at(11));
    let seen = |world: &World| world.history(&key("app")).unwrap().change.as_ref().unwrap().at;
    assert_eq!(seen(&world), at(10), "the controller's mark follows and is no change of its own");
    new.meta.annotations.insert("deployment.kubernetes.io/revision".into(), "3".into());
    world.apply(Observation::Workloads(Kind::Deployment, Delta::Applied(new)), at(20));
    assert_eq!(seen(&world), at(20), "a mark alone tells of fields the slim template misses");
}

#[test]
fn usage_counts_what_has_a_reading_and_never_takes_a_limit_for_a_request() {
    let mut world = shop();
    let absent = SourceState::Absent(Absence::NoApi("metrics.k8s.io".into()));
    world.apply(Observation::Source { family: Family::PodUsage, namespace: None, state: absent }, at(0));
    assert_eq!(world.usage_of(&key("app")), Err(Absence::NoApi("metrics.k8s.io".into())));
    let usage = |name: &str, cpu| PodUsage {
        namespace: "shop".into(),
        name: name.into(),
        at: at(5),
        window: 15.0,
        containers: vec![("app".into(), Cores(cpu), Bytes(1024))],
    };
    let items = vec![usage("app-abc-a", 0), usage("app-abc-b", 1_000_000)];
    let changed = world.apply(Observation::PodUsage { namespace: None, items: items.clone() }, at(6));
    assert!(world.apply(Observation::PodUsage { namespace: None, items }, at(7)).is_empty(), "the same scrape again");
    assert!(changed.workloads.contains(&key("app")));
    let sum = world.usage_of(&key("app")).unwrap();
    assert_eq!((sum.cpu, sum.counted, sum.total, sum.requests.cpu), (Cores(1_000_000), 2, 3, None));
    assert_eq!(world.pod_usage("shop", "app-abc-c"), Err(Absence::NotYet));
    assert_eq!(world.pod_usage("shop", "app-abc-a").unwrap().cpu(), Cores(0));
    assert_eq!(world.history(&key("app")).unwrap().usage.iter().count(), 1);
}

#[test]
fn events_are_found_by_subject_and_bounded() {
    let mut world = shop();
    let event = |name: &str, about: &str, second| Event {
        meta: meta(name),
        severity: Severity::Warning,
        reason: "Unhealthy".into(),
        message: String::new().into(),
        about: ObjectRef { kind: "Pod".into(), namespace: "shop".into(), name: about.into() },
        about_uid: String::new().into(),
        source: "kubelet".into(),
        count: 1,
        first: None,
        last: Some(at(second)),
    };
    let changed = world.apply(Observation::Events(Delta::Applied(event("one", "app-abc-a", 1))), at(1));
    assert!(changed.workloads.contains(&key("app")));
    world.apply(Observation::Events(Delta::Applied(event("two", "app-abc-b", 2))), at(2));
    world.apply(Observation::Events(Delta::Applied(event("other", "nobody", 2))), at(2));
    let names: Vec<_> = world.events_of(&key("app")).iter().map(|event| event.meta.name.clone()).collect();
    assert_eq!(names.iter().map(|name| &**name).collect::<Vec<_>>(), ["two", "one"]);
    for number in 0..super::fold::MOST_EVENTS {
        world.apply(Observation::Events(Delta::Applied(event(&format!("n{number}"), "nobody", 3))), at(3));
    }
    assert_eq!(world.events.len(), super::fold::MOST_EVENTS);
    assert!(world.events_of(&key("app")).len() < 2, "the oldest went first");
}

#[test]
fn synced_waits_for_every_list() {
    let mut world = World::new();
    assert!(!world.synced());
    let families = [
        Family::Workloads(Kind::Deployment),
        Family::Workloads(Kind::StatefulSet),
        Family::Workloads(Kind::DaemonSet),
        Family::ReplicaSets,
        Family::ControllerRevisions,
        Family::Pods,
        Family::Autoscalers,
        Family::Services,
    ];
    for family in families {
        world.apply(Observation::Source { family, namespace: None, state: SourceState::Synced }, at(0));
    }
    let events = |state| Observation::Source { family: Family::Events, namespace: None, state };
    world.apply(events(SourceState::Listing), at(0));
    assert!(!world.synced());
    world.apply(events(SourceState::Absent(Absence::Forbidden("list events".into()))), at(1));
    assert!(world.synced());
    assert_eq!(world.last_heard(Family::Events), Some(at(1)));
    world.apply(events(SourceState::Listing), at(2));
    assert!(!world.synced(), "what was absent has not been listed");
}
