//! Rollouts.

use jiff::SignedDuration;

use super::*;
use crate::domain::{ArgoBlueGreen, ArgoCanary, PauseCondition, Step, WorkloadStatus};

const GATEWAY: &str = "gateway";

fn canary(steps: Vec<Step>) -> ArgoCanary {
    ArgoCanary { steps, max_weight: 100, canary_service: "gateway-canary".into(), ..ArgoCanary::default() }
}

fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

/// What is done to a Rollout before it is judged.
type Change = fn(&mut Workload);

fn steps() -> Vec<Step> {
    vec![
        Step::SetWeight(10),
        Step::Pause(None),
        Step::SetWeight(50),
        Step::Pause(Some(seconds(60))),
        Step::Other("new".into()),
    ]
}

/// Hash `new` goes out over `old`, at a step.
fn status(step: i32) -> ArgoStatus {
    ArgoStatus {
        phase: "Progressing".into(),
        observed_generation: Some(1),
        current_hash: "new".into(),
        stable_hash: "old".into(),
        step: Some(step),
        ..ArgoStatus::default()
    }
}

fn pause(reason: &str) -> Vec<PauseCondition> {
    vec![PauseCondition { reason: reason.into(), since: Some(at(100)) }]
}

fn rollout(strategy: Option<ArgoStrategy>, status: ArgoStatus) -> Workload {
    let mut workload = deployment(GATEWAY);
    workload.kind = Kind::Rollout;
    workload.meta.annotations.clear();
    workload.meta.annotations.insert("rollout.argoproj.io/revision".into(), "2".into());
    workload.template = template("shop/app:v2");
    workload.conditions.clear();
    workload.delivery = Some(Arc::new(Says::Argo(ArgoRollout { strategy, status, ..ArgoRollout::default() })));
    workload
}

fn of_argo(hash: &str, revision: i64, pods: i32) -> ReplicaSet {
    let mut set = sized(GATEWAY, hash, revision, pods);
    set.meta = owned(&format!("{GATEWAY}-{hash}"), "Rollout", GATEWAY);
    set
}

/// The Rollout with so many stable and new pods.
fn world(rollout: Workload, old: i32, new: i32) -> World {
    let mut world = World::new();
    let mut rollout = rollout;
    rollout.status = WorkloadStatus {
        observed_generation: rollout.argo().and_then(|argo| argo.status.observed_generation).unwrap_or_default(),
        replicas: old + new,
        updated: new,
        ready: old + new,
        available: old + new,
        ..WorkloadStatus::default()
    };
    workload(&mut world, rollout);
    set(&mut world, &of_argo("old", 1, old));
    set(&mut world, &of_argo("new", 2, new));
    world
}

fn judge(world: &World, second: i64) -> Assessment {
    assess(world, &key(Kind::Rollout, GATEWAY), at(second))
}

fn by_steps(steps: Vec<Step>, status: ArgoStatus) -> Workload {
    rollout(Some(ArgoStrategy::Canary(canary(steps))), status)
}

#[test]
fn weights_follow_the_steps_and_the_pods() {
    let aborted = ArgoStatus { aborted: true, ..status(0) };
    for (status, steps, old, new, wanted, actual) in [
        (status(0), steps(), 9, 1, 10.0, 10.0),
        // One of three pods cannot be 10 %.
        (status(1), steps(), 2, 1, 10.0, 33.0),
        (status(3), steps(), 2, 1, 50.0, 33.0),
        (status(4), steps(), 1, 2, 50.0, 66.0),
        (status(5), steps(), 0, 3, 100.0, 100.0),
        (status(99), steps(), 0, 3, 100.0, 100.0),
        (aborted, steps(), 3, 0, 0.0, 0.0),
        (ArgoStatus { step: None, ..status(0) }, vec![], 2, 1, 100.0, 33.0),
        (status(0), vec![Step::Pause(None)], 3, 0, 0.0, 0.0),
        (status(0), vec![Step::SetWeight(700)], 3, 0, 100.0, 0.0),
    ] {
        let words = format!("{status:?}");
        let judged = judge(&world(by_steps(steps, status), old, new), 0);
        let read = delivery(&judged);
        assert_eq!(read.weight_wanted, Some(wanted), "{words}");
        assert_eq!(read.weight_actual, Some((actual, WeightSource::Pods(new, old + new))), "{words}");
    }
}

