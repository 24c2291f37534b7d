//! Label canaries, and blue-green pairs behind a Service.

use super::*;
use crate::domain::Text;

/// A Deployment of a version with so many pods, all available.
fn side(world: &mut World, name: &str, version: i64, pods: i32, labels: &[(&str, &str)]) {
    let mut one = deployment(name);
    one.replicas = Some(pods);
    one.template = template(&format!("shop/app:v{version}"));
    one.template.labels = labels.iter().map(|(name, value)| (Text::from(*name), Text::from(*value))).collect();
    one.meta.annotations.insert("deployment.kubernetes.io/revision".into(), version.to_string().as_str().into());
    for count in [&mut one.status.replicas, &mut one.status.updated, &mut one.status.ready, &mut one.status.available] {
        *count = pods;
    }
    let labels = one.template.labels.clone();
    workload(world, one);
    let mut of = sized(name, "h", version, pods);
    of.template.labels = labels;
    set(world, &of);
}

fn service(world: &mut World, name: &str, selector: &[(&str, &str)], selected: Option<i64>) {
    let selector = selector.iter().map(|(name, value)| (Text::from(*name), Text::from(*value))).collect();
    let service = Service { meta: meta(name), selector, selected: selected.map(at) };
    put(world, Observation::Services(Delta::Applied(service)), 0);
}

const APP: (&str, &str) = ("app", "inventory");

fn inventory(stable: (i64, i32), canary: (i64, i32)) -> World {
    let mut world = World::new();
    // Version labels that somebody who set an image left behind.
    side(&mut world, "inventory", stable.0, stable.1, &[APP, ("track", "stable"), ("app.kubernetes.io/version", "v8")]);
    let behind = ("app.kubernetes.io/version", "v7");
    side(&mut world, "inventory-canary", canary.0, canary.1, &[APP, ("track", "canary"), behind]);
    service(&mut world, "inventory", &[APP], None);
    world
}

fn judge(world: &World, name: &str, second: i64) -> Assessment {
    assess(world, &key(Kind::Deployment, name), at(second))
}

#[test]
fn a_label_canary_weighs_by_pods_and_waits_for_a_person() {
    let judged = judge(&inventory((1, 9), (2, 1)), "inventory", 601);
    let read = delivery(&judged);
    assert_eq!((judged.state, &*judged.reason), (State::Waiting, "canary 10 %, wants you 10m"));
    assert_eq!(read.weight_actual, Some((10.0, WeightSource::Pods(1, 10))));
    assert_eq!(
        (read.weight_wanted, read.canary.as_ref().unwrap().deployment.clone()),
        (Some(10.0), Some(key(Kind::Deployment, "inventory-canary")))
    );
    assert_eq!(judged.advice.proposal, Some(Proposal::Promote));
    assert_eq!((&*judged.version.from, &*judged.version.to), ("v1", "v2"));
    for (world, state, tried) in [
        (inventory((1, 9), (2, 0)), State::Stable, false),
        (inventory((2, 9), (2, 1)), State::Stable, true),
        (inventory((1, 0), (2, 1)), State::ScaledDown, true),
    ] {
        let judged = judge(&world, "inventory", 100);
        assert_eq!((judged.state, delivery(&judged).canary.is_some()), (state, tried), "{judged:?}");
    }
}

#[test]
fn a_crashing_label_canary_is_stuck_and_to_be_aborted() {
    let mut world = inventory((1, 3), (2, 0));
    let mut canary = world.workload(&key(Kind::Deployment, "inventory-canary")).unwrap().clone();
    (canary.replicas, canary.status.replicas, canary.status.updated) = (Some(1), 1, 1);
    canary.conditions.clear();
    let mut set = sized("inventory-canary", "h", 2, 1);
    set.template.labels = canary.template.labels.clone();
    (set.available, set.ready) = (0, 0);
    workload(&mut world, canary);
    put(&mut world, Observation::ReplicaSets(Delta::Applied(set.clone())), 1);
    put(&mut world, Observation::Pods(Delta::Applied(crashing(&set))), 1);
    let judged = judge(&world, "inventory", 100);
    assert_eq!((judged.state, judged.advice.proposal.clone()), (State::Stuck, Some(Proposal::Abort)), "{judged:?}");
    assert_eq!(judged.restarts.total, 4);
}

#[test]
fn only_units_have_a_judgement_of_their_own() {
    let world = inventory((1, 9), (2, 1));
    let mut all = Assessments::new();
    let members = ["inventory", "inventory-canary"].map(|name| key(Kind::Deployment, name));
    all.refresh(&world, &Changed { workloads: members.into(), ..Changed::default() }, at(100));
    let names: Vec<_> = all.iter().map(|one| one.key.name.to_string()).collect();
    assert_eq!(names, ["inventory"]);
}

