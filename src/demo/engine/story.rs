//! Plays a scenario: what somebody does to the cluster, and what the world does to the shop.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::hands;
use crate::demo::company::PRODUCTION;
use crate::demo::controllers::cluster::{Cluster, Key, Kind};
use crate::demo::controllers::object::{annotation, put, text};
use crate::demo::kubelet::Kubelets;
use crate::demo::scenario::{Action, Scenario};
use crate::demo::traffic::{Defect, Weather};

const GITOPS: &str = "argocd-controller";
/// Seconds between two looks of the tool that holds an image, at speed 1.
const GITOPS_PERIOD: f64 = 180.0;
const QUOTA: &str = "pods";
const CAUSE: &str = "kubernetes.io/change-cause";

/// What is left of the story, and the state of the world it has brought about.
#[derive(Debug, Default)]
pub struct Story {
    ahead: VecDeque<(Timestamp, Action)>,
    held: BTreeMap<String, Held>,
    next_hold: Option<Timestamp>,
    images: BTreeMap<String, Defect>,
    services: BTreeMap<String, Defect>,
    weather: Weather,
    speed: f64,
}

/// What Git says of a Deployment, as far as it is held to it.
#[derive(Debug)]
struct Held {
    image: String,
    cause: Option<String>,
}

impl Story {
    /// Starts a scenario at `now`.
    pub fn begin(&mut self, scenario: Scenario, kubelets: &mut Kubelets, speed: f64, now: Timestamp) {
        self.speed = speed;
        for release in scenario.releases {
            kubelets.set_behaviour(&release.image, release.behaviour);
            self.images.insert(release.image, self.hurried(release.defect));
        }
        for step in scenario.steps {
            let wait = SignedDuration::try_from_secs_f64(step.at.as_secs_f64() / speed).unwrap_or(step.at);
            self.ahead.push_back((now + wait, step.action));
        }
    }

    /// Does what is due.
    pub fn step(&mut self, cluster: &mut Cluster, kubelets: &mut Kubelets, now: Timestamp) {
        while self.ahead.front().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, action)) = self.ahead.pop_front() {
                self.act(action, cluster, kubelets, now);
            }
        }
        if self.next_hold.is_some_and(|at| at <= now) {
            for (workload, held) in &self.held {
                release(cluster, workload, &held.image, held.cause.as_deref(), GITOPS);
            }
            self.next_hold = Some(now + cluster.scaled(GITOPS_PERIOD));
        }
    }

    /// Returns when something is due.
    pub fn next_wake(&self) -> Option<Timestamp> {
        [self.ahead.front().map(|(at, _)| *at), self.next_hold].into_iter().flatten().min()
    }

    /// Returns what is wrong with a service that runs an image.
    pub fn defect(&self, service: &str, image: &str) -> Defect {
        let own = self.images.get(image).cloned().unwrap_or_else(|| Defect::of_image(image));
        match self.services.get(service) {
            Some(other) => both(&own, other),
            None => own,
        }
    }

    /// Returns what happens around the pods.
    pub fn weather(&self) -> &Weather {
        &self.weather
    }

    /// Does one thing now, as a step of a scenario or by injection.
    pub fn act(&mut self, action: Action, cluster: &mut Cluster, kubelets: &mut Kubelets, now: Timestamp) {
        match action {
            Action::Release { workload, image, cause, by } => {
                release(cluster, &workload, &image, cause.as_deref(), &by);
            }
            Action::Scale { workload, replicas } => {
                cluster.modify(kind_of(cluster, &workload), PRODUCTION, &workload, "kubectl", |deployment| {
                    put(deployment, &["spec", "replicas"], json!(replicas));
                });
            }
            Action::HoldImage { workload } => {
                if let Some(deployment) = cluster.get(kind_of(cluster, &workload), PRODUCTION, &workload) {
                    let cause = annotation(&deployment, CAUSE).map(str::to_owned);
                    self.held.insert(workload, Held { image: image_of(&deployment).to_owned(), cause });
                    self.next_hold.get_or_insert(now + cluster.scaled(GITOPS_PERIOD));
                }
            }
            Action::Configure { workload, key, value, defect } => {
                let config = format!("{workload}-config");
                cluster.modify(Kind::ConfigMap, PRODUCTION, &config, "kubectl-edit", |config| {
                    put(config, &["data", &key], json!(value));
                });
                self.services.insert(workload, self.hurried(defect));
            }
            Action::Unready { workload } => kubelets.set_unready(cluster, (PRODUCTION, &workload), true, now),
            Action::Fault { workload, defect } => {
                if defect == Defect::default() {
                    kubelets.set_unready(cluster, (PRODUCTION, &workload), false, now);
                }
                self.services.insert(workload, self.hurried(defect));
            }
            Action::Traffic(factor) => self.weather.traffic = factor,
            Action::PaymentProvider { latency, errors } => {
                self.weather.payment_provider_latency = latency;
                self.weather.payment_provider_errors = errors;
            }
            Action::Database(latency) => self.weather.database_latency = latency,
            Action::NoisyNode { node, share } => {
                self.weather.node_contention.insert(node, share);
            }
            Action::LoseNode(node) => {
                kubelets.lose(&node, now);
                cluster.enqueue(Key::new(Kind::Node, "", &node));
            }
            Action::FindNode(node) => {
                kubelets.find(&node);
                cluster.enqueue(Key::new(Kind::Node, "", &node));
            }
            Action::Quota { spare } => limit_pods(cluster, spare),
            Action::NoQuota => cluster.delete_now(Kind::ResourceQuota, PRODUCTION, QUOTA),
            Action::Promote { workload, full } => hands::promote(cluster, &workload, full),
            Action::Abort(workload) => hands::abort(cluster, &workload, true),
            Action::Retry(workload) => hands::abort(cluster, &workload, false),
            Action::Switch { service, slot } => hands::switch(cluster, &service, &slot),
            Action::Gate { canary, open } => cluster.gates.set(&format!("{canary}.{PRODUCTION}"), open),
            Action::Controller { name, runs } => cluster.run_controller(&name, runs),
        }
    }

    /// Leaks run as fast as the story does.
    fn hurried(&self, mut defect: Defect) -> Defect {
        let speed = if self.speed > 0.0 { self.speed } else { 1.0 };
        defect.memory_leak *= speed;
        defect.connection_leak *= speed;
        defect
    }
}

