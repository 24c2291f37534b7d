//! What containers that were there before the start wrote in its last minutes: nobody has seen it, so it is made up
//! when somebody reads it, from the same traffic that the metrics of that time follow.

use jiff::{SignedDuration, Timestamp};

use super::buffer::Line;
use super::lines;
use crate::demo::controllers::cluster::Key;
use crate::demo::traffic::{PodInput, Traffic, Weather, is_java};

/// Seconds that are remembered, and seconds between two looks at the traffic.
const REMEMBERED: (i64, i64) = (600, 15);

/// The pods of the start, and the traffic before it.
#[derive(Debug)]
pub struct Past {
    traffic: Traffic,
    pods: Vec<PodInput>,
    until: Timestamp,
}

impl Past {
    /// The past of `pods` as they are at `until`.
    pub fn new(traffic: Traffic, pods: Vec<PodInput>, until: Timestamp) -> Self {
        Self { traffic, pods, until }
    }

    /// Tells whether a container was there.
    pub(super) fn knows(&self, pod: &Key, container: &str) -> bool {
        self.position(pod, container).is_some()
    }

    fn position(&self, pod: &Key, container: &str) -> Option<usize> {
        self.pods.iter().position(|each| {
            each.running && each.namespace == pod.namespace && each.pod == pod.name && each.container == container
        })
    }

    /// Returns what a container wrote, oldest first.
    pub(super) fn lines(&self, pod: &Key, container: &str, seed: u64) -> Vec<Line> {
        let Some(at) = self.position(pod, container) else { return Vec::new() };
        let own = &self.pods[at];
        let mut written = self.requests(own, seed);
        let old = own.container_age > seconds(REMEMBERED.0);
        // A container with traffic has long rotated its first lines away.
        if written.is_empty() || !old {
            let image = if is_java(&own.app) {
                format!("mambogo/{}:{}", own.app, own.version)
            } else {
                format!("{}:{}", own.app, own.version)
            };
            let born = self.until - SignedDuration::try_from_secs_f64(own.container_age).unwrap_or_default();
            let mut first = lines::started(&own.app, &image, 18.0, born);
            first.append(&mut written);
            written = first;
        }
        written
    }

    fn requests(&self, own: &PodInput, seed: u64) -> Vec<Line> {
        let (length, step) = REMEMBERED;
        let mut written = Vec::new();
        for age in (0..length / step).rev().map(|turn| turn * step) {
            let at = self.until - SignedDuration::from_secs(age);
            let there: Vec<PodInput> = self.pods.iter().filter(|pod| pod.namespace == own.namespace).cloned().collect();
            let loads = self.traffic.step(at, seconds(step), &there, &Weather::default());
            let load = there.iter().position(|pod| pod.pod == own.pod).map(|at| &loads[at]);
            let Some(load) = load else { continue };
            for second in (0..step).rev() {
                let moment = at - SignedDuration::from_secs(second);
                if seconds(age + second) < own.container_age {
                    written.extend(lines::of_requests(own, load, 1.0 / seconds(step), seed, moment));
                }
            }
        }
        written
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds of some minutes")]
fn seconds(count: i64) -> f64 {
    count as f64
}
