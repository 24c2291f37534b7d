//! The analyses beside an experiment: runs that are started, followed, ended, and what they come to.

use serde_json::{Value, json};

use super::{MANAGER, Trial, entry, set_entry};
use crate::demo::controllers::cluster::Kind;
use crate::demo::controllers::object::{dig, flag, label, list, name, namespace, owned_by, put, remove, text};
use crate::demo::controllers::rollout::{HASH, create_run, is_final, spec_of};

impl Trial<'_> {
    pub(super) fn reconcile_analysis(&mut self, status: &mut Value, analysis: &Value) {
        let analysis_name = text(analysis, &["name"]).to_owned();
        let before = entry(status, "analysisRuns", &analysis_name).cloned();
        let mut entry =
            before.clone().unwrap_or_else(|| json!({"name": analysis_name, "analysisRun": "", "phase": ""}));
        let run = text(&entry, &["analysisRun"]).to_owned();
        if dig(status, &["availableAt"]).is_none() {
            return;
        }
        if run.is_empty() {
            if self.is_ending() {
                return;
            }
            match self.start_run(analysis) {
                Ok(run) => {
                    put(&mut entry, &["analysisRun"], json!(run));
                    put(&mut entry, &["phase"], json!("Pending"));
                }
                Err(why) => {
                    put(&mut entry, &["phase"], json!("Error"));
                    let message = format!("Failed to create AnalysisRun for analysis '{analysis_name}': {why}");
                    put(&mut entry, &["message"], json!(message));
                }
            }
        } else if !is_final(text(&entry, &["phase"])) {
            self.follow_run(&mut entry, &run);
        }
        let (was, is) =
            (before.as_ref().map_or("", |before| text(before, &["phase"])), text(&entry, &["phase"]).to_owned());
        if was != is && !is.is_empty() {
            let kind = if matches!(is.as_str(), "Failed" | "Error" | "Inconclusive") { "Warning" } else { "Normal" };
            let mut message = format!("AnalysisRun '{analysis_name}' transitioned from {was} -> {is}");
            if !text(&entry, &["message"]).is_empty() {
                message = format!("{message}: {}", text(&entry, &["message"]));
            }
            self.event(kind, &format!("AnalysisRun{is}"), &message);
        }
        set_entry(status, "analysisRuns", entry);
    }

    fn follow_run(&mut self, entry: &mut Value, run: &str) {
        let space = namespace(&self.experiment).to_owned();
        let Some(found) = self.cluster.get(Kind::AnalysisRun, &space, run) else {
            put(entry, &["phase"], json!("Error"));
            put(entry, &["message"], json!(format!("analysisruns.argoproj.io \"{run}\" not found")));
            return;
        };
        if self.is_ending() && !is_final(text(&found, &["status", "phase"])) {
            self.cluster
                .modify(Kind::AnalysisRun, &space, run, MANAGER, |run| put(run, &["spec", "terminate"], json!(true)));
            return;
        }
        let phase = text(&found, &["status", "phase"]);
        put(entry, &["phase"], json!(if phase.is_empty() { "Pending" } else { phase }));
        let message = text(&found, &["status", "message"]);
        if message.is_empty() {
            remove(entry, &["message"]);
        } else {
            put(entry, &["message"], json!(message));
        }
    }

    fn start_run(&mut self, analysis: &Value) -> Result<String, String> {
        let args: Vec<Value> = list(analysis, &["args"]).iter().map(|arg| self.resolved(arg)).collect();
        let templates = [analysis.clone()];
        let spec = spec_of(self.cluster, namespace(&self.experiment), &templates, &args)?;
        let meta = json!({
            "namespace": namespace(&self.experiment), "labels": {}, "ownerReferences": owned_by(&self.experiment),
        });
        let run_name = format!("{}-{}", name(&self.experiment), text(analysis, &["name"]));
        let created = create_run(self.cluster, &run_name, &meta, &spec).ok_or("the API refused it")?;
        Ok(name(&created).to_owned())
    }

    /// Fills in `{{templates.NAME.podTemplateHash}}` and `{{templates.NAME.replicaset.name}}`.
    fn resolved(&self, arg: &Value) -> Value {
        let mut value = text(arg, &["value"]).to_owned();
        for template in list(&self.experiment, &["spec", "templates"]) {
            let template_name = text(template, &["name"]);
            let Some(set) = self.set_of(template_name) else { continue };
            value = value
                .replace(&format!("{{{{templates.{template_name}.podTemplateHash}}}}"), label(&set, HASH))
                .replace(&format!("{{{{templates.{template_name}.replicaset.name}}}}"), name(&set));
        }
        json!({"name": arg["name"], "value": value})
    }

    pub(super) fn assess_analyses(&self, status: &Value) -> (&'static str, String) {
        let runs = list(status, &["analysisRuns"]);
        for phase in ["Failed", "Error", "Inconclusive"] {
            if let Some(found) = runs.iter().find(|each| text(each, &["phase"]) == phase) {
                return (phase, text(found, &["message"]).to_owned());
            }
        }
        if self.required_succeeded(status) {
            return ("Successful", "Required Analysis Runs completed successfully".to_owned());
        }
        let asked = list(&self.experiment, &["spec", "analyses"]).len();
        let done = runs.iter().filter(|each| text(each, &["phase"]) == "Successful").count();
        if done == asked { ("Successful", String::new()) } else { ("Running", String::new()) }
    }

    fn required(&self) -> impl Iterator<Item = &Value> {
        list(&self.experiment, &["spec", "analyses"]).iter().filter(|each| flag(each, &["requiredForCompletion"]))
    }

    pub(super) fn has_required(&self) -> bool {
        self.required().next().is_some()
    }

    pub(super) fn required_succeeded(&self, status: &Value) -> bool {
        let good = |analysis: &Value| {
            entry(status, "analysisRuns", text(analysis, &["name"]))
                .is_some_and(|run| text(run, &["phase"]) == "Successful")
        };
        self.has_required() && self.required().all(good)
    }
}
