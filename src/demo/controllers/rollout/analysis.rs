//! The analysis runs that a Rollout starts, heeds and ends.

use serde_json::{Map, Value, json};

use super::super::cluster::{Cluster, Kind, Object};
use super::super::object::{annotation, dig, flag, int_or, label, list, name, namespace, owned_by, put, text, uid};
use super::steps::Step;
use super::{HASH, MANAGER, Pass, REVISION, is_promoted};

/// The runs that the status names, by what they are for.
#[derive(Debug, Default)]
pub(super) struct Runs {
    pub(super) step: Option<Object>,
    pub(super) background: Option<Object>,
    pub(super) pre: Option<Object>,
    pub(super) post: Option<Object>,
}

/// Where the status keeps each kind of run, and the label that says which it is.
const KINDS: [(&[&str], &str); 4] = [
    (&["canary", "currentStepAnalysisRunStatus"], "Step"),
    (&["canary", "currentBackgroundAnalysisRunStatus"], "Background"),
    (&["blueGreen", "prePromotionAnalysisRunStatus"], "PrePromotion"),
    (&["blueGreen", "postPromotionAnalysisRunStatus"], "PostPromotion"),
];

impl Runs {
    /// Finds the runs that the status names, and all others of the Rollout.
    pub(super) fn of(cluster: &Cluster, rollout: &Value) -> (Self, Vec<Object>) {
        let mut others = cluster.owned(uid(rollout), Kind::AnalysisRun);
        let mut take = |path: &[&str]| {
            let named = dig(rollout, &["status", path[0], path[1], "name"]).and_then(Value::as_str)?;
            let at = others.iter().position(|run| name(run) == named)?;
            Some(others.remove(at))
        };
        let [step, background, pre, post] = KINDS.map(|(path, _)| take(path));
        (Self { step, background, pre, post }, others)
    }

    fn all(&self) -> [(&Option<Object>, usize); 4] {
        [(&self.step, 0), (&self.background, 1), (&self.pre, 2), (&self.post, 3)]
    }
}

/// Says whether an analysis phase is final.
pub(in super::super) fn is_final(phase: &str) -> bool {
    matches!(phase, "Successful" | "Failed" | "Error" | "Inconclusive")
}

fn phase(run: &Object) -> &str {
    text(run, &["status", "phase"])
}

