//! Counts the requests of a release's two sides while somebody looks at them.

use std::{collections::BTreeSet, time::Duration};

use futures::future::try_join;
use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;

use crate::{
    app::{Counted, Message, Sides},
    domain::{Text, Traffic},
    panel::{Evidence, Variables},
    prometheus,
    session::{PrometheusState, Session},
};

use super::desk::Answer;

/// Least and greatest window in which requests are counted, in seconds: four scrapes, and what is still news.
const WINDOW: (i64, i64) = (60, 600);

/// Counts at once and then every so often, until aborted; says so too where there is nobody to ask.
pub(super) async fn run(
    session: Session,
    questions: Vec<Evidence>,
    sides: Sides,
    every: Duration,
    tell: UnboundedSender<Answer>,
) {
    let mut state = session.prometheus();
    loop {
        let known = state.borrow_and_update().clone();
        let answer = match &known {
            PrometheusState::Ready(client) | PrometheusState::Failing(client, _) => {
                both(client, &questions, &sides).await.map_err(|error| error.to_string())
            }
            PrometheusState::Searching => Err("looking for Prometheus …".to_owned()),
            PrometheusState::Absent(why) => Err(why.clone()),
        };
        let counted = Counted { sides: sides.clone(), answer };
        if tell.send(Answer::App(Message::Counted(Box::new(counted)))).is_err() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            changed = state.changed() => if changed.is_err() { return },
        }
    }
}

/// Asks for stable and for the canary over the same window: since there are both, but not for longer than is news.
async fn both(
    client: &prometheus::Client,
    questions: &[Evidence],
    sides: &Sides,
) -> Result<(Traffic, Traffic), prometheus::Error> {
    let now = Timestamp::now();
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