#[test]
fn a_router_is_believed_by_its_route_then_by_its_word() {
    let routed = |weight| {
        let spec = ArgoCanary { routed: true, max_weight: 1000, ..canary(vec![Step::SetWeight(250)]) };
        world(rollout(Some(ArgoStrategy::Canary(spec)), ArgoStatus { weight, ..status(0) }), 3, 1)
    };
    let actual = |world: &World| delivery(&judge(world, 0)).weight_actual.clone();
    assert_eq!(actual(&routed(None)), Some((25.0, WeightSource::Status(None))));
    let mut told = routed(Some((100, Some(true))));
    assert_eq!(actual(&told), Some((10.0, WeightSource::Status(Some(true)))));
    let backends = vec![("gateway-stable".into(), 95), ("gateway-canary".into(), 5)];
    let route = Route { kind: "HTTPRoute".into(), meta: meta("gateway"), backends };
    let changed = put(&mut told, Observation::Routes(RouteKind::HttpRoute, Delta::Applied(route)), 1);
    assert!(changed.workloads.contains(&key(Kind::Rollout, GATEWAY)), "its route moved");
    assert_eq!(actual(&told), Some((5.0, WeightSource::Route("HTTPRoute gateway".into()))));
}

#[test]
fn pauses_are_for_time_or_for_a_person() {
    let switch = |auto_promotion, after: Option<SignedDuration>| {
        let switch = ArgoBlueGreen { auto_promotion, auto_promotion_after: after, ..ArgoBlueGreen::default() };
        Some(ArgoStrategy::BlueGreen(switch))
    };
    let by = |steps| Some(ArgoStrategy::Canary(canary(steps)));
    let person = |what: &str| Wait::Person { since: Some(at(100)), what: what.into() };
    let timer = |until| Wait::Timer { since: Some(at(100)), until: Some(at(until)) };
    for (strategy, step, reason, wait, state) in [
        (by(steps()), 1, "CanaryPauseStep", person("promotion"), State::Waiting),
        (by(steps()), 3, "CanaryPauseStep", timer(160), State::Progressing),
        (by(steps()), 2, "CanaryPauseStep", person("promotion"), State::Waiting),
        (by(steps()), 3, "InconclusiveAnalysisRun", person("an inconclusive analysis"), State::Waiting),
        (by(steps()), 3, "InconclusiveExperiment", person("an inconclusive experiment"), State::Waiting),
        (switch(false, None), 0, "BlueGreenPause", person("the switch"), State::Waiting),
        (switch(false, Some(seconds(30))), 0, "BlueGreenPause", timer(130), State::Progressing),
    ] {
        let status =
            ArgoStatus { phase: "Paused".into(), message: reason.into(), pauses: pause(reason), ..status(step) };
        let judged = judge(&world(rollout(strategy, status), 2, 1), 100);
        assert_eq!((delivery(&judged).wait.clone(), judged.state), (Some(wait), state), "{reason} at {step}");
    }
}