impl Pass<'_> {
    /// Starts, heeds and ends runs as the update asks for.
    pub(super) fn reconcile_runs(&mut self) {
        let first = self.status_text(&["stableRS"]).is_empty();
        let over =
            is_promoted(&self.rollout) || self.is_aborted() || self.promotes_full() || self.is_fast_rollback() || first;
        if over {
            let current: Vec<Object> = self.runs.all().into_iter().filter_map(|(run, _)| run.clone()).collect();
            self.cancel(&current);
            self.runs.step = None;
            self.runs.background = None;
        } else if self.is_blue_green() {
            self.runs.pre = self.pre_promotion();
            self.heed(self.runs.pre.clone(), "Blue/green pre-promotion analysis phase error/failed");
            self.runs.post = self.post_promotion();
            self.heed(self.runs.post.clone(), "Blue/green post-promotion analysis phase error/failed");
        } else {
            self.runs.step = self.step_run();
            self.runs.background = self.background_run();
        }
        self.note_runs();
        let current: Vec<String> =
            self.runs.all().into_iter().filter_map(|(run, _)| run.as_ref().map(|run| name(run).to_owned())).collect();
        let others: Vec<Object> =
            self.other_runs.iter().filter(|run| !current.iter().any(|each| each == name(run))).cloned().collect();
        self.cancel(&others);
        self.trim_runs(&others);
    }

    /// Writes the runs into the new status, and tells what became of them.
    fn note_runs(&mut self) {
        let named: Vec<(usize, Object)> =
            self.runs.all().into_iter().filter_map(|(run, kind)| Some((kind, run.clone()?))).collect();
        for (kind, run) in named {
            let (path, label) = KINDS[kind];
            if (path[0] == "blueGreen") != self.is_blue_green() {
                continue;
            }
            let mut shown = json!({"name": name(&run), "status": phase(&run)});
            if !text(&run, &["status", "message"]).is_empty() {
                put(&mut shown, &["message"], json!(text(&run, &["status", "message"])));
            }
            put(&mut self.next, path, shown);
            let before = self.status(path);
            let same_run = before.is_none_or(|before| text(before, &["name"]) == name(&run));
            let previous =
                before.map_or_else(|| "NoPreviousStatus".to_owned(), |before| text(before, &["status"]).to_owned());
            if !phase(&run).is_empty() && same_run && previous != phase(&run) {
                let kind = if matches!(phase(&run), "Failed" | "Error") { "Warning" } else { "Normal" };
                let message = format!(
                    "{label} Analysis Run '{}' Status New: '{}' Previous: '{previous}'",
                    name(&run),
                    phase(&run)
                );
                self.event(kind, &format!("AnalysisRun{}", phase(&run)), &message);
            }
        }
    }

    /// Pauses or aborts as a run's result asks for.
    fn heed(&mut self, run: Option<Object>, failure: &str) {
        let Some(run) = run else { return };
        match phase(&run) {
            "Inconclusive" => self.pause.add("InconclusiveAnalysisRun"),
            "Error" | "Failed" => {
                let why = text(&run, &["status", "message"]);
                let message = if why.is_empty() { failure.to_owned() } else { format!("{failure}: {why}") };
                self.pause.abort(message);
            }
            _ => {}
        }
    }

    fn cancel(&mut self, runs: &[Object]) {
        for run in runs.iter().filter(|run| !is_final(phase(run)) && !flag(run, &["spec", "terminate"])) {
            self.cluster.modify(Kind::AnalysisRun, namespace(run), name(run), MANAGER, |run| {
                put(run, &["spec", "terminate"], json!(true));
            });
        }
    }

    fn trim_runs(&mut self, others: &[Object]) {
        let limit = |key| usize::try_from(int_or(&self.rollout, &["spec", "analysis", key], 5)).unwrap_or(0);
        let (good, bad) = (limit("successfulRunHistoryLimit"), limit("unsuccessfulRunHistoryLimit"));
        for (keep, wanted) in [(good, true), (bad, false)] {
            let mut done: Vec<&Object> =
                others.iter().filter(|run| is_final(phase(run)) && (phase(run) == "Successful") == wanted).collect();
            done.sort_by_key(|run| text(run, &["metadata", "creationTimestamp"]));
            let excess = done.len().saturating_sub(keep);
            for run in done.into_iter().take(excess) {
                self.cluster.delete(Kind::AnalysisRun, namespace(run), name(run));
            }
        }
    }

    /// Says whether a new run is due: there is none, or the last one could not decide and somebody went on.
    fn needs_run(&self, current: Option<&Object>) -> bool {
        let Some(current) = current else { return true };
        let by_hand = self.paused_for("CanaryPauseStep").is_none() && self.paused_for("BlueGreenPause").is_none();
        if flag(&self.rollout, &["status", "controllerPause"]) && by_hand {
            return phase(current) == "Inconclusive";
        }
        self.status(&["abortedAt"]).is_some()
    }

    fn step_run(&mut self) -> Option<Object> {
        let current = self.runs.step.clone();
        if self.status(&["pauseConditions"]).is_some() || flag(&self.rollout, &["status", "abort"]) {
            return current;
        }
        let (step, index) = self.current_step();
        let of_step = |run: &Object| label(run, "step-index") == index.to_string();
        let Some(Step::Analysis(analysis)) = step.filter(|_| current.as_ref().is_none_or(of_step)) else {
            self.cancel(current.as_slice());
            return None;
        };
        if list(&analysis, &["templates"]).is_empty() {
            self.cancel(current.as_slice());
            return None;
        }
        if self.needs_run(current.as_ref()) {
            let labels = json!({"rollout-type": "Step", "step-index": index.to_string()});
            return self.start_run(&analysis, &index.to_string(), labels);
        }
        self.heed(current.clone(), "Step-based analysis phase error/failed");
        current
    }

    fn background_run(&mut self) -> Option<Object> {
        let current = self.runs.background.clone();
        let analysis = self.strategy("analysis").filter(|all| !list(all, &["templates"]).is_empty()).cloned();
        let Some(analysis) = analysis else {
            self.cancel(current.as_slice());
            return None;
        };
        let (step, index) = self.current_step();
        let starts = analysis.get("startingStep").and_then(Value::as_u64).and_then(|at| usize::try_from(at).ok());
        let early = step.is_some() && starts.is_some_and(|starts| index < starts);
        if early || self.status_text(&["currentPodHash"]).is_empty() {
            return None;
        }
        if self.paused_for("InconclusiveAnalysisRun").is_some() {
            return current;
        }
        if self.needs_run(current.as_ref()) {
            return self.start_run(&analysis, "", json!({"rollout-type": "Background"}));
        }
        self.heed(current.clone(), "Background analysis phase error/failed");
        current
    }

    fn pre_promotion(&mut self) -> Option<Object> {
        let current = self.runs.pre.clone();
        let Some(analysis) = self.strategy("prePromotionAnalysis").cloned() else {
            self.cancel(current.as_slice());
            return None;
        };
        let active = self.status_text(&["blueGreen", "activeSelector"]);
        let skipped = active.is_empty() || active == self.hash() || (current.is_none() && !self.is_preview_ready());
        if skipped {
            self.cancel(current.as_slice());
            return current;
        }
        self.run_once(current, &analysis, "pre", "PrePromotion")
    }

    fn is_preview_ready(&self) -> bool {
        match self.strategy("previewReplicaCount").and_then(Value::as_i64) {
            Some(preview) => super::sets::asked(&self.new) == preview && super::sets::available(&self.new) == preview,
            None => self.is_saturated(&self.new),
        }
    }

    /// Says whether there is nothing to analyse after the switch: it has not been made, or is settled.
    pub(super) fn skips_post_promotion(&self) -> bool {
        let active = self.status_text(&["blueGreen", "activeSelector"]);
        self.status_text(&["stableRS"]) == self.hash()
            || active != self.hash()
            || (self.runs.post.is_none() && !self.is_saturated(&self.new))
    }

    fn post_promotion(&mut self) -> Option<Object> {
        let current = self.runs.post.clone();
        let Some(analysis) = self.strategy("postPromotionAnalysis").cloned() else {
            self.cancel(current.as_slice());
            return None;
        };
        if self.skips_post_promotion() {
            self.cancel(current.as_slice());
            return current;
        }
        self.run_once(current, &analysis, "post", "PostPromotion")
    }

    fn run_once(&mut self, current: Option<Object>, analysis: &Value, infix: &str, kind: &str) -> Option<Object> {
        if self.paused_for("InconclusiveAnalysisRun").is_some() || !self.needs_run(current.as_ref()) {
            return current;
        }
        self.start_run(analysis, infix, json!({"rollout-type": kind}))
    }

    /// Creates a run from the templates that an analysis names.
    fn start_run(&mut self, analysis: &Value, infix: &str, mut labels: Value) -> Option<Object> {
        put(&mut labels, &[HASH], json!(self.hash()));
        let revision = annotation(&self.rollout, REVISION).unwrap_or("").to_owned();
        let mut run_name = format!("{}-{}-{revision}", name(&self.rollout), self.hash());
        if !infix.is_empty() {
            run_name = format!("{run_name}-{infix}");
        }
        let args: Vec<Value> = list(analysis, &["args"]).iter().map(|arg| self.resolved(arg)).collect();
        let templates = list(analysis, &["templates"]);
        let spec = spec_of(self.cluster, namespace(&self.rollout), templates, &args);
        let Ok(mut spec) = spec else {
            let why = spec.err().unwrap_or_default();
            self.event("Warning", "ReconciliationError", &format!("Reconciliation failed with error: {why}"));
            return None;
        };
        for key in ["dryRun", "measurementRetention"] {
            if let Some(value) = analysis.get(key) {
                put(&mut spec, &[key], value.clone());
            }
        }
        let owner = owned_by(&self.rollout);
        let meta = json!({
            "namespace": namespace(&self.rollout), "labels": labels, "annotations": {REVISION: revision}, "ownerReferences": owner,
        });
        create_run(self.cluster, &run_name, &meta, &spec)
    }

    /// Returns an argument with its value: a text, a template hash, or a field of the Rollout.
    pub(super) fn resolved(&self, arg: &Value) -> Value {
        let value = match text(arg, &["valueFrom", "podTemplateHashValue"]) {
            "Latest" => Some(self.hash().to_owned()),
            "Stable" => self.stable.as_ref().map(|stable| label(stable, HASH).to_owned()),
            _ => match text(arg, &["valueFrom", "fieldRef", "fieldPath"]) {
                "" => arg.get("value").and_then(Value::as_str).map(str::to_owned),
                path => Some(field(&self.rollout, path)),
            },
        };
        json!({"name": arg["name"], "value": value})
    }
}

