//! The experiment controller: a `ReplicaSet` for each template for a while, and analyses beside them.
//!
//! ```text
//! sync ─▶ templates: ReplicaSets, Services     analyses: runs     ─▶ judge: the phase they come to
//! ```

mod analyses;
mod templates;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::cluster::{Cluster, Key, Kind, Object};
use super::condition::{self, Condition};
use super::object::{deleting, dig, flag, int_or, list, name, namespace, put, remove, stamp, text, time};
use super::rollout::{ARGO, is_final};

const MANAGER: &str = "rollouts-controller";
const NAME: &str = "experiment.argoproj.io/name";
const TEMPLATE: &str = "experiment.argoproj.io/template-name";

/// Brings one experiment a step further.
pub fn sync(cluster: &mut Cluster, key: &Key, now: Timestamp) {
    if cluster.is_stopped(ARGO) {
        return;
    }
    let Some(found) = cluster.get(Kind::Experiment, &key.namespace, &key.name) else { return };
    if deleting(&found) {
        return;
    }
    let mut status = found.get("status").filter(|status| status.is_object()).cloned().unwrap_or_else(|| json!({}));
    let mut trial = Trial { cluster, experiment: found.clone(), now };
    for template in list(&found, &["spec", "templates"]) {
        trial.reconcile_template(&mut status, template);
    }
    for analysis in list(&found, &["spec", "analyses"]) {
        trial.reconcile_analysis(&mut status, analysis);
    }
    trial.judge(&mut status);
    trial.wake(&status);
    if found.get("status") != Some(&status) {
        // Experiments have no status subresource.
        cluster.modify(Kind::Experiment, &key.namespace, &key.name, MANAGER, |object| put(object, &["status"], status));
    }
}

struct Trial<'a> {
    cluster: &'a mut Cluster,
    experiment: Object,
    now: Timestamp,
}

fn entry<'a>(status: &'a Value, all: &str, wanted: &str) -> Option<&'a Value> {
    list(status, &[all]).iter().find(|each| text(each, &["name"]) == wanted)
}

fn set_entry(status: &mut Value, all: &str, new: Value) {
    let mut entries = list(status, &[all]).to_vec();
    match entries.iter_mut().find(|each| each["name"] == new["name"]) {
        Some(known) => *known = new,
        None => entries.push(new),
    }
    put(status, &[all], json!(entries));
}

impl Trial<'_> {
    fn phase(&self) -> &str {
        text(&self.experiment, &["status", "phase"])
    }

    fn is_ending(&self) -> bool {
        let ended = |code: &str| matches!(code, "Failed" | "Error");
        flag(&self.experiment, &["spec", "terminate"])
            || is_final(self.phase())
            || list(&self.experiment, &["status", "templateStatuses"]).iter().any(|each| ended(text(each, &["status"])))
            || list(&self.experiment, &["status", "analysisRuns"])
                .iter()
                .any(|each| matches!(text(each, &["phase"]), "Failed" | "Error" | "Inconclusive"))
    }

    /// Returns when the experiment has lasted as long as it should; none where nothing says how long.
    fn ends(&self) -> Option<Timestamp> {
        let available = time(&self.experiment, &["status", "availableAt"])?;
        let duration: SignedDuration = text(&self.experiment, &["spec", "duration"]).parse().ok()?;
        Some(available + duration)
    }

    fn is_over(&self) -> bool {
        self.ends().is_some_and(|at| self.now > at)
    }

    fn event(&mut self, kind: &str, reason: &str, message: &str) {
        self.cluster.event(&self.experiment, kind, reason, message, MANAGER);
    }

    /// Decides what the templates and analyses come to.
    fn judge(&mut self, status: &mut Value) {
        match text(status, &["phase"]) {
            "" => put(status, &["phase"], json!("Pending")),
            "Pending" | "Running" => {
                let (templates, why) = Self::assess_templates(status);
                let (analyses, reason) = self.assess_analyses(status);
                if templates == "Running" && dig(status, &["availableAt"]).is_none() {
                    put(status, &["availableAt"], stamp(self.now));
                }
                let (phase, message) = if is_final(templates) {
                    if templates == "Successful" && (is_final(analyses) || self.has_required()) {
                        (analyses, reason)
                    } else {
                        (templates, why)
                    }
                } else if (is_final(analyses) && analyses != "Successful") || self.required_succeeded(status) {
                    (analyses, reason)
                } else {
                    (templates, why)
                };
                put(status, &["phase"], json!(phase));
                if message.is_empty() {
                    remove(status, &["message"]);
                } else {
                    put(status, &["message"], json!(message));
                }
            }
            _ => {}
        }
        let phase = text(status, &["phase"]).to_owned();
        let set = format!("Experiment \"{}\"", name(&self.experiment));
        let new = match phase.as_str() {
            "Pending" => {
                Condition::new("Progressing", "True", "NewReplicaSetCreated", &format!("{set} is progressing."))
            }
            "Running" => Condition::new("Progressing", "True", "ExperimentRunning", &format!("{set} is running.")),
            "Successful" => Condition::new(
                "Progressing",
                "False",
                "ExperimentCompleted",
                &format!("{set} has successfully ran and completed."),
            ),
            _ => Condition::new(
                "Progressing",
                "False",
                "ExperimentFailed",
                &format!("{set} has {}.", phase.to_lowercase()),
            ),
        };
        condition::set(status, &new, self.now);
        let before = self.phase().to_owned();
        if before != phase && is_final(&phase) {
            let kind = if phase == "Successful" { "Normal" } else { "Warning" };
            let message = format!("Experiment transitioned from {before} -> {phase}");
            self.event(kind, &format!("Experiment{phase}"), &message);
        }
    }

    fn wake_at(&mut self, at: Timestamp) {
        let key = Key::new(Kind::Experiment, namespace(&self.experiment), name(&self.experiment));
        self.cluster.wake(key, at.max(self.now) + SignedDuration::from_millis(1));
    }

    fn wake(&mut self, status: &Value) {
        if is_final(text(status, &["phase"])) {
            return;
        }
        let duration: Option<SignedDuration> = text(&self.experiment, &["spec", "duration"]).parse().ok();
        if let (Some(available), Some(duration)) = (time(status, &["availableAt"]), duration)
            && self.now <= available + duration
        {
            self.wake_at(available + duration);
        }
        let limit = int_or(&self.experiment, &["spec", "progressDeadlineSeconds"], 600);
        let waiting =
            list(status, &["templateStatuses"]).iter().filter(|each| text(each, &["status"]) == "Progressing");
        let since = waiting.filter_map(|each| time(each, &["lastTransitionTime"])).min();
        if let Some(at) = since.map(|since| since + SignedDuration::from_secs(limit)).filter(|at| *at >= self.now) {
            self.wake_at(at);
        }
    }
}
