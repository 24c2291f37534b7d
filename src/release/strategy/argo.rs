//! Argo Rollouts: what its controller reports, in the vocabulary of every delivery.
//!
//! [`phase`] follows the order of the project's own `GetRolloutPhase`, weights that of its `get rollout`.

use jiff::Timestamp;

use crate::domain::{
    ArgoBlueGreen, ArgoCanary, ArgoRollout, ArgoStrategy, ReplicaSet, Step, Text, Workload, text::clean,
};

use super::{
    super::subject::Subject, Delivery, Manner, Phase, Side, StepLine, System, Wait, WeightSource, aborted,
    sides::of_set,
};

/// Annotation of a ReplicaSet that goes at a time.
const SCALE_DOWN: &str = "scale-down-deadline";

/// Concludes how a Rollout is doing, with a sentence.
pub(in crate::release) fn phase(workload: &Workload, argo: &ArgoRollout) -> (Phase, String) {
    let status = &argo.status;
    let progressing = |words: &str| (Phase::Progressing, words.to_owned());
    let untouched = status.phase.is_empty() && status.current_hash.is_empty() && workload.conditions.is_empty();
    if untouched || workload.meta.generation > workload.status.observed_generation {
        return progressing("the controller has not seen the new spec yet");
    }
    if status.controller_pause && status.pauses.is_empty() {
        return progressing("the pause is over, the controller has not gone on yet");
    }
    if status.aborted && workload.is_unseen() {
        return progressing("it is to be given up, the controller has not acted yet");
    }
    if workload.is_unseen() {
        return progressing("the controller has not seen the new template of what it refers to yet");
    }
    let known = match &*status.phase {
        "Healthy" => Phase::Healthy,
        "Progressing" => Phase::Progressing,
        "Paused" => Phase::Paused,
        "Degraded" => Phase::Degraded,
        _ => return concluded(workload, argo),
    };
    let said = clean(&status.message, false);
    let words = match (known, &*said) {
        (Phase::Healthy, _) => "rolled out".to_owned(),
        (Phase::Degraded, _) => broken(workload).unwrap_or_else(|| said.to_string()),
        (Phase::Paused, _) if workload.paused => "paused by a person".to_owned(),
        (_, "") => known_word(known).to_owned(),
        (_, said) => pause_words(said).map_or_else(|| said.to_owned(), ToOwned::to_owned),
    };
    (known, if words.is_empty() { known_word(known).to_owned() } else { words })
}

fn known_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Healthy => "rolled out",
        Phase::Progressing => "being rolled out",
        Phase::Paused => "paused",
        Phase::Degraded => "degraded",
    }
}

/// Words a pause's reason.
fn pause_words(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "CanaryPauseStep" => "paused at a step of the canary",
        "BlueGreenPause" => "the preview is up, the switch is still to come",
        "InconclusiveAnalysisRun" => "an analysis could not decide",
        "InconclusiveExperiment" => "an experiment could not decide",
        _ => return None,
    })
}

/// Why it is degraded, as far as its conditions say.
fn broken(workload: &Workload) -> Option<String> {
    if let Some(invalid) = workload.condition("InvalidSpec") {
        return Some(format!("the spec is invalid: {}", clean(&invalid.message, false)));
    }
    let reason = |reason: &str| workload.conditions.iter().find(|condition| &*condition.reason == reason);
    if let Some(aborted) = reason("RolloutAborted") {
        let why = aborted::told(&aborted.message);
        return Some(why.map_or_else(|| "aborted".to_owned(), |why| format!("aborted: {why}")));
    }
    reason("ProgressDeadlineExceeded").map(|_| "the progress deadline has passed".to_owned())
}