#[test]
fn a_timed_pause_counts_down_and_an_open_one_counts_up() {
    let paused = |step| ArgoStatus { phase: "Paused".into(), pauses: pause("CanaryPauseStep"), ..status(step) };
    let key = key(Kind::Rollout, GATEWAY);
    let timed = world(by_steps(steps(), paused(3)), 1, 1);
    let mut all = Assessments::new();
    let changed = Changed { workloads: [key.clone()].into(), ..Changed::default() };
    all.refresh(&timed, &changed, at(125));
    assert_eq!(all.get(&key).unwrap().reason, "canary 50 %, step 4 of 5, pause, ~40s left");
    let due = all.next_deadline().unwrap();
    all.refresh(&timed, &Changed::default(), due);
    assert_eq!(all.get(&key).unwrap().reason, "canary 50 %, step 4 of 5, pause, ~30s left");
    assert_eq!(judge(&timed, 161).reason, "canary 50 %, step 4 of 5, the pause is over");

    let open = world(by_steps(steps(), paused(1)), 9, 1);
    for (second, reason, reads) in [
        (130, "canary 10 %, step 2 of 5, wants you", 160),
        (100 + 9 * 60, "canary 10 %, step 2 of 5, wants you 9m", 100 + 10 * 60),
        (100 + 2 * 3600, "canary 10 %, step 2 of 5, wants you 2h", 100 + 3 * 3600),
    ] {
        let mut all = Assessments::new();
        all.refresh(&open, &changed, at(second));
        assert_eq!(all.get(&key).unwrap().reason, reason);
        assert_eq!(all.next_deadline(), Some(at(reads)), "{reason}");
    }
    assert_eq!(judge(&open, 130).advice.proposal, Some(Proposal::Promote));
    assert_eq!((judge(&open, 130).version.from, judge(&open, 130).version.to), ("v1".into(), "v2".into()));
}

#[test]
fn the_state_is_the_first_that_matches() {
    let waiting = || ArgoStatus { phase: "Paused".into(), pauses: pause("CanaryPauseStep"), ..status(1) };
    let healthy = || ArgoStatus { phase: "Healthy".into(), stable_hash: "new".into(), ..status(5) };
    let degraded = |message: &str| ArgoStatus { phase: "Degraded".into(), message: message.into(), ..status(0) };
    let cases: Vec<(ArgoStatus, Change, State)> = vec![
        (waiting(), |one| one.replicas = Some(0), State::ScaledDown),
        (waiting(), |one| one.paused = true, State::Paused),
        (waiting(), |_| (), State::Waiting),
        (ArgoStatus { aborted: true, ..degraded("RolloutAborted") }, |_| (), State::Degraded),
        (
            degraded("InvalidSpec"),
            |one| one.conditions = vec![condition("InvalidSpec", "True", "InvalidSpec")],
            State::Degraded,
        ),
        (
            degraded("ProgressDeadlineExceeded"),
            |one| one.conditions = vec![condition("Progressing", "False", "ProgressDeadlineExceeded")],
            State::Stuck,
        ),
        (status(2), |_| (), State::Progressing),
        (healthy(), |_| (), State::Stable),
        (healthy(), |one| one.meta.generation = 2, State::Progressing),
        (ArgoStatus { controller_pause: true, ..waiting() }, |_| (), State::Waiting),
        (ArgoStatus { controller_pause: true, pauses: Vec::new(), ..waiting() }, |_| (), State::Progressing),
    ];
    for (status, change, state) in cases {
        let words = format!("{status:?}");
        let mut rollout = by_steps(steps(), status);
        change(&mut rollout);
        assert_eq!(judge(&world(rollout, 2, 1), 0).state, state, "{words}");
    }
}

#[test]
fn crashing_new_pods_make_it_stuck_and_a_waiting_one_no_less_bad() {
    for (status, state) in [
        (status(2), State::Stuck),
        (ArgoStatus { phase: "Paused".into(), pauses: pause("CanaryPauseStep"), ..status(1) }, State::Waiting),
    ] {
        let mut world = world(by_steps(steps(), status), 2, 0);
        let new = of_argo("new", 2, 1);
        put(
            &mut world,
            Observation::ReplicaSets(Delta::Applied(ReplicaSet { available: 0, ready: 0, ..new.clone() })),
            1,
        );
        put(&mut world, Observation::Pods(Delta::Applied(crashing(&new))), 1);
        let judged = judge(&world, 200);
        assert_eq!((judged.state, judged.advice.proposal.clone()), (state, Some(Proposal::Abort)), "{judged:?}");
        assert!(judged.reason.starts_with("CrashLoopBackOff"), "{}", judged.reason);
        assert_eq!(delivery(&judged).canary.as_ref().unwrap().restarts, 4);
    }
}

