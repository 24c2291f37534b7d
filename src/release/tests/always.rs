//! What holds whatever a cluster reports.

use proptest::prelude::*;

use crate::{
    domain::{
        Condition, ContainerState, Delta, Kind, Observation, Pod, Terminated, Workload, WorkloadKey, WorkloadStatus,
    },
    release::{Assessments, State, assess, pod_phase, pod_status, revisions},
    world::{
        World,
        fixtures::{at, condition, deployment, pod, replica_set},
    },
};

fn kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(Kind::ALL.to_vec())
}

prop_compose! {
    fn workload()(
        kind in kind(),
        replicas in prop::option::of(-3..9_i32),
        paused: bool,
        generations in (0..4_i64, 0..4_i64),
        numbers in prop::array::uniform5(-2..9_i32),
        revision in "[0-3]?",
        reason in prop::sample::select(vec!["NewReplicaSetAvailable", "ReplicaSetUpdated", "ProgressDeadlineExceeded", ""]),
        updated in prop::option::of(0..900_i64),
    ) -> Workload {
        let mut workload = Workload { kind, paused, replicas, ..deployment("app") };
        workload.meta.generation = generations.0;
        workload.meta.annotations.insert("deployment.kubernetes.io/revision".into(), revision.into());
        let [replicas, updated_pods, ready, available, desired] = numbers;
        workload.status = WorkloadStatus {
            observed_generation: generations.1,
            replicas,
            updated: updated_pods,
            ready,
            available,
            desired,
            ..WorkloadStatus::default()
        };
        workload.conditions = vec![Condition { updated: updated.map(at), ..condition("Progressing", "True", reason) }];
        workload
    }
}

prop_compose! {
    fn any_pod()(
        name in "[a-e]",
        revision in 1..4_i64,
        restarts in 0..5_i32,
        state in 0..4_u8,
        reason in prop::sample::select(vec!["CrashLoopBackOff", "ImagePullBackOff", "ContainerCreating", "", "x"]),
        ready: bool,
        deleting: bool,
        phase in prop::sample::select(vec!["Pending", "Running", "Failed", "Succeeded", ""]),
    ) -> Pod {
        let set = replica_set("app", &format!("h{revision}"), revision);
        let mut pod = pod(&set, &name);
        let end = Terminated { exit_code: restarts, reason: "Error".into(), ..Terminated::default() };
        pod.statuses[0].restarts = restarts;
        pod.statuses[0].last = (restarts > 1).then(|| end.clone());
        pod.statuses[0].state = match state {
            0 => ContainerState::Running { since: Some(at(3)) },
            1 => ContainerState::Terminated(end),
            2 => ContainerState::Running { since: None },
            _ => ContainerState::Waiting { reason: reason.into(), message: "m".into() },
        };
        pod.conditions = vec![condition("Ready", if ready { "True" } else { "False" }, "")];
        pod.meta.deleting = deleting.then(|| at(5));
        pod.phase = phase.into();
        pod
    }
}

fn observation() -> impl Strategy<Value = Observation> {
    prop_oneof![
        workload().prop_map(|workload| Observation::Workloads(workload.kind, Delta::Applied(workload))),
        any_pod().prop_map(|pod| Observation::Pods(Delta::Applied(pod))),
        any_pod().prop_map(|pod| Observation::Pods(Delta::Deleted {
            namespace: pod.meta.namespace,
            name: pod.meta.name,
            uid: pod.meta.uid
        })),
        prop::collection::vec(any_pod(), 0..6)
            .prop_map(|items| Observation::Pods(Delta::Reset { namespace: Some("shop".into()), items })),
        (1..4_i64).prop_map(|revision| {
            Observation::ReplicaSets(Delta::Applied(replica_set("app", &format!("h{revision}"), revision)))
        }),
        kind().prop_map(|kind| Observation::Workloads(kind, Delta::Reset { namespace: None, items: Vec::new() })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn judgements_are_total_and_kept_up_to_date(observations in prop::collection::vec(observation(), 1..25)) {
        let (mut world, mut all) = (World::new(), Assessments::new());
        for (second, observation) in (0..).zip(observations) {
            let changed = world.apply(observation, at(second));
            all.refresh(&world, &changed, at(second));
            for kind in Kind::ALL {
                let key = WorkloadKey::new(kind, "shop", "app");
                let fresh = assess(&world, &key, at(second));
                let progress = fresh.progress;
                for count in [progress.desired, progress.updated, progress.ready, progress.available,
                    progress.updated_available, progress.old, progress.terminating] {
                    prop_assert!(count >= 0, "{progress:?}");
                }
                let supported = matches!(fresh.state, State::Stuck | State::Degraded) != fresh.evidence.is_empty();
                prop_assert!(supported, "evidence comes with stuck and degraded, and only there: {fresh:?}");
                prop_assert!(revisions(&world, &key, at(second)).iter().filter(|row| row.undo_default).count() <= 1);
                // The state is kept by what changed and what is due alone, as if all had been judged anew.
                let kept = all.get(&key).map(|kept| kept.state);
                prop_assert_eq!(kept, world.workload(&key).map(|_| fresh.state));
            }
            for pod in world.pods() {
                let row = pod_status(pod);
                prop_assert!(row.ready <= row.total && row.restarts >= 0);
                pod_phase(pod);
            }
        }
    }
}
