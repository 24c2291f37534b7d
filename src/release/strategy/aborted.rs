//! Why a Rollout was given up: the analysis that failed with what it measured, else the person or the tool.

use jiff::SignedDuration;

use crate::{
    domain::{AnalysisRun, ArgoRollout, text::clean},
    release::subject::Subject,
};

/// The condition's sentence where nobody said why.
const NO_REASON: &str = "Rollout is aborted";
/// How long after its record an abort may have been acted on.
const REACHED: SignedDuration = SignedDuration::from_secs(60);
/// Field managers of the controller itself.
const CONTROLLERS: [&str; 2] = ["rollouts-controller", "argo-rollouts"];

/// Words why an aborted Rollout was given up, with the analysis that failed where one did.
pub(super) fn why<'a>(subject: &Subject<'a>, argo: &ArgoRollout) -> (String, Option<&'a AnalysisRun>) {
    let said = subject.workload.conditions.iter().find(|condition| &*condition.reason == "RolloutAborted");
    let said = said.and_then(|condition| told(&condition.message));
    let run = failed(subject, argo, said.is_some());
    let measured = run.and_then(measured);
    let words = match (said, run) {
        (Some(said), _) => measured.map_or_else(|| said.clone(), |measured| format!("{said}; {measured}")),
        (None, Some(run)) => {
            let name = clean(&run.meta.name, false);
            let what = measured.unwrap_or_else(|| clean(&run.message, false).into_owned());
            format!("analysis {name} failed: {what}")
        }
        (None, None) => by_hand(subject, argo),
    };
    (words, run)
}

/// The reason in a condition's message, where anybody said one.
pub(super) fn told(message: &str) -> Option<String> {
    let message = clean(message, false);
    let why = match message.strip_prefix("Rollout aborted update to revision ") {
        Some(rest) => rest.split_once(": ").map_or("", |(_, why)| why),
        None => &message,
    };
    (!why.is_empty() && why != NO_REASON).then(|| why.to_owned())
}

/// The analysis by which it failed: one its status names, else, where a reason was given, the newest of its version.
fn failed<'a>(subject: &Subject<'a>, argo: &ArgoRollout, any: bool) -> Option<&'a AnalysisRun> {
    let (world, status) = (subject.world, &argo.status);
    let bad = |run: &&AnalysisRun| matches!(&*run.phase, "Failed" | "Error");
    let named = [&status.step_run, &status.background_run, &status.pre_promotion_run, &status.post_promotion_run];
    let mut named = named.into_iter().filter_map(|name| world.analysis_run(&subject.key.namespace, name));
    if let Some(run) = named.find(bad) {
        return Some(run);
    }
    let of_version = |run: &&AnalysisRun| {
        run.meta.labels.get("rollouts-pod-template-hash").is_some_and(|hash| *hash == status.current_hash)
    };
    let all = world.analysis_runs_of(&subject.workload.meta.uid).filter(|_| any);
    all.filter(bad).filter(of_version).max_by_key(|run| run.meta.created)
}

/// What the metric that failed measured last, against what is wanted of it.
fn measured(run: &AnalysisRun) -> Option<String> {
    let bad = |phase: &str| matches!(phase, "Failed" | "Error");
    let metric = run.metrics.iter().find(|metric| bad(&metric.phase) && !metric.dry_run)?;
    let name = clean(&metric.name, false);
    let last = metric.measurements.iter().rev().find(|measurement| bad(&measurement.phase))?;
    let value = match last.number() {
        Some(number) => {
            let text = format!("{number:.4}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        None if last.value.is_empty() => clean(&last.message, false).into_owned(),
        None => clean(&last.value, false).into_owned(),
    };
    let condition = if metric.success.is_empty() {
        format!("fails if {}", clean(&metric.failure, false))
    } else {
        format!("wants {}", clean(&metric.success, false))
    };
    Some(format!("{name} was {value}, {condition}"))
}

/// An abort that no analysis made: by whom, where the audit or the fields' managers know.
fn by_hand(subject: &Subject<'_>, argo: &ArgoRollout) -> String {
    let meta = &subject.workload.meta;
    let acted_on =
        |at| argo.status.aborted_at.is_none_or(|aborted| (-2..=REACHED.as_secs()).contains(&seconds(at, aborted)));
    if let Some(deed) = subject.world.abort_of(&meta.uid).filter(|deed| acted_on(deed.at)) {
        return format!("by hand, by {} (audit)", clean(&deed.user, false));
    }
    let by = meta.managers.iter().find(|manager| manager.aborts && !CONTROLLERS.contains(&&*manager.name));
    by.map_or_else(|| "by hand".to_owned(), |manager| format!("by hand, with {}", clean(&manager.name, false)))
}

fn seconds(from: jiff::Timestamp, to: jiff::Timestamp) -> i64 {
    to.duration_since(from).as_secs()
}