#[test]
fn an_aborted_one_says_why_and_where_its_spec_still_points() {
    let mut rollout = by_steps(steps(), ArgoStatus { phase: "Degraded".into(), aborted: true, ..status(0) });
    let why = "Rollout aborted update to revision 2: metric \"errors\" assessed Failed";
    rollout.conditions =
        vec![crate::domain::Condition { message: why.into(), ..condition("Progressing", "False", "RolloutAborted") }];
    let judged = judge(&world(rollout, 3, 0), 0);
    assert_eq!(delivery(&judged).aborted.as_deref(), Some("metric \"errors\" assessed Failed"));
    assert_eq!(judged.message, "aborted: metric \"errors\" assessed Failed");
    assert_eq!(judged.advice.proposal, Some(Proposal::Undo { revision: 1, version: "v1".into() }));
}

#[test]
fn nobody_reconciles_is_said_after_a_while() {
    let mut all = Assessments::new();
    let mut world = World::new();
    let key = key(Kind::Rollout, GATEWAY);
    let mut new = by_steps(steps(), ArgoStatus::default());
    new.meta.generation = 4;
    let changed = put(&mut world, Observation::Workloads(Kind::Rollout, Delta::Applied(new.clone())), 10);
    all.refresh(&world, &changed, at(10));
    assert_eq!(all.get(&key).unwrap().state, State::Progressing);
    // A change of something else does not start the count again.
    new.meta.resource_version = "2".into();
    let changed = put(&mut world, Observation::Workloads(Kind::Rollout, Delta::Applied(new.clone())), 40);
    all.refresh(&world, &changed, at(40));
    assert_eq!(all.next_deadline(), Some(at(70)));
    all.refresh(&world, &Changed::default(), at(70));
    let judged = all.get(&key).unwrap();
    assert_eq!((judged.state, &*judged.reason), (State::Stuck, "nothing acts on it"));
    assert!(delivery(judged).alarms[0].contains("is the Argo Rollouts controller running?"), "{judged:?}");
    new.status.observed_generation = 4;
    let changed = put(&mut world, Observation::Workloads(Kind::Rollout, Delta::Applied(new)), 71);
    all.refresh(&world, &changed, at(71));
    assert!(delivery(all.get(&key).unwrap()).alarms.is_empty());
}

#[test]
fn a_controller_that_stops_at_a_pause_or_an_abort_is_found_out() {
    // The pause of a minute at step 4 began at 100.
    let paused = ArgoStatus { phase: "Paused".into(), pauses: pause("CanaryPauseStep"), ..status(3) };
    let held = world(by_steps(steps(), paused), 3, 3);
    assert_eq!(judge(&held, 100 + 60 + 59).state, State::Progressing);
    let judged = judge(&held, 100 + 60 + 60);
    assert_eq!((judged.state, &*judged.reason), (State::Stuck, "nothing acts on it"), "{judged:?}");
    assert!(delivery(&judged).alarms[0].contains("is the Argo Rollouts controller running?"), "{judged:?}");

    let mut world = World::new();
    let asked = ArgoStatus { aborted: true, ..status(0) };
    let mut rollout = by_steps(steps(), asked.clone());
    rollout.status.observed_generation = 1;
    put(&mut world, Observation::Workloads(Kind::Rollout, Delta::Applied(rollout.clone())), 200);
    assert_ne!(judge(&world, 259).state, State::Stuck);
    assert_eq!(judge(&world, 260).state, State::Stuck, "nobody acts on the abort");
    let done = ArgoStatus { aborted_at: Some(at(261)), phase: "Degraded".into(), ..asked };
    rollout.delivery = by_steps(steps(), done).delivery;
    put(&mut world, Observation::Workloads(Kind::Rollout, Delta::Applied(rollout)), 261);
    assert_eq!(judge(&world, 1000).state, State::Degraded);
}