/// Reads a downward API path such as `metadata.labels['env']`.
fn field(object: &Value, path: &str) -> String {
    let mut parts = path.split(['.', '[', ']', '\'', '"']).filter(|part| !part.is_empty());
    parts.try_fold(object, |here, part| here.get(part)).and_then(Value::as_str).unwrap_or("").to_owned()
}

/// Joins the templates that an analysis names into the spec of a run; the given arguments win over the defaults.
pub(in super::super) fn spec_of(
    cluster: &Cluster,
    space: &str,
    templates: &[Value],
    args: &[Value],
) -> Result<Value, String> {
    let (mut metrics, mut joined) = (Vec::new(), Map::new());
    for reference in templates {
        let wanted = text(reference, &["templateName"]);
        let (kind, space, plural) = if flag(reference, &["clusterScope"]) {
            (Kind::ClusterAnalysisTemplate, "", "clusteranalysistemplate")
        } else {
            (Kind::AnalysisTemplate, space, "analysistemplate")
        };
        let template =
            cluster.get(kind, space, wanted).ok_or_else(|| format!("{plural}.argoproj.io \"{wanted}\" not found"))?;
        metrics.extend(list(&template, &["spec", "metrics"]).iter().cloned());
        for arg in list(&template, &["spec", "args"]) {
            joined.entry(text(arg, &["name"]).to_owned()).or_insert_with(|| arg.clone());
        }
    }
    for arg in args.iter().filter(|arg| !arg["value"].is_null()) {
        joined.insert(text(arg, &["name"]).to_owned(), arg.clone());
    }
    let unset =
        joined.values().find(|arg| arg.get("value").is_none_or(Value::is_null) && arg.get("valueFrom").is_none());
    if let Some(unset) = unset {
        return Err(format!("args.{} was not resolved", text(unset, &["name"])));
    }
    let mut spec = json!({"metrics": metrics});
    if !joined.is_empty() {
        put(&mut spec, &["args"], joined.into_iter().map(|(_, arg)| arg).collect());
    }
    Ok(spec)
}

/// Creates a run under its name, or under the name with the next free number.
pub(in super::super) fn create_run(
    cluster: &mut Cluster,
    run_name: &str,
    meta: &Value,
    spec: &Value,
) -> Option<Object> {
    let space = text(meta, &["namespace"]).to_owned();
    for number in 0..100 {
        let tried = if number == 0 { run_name.to_owned() } else { format!("{run_name}.{number}") };
        if cluster.get(Kind::AnalysisRun, &space, &tried).is_some() {
            continue;
        }
        let mut meta = meta.clone();
        put(&mut meta, &["name"], json!(tried));
        let run = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun", "metadata": meta, "spec": spec});
        return cluster.create(Kind::AnalysisRun, run, MANAGER).ok();
    }
    None
}