fn both(a: &Defect, b: &Defect) -> Defect {
    Defect {
        error_share: (a.error_share + b.error_share).min(1.0),
        latency: a.latency + b.latency,
        tail_latency: a.tail_latency.max(b.tail_latency),
        tail_share: a.tail_share.max(b.tail_share),
        cpu_factor: a.cpu_factor * b.cpu_factor,
        memory_leak: a.memory_leak + b.memory_leak,
        connection_leak: a.connection_leak + b.connection_leak,
        pool_size: b.pool_size.or(a.pool_size),
    }
}

fn image_of(deployment: &Value) -> &str {
    deployment.pointer("/spec/template/spec/containers/0").map_or("", |container| text(container, &["image"]))
}

/// Says as what a service runs: an Argo Rollout where there is one of its name, else a Deployment.
fn kind_of(cluster: &Cluster, workload: &str) -> Kind {
    if cluster.get(Kind::Rollout, PRODUCTION, workload).is_some() { Kind::Rollout } else { Kind::Deployment }
}

/// Sets an image as a pipeline does: template, version labels and change-cause in one write.
fn release(cluster: &mut Cluster, workload: &str, image: &str, cause: Option<&str>, by: &str) {
    let version = image.rsplit_once(':').map_or("latest", |(_, tag)| tag);
    let commit = cause.and_then(|cause| cause.split_once('(')?.1.split_once(')').map(|(commit, _)| commit.to_owned()));
    let kind = kind_of(cluster, workload);
    let same = cluster.get(kind, PRODUCTION, workload).is_none_or(|deployment| image_of(&deployment) == image);
    if same {
        return;
    }
    cluster.modify(kind, PRODUCTION, workload, by, |deployment| {
        if let Some(container) = deployment.pointer_mut("/spec/template/spec/containers/0") {
            put(container, &["image"], json!(image));
        }
        put(deployment, &["spec", "template", "metadata", "labels", "app.kubernetes.io/version"], json!(version));
        if let Some(commit) = commit {
            put(deployment, &["spec", "template", "metadata", "labels", "git-sha"], json!(commit));
        }
        if let Some(cause) = cause {
            put(deployment, &["metadata", "annotations", CAUSE], json!(cause));
        }
    });
}

fn limit_pods(cluster: &mut Cluster, spare: i64) {
    let pods = i64::try_from(cluster.list(Kind::Pod, Some(PRODUCTION)).len()).unwrap_or(0);
    let quota = json!({
        "apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": QUOTA, "namespace": PRODUCTION},
        "spec": {"hard": {"pods": (pods + spare).to_string()}},
    });
    // A quota that is there already is the one a story wants.
    let _ = cluster.create(Kind::ResourceQuota, quota, "kubectl-create");
}
