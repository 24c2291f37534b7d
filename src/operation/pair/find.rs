//! Which unit a Deployment belongs to: the raw objects are told to a [`World`], so that there is one rule.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    domain::{Delta, Kind, Meta, Observation, Selector, Service, Strategy, Template, Text, Workload, WorkloadStatus},
    operation::{Facts, Refusal, json::text},
    world::{Unit, World},
};

/// Finds the unit a Deployment belongs to.
pub(super) fn unit(facts: &Facts) -> Result<Unit, Refusal> {
    let mut world = World::new();
    for service in &facts.objects.services {
        let selector = labels(service, "/spec/selector");
        world.apply(
            Observation::Services(Delta::Applied(Service { meta: meta(service), selector, ..Service::default() })),
            AT,
        );
    }
    for deployment in &facts.objects.deployments {
        world.apply(Observation::Workloads(Kind::Deployment, Delta::Applied(workload(deployment))), AT);
    }
    if let Some(doubt) = world.doubts_of(&facts.key).first() {
        return Err(Refusal::new(format!("{} cannot be told from others: {doubt}", facts.key))
            .hint("nothing is changed before that is clear"));
    }
    world.unit(&world.unit_of(&facts.key)).cloned().ok_or_else(|| alone(facts))
}

/// When the objects were seen does not matter for what they are made of.
const AT: Timestamp = Timestamp::UNIX_EPOCH;

/// Says that there is no second Deployment.
pub(super) fn alone(facts: &Facts) -> Refusal {
    Refusal::new(format!("{} is not delivered progressively: no canary, and no Service that switches", facts.key))
        .hint("annotation rolltop.dev/canary-of on a canary Deployment, or rolltop.dev/blue-green on both, pairs them")
}

fn workload(deployment: &Value) -> Workload {
    Workload {
        kind: Kind::Deployment,
        meta: meta(deployment),
        selector: Selector::default(),
        paused: false,
        replicas: None,
        min_ready_seconds: 0,
        progress_deadline_seconds: None,
        strategy: Strategy::Recreate,
        template: Template {
            labels: labels(deployment, "/spec/template/metadata/labels"),
            annotations: BTreeMap::new(),
            containers: Arc::from([]),
        },
        status: WorkloadStatus::default(),
        conditions: Vec::new(),
        delivery: None,
    }
}

fn meta(object: &Value) -> Meta {
    Meta {
        name: text(object, "/metadata/name").into(),
        namespace: text(object, "/metadata/namespace").into(),
        uid: text(object, "/metadata/uid").into(),
        labels: labels(object, "/metadata/labels"),
        annotations: labels(object, "/metadata/annotations"),
        ..Meta::default()
    }
}

fn labels(object: &Value, pointer: &str) -> BTreeMap<Text, Text> {
    let map = object.pointer(pointer).and_then(Value::as_object);
    let entry = |(name, value): (&String, &Value)| Some((name.as_str().into(), value.as_str()?.into()));
    map.into_iter().flatten().filter_map(entry).collect()
}
