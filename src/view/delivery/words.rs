//! A delivery in a few words, for the fleet's row and the page's head.

use super::super::{Line, Scene, cells};
use crate::{
    domain::text::clean,
    release::{Assessment, Delivery, Manner, State, Wait, WeightSource},
};

/// How far a delivery is: `canary 25 %, step 2 of 6, wants you 4m`; `None` where pod counts say more.
pub(in crate::view) fn progress(scene: Scene<'_>, assessment: &Assessment) -> Option<Line> {
    let delivery = assessment.delivery.as_deref()?;
    let canary = delivery.canary.as_ref()?;
    if !matches!(assessment.state, State::Waiting | State::Progressing | State::Paused) {
        return None;
    }
    let mut words = vec![match delivery.manner {
        Manner::BlueGreen if canary.ready >= canary.desired => format!("{} ready", canary.role),
        Manner::BlueGreen => format!("{} {}/{} ready", canary.role, canary.ready, canary.desired),
        Manner::Canary | Manner::Ab => match weight(delivery) {
            Some(weight) => format!("{} {}", canary.role, percent(weight)),
            None => format!("{} {}/{} ready", canary.role, canary.ready, canary.desired),
        },
    }];
    if delivery.manner != Manner::BlueGreen {
        words.extend(step(delivery));
    }
    words.extend(match &delivery.wait {
        _ if assessment.state == State::Paused => Some("paused".to_owned()),
        Some(Wait::Person { since, .. }) => {
            let long = since.map_or_else(String::new, |since| format!(" {}", scene.clock.about(since)));
            Some(format!("wants you{long}"))
        }
        Some(Wait::Timer { until: Some(until), .. }) => {
            Some(scene.clock.until(*until)).filter(|left| !left.is_empty()).map(|left| format!("{left} left"))
        }
        _ => None,
    });
    Some(Line::new(words.join(", "), cells::state_role(assessment.state)))
}

/// The weight the canary has, else the one it should have.
fn weight(delivery: &Delivery) -> Option<f64> {
    delivery.weight_actual.as_ref().map(|(weight, _)| *weight).or(delivery.weight_wanted)
}

/// `step 2 of 6`.
fn step(delivery: &Delivery) -> Option<String> {
    let (at, of) = (delivery.step?, delivery.steps.len());
    (of > 0).then(|| if at >= of { "all steps done".to_owned() } else { format!("step {} of {of}", at + 1) })
}

/// A weight as it is read: whole percent, or one digit where it is not whole.
pub(super) fn percent(weight: f64) -> String {
    if (weight - weight.round()).abs() < 0.05 { format!("{weight:.0} %") } else { format!("{weight:.1} %") }
}

/// Where an actual weight was read.
pub(super) fn source(source: &WeightSource) -> String {
    match source {
        WeightSource::Pods(canary, all) => format!("{canary} of {all} available pods"),
        WeightSource::Route(route) => clean(route, false).into_owned(),
        WeightSource::Status(Some(true)) => "the router confirmed it".to_owned(),
        WeightSource::Status(Some(false)) => "the router has not confirmed it yet".to_owned(),
        WeightSource::Status(None) => "as its controller says".to_owned(),
        WeightSource::Selector(service) => format!("selector of service {}", cells::name(service)),
    }
}