/// What old controllers, which write no phase, leave to be concluded.
fn concluded(workload: &Workload, argo: &ArgoRollout) -> (Phase, String) {
    let (status, counts) = (&argo.status, &workload.status);
    if let Some(words) = broken(workload) {
        return (Phase::Degraded, words);
    }
    if workload.paused {
        return (Phase::Paused, "paused by a person".to_owned());
    }
    if let Some(pause) = status.pauses.first() {
        let words =
            pause_words(&pause.reason).map_or_else(|| clean(&pause.reason, false).into_owned(), ToOwned::to_owned);
        return (Phase::Paused, words);
    }
    let desired = workload.desired();
    let (current, stable) = (&status.current_hash, &status.stable_hash);
    let words = if argo.restart_at.is_some() && argo.restart_at != status.restarted_at {
        "pods are being restarted".to_owned()
    } else if counts.updated < desired {
        format!("{} of {desired} pods updated", counts.updated)
    } else if counts.available < counts.updated {
        format!("{} of {} updated pods available", counts.available, counts.updated)
    } else {
        match &argo.strategy {
            Some(ArgoStrategy::BlueGreen(_)) if status.active_hash != *current => {
                "the active Service is still to be switched".to_owned()
            }
            // Controllers before 0.8 did not note which revision is trusted.
            Some(ArgoStrategy::BlueGreen(_)) if !stable.is_empty() && stable != current => {
                "switched, the analysis after it is still to come".to_owned()
            }
            Some(ArgoStrategy::Canary(canary)) if !canary.routed && counts.replicas > counts.updated => {
                format!("all pods updated, {} old still to go", counts.replicas - counts.updated)
            }
            Some(ArgoStrategy::Canary(_)) if stable != current => "steps are still to go".to_owned(),
            _ => return (Phase::Healthy, "rolled out".to_owned()),
        }
    };
    (Phase::Progressing, words)
}

/// Reads how a Rollout is being delivered.
pub(in crate::release) fn delivery(subject: &Subject<'_>, argo: &ArgoRollout) -> Delivery {
    let mut delivery = match &argo.strategy {
        Some(ArgoStrategy::BlueGreen(switch)) => blue_green(subject, argo, switch),
        Some(ArgoStrategy::Canary(spec)) => canary(subject, argo, spec),
        None => Delivery::of(System::Argo, Manner::Canary, side(subject, &argo.status.stable_hash, "stable")),
    };
    let status = &argo.status;
    delivery.wait = wait(argo);
    let runs = [&status.step_run, &status.pre_promotion_run, &status.post_promotion_run, &status.background_run];
    delivery.runs = runs.into_iter().filter(|name| !name.is_empty()).cloned().collect();
    if status.aborted {
        let (why, run) = aborted::why(subject, argo);
        delivery.aborted = Some(why);
        let name = run.map(|run| run.meta.name.clone()).filter(|name| !delivery.runs.contains(name));
        delivery.runs.extend(name);
    }
    delivery.experiments = [&status.experiment].into_iter().filter(|name| !name.is_empty()).cloned().collect();
    delivery.scale_down_at = scale_down(subject, argo);
    if status.promote_full {
        delivery.alarms.push("promoted in full: steps, pauses and analyses are being skipped".to_owned());
    }
    delivery
}

fn set<'a>(subject: &Subject<'a>, hash: &Text) -> Option<&'a ReplicaSet> {
    subject.sets.iter().copied().find(|set| !hash.is_empty() && set.hash == *hash)
}

/// The side of a hash; only its name is known where its ReplicaSet is not seen.
fn side(subject: &Subject<'_>, hash: &Text, role: &'static str) -> Side {
    set(subject, hash).map_or_else(
        || {
            let name = if hash.is_empty() { Text::default() } else { format!("{}-{hash}", subject.key.name).into() };
            Side { role, name, ..Side::default() }
        },
        |set| of_set(subject.world, set, role),
    )
}

fn canary(subject: &Subject<'_>, argo: &ArgoRollout, spec: &ArgoCanary) -> Delivery {
    let status = &argo.status;
    // Before anything is trusted the first revision is all there is.
    let first = status.stable_hash.is_empty();
    let trusted = if first { &status.current_hash } else { &status.stable_hash };
    let mut delivery = Delivery::of(System::Argo, Manner::Canary, side(subject, trusted, "stable"));
    delivery.steps = spec.steps.iter().map(|step| line(step, spec.max_weight)).collect();
    let step = status.step.map(|step| usize::try_from(step).unwrap_or_default().min(spec.steps.len()));
    delivery.step = step.filter(|_| !spec.steps.is_empty());
    if first || status.current_hash == status.stable_hash {
        return delivery;
    }
    let canary = side(subject, &status.current_hash, "canary");
    let wanted = set_weight(status.aborted, &spec.steps, delivery.step, spec.max_weight);
    delivery.weight_wanted = Some(percent(wanted, spec.max_weight));
    delivery.weight_actual = actual_weight(subject, argo, spec, &delivery, &canary, wanted);
    delivery.canary = Some(canary);
    delivery
}

