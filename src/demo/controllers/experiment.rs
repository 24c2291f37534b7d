//! The experiment controller: a `ReplicaSet` for each template for a while, and analyses beside them.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::cluster::{Cluster, Key, Kind, Object};
use super::condition::{self, Condition};
use super::hash;
use super::object::{
    annotation, deleting, dig, flag, int, int_or, label, list, name, namespace, owned_by, put, remove, seconds, stamp,
    text, time, uid,
};
use super::rollout::{ARGO, HASH, create_run, is_final, spec_of};

const MANAGER: &str = "rollouts-controller";
const NAME: &str = "experiment.argoproj.io/name";
const TEMPLATE: &str = "experiment.argoproj.io/template-name";
const DEADLINE: &str = "scale-down-deadline";

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

    fn set_of(&self, template: &str) -> Option<Object> {
        let owned = self.cluster.owned(uid(&self.experiment), Kind::ReplicaSet);
        owned.into_iter().find(|set| annotation(set, TEMPLATE) == Some(template))
    }

    fn wanted(&self, template: &Value) -> i64 {
        let done = entry(&self.experiment["status"], "templateStatuses", text(template, &["name"]))
            .is_some_and(|each| matches!(text(each, &["status"]), "Successful" | "Failed" | "Error"));
        if self.is_ending() || done { 0 } else { int_or(template, &["replicas"], 1) }
    }

    fn reconcile_template(&mut self, status: &mut Value, template: &Value) {
        let template_name = text(template, &["name"]).to_owned();
        let before = entry(status, "templateStatuses", &template_name).cloned();
        let mut entry = before.clone().unwrap_or_else(|| json!({"name": template_name}));
        let wanted = self.wanted(template);
        let mut set = self.set_of(&template_name);
        match &set {
            None if wanted > 0 => set = self.create_set(&mut entry, template, wanted),
            None => {}
            Some(found) => {
                let found = found.clone();
                self.reconcile_service(&mut entry, template, &found, wanted);
                self.scale(&found, wanted);
                set = self.set_of(&template_name);
            }
        }
        let counted = |key: &str| set.as_ref().map_or(0, |set| int(set, &["status", key]));
        for (key, count) in [
            ("replicas", counted("replicas")),
            ("updatedReplicas", counted("replicas")),
            ("readyReplicas", counted("readyReplicas")),
            ("availableReplicas", counted("availableReplicas")),
        ] {
            let was = before.as_ref().and_then(|before| before.get(key).and_then(Value::as_i64));
            put(&mut entry, &[key], json!(count));
            if was != Some(count) {
                put(&mut entry, &["lastTransitionTime"], stamp(self.now));
            }
        }
        self.judge_template(&mut entry, wanted);
        let (was, is) =
            (before.as_ref().map_or("", |before| text(before, &["status"])), text(&entry, &["status"]).to_owned());
        if was != is {
            let mut message = format!("Template '{template_name}' transitioned from {was} -> {is}");
            if !text(&entry, &["message"]).is_empty() {
                message = format!("{message}: {}", text(&entry, &["message"]));
            }
            let kind = if matches!(is.as_str(), "Failed" | "Error") { "Warning" } else { "Normal" };
            self.event(kind, &format!("Template{is}"), &message);
        }
        set_entry(status, "templateStatuses", entry);
    }

    fn judge_template(&self, entry: &mut Value, wanted: i64) {
        if matches!(text(entry, &["status"]), "Successful" | "Failed" | "Error") {
            return;
        }
        let arrived = int(entry, &["availableReplicas"]) == wanted;
        let limit = int_or(&self.experiment, &["spec", "progressDeadlineSeconds"], 600);
        let since = time(entry, &["lastTransitionTime"]).unwrap_or(self.now);
        let word = if arrived {
            if self.is_over() || self.is_ending() { "Successful" } else { "Running" }
        } else if self.now > since + SignedDuration::from_secs(limit) {
            let message =
                format!("Template '{}' exceeded its progressDeadlineSeconds ({limit})", text(entry, &["name"]));
            put(entry, &["message"], json!(message));
            "Failed"
        } else if self.is_ending() {
            "Successful"
        } else {
            "Progressing"
        };
        put(entry, &["status"], json!(word));
    }

    fn create_set(&mut self, entry: &mut Value, template: &Value, wanted: i64) -> Option<Object> {
        let mut pods = dig(template, &["template"]).cloned().unwrap_or_default();
        remove(&mut pods, &["metadata", "labels", HASH]);
        let template_hash = hash::of(&pods, int(entry, &["collisionCount"]));
        put(&mut pods, &["metadata", "labels", HASH], json!(template_hash));
        let mut selector = dig(template, &["selector"]).cloned().unwrap_or_default();
        put(&mut selector, &["matchLabels", HASH], json!(template_hash));
        let mut labels = dig(&pods, &["metadata", "labels"]).cloned().unwrap_or_else(|| json!({}));
        let template_name = text(template, &["name"]);
        put(&mut labels, &[NAME], json!(name(&self.experiment)));
        put(&mut labels, &[TEMPLATE], json!(template_name));
        let set_name = format!("{}-{template_name}", name(&self.experiment));
        let set = json!({
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {
                "name": set_name, "namespace": namespace(&self.experiment), "labels": labels,
                "annotations": {NAME: name(&self.experiment), TEMPLATE: template_name},
                "ownerReferences": owned_by(&self.experiment),
            },
            "spec": {"replicas": wanted, "selector": selector, "template": pods},
        });
        match self.cluster.create(Kind::ReplicaSet, set, MANAGER) {
            Ok(created) => {
                let message = format!("Created new replica set \"{set_name}\" with size {wanted}");
                self.event("Normal", "NewReplicaSetCreated", &message);
                Some(created)
            }
            Err(why) => {
                put(entry, &["status"], json!("Error"));
                let message = format!("Failed to create ReplicaSet for template '{template_name}': {why}");
                put(entry, &["message"], json!(message));
                None
            }
        }
    }

    /// Gives a template a service of its own while it runs, where it asks for one.
    fn reconcile_service(&mut self, entry: &mut Value, template: &Value, set: &Object, wanted: i64) {
        let Some(asked) = template.get("service").filter(|service| !service.is_null()) else { return };
        let service = match text(asked, &["name"]) {
            "" => name(set).to_owned(),
            name => name.to_owned(),
        };
        let space = namespace(&self.experiment).to_owned();
        if wanted == 0 {
            if int(set, &["status", "availableReplicas"]) == 0 {
                self.cluster.delete(Kind::Service, &space, &service);
                remove(entry, &["serviceName"]);
                remove(entry, &["podTemplateHash"]);
            }
            return;
        }
        if self.cluster.get(Kind::Service, &space, &service).is_none() {
            let containers = list(set, &["spec", "template", "spec", "containers"]).iter();
            let ports: Vec<Value> = containers
                .flat_map(|container| list(container, &["ports"]))
                .map(|port| {
                    json!({
                        "name": port["name"], "port": port["containerPort"], "targetPort": port["containerPort"], "protocol": "TCP",
                    })
                })
                .collect();
            let made = json!({
                "apiVersion": "v1", "kind": "Service",
                "metadata": {
                    "name": service, "namespace": space, "annotations": {NAME: name(&self.experiment), TEMPLATE: template["name"]},
                    "ownerReferences": owned_by(&self.experiment),
                },
                "spec": {"selector": dig(set, &["spec", "selector", "matchLabels"]), "ports": ports},
            });
            if let Err(why) = self.cluster.create(Kind::Service, made, MANAGER) {
                put(entry, &["status"], json!("Error"));
                let message =
                    format!("Failed to create Service {service} for template '{}': {why}", text(template, &["name"]));
                put(entry, &["message"], json!(message));
            }
        }
        put(entry, &["serviceName"], json!(service));
        put(entry, &["podTemplateHash"], json!(label(set, HASH)));
    }

    /// Sizes a template's set; before it goes it stays for `scaleDownDelaySeconds`.
    fn scale(&mut self, set: &Object, wanted: i64) {
        let asked = int_or(set, &["spec", "replicas"], 1);
        if asked == wanted {
            return;
        }
        if wanted == 0 {
            let delay = int_or(&self.experiment, &["spec", "scaleDownDelaySeconds"], 30);
            let known: Option<Timestamp> = annotation(set, DEADLINE).and_then(|at| at.parse().ok());
            let at = known.unwrap_or_else(|| seconds(self.now) + SignedDuration::from_secs(delay));
            if known.is_none() && delay > 0 {
                self.cluster.modify(Kind::ReplicaSet, namespace(set), name(set), MANAGER, |set| {
                    put(set, &["metadata", "annotations", DEADLINE], json!(at.to_string()));
                });
            }
            if delay > 0 && at > self.now {
                self.wake_at(at);
                return;
            }
        }
        self.cluster.modify(Kind::ReplicaSet, namespace(set), name(set), MANAGER, |set| {
            put(set, &["spec", "replicas"], json!(wanted));
        });
        let way = if wanted > asked { "up" } else { "down" };
        let message = format!("Scaled {way} ReplicaSet {} from {asked} to {wanted}", name(set));
        self.event("Normal", "ScalingReplicaSet", &message);
    }

    fn reconcile_analysis(&mut self, status: &mut Value, analysis: &Value) {
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

    fn assess_templates(status: &Value) -> (&'static str, String) {
        const WORST_FIRST: [(&str, &str); 4] =
            [("Error", "Error"), ("Failed", "Failed"), ("Progressing", "Pending"), ("Running", "Running")];
        let all = list(status, &["templateStatuses"]);
        for (code, phase) in WORST_FIRST {
            if let Some(found) = all.iter().find(|each| text(each, &["status"]) == code) {
                return (phase, text(found, &["message"]).to_owned());
            }
        }
        ("Successful", String::new())
    }

    fn assess_analyses(&self, status: &Value) -> (&'static str, String) {
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

    fn has_required(&self) -> bool {
        self.required().next().is_some()
    }

    fn required_succeeded(&self, status: &Value) -> bool {
        let good = |analysis: &Value| {
            entry(status, "analysisRuns", text(analysis, &["name"]))
                .is_some_and(|run| text(run, &["phase"]) == "Successful")
        };
        self.has_required() && self.required().all(good)
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
