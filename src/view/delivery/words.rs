//! Weights in words.

use super::super::cells;
use crate::{domain::text::clean, release::WeightSource};

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
