//! Other people's objects, read from where they lie.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rolltop::domain::{Family, Kind, RouteKind};
use serde_json::Value;

/// The folder where other people's data lies; `None` where it is absent, which is told.
pub fn examples() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/examples");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is not here", folder.display());
    None
}

/// The family an object belongs to.
pub fn family(value: &Value) -> Option<Family> {
    let core = value["apiVersion"] == "v1";
    Some(match value["kind"].as_str()? {
        "Pod" if core => Family::Pods,
        "Event" => Family::Events,
        "ReplicaSet" => Family::ReplicaSets,
        "ControllerRevision" => Family::ControllerRevisions,
        "HorizontalPodAutoscaler" => Family::Autoscalers,
        "AnalysisRun" => Family::AnalysisRuns,
        "Experiment" => Family::Experiments,
        "Service" if core => Family::Services,
        "HTTPRoute" => Family::Routes(RouteKind::HttpRoute),
        "VirtualService" => Family::Routes(RouteKind::VirtualService),
        "Ingress" => Family::Routes(RouteKind::Ingress),
        kind => Family::Workloads(Kind::ALL.into_iter().find(|known| known.name() == kind)?),
    })
}

/// Every object of a YAML or JSON file; what does not parse is not ours to judge.
pub fn objects(path: &Path) -> Vec<Value> {
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

/// Adds the data files below a folder.
pub fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ["yaml", "yml", "json"].iter().any(|known| ending == *known)) {
            found.push(path);
        }
    }
}
