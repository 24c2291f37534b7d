//! Flagger: what its controller reports, in the vocabulary of every delivery.
//!
//! Its status weight is written back to zero in some phases without any route having moved; there only a route object
//! is believed, and where none is seen the weight is unknown.

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{FlaggerCanary, FlaggerGate, ObjectRef, Workload, WorkloadKey, text::clean},
    world::{Unit, World},
};

use super::{Delivery, Manner, Phase, StepLine, System, Wait, WeightSource, sides::of_deployment};

/// Phases in which a new version is being tried.
const TRYING: [&str; 5] = ["Waiting", "Progressing", "WaitingPromotion", "Promoting", "Finalising"];
/// Phases whose entry puts the weight back to zero without moving any traffic.
const MISREPORTED: [&str; 2] = ["WaitingPromotion", "Promoting"];
/// What Flagger says while a gate holds the traffic; no phase of its own tells.
const HELD: &str = "waiting for traffic increase approval";

/// Concludes how a Canary is doing, with a sentence.
pub(in crate::release) fn phase(workload: &Workload, canary: &FlaggerCanary) -> (Phase, String) {
    let promoted = workload.condition("Promoted").map(|condition| clean(&condition.message, false).into_owned());
    let said = || promoted.clone().filter(|said| !said.is_empty());
    let (phase, words) = match &*canary.status.phase {
        "" => (Phase::Progressing, "Flagger has not looked at it yet".to_owned()),
        "Initializing" => (Phase::Progressing, "Flagger is making the primary".to_owned()),
        "Initialized" => (Phase::Healthy, "ready for its first release".to_owned()),
        "Succeeded" => (Phase::Healthy, "promoted".to_owned()),
        "Failed" => (Phase::Degraded, said().unwrap_or_else(|| "the canary failed its analysis".to_owned())),
        "Waiting" => (Phase::Paused, "a gate holds the start".to_owned()),
        "WaitingPromotion" => (Phase::Paused, "a gate holds the promotion".to_owned()),
        "Progressing" => (Phase::Progressing, "the canary is being tested".to_owned()),
        "Promoting" => (Phase::Progressing, "the tests are passed, the primary takes the new version".to_owned()),
        "Finalising" => (Phase::Progressing, "promoted, the canary is being scaled down".to_owned()),
        "Terminating" => (Phase::Progressing, "the Canary is being deleted".to_owned()),
        other => (Phase::Progressing, clean(other, false).to_lowercase()),
    };
    if canary.suspended && phase != Phase::Degraded {
        (Phase::Paused, "suspended by a person".to_owned())
    } else {
        (phase, words)
    }
}

/// Tells whether a new version is being tried.
pub(in crate::release) fn is_trying(canary: &FlaggerCanary) -> bool {
    TRYING.contains(&&*canary.status.phase)
}

/// The members of a Canary: the workload that is edited and the one that serves.
pub(in crate::release) fn members(world: &World, key: &WorkloadKey) -> Option<(WorkloadKey, WorkloadKey)> {
    match world.unit(key)? {
        Unit::Flagger { target, primary } => Some((target.clone(), primary.clone())),
        _ => None,
    }
}

/// Reads how a Canary is being delivered.
pub(in crate::release) fn delivery(
    world: &World,
    workload: &Workload,
    canary: &FlaggerCanary,
    now: Timestamp,
) -> Delivery {
    let key = workload.key();
    let analysis = &canary.analysis;
    let manner = match (analysis.iterations > 0, analysis.matched) {
        (true, true) => Manner::Ab,
        (true, false) => Manner::BlueGreen,
        (false, _) => Manner::Canary,
    };
    let members = members(world, &key);
    let primary = members.as_ref().map(|(_, primary)| of_deployment(world, primary, "primary"));
    let mut delivery = Delivery::of(System::Flagger, manner, primary.unwrap_or_default());
    delivery.stable.role = "primary";
    if let Some((target, _)) = &members {
        let side = of_deployment(world, target, "canary");
        delivery.canary = Some(side).filter(|side| is_trying(canary) || (failed(canary) && side.desired > 0));
        if world.workload(target).is_none() {
            delivery.alarms.push(format!("its target {target} is not there"));
        }
    }
    steps(canary, &mut delivery);
    if manner == Manner::Canary && delivery.canary.is_some() {
        weights(world, &key, canary, &mut delivery);
    }
    delivery.wait = wait(world, &key, canary, now);
    delivery.checks = is_trying(canary).then_some((canary.status.failed_checks, analysis.threshold));
    alarms(canary, &mut delivery);
    delivery
}

fn failed(canary: &FlaggerCanary) -> bool {
    &*canary.status.phase == "Failed"
}

