//! How many replicas utilisation asks for: plain numbers, the rules of Kubernetes' `replica_calculator.go`
//! and of the behaviour limits in `horizontal.go`.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// The autoscaler ignores deviations from the target up to this share.
pub const TOLERANCE: f64 = 0.1;

/// The longest period that the API lets a policy have.
const LONGEST_PERIOD: SignedDuration = SignedDuration::from_mins(30);

/// One metric over the pods of a target: what is used and what was requested, in the same unit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sample {
    /// Used and requested by each ready pod that was measured.
    pub ready: Vec<(f64, f64)>,
    /// Requested by pods that are not ready yet.
    pub unready: Vec<f64>,
    /// Requested by ready pods that were not measured.
    pub missing: Vec<f64>,
}

impl Sample {
    /// Returns utilisation in per cent of requests over the measured pods; none where there are none.
    #[expect(clippy::cast_possible_truncation, reason = "a percentage")]
    pub fn utilization(&self) -> Option<i64> {
        let (used, requested) = sums(&self.ready);
        (requested > 0.0).then(|| (used / requested * 100.0) as i64)
    }

    /// Returns the replicas that keep utilisation at `target` per cent, or `current` within the tolerance.
    pub fn replicas(&self, target: i64, current: i64) -> i64 {
        let wanted = f64::from(i32::try_from(target).unwrap_or(100)) / 100.0;
        let (used, requested) = sums(&self.ready);
        if requested <= 0.0 {
            return current;
        }
        let ratio = used / requested / wanted;
        let close = |ratio: f64| (ratio - 1.0).abs() <= TOLERANCE;
        if self.missing.is_empty() && (self.unready.is_empty() || ratio < 1.0) {
            return if close(ratio) { current } else { ceil(ratio * count(self.ready.len())) };
        }
        // Growing counts the unknown as idle, shrinking counts them as being on target.
        let mut counted = self.ready.clone();
        let growing = ratio > 1.0;
        counted.extend(self.missing.iter().map(|asked| (if growing { 0.0 } else { asked * wanted }, *asked)));
        if growing {
            counted.extend(self.unready.iter().map(|asked| (0.0, *asked)));
        }
        let (used, requested) = sums(&counted);
        let again = used / requested / wanted;
        if close(again) || (growing && again < 1.0) || (!growing && again > 1.0) {
            return current;
        }
        let replicas = ceil(again * count(counted.len()));
        if (again < 1.0 && replicas > current) || (again > 1.0 && replicas < current) { current } else { replicas }
    }
}

/// One limit on how fast a count may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Pods, or per cent of the pods at the start of the period.
    pub percent: bool,
    /// How many.
    pub value: i64,
    /// In how long.
    pub period: SignedDuration,
}

/// One direction of `spec.behavior`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// How long the most careful recommendation counts.
    pub window: SignedDuration,
    /// The limits.
    pub policies: Vec<Policy>,
    /// Whether the strictest limit counts rather than the most generous; none forbids the direction.
    pub strictest: Option<bool>,
}

/// What the autoscaler remembers of one target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    recommended: VecDeque<(Timestamp, i64)>,
    changed: VecDeque<(Timestamp, i64)>,
}

impl Memory {
    /// Notes a change of the count.
    pub fn note_change(&mut self, by: i64, now: Timestamp) {
        self.changed.push_back((now, by));
        while self.changed.front().is_some_and(|(at, _)| now.duration_since(*at) >= LONGEST_PERIOD) {
            self.changed.pop_front();
        }
    }

    /// Returns the careful recommendation: the lowest of the growing window, the highest of the shrinking one.
    ///
    /// The count that the autoscaler finds at its first look counts as recommended then.
    pub fn stabilize(&mut self, wanted: i64, current: i64, up: &Rules, down: &Rules, now: Timestamp) -> i64 {
        if self.recommended.is_empty() {
            self.recommended.push_back((now, current));
        }
        self.recommended.push_back((now, wanted));
        let longest = up.window.max(down.window);
        while self.recommended.front().is_some_and(|(at, _)| now.duration_since(*at) > longest) {
            self.recommended.pop_front();
        }
        let within = |window: SignedDuration| {
            self.recommended.iter().filter(move |(at, _)| now.duration_since(*at) < window).map(|(_, wanted)| *wanted)
        };
        let lowest = within(up.window).fold(wanted, i64::min);
        let highest = within(down.window).fold(wanted, i64::max);
        current.max(lowest).min(highest)
    }

    /// Returns the most that `current` may grow to.
    pub fn ceiling(&self, current: i64, rules: &Rules, now: Timestamp) -> i64 {
        let Some(strictest) = rules.strictest else { return current };
        let limits = rules.policies.iter().map(|policy| {
            let start = current - self.change(policy.period, now);
            if policy.percent { start + (start * policy.value + 99).div_euclid(100) } else { start + policy.value }
        });
        if strictest { limits.min() } else { limits.max() }.unwrap_or(i64::MAX).max(current)
    }

