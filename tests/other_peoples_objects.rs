//! Real objects with status, read from where other people's data lies; skipped where that folder is absent.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

#[path = "support/examples.rs"]
mod examples;

use std::path::PathBuf;

use examples::{examples, family, files, objects};
use jiff::Timestamp;
use rolltop::{
    cluster::wire::{self, Interner, Object},
    domain::{Family, Kind, Pod, WorkloadKey},
    release::{Assessment, Proposal, State, Wait, assess, pod_phase, pod_status, revisions},
    world::World,
};
use serde_json::Value;

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

#[test]
fn every_object_is_judged_without_a_fall() {
    let Some(folder) = examples() else { return };
    let mut paths = Vec::new();
    for part in ["gitops", "argo-rollouts", "flagger"] {
        files(&folder.join(part), &mut paths);
    }
    let (mut world, mut intern, mut seen) = (World::new(), Interner::default(), 0);
    for value in paths.iter().flat_map(|path| objects(path)) {
        let Some(family) = family(&value) else { continue };
        let object = wire::decode_value(family, &value, &mut intern).unwrap();
        if let Object::Pod(pod) = &object {
            pod_status(pod);
            pod_phase(pod);
        }
        if let Some(observation) = Object::applied(object) {
            world.apply(observation, now());
            seen += 1;
        }
    }
    for workload in world.workloads() {
        let judged = assess(&world, &workload.key(), now());
        assert!(judged.progress.available >= 0 && !judged.message.is_empty(), "{judged:?}");
        revisions(&world, &workload.key(), now());
    }
    println!("{seen} objects, {} workloads", world.workloads().count());
    assert!(seen > 20, "only {seen} objects were found");
}

fn health(name: &str) -> Option<(Family, Value)> {
    let path = examples()?.join("gitops/argocd/gitops-engine/pkg/health/testdata").join(name);
    let value = objects(&path).into_iter().next()?;
    Some((family(&value)?, value))
}

#[test]
fn deployments_are_judged_as_their_names_say() {
    for (name, expected) in [
        ("deployment-degraded.yaml", State::Stuck),
        ("deployment-progressing.yaml", State::Progressing),
        ("deployment-suspended.yaml", State::Paused),
    ] {
        let Some((family, value)) = health(name) else { continue };
        let object = wire::decode_value(family, &value, &mut Interner::default()).unwrap();
        let mut world = World::new();
        world.apply(Object::applied(object).unwrap(), now());
        let key = world.workloads().next().unwrap().key();
        assert_eq!(assess(&world, &key, now()).state, expected, "{name}");
    }
}

#[test]
fn pods_read_as_their_names_say() {
    for (name, expected) in [
        ("pod-crashloop.yaml", "CrashLoopBackOff"),
        ("pod-imagepullbackoff.yaml", "ImagePullBackOff"),
        ("pod-running-not-ready.yaml", "Running"),
    ] {
        let Some((family, value)) = health(name) else { continue };
        let pod: Pod = match wire::decode_value(family, &value, &mut Interner::default()).unwrap() {
            Object::Pod(pod) => pod,
            other => panic!("{other:?}"),
        };
        assert_eq!(pod_status(&pod).status, expected, "{name}");
    }
}

/// The objects of some files, folded into a world of their own.
fn world_of(paths: &[PathBuf]) -> World {
    let (mut world, mut intern) = (World::new(), Interner::default());
    for value in paths.iter().flat_map(|path| objects(path)) {
        let Some(family) = family(&value) else { continue };
        let object = wire::decode_value(family, &value, &mut intern).unwrap();
        if let Some(observation) = Object::applied(object) {
            world.apply(observation, now());
        }
    }
    world
}