/// The weight the steps ask for by now, in units of the maximum.
fn set_weight(aborted: bool, steps: &[Step], at: Option<usize>, most: i32) -> i32 {
    let passed = match at {
        _ if aborted => return 0,
        Some(at) if at < steps.len() => &steps[..=at],
        _ => return most,
    };
    let weights =
        passed.iter().rev().filter_map(|step| if let Step::SetWeight(weight) = step { Some(*weight) } else { None });
    weights.into_iter().next().unwrap_or_default().clamp(0, most)
}

fn percent(weight: i32, most: i32) -> f64 {
    f64::from(weight) * 100.0 / f64::from(most.max(1))
}

/// The weight the canary has: by what routes say, by what the controller heard from the router, by pods.
fn actual_weight(
    subject: &Subject<'_>,
    argo: &ArgoRollout,
    spec: &ArgoCanary,
    delivery: &Delivery,
    canary: &Side,
    wanted: i32,
) -> Option<(f64, WeightSource)> {
    if spec.routed {
        let routes = subject.world.routes_in(&subject.key.namespace).filter(|_| !spec.canary_service.is_empty());
        let read = routes.into_iter().find_map(|route| {
            let share = route.share(&spec.canary_service)?;
            Some((share, WeightSource::Route(format!("{} {}", route.kind, route.meta.name))))
        });
        return read.or_else(|| {
            let (weight, verified) = argo.status.weight.unwrap_or((wanted, None));
            Some((percent(weight, spec.max_weight), WeightSource::Status(verified)))
        });
    }
    let all = subject.workload.status.available;
    if !delivery.steps.is_empty() && delivery.current().is_none() {
        return Some((100.0, WeightSource::Pods(canary.available, all)));
    }
    let share = i64::from(canary.available) * 100 / i64::from(all.max(1));
    let share = i32::try_from(share.clamp(0, 100)).unwrap_or(100);
    Some((f64::from(share), WeightSource::Pods(canary.available, all)))
}

