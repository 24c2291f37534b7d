//! metrics.k8s.io: what pods and nodes consume, asked as often as the server measures.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    client::{Client, PATIENCE},
    failure::{Failure, FailureKind},
    watch::{Asked, Sink},
    wire::{self, Interner, Object},
};
use crate::domain::{Absence, Family, Observation, SourceState, Text};

/// How often metrics-server measures unless told otherwise.
const USUAL: Duration = Duration::from_secs(15);
const FASTEST: Duration = Duration::from_secs(5);
const SLOWEST: Duration = Duration::from_secs(60);

/// Asks for one family's usage for ever.
pub struct Poller {
    client: Client,
    asked: Asked,
    sink: Sink,
    intern: Interner,
    pace: Pace,
    told: Option<SourceState>,
}

impl Poller {
    /// Makes a poller of [`Family::PodUsage`] or [`Family::NodeUsage`].
    pub fn new(client: Client, family: Family, namespace: Option<Text>, sink: Sink) -> Self {
        let (intern, pace) = (Interner::default(), Pace::default());
        Self { client, asked: Asked::new(family, namespace), sink, intern, pace, told: None }
    }

    /// Asks no more often than every `interval`.
    #[must_use]
    pub fn at_most_every(self, interval: Duration) -> Self {
        Self { pace: Pace::at_most_every(interval), ..self }
    }

    /// Runs until nobody listens any more.
    pub async fn run(mut self) {
        loop {
            let (pause, batch) = match self.poll().await {
                Ok(objects) => {
                    self.pace.learn(newest(&objects));
                    let list = wire::reset(self.asked.family, self.asked.namespace.clone(), objects);
                    (self.pace.interval, self.news(SourceState::Synced, Some(list)))
                }
                Err(failure) => {
                    let (pause, absence) = self.absence(failure);
                    (pause, self.news(SourceState::Absent(absence), None))
                }
            };
            if !batch.is_empty() && self.sink.send(batch).await.is_err() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.sink.closed() => return,
            }
        }
    }

    async fn poll(&mut self) -> Result<Vec<Object>, Failure> {
        let what = self.asked.words("list");
        let answer = self.client.get(&self.asked.path(), &what, PATIENCE).await?;
        let intern = &mut self.intern;
        let family = self.asked.family;
        Ok(self.client.parse(&answer, &what, |body| wire::decode_page(family, body, intern))?.objects)
    }

    /// Tells the reasons apart, and how soon to ask again.
    fn absence(&self, failure: Failure) -> (Duration, Absence) {
        match failure.kind {
            FailureKind::Forbidden => (SLOWEST, Absence::Forbidden(self.asked.permission("list").to_string().into())),
            FailureKind::NotFound => (SLOWEST, Absence::NoApi("metrics.k8s.io".into())),
            _ => {
                (failure.retry_after.unwrap_or(USUAL).clamp(FASTEST, SLOWEST), Absence::Failed(failure.sentence.into()))
            }
        }
    }

    fn news(&mut self, state: SourceState, list: Option<Observation>) -> Vec<Observation> {
        let mut batch: Vec<Observation> = list.into_iter().collect();
        if self.told.as_ref() != Some(&state) {
            self.told = Some(state.clone());
            let (family, namespace) = (self.asked.family, self.asked.namespace.clone());
            batch.push(Observation::Source { family, namespace, state });
        }
        batch
    }
}

/// Returns when the newest figures were measured.
fn newest(objects: &[Object]) -> Option<Timestamp> {
    let at = |object: &Object| match object {
        Object::PodUsage(usage) => Some(usage.at),
        Object::NodeUsage(usage) => usage.as_ref().map(|usage| usage.at),
        _ => None,
    };
    objects.iter().filter_map(at).max()
}

/// How often to ask: the shortest step seen between two measurements.
#[derive(Debug)]
struct Pace {
    interval: Duration,
    /// Never asked more often than this.
    fastest: Duration,
    last: Option<Timestamp>,
}

impl Default for Pace {
    fn default() -> Self {
        Self { interval: USUAL, fastest: FASTEST, last: None }
    }
}

impl Pace {
    fn at_most_every(fastest: Duration) -> Self {
        Self { interval: USUAL.max(fastest), fastest: FASTEST.max(fastest), last: None }
    }

    fn slowest(&self) -> Duration {
        SLOWEST.max(self.fastest)
    }

    fn learn(&mut self, newest: Option<Timestamp>) {
        let Some(newest) = newest else { return };
        if let Some(step) = self.last.and_then(|last| Duration::try_from(newest.duration_since(last)).ok())
            && step > Duration::ZERO
        {
            // Asked rarer than measured, a step is a multiple: halving finds the true one, a longer one is followed at once.
            let next = if step >= self.interval.mul_f64(1.5) { self.interval } else { step };
            self.interval = next.clamp(self.fastest, self.slowest());
        } else if self.last == Some(newest) {
            self.interval = self.interval.mul_f64(1.25).clamp(self.fastest, self.slowest());
        }
        self.last = Some(newest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(steps: &[i64]) -> Duration {
        let mut pace = Pace::default();
        let mut at = 1_700_000_000;
        pace.learn(Timestamp::from_second(at).ok());
        for step in steps {
            at += step;
            pace.learn(Timestamp::from_second(at).ok());
        }
        pace.interval
    }

    #[test]
    fn the_pace_follows_the_server_within_bounds() {
        assert_eq!(after(&[]), Duration::from_secs(15));
        assert_eq!(after(&[10, 10]), Duration::from_secs(10));
        assert_eq!(after(&[1, 1]), FASTEST);
        assert_eq!(after(&[20]), Duration::from_secs(20));
        assert!(after(&[0, 0, 0, 0]) > Duration::from_secs(30), "an unchanged measurement is asked for less often");
        assert_eq!(after(&[0; 50]), SLOWEST);
        let mut rare = Pace::at_most_every(Duration::from_secs(300));
        for at in 0..4 {
            rare.learn(Timestamp::from_second(1_700_000_000 + at).ok());
        }
        assert_eq!(rare.interval, Duration::from_secs(300), "the person's limit holds, beyond the usual slowest too");
        let mut pace = Pace::default();
        pace.learn(None);
        assert_eq!(pace.interval, USUAL);
    }
}
