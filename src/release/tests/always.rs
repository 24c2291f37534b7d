//! What holds whatever a cluster reports.

use std::sync::Arc;

use jiff::SignedDuration;
use proptest::prelude::*;

use crate::{
    domain::{
        ArgoBlueGreen, ArgoCanary, ArgoRollout, ArgoStatus, ArgoStrategy, Condition, ContainerState, Delivery, Delta,
        Kind, Observation, PauseCondition, Pod, Step, Terminated, Workload, WorkloadKey, WorkloadStatus,
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
    fn argo()(
        canary: bool,
        steps in prop::collection::vec(prop_oneof![
            (-5..150).prop_map(Step::SetWeight),
            prop::option::of(0..90_i64).prop_map(|time| Step::Pause(time.map(SignedDuration::from_secs))),
            Just(Step::Other("new".into())),
        ], 0..5),
        (current, stable) in ("(h[1-3])?", "(h[1-3])?"),
        step in prop::option::of(0..7_i32),
        phase in "(Healthy|Progressing|Paused|Degraded|Odd)?",
        pauses in prop::collection::vec("(CanaryPauseStep|BlueGreenPause|InconclusiveAnalysisRun)", 0..2),
        (routed, controller_pause, aborted, auto) in (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
    ) -> ArgoRollout {
        let strategy = if canary {
            ArgoStrategy::Canary(ArgoCanary { steps, routed, max_weight: 100, ..ArgoCanary::default() })
        } else {
            ArgoStrategy::BlueGreen(ArgoBlueGreen { auto_promotion: auto, analyses: (routed, auto), ..ArgoBlueGreen::default() })
        };
        let pauses = pauses.into_iter().map(|reason| PauseCondition { reason: reason.into(), since: Some(at(1)) });
        ArgoRollout { strategy: Some(strategy), status: ArgoStatus {
            phase: phase.into(), current_hash: current.into(), stable_hash: stable.into(), step, controller_pause, aborted,
            pauses: pauses.collect(), ..ArgoStatus::default()
        }, ..ArgoRollout::default() }
    }
}

prop_compose! {
    fn workload()(
        argo in argo(),
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
        if kind == Kind::Rollout {
            workload.meta.uid = "uid-rollout".into();
            workload.delivery = Some(Arc::new(Delivery::Argo(argo)));
        }
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
        (1..4_i64, any::<bool>()).prop_map(|(revision, argo)| {
            let mut set = replica_set("app", &format!("h{revision}"), revision);
            if argo && let Some(owner) = &mut set.meta.owner {
                (owner.kind, owner.uid) = ("Rollout".into(), "uid-rollout".into());
            }
            Observation::ReplicaSets(Delta::Applied(set))
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
                let supported = match (fresh.state, &fresh.delivery) {
                    // A delivery's controller gives up for reasons of its own, and waits whatever its pods do.
                    (State::Stuck | State::Degraded | State::Waiting, Some(_)) => true,
                    (state, _) => matches!(state, State::Stuck | State::Degraded) != fresh.evidence.is_empty(),
                };
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
