//! What only watching can tell: first sights, ended runs, template changes, usage over time. All bounded.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use crate::domain::{Bytes, Cores, Text};

/// Points a usage ring holds: half an hour at a metrics-server's usual 30 s.
const USAGE_POINTS: usize = 60;
/// Times to readiness kept per workload.
const READY_TIMES: usize = 32;
/// Ended runs kept per workload.
const RUN_ENDS: usize = 64;

/// What was seen of one workload over time.
#[derive(Debug, Default)]
pub struct WorkloadHistory {
    /// Sum of its pods at each scrape.
    pub usage: UsageRing,
    /// The newest change of its template that was watched.
    pub change: Option<TemplateChange>,
    /// How long its pods took to become ready, oldest first.
    pub ready_times: VecDeque<ReadyTime>,
    /// How runs of its containers ended, oldest first.
    pub ended: VecDeque<RunEnd>,
    /// Since when its controller has not acted on what was last asked for, as watched (deliveries only).
    pub unseen: Option<Timestamp>,
}

/// A change of a workload's template, as watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateChange {
    /// When it was seen.
    pub at: Timestamp,
    /// The workload's own mark of the revision, once its controller has set it.
    pub(super) mark: Option<Text>,
}

/// How long a pod took from its creation to readiness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadyTime {
    /// Revision hash of the pod.
    pub revision: Text,
    /// How long.
    pub took: SignedDuration,
}

/// The end of a container's run that was followed by a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEnd {
    /// When it ended.
    pub at: Timestamp,
    /// Pod.
    pub pod: Text,
    /// Container.
    pub container: Text,
    /// `OOMKilled`, `Error` …
    pub reason: Text,
    /// Exit code.
    pub exit_code: i32,
}

impl WorkloadHistory {
    pub(super) fn note_ready(&mut self, time: ReadyTime) {
        push(&mut self.ready_times, time, READY_TIMES);
    }

    pub(super) fn note_end(&mut self, end: RunEnd) {
        push(&mut self.ended, end, RUN_ENDS);
    }
}

/// What was seen of one pod over time.
#[derive(Debug)]
pub struct PodHistory {
    /// When it was first seen.
    pub seen: Timestamp,
    /// When it was first seen ready.
    pub ready: Option<Timestamp>,
    /// What it consumed.
    pub usage: UsageRing,
}

/// Usage at the last scrapes, oldest first, packed to 12 bytes a point.
#[derive(Clone, Debug, Default)]
pub struct UsageRing {
    points: VecDeque<Packed>,
}

#[derive(Clone, Copy, Debug)]
struct Packed {
    second: u32,
    microcores: u32,
    kibibytes: u32,
}

/// Usage at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsagePoint {
    /// When, to the second.
    pub at: Timestamp,
    /// CPU, to the microcore.
    pub cpu: Cores,
    /// Memory, to the kibibyte.
    pub memory: Bytes,
}

impl UsageRing {
    /// Adds a point; one of the same second or an older one is dropped.
    pub(super) fn push(&mut self, at: Timestamp, cpu: Cores, memory: Bytes) {
        let second = u32::try_from(at.as_second()).unwrap_or_default();
        if self.points.back().is_some_and(|last| last.second >= second) {
            return;
        }
        let microcores = u32::try_from(cpu.0 / 1000).unwrap_or(u32::MAX);
        let kibibytes = u32::try_from(memory.0 / 1024).unwrap_or(u32::MAX);
        push(&mut self.points, Packed { second, microcores, kibibytes }, USAGE_POINTS);
    }

    /// Returns the points, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = UsagePoint> + ExactSizeIterator {
        self.points.iter().map(|point| UsagePoint {
            at: Timestamp::from_second(i64::from(point.second)).unwrap_or(Timestamp::UNIX_EPOCH),
            cpu: Cores(u64::from(point.microcores) * 1000),
            memory: Bytes(u64::from(point.kibibytes) * 1024),
        })
    }
}

fn push<T>(ring: &mut VecDeque<T>, item: T, most: usize) {
    if ring.len() == most {
        ring.pop_front();
    }
    ring.push_back(item);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_keeps_the_newest_points_in_order() {
        let mut ring = UsageRing::default();
        for second in 0..100 {
            let at = Timestamp::from_second(1_000_000 + second).unwrap();
            ring.push(at, Cores(1_000_000 * u64::try_from(second).unwrap()), Bytes(4096));
            ring.push(at, Cores(9), Bytes(9));
        }
        let points: Vec<_> = ring.iter().collect();
        assert_eq!(points.len(), USAGE_POINTS);
        assert_eq!(points[0].cpu, Cores(40_000_000));
        assert_eq!(
            points[59],
            UsagePoint { at: Timestamp::from_second(1_000_099).unwrap(), cpu: Cores(99_000_000), memory: Bytes(4096) }
        );
    }
}
