//! Which workloads are one unit, and when that is worked out again.

use std::{collections::BTreeMap, sync::Arc};

use super::*;
use crate::{
    domain::{ArgoRollout, Delivery, FlaggerCanary, Service, Text, Workload},
    world::Unit,
};

fn labels(pairs: &[(&str, &str)]) -> BTreeMap<Text, Text> {
    pairs.iter().map(|(name, value)| (Text::from(*name), Text::from(*value))).collect()
}

fn labelled(name: &str, pairs: &[(&str, &str)]) -> Workload {
    let mut workload = deployment(name);
    workload.template.labels = labels(pairs);
    workload
}

fn annotated(name: &str, pairs: &[(&str, &str)], annotation: (&str, &str)) -> Workload {
    let mut workload = labelled(name, pairs);
    workload.meta.annotations.insert(annotation.0.into(), annotation.1.into());
    workload
}

fn service(name: &str, pairs: &[(&str, &str)]) -> Service {
    Service { meta: meta(name), selector: labels(pairs), selected: None }
}

fn delivered(kind: Kind, name: &str, delivery: Delivery) -> Workload {
    Workload { kind, delivery: Some(Arc::new(delivery)), ..deployment(name) }
}

fn of(kind: Kind, name: &str) -> WorkloadKey {
    WorkloadKey::new(kind, "shop", name)
}

fn world(workloads: Vec<Workload>, services: Vec<Service>) -> World {
    let mut world = World::new();
    for workload in workloads {
        world.apply(Observation::Workloads(workload.kind, Delta::Applied(workload)), at(0));
    }
    for service in services {
        world.apply(Observation::Services(Delta::Applied(service)), at(0));
    }
    world
}

fn units(world: &World) -> Vec<String> {
    world.unit_keys().map(|key| key.to_string()).collect()
}

#[test]
fn delivery_controllers_take_their_workloads_in() {
    let target = |name: &str| FlaggerCanary {
        target: ObjectRef { kind: "Deployment".into(), namespace: "shop".into(), name: name.into() },
        ..FlaggerCanary::default()
    };
    let referring = ArgoRollout { workload_ref: Some(target("web").target), ..ArgoRollout::default() };
    let world = world(
        vec![
            deployment("cart"),
            deployment("cart-primary"),
            deployment("web"),
            deployment("alone"),
            delivered(Kind::Canary, "cart-release", Delivery::Flagger(target("cart"))),
            delivered(Kind::Canary, "lost", Delivery::Flagger(target("gone"))),
            delivered(Kind::Rollout, "web", Delivery::Argo(referring)),
        ],
        vec![],
    );
    assert_eq!(units(&world), ["deployment/alone", "rollout/web", "canary/cart-release", "canary/lost"]);
    let cart = of(Kind::Canary, "cart-release");
    assert_eq!(world.unit_of(&of(Kind::Deployment, "cart-primary")), cart);
    assert_eq!(world.members_of(&cart), [of(Kind::Deployment, "cart"), of(Kind::Deployment, "cart-primary")]);
    assert_eq!(world.members_of(&of(Kind::Canary, "lost")), []);
    assert_eq!(world.unit_of(&of(Kind::Deployment, "web")), of(Kind::Rollout, "web"));
    assert!(world.is_unit(&of(Kind::Deployment, "alone")));
}

#[test]
fn label_canaries_are_told_by_annotation_label_or_name() {
    let app = ("app", "inventory");
    for (stable, canary) in [
        (labelled("inventory", &[app]), labelled("inventory-canary", &[app])),
        (labelled("inventory", &[app, ("track", "stable")]), labelled("inventory-canary", &[app, ("track", "canary")])),
        (labelled("inventory-stable", &[app]), labelled("inventory-canary", &[app, ("release", "canary")])),
        (labelled("inventory", &[app]), annotated("try", &[app], ("rolltop.dev/canary-of", "inventory"))),
    ] {
        let (one, two) = (stable.key(), canary.key());
        let world = world(vec![stable, canary], vec![service("inventory", &[app])]);
        let expected = Unit::Labels { stable: one.clone(), canary: two.clone(), services: vec!["inventory".into()] };
        assert_eq!(world.unit(&one), Some(&expected));
        assert_eq!((world.unit_of(&two), units(&world).len()), (one, 1));
    }
}

#[test]
fn two_programs_behind_one_selector_are_never_a_pair() {
    let shop = ("part-of", "shop");
    for (workloads, selector) in [
        (vec![labelled("order", &[shop]), labelled("payment-canary", &[shop])], [shop]),
        (vec![labelled("order", &[shop, ("track", "stable")]), labelled("cart", &[shop, ("track", "canary")])], [shop]),
        (
            vec![labelled("web-frontend", &[("tier", "frontend")]), labelled("web-backend", &[("tier", "backend")])],
            [("tier", "frontend")],
        ),
        (
            vec![labelled("order", &[("app", "order")]), labelled("order-canary", &[("app", "other")])],
            [("app", "order")],
        ),
        (vec![labelled("a-v1", &[("version", "v1")]), labelled("b-v2", &[("version", "v2")])], [("version", "v1")]),
    ] {
        let names: Vec<_> = workloads.iter().map(|workload| workload.meta.name.to_string()).collect();
        let world = world(workloads, vec![service("all", &selector)]);
        assert_eq!(units(&world).len(), 2, "{names:?}");
        assert!(world.doubts_of(&of(Kind::Deployment, &names[0])).is_empty(), "{names:?}");
    }
}

