//! Canaries of Flagger.

use jiff::SignedDuration;

use super::*;
use crate::domain::{Event, FlaggerAnalysis, FlaggerGate, FlaggerStatus, Severity};

fn canary(phase: &str) -> FlaggerCanary {
    let gate = |kind: &str, name: &str| FlaggerGate { kind: kind.into(), name: name.into(), url: "".into() };
    FlaggerCanary {
        target: ObjectRef { kind: "Deployment".into(), namespace: "shop".into(), name: "cart".into() },
        service: "cart".into(),
        analysis: FlaggerAnalysis {
            interval: SignedDuration::from_secs(60),
            threshold: 5,
            weights: vec![20, 40, 60],
            gates: vec![gate("confirm-promotion", ""), gate("confirm-traffic-increase", "hold")],
            ..FlaggerAnalysis::default()
        },
        status: FlaggerStatus {
            phase: phase.into(),
            failed_checks: 1,
            last_transition: Some(at(100)),
            ..FlaggerStatus::default()
        },
        ..FlaggerCanary::default()
    }
}

/// The Canary with a primary of v1 and a target of v2 with so many pods.
fn world(canary: FlaggerCanary, pods: i32) -> World {
    let mut world = World::new();
    let mut says = deployment("cart");
    says.kind = Kind::Canary;
    says.meta.uid = "uid-canary".into();
    says.status.observed_generation = i64::from(!canary.status.phase.is_empty());
    says.paused = canary.suspended;
    says.delivery = Some(Arc::new(Says::Flagger(canary)));
    workload(&mut world, says);
    workload(&mut world, deployment("cart-primary"));
    set(&mut world, &sized("cart-primary", "p", 1, 3));
    let mut target = deployment("cart");
    target.template = template("shop/app:v2");
    target.meta.annotations.insert("deployment.kubernetes.io/revision".into(), "2".into());
    target.replicas = Some(pods);
    for count in [
        &mut target.status.replicas,
        &mut target.status.updated,
        &mut target.status.ready,
        &mut target.status.available,
    ] {
        *count = pods;
    }
    workload(&mut world, target);
    set(&mut world, &sized("cart", "c", 2, pods));
    world
}

fn judge(world: &World, second: i64) -> Assessment {
    assess(world, &key(Kind::Canary, "cart"), at(second))
}

fn route(world: &mut World, canary: i32) {
    let backends = vec![("cart-primary".into(), 100 - canary), ("cart-canary".into(), canary)];
    let route = Route { kind: "HTTPRoute".into(), meta: meta("cart"), backends };
    put(world, Observation::Routes(RouteKind::HttpRoute, Delta::Applied(route)), 1);
}

#[test]
fn each_phase_has_its_state_step_and_weights() {
    let weigh = |phase: &str, weight| {
        let mut canary = canary(phase);
        canary.status.weight = weight;
        canary
    };
    let status = |weight: f64| Some((weight, WeightSource::Status(None)));
    for (phase, weight, pods, state, step, wanted, actual) in [
        ("Initializing", 0, 0, State::Progressing, None, None, None),
        ("Initialized", 0, 0, State::Stable, None, None, None),
        ("Waiting", 0, 1, State::Waiting, Some(0), Some(0.0), status(0.0)),
        ("Progressing", 0, 1, State::Progressing, Some(0), Some(0.0), status(0.0)),
        ("Progressing", 40, 1, State::Progressing, Some(1), Some(40.0), status(40.0)),
        // Here the status says 0, and no route has moved: nothing else tells, so it is unknown.
        ("WaitingPromotion", 0, 1, State::Waiting, Some(3), Some(60.0), None),
        ("Promoting", 0, 1, State::Progressing, Some(4), Some(60.0), None),
        ("Finalising", 0, 1, State::Progressing, Some(5), Some(0.0), status(0.0)),
        ("Succeeded", 0, 0, State::Stable, Some(5), None, None),
        ("Failed", 0, 0, State::Degraded, None, None, None),
        ("Failed", 100, 1, State::Degraded, None, Some(100.0), status(100.0)),
        ("Terminating", 0, 0, State::Progressing, None, None, None),
        ("Whatever", 0, 0, State::Progressing, None, None, None),
    ] {
        let judged = judge(&world(weigh(phase, weight), pods), 110);
        let read = delivery(&judged);
        assert_eq!((judged.state, read.step), (state, step), "{phase} {weight}: {judged:?}");
        assert_eq!((read.weight_wanted, read.weight_actual.clone()), (wanted, actual), "{phase} {weight}");
        assert_eq!(read.steps.len(), 5, "three weights, a gate, the promotion");
        let members = judged.key.clone();
        assert_eq!(members, key(Kind::Canary, "cart"));
    }
}

