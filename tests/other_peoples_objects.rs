//! Real objects with status, read from where other people's data lies; skipped where that folder is absent.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use rolltop::{
    cluster::wire::{self, Interner, Object},
    domain::{Family, Kind, Pod},
    release::{State, assess, pod_phase, pod_status, revisions},
    world::World,
};
use serde_json::Value;

fn examples() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/examples");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is not here", folder.display());
    None
}

fn family(value: &Value) -> Option<Family> {
    let core = value["apiVersion"] == "v1";
    Some(match value["kind"].as_str()? {
        "Pod" if core => Family::Pods,
        "Event" => Family::Events,
        "ReplicaSet" => Family::ReplicaSets,
        "ControllerRevision" => Family::ControllerRevisions,
        "HorizontalPodAutoscaler" => Family::Autoscalers,
        kind => Family::Workloads(Kind::ALL.into_iter().find(|known| known.name() == kind)?),
    })
}

/// Every object of a YAML or JSON file; what does not parse is not ours to judge.
fn objects(path: &Path) -> Vec<Value> {
    let Ok(text) = fs::read_to_string(path) else { return Vec::new() };
    let documents: Vec<Value> = text.split("\n---").filter_map(|part| serde_saphyr::from_str(part).ok()).collect();
    documents
        .into_iter()
        .flat_map(|document| match document["items"].as_array() {
            Some(items) => items.clone(),
            None => vec![document],
        })
        .collect()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ["yaml", "yml", "json"].iter().any(|known| ending == *known)) {
            found.push(path);
        }
    }
}

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