    /// Returns the least that `current` may shrink to.
    pub fn floor(&self, current: i64, rules: &Rules, now: Timestamp) -> i64 {
        let Some(strictest) = rules.strictest else { return current };
        let limits = rules.policies.iter().map(|policy| {
            let start = current - self.change(policy.period, now);
            // What may stay is rounded down, so that a share of few pods is at least one of them.
            if policy.percent { (start * (100 - policy.value)).div_euclid(100) } else { start - policy.value }
        });
        if strictest { limits.max() } else { limits.min() }.unwrap_or(0).min(current)
    }

    /// By how much the count has changed within a period, both ways taken together.
    fn change(&self, period: SignedDuration, now: Timestamp) -> i64 {
        let recent = self.changed.iter().filter(|(at, _)| now.duration_since(*at) < period);
        recent.map(|(_, by)| by).sum()
    }
}

fn sums(pods: &[(f64, f64)]) -> (f64, f64) {
    pods.iter().fold((0.0, 0.0), |(used, asked), pod| (used + pod.0, asked + pod.1))
}

fn count(pods: usize) -> f64 {
    f64::from(u32::try_from(pods).unwrap_or(u32::MAX))
}

#[expect(clippy::cast_possible_truncation, reason = "replica counts")]
fn ceil(replicas: f64) -> i64 {
    // Binary fractions must not make 7.000000001 an eighth pod.
    (replicas - 1e-9).ceil() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn even(pods: usize, used: f64) -> Sample {
        Sample { ready: vec![(used, 1.0); pods], ..Sample::default() }
    }

    #[test]
    fn utilisation_against_the_target_decides_outside_the_tolerance() {
        let cases = [
            ("on target", even(5, 0.70), 5),
            ("within 10 %", even(5, 0.76), 5),
            ("just above", even(5, 0.78), 6),
            ("double", even(5, 1.40), 10),
            ("half", even(10, 0.35), 5),
            ("nothing measured", Sample::default(), 5),
        ];
        for (case, sample, want) in cases {
            let current = if case == "half" { 10 } else { 5 };
            assert_eq!(sample.replicas(70, current), want, "{case}");
        }
    }

    #[test]
    fn unknown_pods_slow_both_directions() {
        let growing = Sample { unready: vec![1.0; 2], ..even(3, 1.0) };
        assert_eq!(growing.replicas(50, 5), 6, "the two new pods count as idle");
        let growing = Sample { missing: vec![1.0; 2], ..even(3, 0.9) };
        assert_eq!(growing.replicas(70, 5), 5, "as idle they turn the direction round");
        let shrinking = Sample { missing: vec![1.0; 2], ..even(3, 0.2) };
        assert_eq!(shrinking.replicas(50, 5), 4, "as on target they soften the fall");
    }

    #[test]
    fn shrinking_waits_out_its_window_and_growing_does_not() {
        let rules =
            |window| Rules { window: SignedDuration::from_secs(window), policies: Vec::new(), strictest: Some(false) };
        let (up, down) = (rules(0), rules(300));
        let at = |second| Timestamp::from_second(second).expect("in range");
        let mut memory = Memory::default();
        assert_eq!(memory.stabilize(10, 5, &up, &down, at(0)), 10);
        assert_eq!(memory.stabilize(5, 10, &up, &down, at(60)), 10);
        assert_eq!(memory.stabilize(6, 10, &up, &down, at(299)), 10);
        assert_eq!(memory.stabilize(6, 10, &up, &down, at(300)), 6);
        assert_eq!(Memory::default().stabilize(5, 8, &up, &down, at(0)), 8, "what it found counts as recommended");
    }

    #[test]
    fn policies_bound_the_pace() {
        let policy = |percent, value| Policy { percent, value, period: SignedDuration::from_secs(15) };
        let up = Rules {
            window: SignedDuration::ZERO,
            policies: vec![policy(true, 100), policy(false, 4)],
            strictest: Some(false),
        };
        let now = Timestamp::UNIX_EPOCH;
        let mut memory = Memory::default();
        assert_eq!(memory.ceiling(3, &up, now), 7);
        assert_eq!(memory.ceiling(8, &up, now), 16);
        memory.note_change(8, now);
        assert_eq!(memory.ceiling(16, &up, now), 16, "the period's growth is used up");
        let down = |percent, value| Rules { policies: vec![policy(percent, value)], ..up.clone() };
        assert_eq!(memory.floor(16, &down(true, 100), now), 0);
        assert_eq!(memory.floor(16, &down(false, 4), now), 4, "what has grown in the period may go again");
        let memory = Memory::default();
        assert_eq!(memory.floor(7, &down(true, 10), now), 6, "a tenth of seven is one");
        assert_eq!(memory.floor(5, &down(true, 50), now), 2);
        assert_eq!(memory.floor(5, &Rules { strictest: None, ..down(true, 50) }, now), 5);
    }
}