#[test]
fn a_route_tells_what_the_status_does_not() {
    let mut world = world(canary("WaitingPromotion"), 1);
    route(&mut world, 60);
    let judged = judge(&world, 100 + 300);
    assert_eq!(delivery(&judged).weight_actual, Some((60.0, WeightSource::Route("HTTPRoute cart".into()))));
    assert_eq!(judged.reason, "canary 60 %, step 4 of 5, gate confirm-promotion, wants you 5m");
    assert_eq!(judged.advice.proposal, Some(Proposal::Promote));
    assert_eq!((&*judged.version.from, &*judged.version.to, judged.revision), ("v1", "v2", 2));
    assert_eq!(world.pods_of(&judged.key).len(), 4);
}

#[test]
fn a_failed_promotion_and_skipped_tests_are_alarms() {
    let mut failed = canary("Failed");
    failed.status.weight = 100;
    failed.skip_analysis = true;
    let judged = judge(&world(failed, 1), 110);
    assert_eq!(
        delivery(&judged).alarms,
        ["the promotion failed: all traffic is on the canary", "skipAnalysis is set: new versions go out untested"]
    );
    assert_eq!(judged.advice.proposal, Some(Proposal::Retry));
}

#[test]
fn a_failure_is_on_the_primary_unless_its_weight_says_the_canary() {
    let mut back = canary("Failed");
    back.status.weight = 0;
    let mut world = world(back, 0);
    route(&mut world, 0);
    let judged = judge(&world, 110);
    assert_eq!((delivery(&judged).canary.is_some(), &delivery(&judged).alarms), (false, &Vec::new()), "{judged:?}");
    let mut forward = canary("Failed");
    forward.status.weight = 100;
    let mut world = self::world(forward, 3);
    route(&mut world, 100);
    let judged = judge(&world, 110);
    assert_eq!(delivery(&judged).weight_actual, Some((100.0, WeightSource::Route("HTTPRoute cart".into()))));
    assert!(delivery(&judged).alarms[0].contains("all traffic is on the canary"), "{judged:?}");
}

#[test]
fn a_target_at_rest_is_not_scaled_down_for_the_primary_serves() {
    let judged = judge(&world(canary("Succeeded"), 0), 110);
    assert_eq!(judged.state, State::Stable);
    assert_eq!((judged.progress.desired, judged.progress.available), (3, 3), "{judged:?}");
    assert_eq!((&*judged.version.from, &*judged.version.to), ("v1", "v1"), "what serves, not what lies there");
    assert_eq!((delivery(&judged).stable.ready, delivery(&judged).canary.is_none()), (3, true));
}

#[test]
fn a_gate_without_a_phase_is_known_by_what_flagger_says() {
    let mut world = world(canary("Progressing"), 1);
    let event = |first, last| Event {
        meta: meta("held"),
        severity: Severity::Warning,
        reason: "Synced".into(),
        message: "Halt cart.shop advancement waiting for traffic increase approval hold".into(),
        about: ObjectRef { kind: "Canary".into(), namespace: "shop".into(), name: "cart".into() },
        about_uid: "".into(),
        source: "flagger".into(),
        count: 3,
        first: Some(at(first)),
        last: Some(at(last)),
    };
    put(&mut world, Observation::Events(Delta::Applied(event(200, 320))), 320);
    let judged = judge(&world, 330);
    assert_eq!(judged.state, State::Waiting);
    let wait = Wait::Person { since: Some(at(200)), what: "gate confirm-traffic-increase (hold)".into() };
    assert_eq!(delivery(&judged).wait, Some(wait));
    assert_eq!(judge(&world, 330 + 180).state, State::Progressing, "it has not been said again");
}