/// A failed promotion sends all traffic to the canary, against what a failure means otherwise.
fn failed_forward(canary: &FlaggerCanary) -> bool {
    failed(canary) && canary.status.weight >= 100
}

fn alarms(canary: &FlaggerCanary, delivery: &mut Delivery) {
    if failed_forward(canary) {
        delivery.alarms.insert(0, "the promotion failed: all traffic is on the canary".to_owned());
    }
    if canary.skip_analysis {
        delivery.alarms.push("skipAnalysis is set: new versions go out untested".to_owned());
    }
}

fn steps(canary: &FlaggerCanary, delivery: &mut Delivery) {
    let (analysis, status) = (&canary.analysis, &canary.status);
    let plain = |words: String| StepLine { words, weight: None };
    let gated = |kind: &str| analysis.gates.iter().any(|gate| &*gate.kind == kind);
    let mut lines = Vec::new();
    if gated("confirm-rollout") {
        lines.push(plain("gate confirm-rollout".to_owned()));
    }
    let first = lines.len();
    let weighed = |weight: &i32| StepLine { words: format!("weight {weight} %"), weight: Some(*weight) };
    lines.extend(analysis.weights.iter().map(weighed));
    lines.extend(
        (1..=analysis.iterations.min(100)).map(|look| plain(format!("test {look} of {}", analysis.iterations))),
    );
    let last = lines.len();
    if gated("confirm-promotion") {
        lines.push(plain("gate confirm-promotion".to_owned()));
    }
    let promotion = lines.len();
    lines.push(plain("promotion".to_owned()));
    let reached = match delivery.manner {
        Manner::Canary => analysis.weights.iter().rposition(|weight| *weight <= status.weight).unwrap_or_default(),
        Manner::BlueGreen | Manner::Ab => usize::try_from(status.iterations).unwrap_or_default(),
    };
    delivery.step = match &*status.phase {
        "Waiting" => Some(0),
        "Progressing" => Some((first + reached).min(last.saturating_sub(1).max(first))),
        "WaitingPromotion" => Some(last),
        "Promoting" => Some(promotion),
        "Finalising" | "Succeeded" => Some(lines.len()),
        _ => None,
    };
    delivery.steps = lines;
}

fn weights(world: &World, key: &WorkloadKey, canary: &FlaggerCanary, delivery: &mut Delivery) {
    let status = &canary.status;
    let end = canary.analysis.weights.last().copied();
    let misreported = MISREPORTED.contains(&&*status.phase);
    delivery.weight_wanted = match &*status.phase {
        "Progressing" => Some(f64::from(status.weight)),
        "WaitingPromotion" | "Promoting" => end.map(f64::from),
        _ if failed_forward(canary) => Some(100.0),
        _ => Some(0.0),
    };
    let service = format!("{}-canary", canary.service);
    let read = world.routes_in(&key.namespace).find_map(|route| {
        let share = route.share(&service)?;
        Some((share, WeightSource::Route(format!("{} {}", route.kind, route.meta.name))))
    });
    let told = (!misreported).then(|| (f64::from(status.weight), WeightSource::Status(None)));
    delivery.weight_actual = read.or(told);
}

/// What it waits for: a gate that a person opens.
fn wait(world: &World, key: &WorkloadKey, canary: &FlaggerCanary, now: Timestamp) -> Option<Wait> {
    if canary.suspended {
        return None;
    }
    let gate = |kind: &str| {
        let named = canary.analysis.gates.iter().find(|gate| &*gate.kind == kind);
        named.map_or_else(|| format!("gate {kind}"), gate_words)
    };
    let person = |since: Option<Timestamp>, what: String| Some(Wait::Person { since, what });
    match &*canary.status.phase {
        "Waiting" => person(canary.status.last_transition, gate("confirm-rollout")),
        "WaitingPromotion" => person(canary.status.last_transition, gate("confirm-promotion")),
        "Progressing" => {
            // Said at every look while the gate is closed; silence means that it was opened.
            let fresh = canary.analysis.interval * 2 + SignedDuration::from_secs(5);
            let said = world.events_about(&ObjectRef::from(key)).filter(|event| event.message.contains(HELD));
            let held = said.max_by_key(|event| event.last)?;
            let last = held.last?;
            let open = canary.status.last_transition.is_some_and(|moved| moved > last);
            (!open && now.duration_since(last) <= fresh)
                .then(|| Wait::Person { since: held.first, what: gate("confirm-traffic-increase") })
        }
        _ => None,
    }
}

fn gate_words(gate: &FlaggerGate) -> String {
    match &*gate.name {
        "" => format!("gate {}", gate.kind),
        name => format!("gate {} ({})", gate.kind, clean(name, false)),
    }
}