/// Judges the one unit of a kind in some files.
fn judged(kind: Kind, paths: &[PathBuf]) -> Assessment {
    let world = world_of(paths);
    let workload = world.workloads().find(|workload| workload.kind == kind).unwrap();
    // One that nobody has acted on yet is looked at as it was then, not years later.
    let young = workload.meta.created.filter(|_| workload.status.observed_generation == 0);
    assess(&world, &workload.key(), young.unwrap_or_else(now))
}

#[test]
fn every_delivery_object_loads_with_what_its_kind_says() {
    let Some(folder) = examples() else { return };
    let mut paths = Vec::new();
    for part in ["argo-rollouts", "flagger"] {
        files(&folder.join(part), &mut paths);
    }
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for (path, value) in paths.iter().flat_map(|path| objects(path).into_iter().map(move |value| (path, value))) {
        let Some(family) = family(&value) else { continue };
        let kind = value["kind"].as_str().unwrap().to_owned();
        let status = &value["status"];
        let place = path.display();
        match wire::decode_value(family, &value, &mut Interner::default()).unwrap() {
            Object::Workload(workload) if workload.kind == Kind::Rollout => {
                let argo = workload.argo().unwrap();
                let strategy = &value["spec"]["strategy"];
                let has = strategy["canary"].is_object() || strategy["blueGreen"].is_object();
                assert_eq!(argo.strategy.is_some(), has, "{place}");
                assert_eq!(argo.workload_ref.is_some(), value["spec"]["workloadRef"].is_object(), "{place}");
                assert_eq!(argo.status.aborted, status["abort"] == true, "{place}");
                assert_eq!(
                    &*argo.status.current_hash,
                    status["currentPodHash"].as_str().unwrap_or_default(),
                    "{place}"
                );
            }
            Object::Workload(workload) if workload.kind == Kind::Canary => {
                let phase = &workload.flagger().unwrap().status.phase;
                assert_eq!(&**phase, status["phase"].as_str().unwrap_or_default(), "{place}");
            }
            Object::AnalysisRun(run) => {
                assert_eq!(&*run.phase, status["phase"].as_str().unwrap_or_default(), "{place}");
                let spec = &value["spec"];
                let metrics = spec["metrics"].as_array().or_else(|| spec["analysisSpec"]["metrics"].as_array());
                assert_eq!(run.metrics.len(), metrics.map_or(0, Vec::len), "{place}");
                let measured = status["metricResults"][0]["measurements"].as_array().map_or(0, Vec::len);
                assert_eq!(run.metrics.first().map_or(0, |metric| metric.measurements.len()), measured, "{place}");
            }
            Object::Experiment(experiment) => {
                assert_eq!(&*experiment.phase, status["phase"].as_str().unwrap_or_default(), "{place}");
                let templates = value["spec"]["templates"].as_array().map_or(0, Vec::len);
                assert_eq!(experiment.templates.len(), templates, "{place}");
            }
            _ => continue,
        }
        *counts.entry(kind).or_default() += 1;
    }
    println!("{counts:?}");
    for (kind, least) in [("Rollout", 60), ("AnalysisRun", 10), ("Experiment", 8), ("Canary", 8)] {
        assert!(counts.get(kind).is_some_and(|count| *count >= least), "{kind}: {counts:?}");
    }
}

#[test]
fn rollouts_and_canaries_are_judged_as_their_names_say() {
    let Some(folder) = examples() else { return };
    for (part, kind) in [("argo-rollouts", Kind::Rollout), ("flagger", Kind::Canary)] {
        let mut paths = Vec::new();
        files(&folder.join(part).join("argocd-health").join(kind.name()).join("testdata"), &mut paths);
        assert!(paths.len() > 3, "only {} files", paths.len());
        for path in paths {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let expected = match name.split('_').next().unwrap() {
                "degraded" => State::Degraded,
                "healthy" | "initialized" => State::Stable,
                "progressing" | "promoting" | "newRolloutWithoutStatus" => State::Progressing,
                "suspended" => State::Waiting,
                other => panic!("{other} is no health"),
            };
            let judged = judged(kind, std::slice::from_ref(&path));
            assert_eq!(judged.state, expected, "{name}: {judged:?}");
        }
    }
}