#[test]
fn a_switch_is_the_service_that_selects_one_of_two() {
    let app = ("app", "search");
    let blue = || labelled("search-blue", &[app, ("slot", "blue")]);
    let green = || labelled("search-green", &[app, ("slot", "green")]);
    let active = service("search", &[app, ("slot", "blue")]);
    let preview = service("search-preview", &[app, ("slot", "green")]);
    let sides = [service("search-blue", &[app, ("slot", "blue")]), service("search-green", &[app, ("slot", "green")])];
    let mut world = world(vec![blue(), green()], vec![active, preview, sides[0].clone(), sides[1].clone()]);
    let (one, two) = (of(Kind::Deployment, "search-blue"), of(Kind::Deployment, "search-green"));
    assert_eq!(
        world.unit(&one),
        Some(&Unit::Switch {
            active: one.clone(),
            other: two.clone(),
            service: "search".into(),
            label: "slot".into(),
            preview: Some("search-green".into()),
            beside: Vec::new(),
        })
    );
    let switched = service("search", &[app, ("slot", "green")]);
    let changed = world.apply(Observation::Services(Delta::Applied(switched)), at(1));
    assert_eq!((world.unit_of(&one), units(&world)), (two.clone(), vec!["deployment/search-green".to_owned()]));
    assert!(changed.workloads.is_superset(&[one.clone(), two].into()), "both rows are looked at again");
    let told = ("rolltop.dev/blue-green", "search");
    let world = self::world(
        vec![annotated("one", &[app, ("half", "a")], told), annotated("two", &[app, ("half", "b")], told)],
        vec![service("search", &[app, ("half", "b")])],
    );
    assert_eq!(units(&world), ["deployment/two"]);
}

#[test]
fn what_cannot_be_told_is_shown_apart_with_its_doubt() {
    let app = ("app", "inventory");
    let side = |name: &str, label: &str| labelled(name, &[app, ("half", label)]);
    // Two Services, each of which would make another pair of the canary.
    let mut canary = labelled("inventory-canary", &[app]);
    canary.template.labels.extend(labels(&[("one", "y"), ("two", "y")]));
    let workloads =
        vec![labelled("inventory", &[("one", "y")]), labelled("inventory-stable", &[("two", "y")]), canary.clone()];
    let world = world(workloads, vec![service("first", &[("one", "y")]), service("second", &[("two", "y")])]);
    assert_eq!(units(&world).len(), 3);
    for name in ["inventory", "inventory-stable", "inventory-canary"] {
        let doubts = world.doubts_of(&of(Kind::Deployment, name));
        assert!(doubts[0].contains("Services first and second"), "{name}: {doubts:?}");
    }
    // Two Services of the same standing that select different sides.
    let told = ("rolltop.dev/blue-green", "pair");
    let mut sides = vec![side("x", "a"), side("y", "b")];
    for one in &mut sides {
        one.meta.annotations.insert(told.0.into(), told.1.into());
    }
    let services = vec![service("left", &[app, ("half", "a")]), service("right", &[app, ("half", "b")])];
    let world = self::world(sides, services);
    assert_eq!(units(&world).len(), 2);
    assert!(world.doubts_of(&of(Kind::Deployment, "x"))[0].contains("left and right"));
}

#[test]
fn a_status_update_groups_nothing_and_a_members_change_is_its_units() {
    let app = ("app", "inventory");
    let mut canary = labelled("inventory-canary", &[app]);
    let mut world = world(vec![labelled("inventory", &[app]), canary.clone()], vec![service("inventory", &[app])]);
    canary.status.ready = 1;
    let changed = world.apply(Observation::Workloads(Kind::Deployment, Delta::Applied(canary.clone())), at(1));
    let unit = of(Kind::Deployment, "inventory");
    assert_eq!(changed.workloads, [unit.clone(), canary.key()].into());
    let set = replica_set("inventory-canary", "h1", 1);
    world.apply(Observation::ReplicaSets(Delta::Applied(set.clone())), at(2));
    let changed = world.apply(Observation::Pods(Delta::Applied(pod(&set, "a"))), at(2));
    assert!(changed.workloads.contains(&unit));
    assert_eq!((world.pods_of(&unit).len(), world.own_pods_of(&unit).len()), (1, 0));
    assert_eq!(world.replica_sets_of(&unit).count(), 1);
    let gone = Delta::Deleted { namespace: "shop".into(), name: "inventory-canary".into(), uid: "".into() };
    let changed = world.apply(Observation::Workloads(Kind::Deployment, gone), at(3));
    assert!(changed.workloads.contains(&unit) && world.unit(&unit).is_none());
}