#[test]
fn what_reaches_both_sides_and_what_does_not_is_said() {
    let mut world = inventory((1, 9), (2, 1));
    service(&mut world, "inventory-internal", &[APP], None);
    let judged = judge(&world, "inventory", 100);
    assert_eq!(
        delivery(&judged).alarms,
        [
            "2 Services share their traffic between both by their pods: inventory and inventory-internal; a label of one \
          side in its selector takes one out"
        ]
    );
    let mut apart = World::new();
    side(&mut apart, "inventory", 1, 9, &[("app", "a")]);
    side(&mut apart, "inventory-canary", 2, 1, &[("app", "b")]);
    let mut canary = apart.workload(&key(Kind::Deployment, "inventory-canary")).unwrap().clone();
    canary.meta.annotations.insert("rolltop.dev/canary-of".into(), "inventory".into());
    workload(&mut apart, canary);
    let judged = judge(&apart, "inventory", 100);
    assert_eq!(delivery(&judged).weight_actual, None);
    assert!(delivery(&judged).alarms[0].starts_with("no Service reaches"), "{judged:?}");
}

const SEARCH: (&str, &str) = ("app", "search");

/// Blue of v1 is active; green of a version changed at an instant; the selector was written at another.
fn search(green: i64, changed: Option<i64>, selected: Option<i64>, pods: i32) -> World {
    let mut world = World::new();
    side(&mut world, "search-blue", 1, 3, &[SEARCH, ("slot", "blue")]);
    side(&mut world, "search-green", green, pods, &[SEARCH, ("slot", "green")]);
    service(&mut world, "search", &[SEARCH, ("slot", "blue")], selected);
    if let Some(changed) = changed {
        let mut green = world.workload(&key(Kind::Deployment, "search-green")).unwrap().clone();
        green.meta.managers = vec![crate::domain::Manager {
            aborts: false,
            name: "kubectl-set".into(),
            operation: "Update".into(),
            at: Some(at(changed)),
            template: true,
            replicas: true,
            paused: false,
        }];
        workload(&mut world, green);
    }
    world
}

#[test]
fn a_preview_newer_than_the_last_switch_waits_and_an_older_one_is_what_was() {
    for (world, state, role, step) in [
        (search(2, Some(50), Some(10), 3), State::Waiting, Some("preview"), Some(1)),
        // Somebody switched back after it was made: it has been decided about.
        (search(2, Some(50), Some(60), 3), State::Stable, Some("previous"), Some(2)),
        (search(2, Some(50), None, 3), State::Waiting, Some("preview"), Some(1)),
        (search(2, Some(-50), None, 3), State::Stable, Some("previous"), Some(2)),
        (search(1, Some(50), Some(10), 3), State::Stable, Some("previous"), Some(2)),
        (search(2, Some(50), Some(10), 0), State::Stable, None, None),
    ] {
        let judged = judge(&world, "search-blue", 200);
        let read = delivery(&judged);
        assert_eq!(
            (judged.state, read.canary.as_ref().map(|side| side.role), read.step),
            (state, role, step),
            "{judged:?}"
        );
        assert_eq!(read.stable.role, "active");
        if state == State::Waiting {
            assert_eq!(judged.reason, "preview 3/3, wants you 3m");
            assert_eq!(read.wait, Some(Wait::Person { since: Some(at(1)), what: "the switch".into() }));
            assert_eq!(read.weight_actual, Some((0.0, WeightSource::Selector("search".into()))));
        }
    }
}

#[test]
fn what_waits_is_said_and_services_a_switch_forgets_are_named() {
    let judged = judge(&inventory((1, 9), (2, 1)), "inventory", 100);
    assert_eq!(judged.message, "v2 runs in 1 of 10 pods: promote makes it stable, abort ends it");
    let mut world = search(2, Some(50), Some(10), 3);
    let judged = judge(&world, "search-blue", 100);
    assert_eq!(
        judged.message,
        "v2 is up on search-green, where no users are: promote switches them to it, abort gives it up"
    );
    assert_eq!(delivery(&judged).services, [("search".into(), "search-blue (v1)".to_owned())]);
    assert!(delivery(&judged).alarms.is_empty());
    service(&mut world, "search-green", &[SEARCH, ("slot", "green")], None);
    service(&mut world, "search-partners", &[SEARCH, ("slot", "blue")], None);
    let judged = judge(&world, "search-blue", 100);
    assert_eq!(delivery(&judged).services[1], ("search-green".into(), "search-green (v2)".to_owned()));
    assert!(
        delivery(&judged).alarms[0].starts_with(
            "Services search and search-partners select search-blue: promote switches search alone; switch search-partners"
        ),
        "{judged:?}"
    );
}

#[test]
fn what_cannot_be_told_stands_alone_with_its_doubt() {
    let mut world = search(2, Some(50), Some(10), 3);
    let gone = Delta::Deleted { namespace: "shop".into(), name: "search".into(), uid: "".into() };
    put(&mut world, Observation::Services(gone), 1);
    service(&mut world, "left", &[SEARCH, ("slot", "blue")], None);
    service(&mut world, "right", &[SEARCH, ("slot", "green")], None);
    for name in ["search-blue", "search-green"] {
        let judged = judge(&world, name, 100);
        assert_eq!(judged.state, State::Stable);
        assert!(delivery(&judged).alarms[0].contains("left and right"), "{judged:?}");
    }
}
