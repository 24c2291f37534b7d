//! The day before the start, so that charts are full at the first frame.

use jiff::{SignedDuration, Timestamp};

use super::super::prometheus::Tsdb;
use super::super::traffic::{PodInput, Traffic, Weather};
use super::kube::KubeState;
use super::kube_state;
use super::recorder::{Recorder, scrape_instant};

/// Age in seconds down to which a spacing in seconds holds, oldest first. Sparser than a rate's
/// window of five minutes would leave holes in the charts of a day.
const SPACING: [(i64, i64); 3] = [(6 * 3600, 240), (3600, 120), (0, 15)];

/// Seconds that are filled in.
const DAY: i64 = 24 * 3600;

/// Writes what `pods` would have said during the day before `now`, as far back as each has run.
///
/// The cluster's state is taken to have been the same all the time.
pub fn backfill(
    recorder: &mut Recorder,
    db: &mut Tsdb,
    traffic: &Traffic,
    now: Timestamp,
    pods: &[PodInput],
    state: &KubeState,
) {
    let weather = Weather::default();
    let cluster = kube_state::readings(db, state);
    let mut age = DAY;
    while age > 0 {
        let spacing = SPACING.iter().find(|(down_to, _)| age > *down_to).map_or(15, |(_, spacing)| *spacing);
        age -= spacing;
        if age <= 0 {
            return;
        }
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
