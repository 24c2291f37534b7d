//! What a weight is in pods: plain numbers in, plain numbers out.
//!
//! The rules are those of Argo Rollouts (`utils/replicaset/canary.go`).

/// What a Rollout asks for at its present step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    /// `spec.replicas`.
    pub(super) replicas: i64,
    /// Pods allowed above `replicas`.
    pub(super) surge: i64,
    /// Pods allowed to be missing.
    pub(super) unavailable: i64,
    /// Share of the canary, of `most`.
    pub(super) weight: i64,
    /// What counts as all of the traffic, usually 100.
    pub(super) most: i64,
}

/// One `ReplicaSet` as the arithmetic sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Size {
    /// `spec.replicas`.
    pub(super) asked: i64,
    /// `status.availableReplicas`.
    pub(super) available: i64,
}

/// Returns the pods of canary and stable that come closest to a weight, both together `replicas` or one more.
pub(super) fn approximate(wanted: Wanted) -> (i64, i64) {
    let Wanted { replicas, surge, weight, most, .. } = wanted;
    if replicas == 0 {
        return (0, 0);
    }
    let (floor, ceil) = (replicas * weight / most, (replicas * weight + most - 1) / most);
    let ties = |total: i64| (2 * total * weight) % (2 * most) == most;
    // A weight between nothing and everything gets a pod of each side, where there is more than one.
    let zero_allowed = weight == most || weight == 0 || (replicas == 1 && surge == 0);
    let mut options = Vec::new();
    if ceil < replicas || zero_allowed {
        options.push((ceil, replicas));
    }
    if !ties(replicas) && (floor != 0 || zero_allowed) {
        options.push((floor, replicas));
    }
    if surge > 0 {
        options.push((ceil, replicas + 1));
        if !ties(replicas + 1) && (floor != 0 || zero_allowed) {
            options.push((floor, replicas + 1));
        }
    }
    // Distances from the weight, as fractions over `total`; the first of equal ones wins.
    let closer = |one: (i64, i64), other: (i64, i64)| {
        let distance = |(canary, total): (i64, i64)| ((canary * most - weight * total).abs(), total);
        let (a, b) = (distance(one), distance(other));
        a.0 * b.1 < b.0 * a.1
    };
    let best = options.into_iter().reduce(|best, option| if closer(option, best) { option } else { best });
    best.map_or((0, replicas), |(canary, total)| (canary, total - canary))
}

/// Returns the sizes of canary and stable where pods are the only weight there is; `others` must go first.
pub(super) fn basic(wanted: Wanted, new: Size, stable: Option<Size>, others: i64) -> (i64, i64) {
    let (mut canary, mut rest) = approximate(wanted);
    if stable.is_none() {
        (canary, rest) = (wanted.replicas, 0);
    }
    let most = wanted.replicas + wanted.surge;
    let now = stable.unwrap_or_default();
    let mut room = most - (others + new.asked + now.asked);
    let (mut new_size, mut stable_size) = (new.asked, now.asked);
    if stable.is_some() && now.asked < rest && room > 0 {
        let grow = room.min(rest - now.asked);
        stable_size += grow;
        room -= grow;
    }
    if new.asked < canary && room > 0 {
        new_size += room.min(canary - new.asked);
    }
    if others > 0 {
        return (new_size, stable_size);
    }
    let least = wanted.replicas - wanted.unavailable;
    let grows = canary >= new.asked;
    let spare = for_scale_down(new, !grows) + for_scale_down(now, grows) - least;
    if spare <= 0 {
        return (new_size, stable_size);
    }
    if !grows {
        if new.asked > canary {
            new_size = canary.max(new.asked - spare);
        }
        adjust((new, new_size), (now, stable_size), (most, least))
    } else if stable.is_some() {
        if now.asked > rest {
            stable_size = rest.max(now.asked - spare);
        }
        let (drained, kept) = adjust((now, stable_size), (new, new_size), (most, least));
        (kept, drained)
    } else {
        (new_size, stable_size)
    }
}

/// Pods of a set that count when another shrinks.
fn for_scale_down(set: Size, ignore_availability: bool) -> i64 {
    if set.asked < set.available || ignore_availability { set.asked } else { set.available }
}

/// Keeps both sizes within surge and availability; the first is the one that drains.
fn adjust(drained: (Size, i64), kept: (Size, i64), (most, least): (i64, i64)) -> (i64, i64) {
    let ((drain, mut drain_size), (keep, mut keep_size)) = (drained, kept);
    let over = (keep_size + drain_size - most).max(0);
    let mut available = drain.available.min(drain_size);
    keep_size -= over;
    available += keep.available.min(keep_size);
    let lost = (keep.available - keep_size).max(0);
    keep_size += lost.min((least - available).max(0));
    drain_size -= (keep_size + drain_size - most).max(0);
    (drain_size, keep_size)
}

/// Returns the pods that a share of the traffic needs, rounded up.
pub(super) fn for_weight(replicas: i64, weight: i64, most: i64) -> i64 {
    (replicas * weight + most - 1).div_euclid(most.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(replicas: i64, weight: i64, surge: i64, unavailable: i64) -> Wanted {
        Wanted { replicas, surge, unavailable, weight, most: 100 }
    }

    #[test]
    fn weights_become_the_nearest_pods() {
        let cases = [
            ((10, 10, 0), (1, 9)),
            ((10, 5, 0), (1, 9)),
            ((3, 50, 0), (2, 1)),
            ((5, 20, 1), (1, 4)),
            ((1, 50, 0), (1, 0)),
            ((1, 50, 1), (1, 1)),
            ((4, 0, 1), (0, 4)),
            ((4, 100, 1), (4, 0)),
            ((0, 50, 1), (0, 0)),
        ];
        for ((replicas, weight, surge), expected) in cases {
            assert_eq!(approximate(wanted(replicas, weight, surge, 0)), expected, "{replicas} at {weight} % +{surge}");
        }
    }

    #[test]
    fn the_examples_of_the_original_hold() {
        let full = |asked| Size { asked, available: asked };
        let cases = [
            (wanted(10, 10, 1, 1), (1, 9)),
            (wanted(10, 30, 3, 0), (3, 10)),
            (wanted(10, 30, 0, 5), (0, 7)),
            // The nearest to 5 % are 1 of 11 (9 %), not 1 of 10: newer than the comment in the original.
            (wanted(10, 5, 1, 1), (1, 10)),
            (wanted(1, 5, 1, 0), (1, 1)),
            (wanted(1, 95, 1, 0), (1, 1)),
        ];
        for (wanted, expected) in cases {
            assert_eq!(basic(wanted, full(0), Some(full(wanted.replicas)), 0), expected, "{wanted:?}");
        }
    }

    #[test]
    fn an_abort_shrinks_the_canary_while_stable_grows_back() {
        let (new, stable) = (Size { asked: 3, available: 0 }, Size { asked: 7, available: 7 });
        assert_eq!(basic(wanted(10, 0, 1, 1), new, Some(stable), 0), (2, 8));
    }

    #[test]
    fn traffic_weights_round_up() {
        assert_eq!([for_weight(3, 20, 100), for_weight(3, 0, 100), for_weight(3, 100, 100)], [1, 0, 3]);
    }
}