#[test]
fn actions_of_argo_cd_start_from_states_that_allow_them() {
    let Some(folder) = examples() else { return };
    let actions = folder.join("argo-rollouts/argocd-health/Rollout/actions/testdata");
    for (name, expected) in [
        ("has_pause_condition_rollout", State::Waiting),
        ("rollout-step1", State::Waiting),
        ("rollout-step1-after-skip-current-step", State::Progressing),
        ("aborted_rollout", State::Degraded),
        ("aborted_bg_rollout", State::Degraded),
        ("retried_rollout", State::Degraded),
    ] {
        let judged = judged(Kind::Rollout, &[actions.join(format!("{name}.yaml"))]);
        assert_eq!(judged.state, expected, "{name}: {judged:?}");
    }
}

fn live(folder: &str, without: &[&str]) -> Option<(World, WorkloadKey, Assessment)> {
    let mut paths = Vec::new();
    files(&examples()?.join("argo-rollouts/live-objects").join(folder), &mut paths);
    paths.retain(|path| !without.iter().any(|name| path.ends_with(name)));
    let world = world_of(&paths);
    let key = world.unit_keys().find(|key| key.kind == Kind::Rollout).unwrap();
    let judged = assess(&world, &key, now());
    Some((world, key, judged))
}

#[test]
fn live_trees_are_judged_with_all_that_belongs_to_them() {
    let others: Vec<String> = (2..=6).map(|number| format!("canary-rollout{number}.yaml")).collect();
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    let Some((world, key, canary)) = live("canary", &others) else { return };
    let delivery = canary.delivery.as_deref().unwrap();
    assert_eq!((canary.state, world.pods_of(&key).len()), (State::Stuck, 6), "{canary:?}");
    assert_eq!((delivery.steps.len(), delivery.step, delivery.weight_wanted), (8, Some(0), Some(20.0)));
    assert_eq!((delivery.stable.available, delivery.canary.as_ref().unwrap().available), (5, 0));
    assert_eq!(canary.advice.proposal, Some(Proposal::Abort));

    let (world, key, switch) = live("blue-green", &[]).unwrap();
    let delivery = switch.delivery.as_deref().unwrap();
    assert_eq!((switch.state, world.pods_of(&key).len()), (State::Waiting, 6), "{switch:?}");
    assert_eq!(&*delivery.stable.name, "bluegreen-demo-6cbccd9f99");
    assert_eq!(&*delivery.canary.as_ref().unwrap().name, "bluegreen-demo-74b948fccb");
    assert!(switch.reason.starts_with("preview 3/3, wants you "), "{}", switch.reason);
    assert_eq!(revisions(&world, &key, now()).len(), 3);

    let (_, _, aborted) = live("rollout-aborted", &[]).unwrap();
    let why = aborted.delivery.as_ref().unwrap().aborted.clone().unwrap();
    assert_eq!(
        (aborted.state, &*why),
        (
            State::Degraded,
            "metric \"web\" assessed Failed due to failed (1) > failureLimit (0); web was false, wants result == \"true\""
        )
    );
    assert!(matches!(aborted.advice.proposal, Some(Proposal::Undo { revision: 1, .. })), "{:?}", aborted.advice);

    let (world, key, inconclusive) = live("experiment-analysis", &[]).unwrap();
    let delivery = inconclusive.delivery.as_deref().unwrap();
    assert_eq!(inconclusive.state, State::Waiting, "{inconclusive:?}");
    assert!(matches!(&delivery.wait, Some(Wait::Person { what, .. }) if what == "an inconclusive analysis"));
    assert_eq!(delivery.experiments.len(), 1);
    let experiment = world.workload(&key).map(|workload| world.experiments_of(&workload.meta.uid).count());
    assert_eq!(experiment, Some(1));
}