fn line(step: &Step, most: i32) -> StepLine {
    let list = |names: &[Text]| names.iter().map(|name| clean(name, false)).collect::<Vec<_>>().join(", ");
    let plain = |words: String| StepLine { words: words.trim_end().to_owned(), weight: None };
    match step {
        Step::SetWeight(weight) => {
            let share = percent(*weight, most);
            StepLine { words: format!("weight {} %", round(share)), weight: Some(round(share)) }
        }
        Step::Pause(Some(time)) => plain(format!("pause {time:#}")),
        Step::Pause(None) => plain("pause until promoted".to_owned()),
        Step::SetCanaryScale(words) if words.starts_with("as ") => {
            plain(format!("scale canary {}", clean(words, false)))
        }
        Step::SetCanaryScale(words) => plain(format!("scale canary to {}", clean(words, false))),
        Step::Analysis(names) => plain(format!("analysis {}", list(names))),
        Step::Experiment(names) => plain(format!("experiment {}", list(names))),
        Step::Other(key) if key.is_empty() => plain("a step without a name".to_owned()),
        Step::Other(key) => plain(clean(key, false).into_owned()),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a share is between 0 and a few hundred")]
fn round(share: f64) -> i32 {
    share.round() as i32
}

/// What it waits for: a person where only a person helps, time otherwise.
fn wait(argo: &ArgoRollout) -> Option<Wait> {
    let person = |since: Option<Timestamp>, what: &str| Some(Wait::Person { since, what: what.to_owned() });
    let pauses = &argo.status.pauses;
    let inconclusive = pauses.iter().find(|pause| pause.reason.starts_with("Inconclusive"));
    if let Some(pause) = inconclusive {
        let what = if &*pause.reason == "InconclusiveExperiment" {
            "an inconclusive experiment"
        } else {
            "an inconclusive analysis"
        };
        return person(pause.since, what);
    }
    let pause = pauses.first()?;
    let length = match &argo.strategy {
        Some(ArgoStrategy::BlueGreen(switch)) => {
            let Some(after) = switch.auto_promotion_after else { return person(pause.since, "the switch") };
            after
        }
        Some(ArgoStrategy::Canary(spec)) => {
            let step = argo.status.step.and_then(|step| spec.steps.get(usize::try_from(step).ok()?));
            let Some(Step::Pause(Some(time))) = step else { return person(pause.since, "promotion") };
            *time
        }
        None => return person(pause.since, "promotion"),
    };
    let until = pause.since.and_then(|since| since.checked_add(length).ok());
    Some(Wait::Timer { since: pause.since, until })
}

fn blue_green(subject: &Subject<'_>, argo: &ArgoRollout, switch: &ArgoBlueGreen) -> Delivery {
    let status = &argo.status;
    let active = if status.active_hash.is_empty() { &status.stable_hash } else { &status.active_hash };
    let mut delivery = Delivery::of(System::Argo, Manner::BlueGreen, side(subject, active, "active"));
    delivery.services = vec![selects(subject, &switch.active_service, active)];
    if !switch.preview_service.is_empty() {
        delivery.services.push(selects(subject, &switch.preview_service, &status.preview_hash));
    }
    delivery.services.retain(|(service, _)| !service.is_empty());
    let switched = *active == status.current_hash;
    if !switched && !status.current_hash.is_empty() && !active.is_empty() {
        delivery.canary = Some(side(subject, &status.current_hash, "preview"));
    }
    let plain = |words: String| StepLine { words, weight: None };
    let mut stations = vec![plain("preview pods".to_owned())];
    if switch.analyses.0 {
        stations.push(plain("analysis before the switch".to_owned()));
    }
    stations.push(plain(match (switch.auto_promotion_after, switch.auto_promotion) {
        (Some(after), _) => format!("switch after {after:#}"),
        (None, true) => "switch".to_owned(),
        (None, false) => "switch when promoted".to_owned(),
    }));
    if switch.analyses.1 {
        stations.push(plain("analysis after the switch".to_owned()));
    }
    delivery.step = Some(station(subject, argo, switch, &delivery, switched));
    delivery.steps = stations;
    delivery
}

/// Words what a Service selects: as its selector says, else as the controller does.
fn selects(subject: &Subject<'_>, service: &Text, noted: &Text) -> (Text, String) {
    let seen = subject.world.services_in(&subject.key.namespace).find(|one| one.meta.name == *service);
    let hash = seen.and_then(|service| service.selector.get("rollouts-pod-template-hash")).unwrap_or(noted);
    let side = side(subject, hash, "");
    let words = match (side.version.is_empty(), side.revision) {
        _ if hash.is_empty() => "no revision yet".to_owned(),
        (true, _) => clean(&side.name, false).into_owned(),
        (false, 0) => clean(&side.version, false).into_owned(),
        (false, revision) => format!("{} (rev {revision})", clean(&side.version, false)),
    };
    (service.clone(), words)
}

/// Where a blue-green release is: preview, analysis, switch, analysis, done.
fn station(
    subject: &Subject<'_>,
    argo: &ArgoRollout,
    switch: &ArgoBlueGreen,
    delivery: &Delivery,
    switched: bool,
) -> usize {
    let status = &argo.status;
    let (before, after) = (usize::from(switch.analyses.0), usize::from(switch.analyses.1));
    let end = 2 + before + after;
    if switched {
        let trusted = status.stable_hash.is_empty() || status.stable_hash == status.current_hash;
        return if trusted || after == 0 { end } else { end - 1 };
    }
    let Some(preview) = &delivery.canary else { return 0 };
    if preview.available < preview.desired.max(1) {
        return 0;
    }
    let run = subject.world.analysis_run(&subject.key.namespace, &status.pre_promotion_run);
    let passed = run.is_some_and(|run| &*run.phase == "Successful");
    if before == 1 && !passed && status.pauses.is_empty() { 1 } else { 1 + before }
}

/// When the first ReplicaSet goes that is neither trusted, nor new, nor serving.
fn scale_down(subject: &Subject<'_>, argo: &ArgoRollout) -> Option<Timestamp> {
    let status = &argo.status;
    let kept = [&status.active_hash, if status.aborted { &status.stable_hash } else { &status.current_hash }];
    let leaving = subject.sets.iter().filter(|set| set.replicas > 0 && !kept.contains(&&set.hash));
    leaving.filter_map(|set| set.meta.annotation(SCALE_DOWN)?.parse().ok()).min()
}
