//! One count of the requests of a release's two sides, for the screens and the subcommands alike.

use std::{collections::BTreeSet, time::Duration};

use futures::future::try_join;
use jiff::Timestamp;

use crate::{
    domain::{Text, Traffic},
    panel::{Evidence, Variables},
    prometheus,
    release::evidence::{Counts, Sides},
};

use super::PrometheusState;

/// Least and greatest window in which requests are counted, in seconds: four scrapes, and what is still news.
const WINDOW: (i64, i64) = (60, 600);

/// Counts the requests of both sides; says why where there is nobody to ask, or no answer.
pub async fn count_requests(
    prometheus: &PrometheusState,
    questions: &[Evidence],
    sides: &Sides,
    now: Timestamp,
) -> Counts {
    match prometheus {
        PrometheusState::Ready(client) | PrometheusState::Failing(client, _) => {
            both(client, questions, sides, now).await.map_err(|error| error.to_string())
        }
        PrometheusState::Searching => Err("looking for Prometheus …".to_owned()),
        PrometheusState::Absent(why) => Err(why.clone()),
    }
}

/// Asks for stable and for the canary over the same window: since there are both, but not for longer than is news.
async fn both(
    client: &prometheus::Client,
    questions: &[Evidence],
    sides: &Sides,
    now: Timestamp,
) -> Result<(Traffic, Traffic), prometheus::Error> {
    let age = sides.since.map_or(WINDOW.1, |since| now.as_second() - since.as_second());
    let window = Duration::from_secs(age.clamp(WINDOW.0, WINDOW.1).unsigned_abs());
    let of = |sets: &BTreeSet<Text>| {
        let pods = Variables::pods_of_sets(sets.iter().map(|set| &**set));
        Variables::of_pods(&sides.key, &pods, window)
    };
    let (stable, canary) = (of(&sides.stable), of(&sides.canary));
    try_join(prometheus::traffic(client, questions, &stable, now), prometheus::traffic(client, questions, &canary, now))
        .await
}