/// An AnalysisRun of the new version whose one metric ended so.
fn run(name: &str, phase: &str, value: &str) -> crate::domain::AnalysisRun {
    use crate::domain::{AnalysisMetric, AnalysisRun, Measurement};
    let mut meta = owned(name, "Rollout", GATEWAY);
    meta.labels.insert("rollouts-pod-template-hash".into(), "new".into());
    let measured =
        |value: &str, phase: &str| Measurement { value: value.into(), phase: phase.into(), ..Measurement::default() };
    AnalysisRun {
        meta,
        phase: phase.into(),
        metrics: vec![AnalysisMetric {
            name: "error-share".into(),
            phase: phase.into(),
            success: "result[0] <= 0.05".into(),
            measurements: vec![measured("[0.001]", "Successful"), measured(value, phase)],
            ..AnalysisMetric::default()
        }],
        ..AnalysisRun::default()
    }
}

#[test]
fn an_abort_is_the_analysis_that_failed_or_the_hand_that_did_it() {
    let aborted = ArgoStatus { phase: "Degraded".into(), aborted: true, aborted_at: Some(at(300)), ..status(0) };
    let told = |why: &str| {
        let mut rollout = by_steps(steps(), aborted.clone());
        let message = format!("Rollout aborted update to revision 2{why}");
        rollout.conditions = vec![crate::domain::Condition {
            message: message.as_str().into(),
            ..condition("Progressing", "False", "RolloutAborted")
        }];
        rollout
    };
    let words = |world: &World| judge(world, 400).delivery.and_then(|delivery| delivery.aborted).unwrap_or_default();
    let mut failed = world(told(": Metric \"error-share\" assessed Failed due to failed (2) > failureLimit (1)"), 3, 0);
    put(&mut failed, Observation::AnalysisRuns(Delta::Applied(run("gateway-new-2", "Failed", "[0.213]"))), 300);
    let expected = "Metric \"error-share\" assessed Failed due to failed (2) > failureLimit (1); error-share was 0.213, wants \
                    result[0] <= 0.05";
    assert_eq!(words(&failed), expected);
    let judged = judge(&failed, 400);
    assert_eq!(judged.message, format!("aborted: {expected}"), "and the page says so");
    assert_eq!(delivery(&judged).runs, ["gateway-new-2".into()], "the run is shown");

    let mut by_hand = world(told(""), 3, 0);
    put(&mut by_hand, Observation::AnalysisRuns(Delta::Applied(run("gateway-new-2", "Failed", "[0.213]"))), 300);
    assert_eq!(words(&by_hand), "by hand", "an analysis of an earlier try is not blamed");
    let mut rollout = told("");
    rollout.meta.managers = vec![crate::domain::Manager {
        name: "kubectl-argo-rollouts".into(),
        operation: "Update".into(),
        at: Some(at(299)),
        template: false,
        replicas: false,
        paused: false,
        aborts: true,
    }];
    let uid = rollout.meta.uid.clone();
    let mut with_tool = world(rollout, 3, 0);
    assert_eq!(words(&with_tool), "by hand, with kubectl-argo-rollouts");
    let deed = crate::domain::Deed { uid, user: "lena".into(), at: at(298), aborts: true };
    put(&mut with_tool, Observation::Deeds(vec![deed]), 300);
    assert_eq!(words(&with_tool), "by hand, by lena (audit)");
}

#[test]
fn an_argo_switch_says_where_each_service_points() {
    let spec = ArgoBlueGreen {
        active_service: "gateway".into(),
        preview_service: "gateway-preview".into(),
        ..ArgoBlueGreen::default()
    };
    let status = ArgoStatus { active_hash: "old".into(), preview_hash: "new".into(), step: None, ..status(0) };
    let mut world = world(rollout(Some(ArgoStrategy::BlueGreen(spec)), status), 3, 3);
    let read = |world: &World| judge(world, 100).delivery.unwrap().services;
    assert_eq!(
        read(&world),
        [("gateway".into(), "v1 (rev 1)".to_owned()), ("gateway-preview".into(), "v2 (rev 2)".to_owned())]
    );
    // What the Service's selector says counts, whatever the controller noted.
    let meta =
        crate::domain::Meta { name: "gateway".into(), namespace: "shop".into(), uid: "s".into(), ..Default::default() };
    let selector = [("rollouts-pod-template-hash".into(), "new".into())].into();
    let service = crate::domain::Service { meta, selector, selected: None };
    put(&mut world, Observation::Services(Delta::Applied(service)), 101);
    assert_eq!(read(&world)[0].1, "v2 (rev 2)");
}

