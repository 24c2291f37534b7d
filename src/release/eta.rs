//! Time left: the median observed time to readiness, times the waves left, plus minReadySeconds.

use jiff::{SignedDuration, Timestamp};

use crate::domain::{IntOrPercent, Kind, Strategy, Workload};

use super::{Progress, subject::Subject};

/// Below this the countdown moves in steps of [`STEP`]; above it in minutes.
const SHORT: SignedDuration = SignedDuration::from_secs(60);
const STEP: SignedDuration = SignedDuration::from_secs(10);

/// Estimates the time left; `None` before the first new pod is available.
pub(super) fn eta(subject: &Subject<'_>, progress: &Progress) -> Option<SignedDuration> {
    let left = progress.desired - progress.updated_available;
    if progress.updated_available < 1 || left < 1 {
        return None;
    }
    let one = median(subject)?;
    let waves = ceil_div(left, wave(subject.workload));
    let begun = subject.target_pods().filter(|pod| !pod.is_ready()).filter_map(|pod| {
        let created = pod.meta.created?;
        Some(subject.world.pod_history(pod).map_or(created, |history| history.seen.max(created)))
    });
    let spent = begun.min().map_or(SignedDuration::ZERO, |begun| subject.now.duration_since(begun));
    let settle = SignedDuration::from_secs(subject.workload.min_ready_seconds.into());
    // A wave that takes longer than the median is never said to be as good as over.
    Some(one * waves - spent.clamp(SignedDuration::ZERO, one * 3 / 4) + settle)
}

fn ceil_div(value: i32, by: i32) -> i32 {
    value.saturating_add(by - 1) / by
}

/// Returns the median time to readiness of the target's pods, else of any pods of the workload.
fn median(subject: &Subject<'_>) -> Option<SignedDuration> {
    let seen = &subject.history?.ready_times;
    let target = subject.target_pods().find_map(|pod| pod.revision_hash().map(ToOwned::to_owned));
    let mut times: Vec<_> =
        seen.iter().filter(|time| Some(&*time.revision) == target.as_deref()).map(|time| time.took).collect();
    if times.is_empty() {
        times = seen.iter().map(|time| time.took).collect();
    }
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}

/// Returns how many pods are replaced at once, at least one.
fn wave(workload: &Workload) -> i32 {
    let desired = workload.desired();
    let at_once = match (&workload.strategy, workload.kind) {
        (Strategy::Rolling { .. }, Kind::StatefulSet) => 1,
        (Strategy::Rolling { max_surge, max_unavailable, .. }, Kind::Deployment | Kind::Rollout | Kind::Canary) => {
            let default = IntOrPercent::Percent(25);
            resolve(max_surge.unwrap_or(default), desired, true)
                + resolve(max_unavailable.unwrap_or(default), desired, false)
        }
        (Strategy::Rolling { max_surge, max_unavailable, .. }, Kind::DaemonSet) => {
            let surge = resolve(max_surge.unwrap_or(IntOrPercent::Int(0)), desired, true);
            surge.max(resolve(max_unavailable.unwrap_or(IntOrPercent::Int(1)), desired, true))
        }
        (Strategy::Recreate | Strategy::OnDelete, _) => desired,
    };
    at_once.max(1)
}

/// Resolves a share of the replicas: a surge is rounded up, missing pods are rounded down.
pub fn resolve(value: IntOrPercent, replicas: i32, up: bool) -> i32 {
    match value {
        IntOrPercent::Int(pods) => pods,
        IntOrPercent::Percent(percent) if up => ceil_div(replicas.saturating_mul(percent), 100),
        IntOrPercent::Percent(percent) => replicas.saturating_mul(percent) / 100,
    }
}

/// Words the time left: `~40s left`, `~3m left`; rounded up so that it does not promise too much.
pub fn words(eta: SignedDuration) -> String {
    let shown = shown(eta).as_secs();
    if shown <= SHORT.as_secs() { format!("~{shown}s left") } else { format!("~{}m left", shown / 60) }
}

/// Returns the next instant at which [`words`] reads differently, if the countdown runs on.
pub(super) fn next_change(eta: SignedDuration, now: Timestamp) -> Option<Timestamp> {
    let step = if shown(eta) <= SHORT { STEP } else { SHORT };
    let next = eta - (shown(eta) - step) + SignedDuration::from_millis(1);
    (eta > STEP).then(|| now + next)
}

fn shown(eta: SignedDuration) -> SignedDuration {
    let step = if eta <= SHORT { STEP } else { SHORT };
    let steps = eta.as_millis().max(1).div_euclid(step.as_millis())
        + i128::from(eta.as_millis().max(1).rem_euclid(step.as_millis()) != 0);
    step * i32::try_from(steps).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_countdown_reads_short_and_knows_when_it_reads_differently() {
        let now = Timestamp::UNIX_EPOCH;
        for (seconds, text, next) in [
            (3, "~10s left", None),
            (34, "~40s left", Some(4)),
            (60, "~60s left", Some(10)),
            (150, "~3m left", Some(30)),
        ] {
            let eta = SignedDuration::from_secs(seconds);
            assert_eq!(words(eta), text, "{seconds}");
            assert_eq!(next_change(eta, now).map(Timestamp::as_second), next, "{seconds}");
        }
    }

    #[test]
    fn shares_round_as_the_controller_does() {
        assert_eq!(resolve(IntOrPercent::Percent(25), 3, true), 1);
        assert_eq!(resolve(IntOrPercent::Percent(25), 3, false), 0);
        assert_eq!(resolve(IntOrPercent::Percent(25), 10, true), 3);
        assert_eq!(resolve(IntOrPercent::Int(2), 10, false), 2);
    }
}
