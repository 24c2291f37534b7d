//! The rules of `kubectl rollout status`, first match wins.

use crate::{
    domain::{Kind, Strategy, Workload, WorkloadStatus},
    release::progress::{Verdict, verdict},
    world::fixtures::{condition, deployment},
};

fn status(replicas: i32, updated: i32, ready: i32, available: i32) -> WorkloadStatus {
    WorkloadStatus { observed_generation: 1, replicas, updated, ready, available, ..WorkloadStatus::default() }
}

fn of(kind: Kind, status: WorkloadStatus) -> Workload {
    Workload { kind, status, conditions: Vec::new(), ..deployment("app") }
}

#[test]
fn deployments() {
    let late = |workload: Workload| Workload {
        conditions: vec![condition("Progressing", "False", "ProgressDeadlineExceeded")],
        ..workload
    };
    let plain = |numbers: [i32; 4]| of(Kind::Deployment, status(numbers[0], numbers[1], numbers[2], numbers[3]));
    for (workload, expected) in [
        (plain([3, 1, 3, 3]), Verdict::Updating { updated: 1, desired: 3 }),
        (plain([4, 3, 4, 4]), Verdict::OldPending { old: 1 }),
        (plain([3, 3, 2, 2]), Verdict::Arriving { available: 2, of: 3 }),
        (plain([3, 3, 3, 3]), Verdict::Done),
        (plain([5, 5, 5, 5]), Verdict::Done),
        (late(plain([4, 1, 3, 3])), Verdict::DeadlineExceeded),
        (late(Workload { meta: generation(2), ..plain([4, 1, 3, 3]) }), Verdict::Unobserved),
        (Workload { replicas: None, ..plain([2, 1, 2, 2]) }, Verdict::OldPending { old: 1 }),
    ] {
        assert_eq!(verdict(&workload), expected);
        assert_eq!(verdict(&workload).numbers().is_empty(), !verdict(&workload).to_string().contains(char::is_numeric));
    }
}

fn generation(generation: i64) -> crate::domain::Meta {
    crate::domain::Meta { generation, ..deployment("app").meta }
}

#[test]
fn stateful_sets() {
    let rolling =
        |partition, declared| Strategy::Rolling { max_surge: None, max_unavailable: None, partition, declared };
    let set = |ready, updated, strategy, revisions: [&str; 2]| {
        let mut workload = of(Kind::StatefulSet, status(3, updated, ready, ready));
        workload.status.current_revision = revisions[0].into();
        workload.status.update_revision = revisions[1].into();
        Workload { strategy, ..workload }
    };
    for (workload, expected) in [
        (set(2, 1, rolling(Some(0), true), ["a", "b"]), Verdict::NotReady { missing: 1 }),
        (set(3, 1, rolling(Some(0), true), ["a", "b"]), Verdict::Partition { updated: 1, wanted: 3 }),
        (set(3, 1, rolling(Some(2), true), ["a", "b"]), Verdict::PartitionDone { updated: 1 }),
        (set(3, 1, rolling(None, true), ["a", "b"]), Verdict::PartitionDone { updated: 1 }),
        (set(3, 1, rolling(None, false), ["a", "b"]), Verdict::Finishing { updated: 1 }),
        (set(3, 3, rolling(None, false), ["b", "b"]), Verdict::PartitionDone { updated: 3 }),
        (set(0, 0, Strategy::OnDelete, ["a", "b"]), Verdict::OnDelete),
    ] {
        assert_eq!(verdict(&workload), expected);
    }
    let mut new = set(3, 3, rolling(None, true), ["a", "a"]);
    new.status.observed_generation = 0;
    new.meta.generation = 0;
    assert_eq!(verdict(&new), Verdict::Unobserved, "a StatefulSet that was never observed has no numbers");
}

#[test]
fn daemon_sets() {
    let set = |updated, available| {
        let mut workload = of(Kind::DaemonSet, status(4, updated, available, available));
        workload.status.desired = 4;
        workload
    };
    assert_eq!(verdict(&set(2, 4)), Verdict::Updating { updated: 2, desired: 4 });
    assert_eq!(verdict(&set(4, 3)), Verdict::Arriving { available: 3, of: 4 });
    assert_eq!(verdict(&set(4, 4)), Verdict::Done);
    assert_eq!(verdict(&Workload { meta: generation(2), ..set(4, 4) }), Verdict::Unobserved);
    assert_eq!(verdict(&Workload { strategy: Strategy::OnDelete, ..set(1, 1) }), Verdict::OnDelete);
}
