//! The sizes a rolling update gives its `ReplicaSets`: plain numbers in, plain numbers out.
//!
//! The rules are those of Kubernetes' deployment controller (`pkg/controller/deployment/rolling.go`,
//! `sync.go` and `util/deployment_util.go`).

/// What a Deployment asks for, with its percentages already resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// `spec.replicas`.
    pub replicas: i64,
    /// Pods allowed above `replicas`.
    pub surge: i64,
    /// Pods allowed to be missing.
    pub unavailable: i64,
}

/// One `ReplicaSet` as the arithmetic sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// `spec.replicas`.
    pub asked: i64,
    /// `status.availableReplicas`.
    pub available: i64,
    /// The annotation `max-replicas`: what `replicas + surge` was when this size was set, where it is written.
    pub max_then: Option<i64>,
}

/// Returns the size of the new `ReplicaSet`; `total` is the sum asked of all of them, the new one included.
pub fn new_size(wanted: Wanted, new: i64, total: i64) -> i64 {
    if new >= wanted.replicas {
        return wanted.replicas;
    }
    let room = wanted.replicas + wanted.surge - total;
    if room <= 0 { new } else { new + room.min(wanted.replicas - new) }
}

/// Returns the sizes of the old `ReplicaSets`, given oldest first: unhealthy pods go first, then as many healthy
/// ones as availability allows.
pub fn old_sizes(wanted: Wanted, new: Size, old: &[Size]) -> Vec<i64> {
    let mut sizes: Vec<i64> = old.iter().map(|set| set.asked).collect();
    let min_available = wanted.replicas - wanted.unavailable;
    let total = sizes.iter().sum::<i64>() + new.asked;
    let may_go = total - min_available - (new.asked - new.available);
    if sizes.iter().sum::<i64>() == 0 || may_go <= 0 {
        return sizes;
    }
    let mut left = may_go;
    for (size, set) in sizes.iter_mut().zip(old) {
        let unhealthy = (*size - set.available).max(0).min(left);
        *size -= unhealthy;
        left -= unhealthy;
    }
    let available = old.iter().map(|set| set.available).sum::<i64>() + new.available;
    let mut left = available - min_available;
    for size in &mut sizes {
        let go = left.max(0).min(*size);
        *size -= go;
        left -= go;
    }
    sizes
}

/// Spreads a change of `spec.replicas` in mid-rollout over the active `ReplicaSets` in proportion to their sizes.
///
/// `sets` come in the order of the controller: biggest first, of equal ones the newer first when growing and
/// the older first when shrinking. `status_replicas` stands in where a set has no `max-replicas` annotation.
pub fn proportional(wanted: Wanted, sets: &[Size], status_replicas: i64) -> Vec<i64> {
    let allowed = if wanted.replicas > 0 { wanted.replicas + wanted.surge } else { 0 };
    let to_add = allowed - sets.iter().map(|set| set.asked).sum::<i64>();
    let mut added = 0;
    let mut sizes = Vec::with_capacity(sets.len());
    for set in sets {
        let share = share(wanted, set, to_add, added, status_replicas);
        added += share;
        sizes.push(set.asked + share);
    }
    if let Some(first) = sizes.first_mut() {
        *first = (*first + to_add - added).max(0);
    }
    sizes
}

fn share(wanted: Wanted, set: &Size, to_add: i64, added: i64, status_replicas: i64) -> i64 {
    if set.asked == 0 || to_add == 0 || to_add == added {
        return 0;
    }
    let fraction = if wanted.replicas == 0 {
        -set.asked
    } else {
        let then = set.max_then.unwrap_or(status_replicas).max(1);
        let now = wanted.replicas + wanted.surge;
        // Rounds half away from zero; all numbers are positive here.
        (2 * set.asked * now + then).div_euclid(2 * then) - set.asked
    };
    let left = to_add - added;
    if to_add > 0 { fraction.min(left) } else { fraction.max(left) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIVE: Wanted = Wanted { replicas: 5, surge: 2, unavailable: 1 };

    fn size(asked: i64, available: i64) -> Size {
        Size { asked, available, max_then: None }
    }

    #[test]
    fn the_new_set_grows_into_the_room_the_surge_leaves() {
        for (new, total, want) in [(0, 5, 2), (2, 7, 2), (2, 6, 3), (3, 7, 3), (4, 5, 5), (6, 6, 5), (0, 0, 5)] {
            assert_eq!(new_size(FIVE, new, total), want, "new {new} of {total}");
        }
    }

    #[test]
    fn old_sets_lose_unhealthy_pods_first_and_then_what_availability_allows() {
        let cases = [
            ("start: one may be missing", size(2, 0), vec![size(5, 5)], vec![4]),
            ("new pods do not come up: no more go", size(3, 0), vec![size(4, 4)], vec![4]),
            ("one new pod is available", size(3, 1), vec![size(4, 4)], vec![3]),
            ("unhealthy old pods go at once", size(2, 0), vec![size(5, 3)], vec![4]),
            ("the oldest goes first", size(2, 2), vec![size(1, 1), size(4, 4)], vec![0, 2]),
            ("undo: the broken set is emptied of what never came up", size(5, 4), vec![size(3, 0)], vec![0]),
        ];
        for (case, new, old, want) in cases {
            assert_eq!(old_sizes(FIVE, new, &old), want, "{case}");
        }
    }

    #[test]
    fn a_scale_in_mid_rollout_keeps_the_proportions() {
        let set = |asked| Size { asked, available: asked, max_then: Some(13) };
        let wanted = |replicas| Wanted { replicas, surge: 3, unavailable: 2 };
        // The example of the Kubernetes documentation: 10 → 15 with 8 old and 5 new adds 3 and 2.
        assert_eq!(proportional(wanted(15), &[set(8), set(5)], 13), [11, 7]);
        assert_eq!(proportional(wanted(5), &[set(8), set(5)], 13), [5, 3]);
        assert_eq!(proportional(wanted(0), &[set(8), set(5)], 13), [0, 0]);
        assert_eq!(proportional(wanted(10), &[set(8), set(5)], 13), [8, 5]);
    }

    #[test]
    fn a_rollout_never_leaves_its_bounds_whatever_becomes_available_when() {
        let mut rng = fastrand::Rng::with_seed(7);
        for _ in 0..300 {
            let replicas = rng.i64(1..12);
            let (surge, unavailable) = (rng.i64(0..4), rng.i64(0..=replicas));
            let unavailable = if surge == 0 && unavailable == 0 { 1 } else { unavailable };
            let wanted = Wanted { replicas, surge, unavailable };
            let (mut new, mut old) = (size(0, 0), size(replicas, replicas));
            for _ in 0..200 {
                new.asked = new_size(wanted, new.asked, new.asked + old.asked);
                assert!(new.asked + old.asked <= replicas + surge, "{wanted:?}");
                old.asked = old_sizes(wanted, new, &[old])[0];
                old.available = old.available.min(old.asked);
                assert!(new.available + old.available >= replicas - unavailable, "{wanted:?}");
                new.available += rng.i64(0..=new.asked - new.available);
            }
            assert_eq!((new.asked, old.asked), (replicas, 0), "{wanted:?}");
        }
    }
}