#[test]
fn blue_green_goes_from_station_to_station() {
    let spec =
        ArgoBlueGreen { analyses: (true, true), scale_down_delay: Some(seconds(30)), ..ArgoBlueGreen::default() };
    let base =
        |active: &str| ArgoStatus { active_hash: active.into(), preview_hash: "new".into(), step: None, ..status(0) };
    let paused = |active: &str| ArgoStatus { pauses: pause("BlueGreenPause"), ..base(active) };
    let done = ArgoStatus { stable_hash: "new".into(), phase: "Healthy".into(), ..base("new") };
    for (status, preview, step, side) in [
        (base("old"), 0, 0, Some("preview")),
        (base("old"), 3, 1, Some("preview")),
        (paused("old"), 3, 2, Some("preview")),
        (base("new"), 3, 3, None),
        (done, 3, 4, None),
    ] {
        let words = format!("{status:?}");
        let mut world = world(rollout(Some(ArgoStrategy::BlueGreen(spec.clone())), status), 3, preview);
        let mut old = of_argo("old", 1, 3);
        old.meta.annotations.insert("scale-down-deadline".into(), at(500).to_string().as_str().into());
        put(&mut world, Observation::ReplicaSets(Delta::Applied(old)), 1);
        let judged = judge(&world, 100);
        let read = delivery(&judged);
        let lines: Vec<_> = read.steps.iter().map(|step| &*step.words).collect();
        assert_eq!(
            lines,
            ["preview pods", "analysis before the switch", "switch when promoted", "analysis after the switch"]
        );
        assert_eq!((read.step, read.canary.as_ref().map(|side| side.role)), (Some(step), side), "{words}");
        assert_eq!(read.scale_down_at, side.is_none().then(|| at(500)), "{words}");
        assert_eq!(read.weight_wanted, None);
    }
}

#[test]
fn a_rollout_that_refers_to_a_deployment_takes_its_versions_from_what_it_made() {
    let referring = |workload: &mut Workload| {
        let target = ObjectRef { kind: "Deployment".into(), namespace: "shop".into(), name: "web".into() };
        let argo = ArgoRollout { workload_ref: Some(target), ..workload.argo().unwrap().clone() };
        workload.delivery = Some(Arc::new(Says::Argo(argo)));
        workload.template = crate::domain::Template::default();
    };
    let mut rollout = by_steps(steps(), status(2));
    referring(&mut rollout);
    let mut world = world(rollout, 2, 1);
    let mut web = deployment("web");
    web.meta.managers = vec![crate::domain::Manager {
        aborts: false,
        name: "kubectl-set".into(),
        operation: "Update".into(),
        at: Some(at(7)),
        template: true,
        replicas: false,
        paused: false,
    }];
    workload(&mut world, web);
    let judged = judge(&world, 20);
    assert_eq!((&*judged.version.from, &*judged.version.to), ("v1", "v2"));
    assert_eq!(judged.who, crate::release::Who::Tool("kubectl-set".into()));
    assert_eq!(judged.started.map(|started| started.at), Some(at(7)));
}

#[test]
fn without_steps_strategy_or_status_there_is_still_a_judgement() {
    let judged = judge(&world(by_steps(Vec::new(), ArgoStatus { step: None, ..status(0) }), 2, 1), 0);
    assert_eq!((judged.state, delivery(&judged).step, delivery(&judged).steps.len()), (State::Progressing, None, 0));
    let judged = judge(
        &world(rollout(None, ArgoStatus { stable_hash: "new".into(), phase: "Healthy".into(), ..status(0) }), 0, 3),
        0,
    );
    assert_eq!(judged.state, State::Stable);
    let bare = world(rollout(None, ArgoStatus::default()), 0, 0);
    assert_eq!(
        (judge(&bare, 5).state, &*judge(&bare, 5).message),
        (State::Progressing, "the controller has not seen the new spec yet")
    );
}
