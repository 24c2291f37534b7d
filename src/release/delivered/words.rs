//! Reasons for a table cell, and the safest next key.

use jiff::{SignedDuration, Timestamp};

use crate::release::{
    Advice, Delivery, Evidence, Manner, Proposal, State, System, Wait, eta,
    findings::{Cause, in_a_cell},
};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Words how long ago something was, in its largest unit, and tells when that will read differently.
pub(super) fn age(since: Timestamp, now: Timestamp) -> (String, Option<Timestamp>) {
    let seconds = now.duration_since(since).as_secs().max(0);
    let (unit, letter) = match seconds {
        DAY.. => (DAY, 'd'),
        HOUR.. => (HOUR, 'h'),
        _ => (MINUTE, 'm'),
    };
    let next = since.checked_add(SignedDuration::from_secs((seconds / unit + 1) * unit)).ok();
    (format!("{}{letter}", seconds / unit), next)
}

/// What a reason is made of.
pub(super) struct Case<'a> {
    pub(super) state: State,
    pub(super) delivery: &'a Delivery,
    pub(super) evidence: &'a [Evidence],
    /// What its controller says, in a sentence.
    pub(super) message: &'a str,
    pub(super) now: Timestamp,
}

/// Words the reason, and tells when it will read differently.
pub(super) fn reason(case: &Case<'_>) -> (String, Option<Timestamp>) {
    let gravest = case.evidence.first().map(in_a_cell);
    let place = place(case.delivery);
    let message = || case.message.to_owned();
    match (case.state, &case.delivery.wait) {
        (State::Waiting, Some(Wait::Person { since, what })) => {
            let waited = since.map(|since| age(since, case.now));
            let how_long = match &waited {
                Some((waited, _)) if waited != "0m" => format!("wants you {waited}"),
                _ => "wants you".to_owned(),
            };
            let what = Some(what.clone()).filter(|what| what != "promotion" && what != "the switch");
            let parts = [gravest, place, what, Some(how_long)];
            (parts.into_iter().flatten().collect::<Vec<_>>().join(", "), waited.and_then(|(_, next)| next))
        }
        (State::Unknown, _) => ("waiting for the pods' list".to_owned(), None),
        (State::Stuck | State::Degraded, _) => (gravest.unwrap_or_else(message), None),
        (State::Progressing, Some(Wait::Timer { until: Some(until), .. })) => {
            let left = until.duration_since(case.now);
            let words = if left > SignedDuration::ZERO {
                format!("pause, {}", eta::words(left))
            } else {
                "the pause is over".to_owned()
            };
            let next = eta::next_change(left, case.now).or(Some(*until)).filter(|next| *next > case.now);
            (joined(place, &words), next)
        }
        (State::Progressing, _) if case.delivery.canary.is_some() => {
            let step =
                case.delivery.current().map(|step| step.words.clone()).filter(|step| !step.starts_with("weight "));
            match place {
                Some(place) => (step.map_or(place.clone(), |step| joined(Some(place), &step)), None),
                None => (message(), None),
            }
        }
        (State::Progressing, _) => (message(), None),
        (State::Paused, _) => (place.unwrap_or_else(|| "nothing waits to go out".to_owned()), None),
        (State::ScaledDown, _) => ("no pods are wanted".to_owned(), None),
        (State::Stable | State::Waiting, _) => (String::new(), None),
    }
}

fn joined(place: Option<String>, words: &str) -> String {
    place.map_or_else(|| words.to_owned(), |place| format!("{place}, {words}"))
}

/// Words how far a release is: `canary 25 %, step 2 of 6`; nothing where nothing is being tried.
fn place(delivery: &Delivery) -> Option<String> {
    let side = delivery.canary.as_ref()?;
    if delivery.manner == Manner::BlueGreen && delivery.system != System::Flagger {
        return Some(format!("{} {}/{}", side.role, side.available, side.desired));
    }
    let mut words = "canary".to_owned();
    if let Some((weight, _)) = &delivery.weight_actual {
        words = format!("{words} {} %", weight.round());
    }
    match delivery.step.filter(|step| *step < delivery.steps.len()) {
        Some(step) => Some(format!("{words}, step {} of {}", step + 1, delivery.steps.len())),
        None => Some(words),
    }
}

/// Advises on a unit under delivery; `None` where what speaks for a plain workload does.
pub(super) fn advise(case: &Case<'_>) -> Option<Advice> {
    let delivery = case.delivery;
    let canary = delivery.canary.as_ref();
    let version = canary.map_or("the new version", |side| side.version.as_str());
    let gravest = case.evidence.first();
    let means = gravest.and_then(|evidence| Cause::of(&evidence.reason));
    let said = gravest.map(in_a_cell).unwrap_or_default();
    if gravest.is_some_and(|evidence| &*evidence.reason == "NotReconciled") {
        return Some(say(Proposal::Events, "nothing would happen: its controller does not act".to_owned()));
    }
    match (case.state, &delivery.wait) {
        (State::Waiting, _) if gravest.is_some() => Some(say(Proposal::Abort, format!("{version} fails: {said}"))),
        (State::Waiting, Some(Wait::Person { what, .. })) if what.starts_with("an inconclusive") => {
            Some(say(Proposal::Open, format!("{what}: look at what was measured, then promote or abort")))
        }
        (State::Waiting, Some(Wait::Person { what, .. })) => {
            let waits = if what.starts_with("gate") {
                format!("{what} is closed")
            } else {
                format!("{} for your decision", waiting(delivery, version))
            };
            Some(say(Proposal::Promote, waits))
        }
        (State::Stuck, _) if matches!(means, Some(Cause::Create | Cause::Schedule)) => {
            Some(say(Proposal::Events, format!("abort would not help: {said}")))
        }
        (State::Stuck, _) if canary.is_some() => {
            Some(say(Proposal::Abort, format!("{version} does not come up: {said}")))
        }
        (State::Degraded, _) if delivery.aborted.is_some() => Some(aborted(delivery, version)),
        (State::Degraded, _) if delivery.system == System::Flagger && gravest.is_none() => {
            let serving = &delivery.stable.version;
            Some(say(Proposal::Retry, format!("{serving} serves: mend the new version, then retry")))
        }
        (State::Paused, _) => Some(say(Proposal::Resume, case.message.to_owned())),
        _ => None,
    }
}

fn waiting(delivery: &Delivery, version: &str) -> String {
    match (&delivery.weight_actual, delivery.manner) {
        (Some((weight, _)), Manner::Canary) => format!("{version} has {} % and waits", weight.round()),
        _ => format!("{version} is up and waits"),
    }
}

/// An abort leaves the spec on the new version: going back in the spec too is what ends it.
fn aborted(delivery: &Delivery, version: &str) -> Advice {
    let stable = &delivery.stable;
    if stable.revision > 0 {
        let proposal = Proposal::Undo { revision: stable.revision, version: stable.version.clone() };
        return say(proposal, format!("aborted, and the spec still asks for {version}"));
    }
    say(Proposal::Retry, format!("aborted, and the spec still asks for {version}"))
}

fn say(proposal: Proposal, sentence: String) -> Advice {
    Advice { proposal: Some(proposal), sentence, ..Advice::default() }
}
