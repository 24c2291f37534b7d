//! The day before the start, so that charts are full at the first frame.

use jiff::{SignedDuration, Timestamp};

use super::super::prometheus::Tsdb;
use super::super::traffic::{PodInput, Traffic, Weather};
use super::kube::KubeState;
use super::kube_state;
use super::recorder::{Recorder, scrape_instant};

/// How the spacing of what is filled in grows with its age, youngest first: up to this age in seconds, so many seconds
/// at most, reached by as much as it begins with in so many seconds.
///
/// It grows slowly, because a rate whose window holds samples both close and far apart is taken to begin in the middle
/// of a gap: each step would be a dent in every chart. It stays below half of a rate's window, without which charts
/// would have holes.
const SPACING: [(i64, i64, i64); 3] = [(3600, 15, 750), (6 * 3600, 30, 1500), (DAY, 120, 1500)];

/// Seconds that are filled in.
const DAY: i64 = 24 * 3600;

/// Ages in seconds at which samples are filled in, youngest first, each with the seconds since the sample before it;
/// the youngest ones are `interval` apart, as those that follow.
fn ages(interval: i64) -> Vec<(i64, i64)> {
    let mut ages = Vec::new();
    let (mut age, mut young, mut least) = (0, 0, interval);
    for (until, most, pace) in SPACING {
        while age < until {
            let spacing = (least + least * (age - young) / pace).min(most).max(interval);
            ages.push((age, spacing));
            age += spacing;
        }
        (young, least) = (age, most.max(interval));
    }
    ages
}

/// Writes what `pods` would have said during the day up to `now`, as far back as each has run.
///
/// `interval` is that of the scrapes to come. The cluster's state is taken to have been the same all the time.
/// Everything up to `now` has been counted then: who goes on counts from `now`.
pub fn backfill(
    recorder: &mut Recorder,
    db: &mut Tsdb,
    traffic: &Traffic,
    now: Timestamp,
    pods: &[PodInput],
    state: &KubeState,
    interval: SignedDuration,
) {
    let weather = Weather::default();
    let cluster = kube_state::readings(db, state);
    let ages = ages(interval.as_secs().max(1));
    for (age, spacing) in ages.into_iter().rev() {
        #[expect(clippy::cast_precision_loss, reason = "seconds of a day")]
        let (age_seconds, dt) = (age as f64, spacing as f64);
        let at = now - SignedDuration::from_secs(age);
        let born = pods.iter().filter(|pod| pod.container_age > age_seconds);
        let mut there: Vec<PodInput> = born.cloned().collect();
        for pod in &mut there {
            pod.container_age -= age_seconds;
        }
        let loads = traffic.step(at, dt, &there, &weather);
        recorder.observe(db, dt, &there, &loads, &state);
        recorder.write(db, scrape_instant(at), &cluster);
    }
}
