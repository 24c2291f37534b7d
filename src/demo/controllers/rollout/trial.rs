//! The experiment that a step asks for.

use serde_json::{Value, json};

use super::super::cluster::{Cluster, Kind, Object};
use super::super::object::{annotation, dig, flag, int, list, name, namespace, owned_by, put, text, uid};
use super::analysis::is_final;
use super::steps::Step;
use super::{HASH, MANAGER, Pass, REVISION};

/// Finds the experiment that the status names, or the one of the present step, and all others of the Rollout.
pub(super) fn current(cluster: &Cluster, rollout: &Value) -> (Option<Object>, Vec<Object>) {
    let mut all = cluster.owned(uid(rollout), Kind::Experiment);
    let named = text(rollout, &["status", "canary", "currentExperiment"]);
    let wanted = if named.is_empty() { step_name(rollout) } else { named.to_owned() };
    let at = all.iter().position(|each| name(each) == wanted);
    (at.map(|at| all.remove(at)), all)
}

/// Names the experiment of the present step.
fn step_name(rollout: &Value) -> String {
    let hash = text(rollout, &["status", "currentPodHash"]);
    let revision = annotation(rollout, REVISION).unwrap_or("");
    format!("{}-{hash}-{revision}-{}", name(rollout), int(rollout, &["status", "currentStepIndex"]))
}

fn phase(experiment: &Value) -> &str {
    text(experiment, &["status", "phase"])
}

impl Pass<'_> {
    /// Starts, heeds and ends experiments.
    pub(super) fn reconcile_experiment(&mut self) {
        if self.is_aborted() || self.promotes_full() {
            let all: Vec<Object> = self.other_experiments.iter().chain(&self.experiment).cloned().collect();
            return self.end_experiments(&all);
        }
        if self.paused_for("InconclusiveAnalysisRun").is_some() {
            return;
        }
        let (step, _) = self.current_step();
        let mut ended = self.other_experiments.clone();
        if let Some(Step::Experiment(step)) = step {
            if self.experiment.is_none() && self.stable.is_some() {
                self.experiment = self.start_experiment(&step);
            }
            self.heed_experiment();
        } else {
            ended.extend(self.experiment.clone());
        }
        self.end_experiments(&ended);
        let mut done: Vec<Object> = ended.into_iter().filter(|each| is_final(phase(each))).collect();
        done.sort_by_key(|each| text(each, &["metadata", "creationTimestamp"]).to_owned());
        let excess = done.len().saturating_sub(5);
        for each in done.into_iter().take(excess) {
            self.cluster.delete(Kind::Experiment, namespace(&each), name(&each));
        }
    }

    fn heed_experiment(&mut self) {
        let Some(experiment) = self.experiment.clone() else { return };
        match phase(&experiment) {
            "Inconclusive" => self.pause.add("InconclusiveExperiment"),
            "Error" | "Failed" => {
                let failure = "Experiment analysis phase is error/failed";
                let why = text(&experiment, &["status", "message"]);
                let message = if why.is_empty() { failure.to_owned() } else { format!("{failure}: {why}") };
                self.pause.abort(message);
            }
            "Successful" => {}
            _ => put(&mut self.next, &["canary", "currentExperiment"], json!(name(&experiment))),
        }
    }

    fn end_experiments(&mut self, all: &[Object]) {
        for each in all.iter().filter(|each| !is_final(phase(each)) && !flag(each, &["spec", "terminate"])) {
            self.cluster.modify(Kind::Experiment, namespace(each), name(each), MANAGER, |each| {
                put(each, &["spec", "terminate"], json!(true));
            });
        }
    }

    fn start_experiment(&mut self, step: &Value) -> Option<Object> {
        let revision = annotation(&self.rollout, REVISION).unwrap_or("").to_owned();
        let mut labels = dig(&self.rollout, &["metadata", "labels"]).cloned().unwrap_or_else(|| json!({}));
        put(&mut labels, &[HASH], json!(self.hash()));
        let templates: Option<Vec<Value>> =
            list(step, &["templates"]).iter().map(|template| self.trial_template(template)).collect();
        let analyses: Vec<Value> = list(step, &["analyses"])
            .iter()
            .map(|analysis| {
                let mut resolved = analysis.clone();
                let args: Vec<Value> = list(analysis, &["args"]).iter().map(|arg| self.resolved(arg)).collect();
                if !args.is_empty() {
                    put(&mut resolved, &["args"], json!(args));
                }
                resolved
            })
            .collect();
        let mut spec = json!({"templates": templates?});
        if !analyses.is_empty() {
            put(&mut spec, &["analyses"], json!(analyses));
        }
        for (key, value) in [
            ("duration", step.get("duration")),
            ("scaleDownDelaySeconds", step.get("scaleDownDelaySeconds")),
            ("progressDeadlineSeconds", dig(&self.rollout, &["spec", "progressDeadlineSeconds"])),
        ] {
            if let Some(value) = value {
                put(&mut spec, &[key], value.clone());
            }
        }
        let base = step_name(&self.rollout);
        let taken = |name: &str, all: &[Object]| all.iter().any(|each| super::name(each) == name);
        let free = (0..100).map(|number| if number == 0 { base.clone() } else { format!("{base}-{number}") });
        let trial_name = free.into_iter().find(|name| !taken(name, &self.other_experiments))?;
        let experiment = json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Experiment",
            "metadata": {
                "name": trial_name, "namespace": namespace(&self.rollout), "labels": labels,
                "annotations": {REVISION: revision}, "ownerReferences": owned_by(&self.rollout),
            },
            "spec": spec,
        });
        let created = self.cluster.create(Kind::Experiment, experiment, MANAGER).ok()?;
        self.event("Normal", "ExperimentCreated", &format!("Created Experiment '{trial_name}'"));
        Some(created)
    }

    /// Makes an experiment's template from that of the stable or the new set.
    fn trial_template(&self, step: &Value) -> Option<Value> {
        let set = match text(step, &["specRef"]) {
            "canary" => &self.new,
            _ => self.stable.as_ref()?,
        };
        let mut template = dig(set, &["spec", "template"]).cloned()?;
        let mut selector = step.get("selector").cloned().or_else(|| dig(set, &["spec", "selector"]).cloned())?;
        for (key, value) in dig(step, &["metadata", "labels"]).and_then(Value::as_object).into_iter().flatten() {
            put(&mut template, &["metadata", "labels", key], value.clone());
            put(&mut selector, &["matchLabels", key], value.clone());
        }
        let annotations = dig(step, &["metadata", "annotations"]).and_then(Value::as_object);
        for (key, value) in annotations.into_iter().flatten() {
            put(&mut template, &["metadata", "annotations", key], value.clone());
        }
        let mut made = json!({"name": step["name"], "selector": selector, "template": template});
        if let Some(replicas) = step.get("replicas") {
            put(&mut made, &["replicas"], replicas.clone());
        }
        if step.get("weight").is_some() || step.get("service").is_some() {
            let service = text(step, &["service", "name"]);
            put(&mut made, &["service"], if service.is_empty() { json!({}) } else { json!({"name": service}) });
        }
        Some(made)
    }
}