#[test]
fn suspended_crashing_and_unhealthy_ones_are_told_apart() {
    let mut suspended = canary("Progressing");
    suspended.suspended = true;
    let judged = judge(&world(suspended, 1), 110);
    assert_eq!((judged.state, judged.advice.proposal), (State::Paused, Some(Proposal::Resume)));

    let mut crash = world(canary("Progressing"), 0);
    let set = ReplicaSet { desired: 1, replicas: 1, ..sized("cart", "c", 2, 0) };
    let mut target = crash.workload(&key(Kind::Deployment, "cart")).unwrap().clone();
    (target.replicas, target.status.replicas, target.status.updated) = (Some(1), 1, 1);
    target.conditions.clear();
    workload(&mut crash, target);
    put(&mut crash, Observation::ReplicaSets(Delta::Applied(set.clone())), 1);
    put(&mut crash, Observation::Pods(Delta::Applied(crashing(&set))), 1);
    let judged = judge(&crash, 110);
    assert_eq!((judged.state, judged.advice.proposal.clone()), (State::Stuck, Some(Proposal::Abort)), "{judged:?}");
    assert_eq!(judged.restarts.recent, 4);
}

#[test]
fn a_flagger_that_does_not_act_is_found_out() {
    let mut never = canary("");
    never.status.phase = "".into();
    let mut world = self::world(never, 0);
    assert_eq!(judge(&world, 30).state, State::Progressing);
    assert_eq!((judge(&world, 61).state, &*judge(&world, 61).reason), (State::Stuck, "nothing acts on it"));
    // A new version in the target, and the phase does not move.
    let mut steady = canary("Succeeded");
    steady.status.last_transition = Some(at(0));
    world = self::world(steady, 0);
    assert_eq!(judge(&world, 60).state, State::Stable);
    let mut target = world.workload(&key(Kind::Deployment, "cart")).unwrap().clone();
    target.template = template("shop/app:v3");
    put(&mut world, Observation::Workloads(Kind::Deployment, Delta::Applied(target)), 100);
    assert_eq!(judge(&world, 150).state, State::Stable);
    let judged = judge(&world, 100 + 60 + 60);
    assert_eq!(judged.state, State::Stuck, "{judged:?}");
    assert!(delivery(&judged).alarms[0].contains("is the Flagger controller running?"));
}

#[test]
fn a_flagger_that_stops_in_the_middle_is_found_out_and_a_talking_one_is_not() {
    let mut progressing = canary("Progressing");
    progressing.status.last_transition = Some(at(100));
    let limit = 100 + 2 * 60 + 300;
    let mut world = self::world(progressing, 3);
    assert_eq!(judge(&world, limit + 1000).state, State::Progressing, "who cannot see its events does not know");
    let synced = Observation::Source {
        family: crate::domain::Family::Events,
        namespace: None,
        state: crate::domain::SourceState::Synced,
    };
    put(&mut world, synced, 0);
    assert_eq!(judge(&world, limit - 1).state, State::Progressing);
    let judged = judge(&world, limit);
    assert_eq!((judged.state, &*judged.reason), (State::Stuck, "nothing acts on it"), "{judged:?}");
    assert!(delivery(&judged).alarms[0].contains("is the Flagger controller running?"), "{judged:?}");
    let event = crate::domain::Event {
        meta: crate::domain::Meta {
            name: "cart.1".into(),
            namespace: "shop".into(),
            uid: "e-1".into(),
            ..Default::default()
        },
        severity: crate::domain::Severity::Normal,
        reason: "Synced".into(),
        message: "canary deployment cart.shop not ready: waiting for rollout to finish".into(),
        about: crate::domain::ObjectRef::from(&key(Kind::Canary, "cart")),
        about_uid: "".into(),
        source: "flagger".into(),
        count: 40,
        first: Some(at(110)),
        last: Some(at(limit - 10)),
    };
    put(&mut world, Observation::Events(Delta::Applied(event)), limit - 10);
    assert_eq!(judge(&world, limit).state, State::Progressing, "it talks");
}

#[test]
fn a_missing_target_is_said_and_judged_all_the_same() {
    let mut world = world(canary("Progressing"), 1);
    for name in ["cart", "cart-primary"] {
        let gone = Delta::Deleted { namespace: "shop".into(), name: name.into(), uid: "".into() };
        put(&mut world, Observation::Workloads(Kind::Deployment, gone), 1);
    }
    let judged = judge(&world, 110);
    assert_eq!(judged.state, State::Progressing);
    assert_eq!(delivery(&judged).alarms, ["its target deployment/cart is not there"]);
}
