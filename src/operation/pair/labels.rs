//! A label canary: two Deployments behind one Service. Its weight is its share of the pods.

use serde_json::{Value, json};

use crate::{
    domain::{Text, WorkloadKey},
    operation::{
        Facts, Operation, Refusal, ScaleTo, Warning, WarningKind, Write, diff, image,
        json::{annotation, at, text},
        plan::Draft,
        scale,
    },
};

use super::{Counts, find, images};

/// How many pods a canary keeps between releases; 0 without it.
const FLOOR: &str = "rolltop.dev/canary-floor";

/// Both Deployments.
pub(super) struct Canary {
    pub(super) stable: Facts,
    pub(super) canary: Facts,
}

impl Canary {
    pub(super) fn of(facts: &Facts, stable: &WorkloadKey, canary: &WorkloadKey) -> Result<Self, Refusal> {
        let member = |key: &WorkloadKey| facts.member(key).ok_or_else(|| find::alone(facts));
        Ok(Self { stable: member(stable)?, canary: member(canary)? })
    }

    pub(super) fn floor(&self) -> i32 {
        let told = annotation(&self.canary.target, FLOOR).or_else(|| annotation(&self.stable.target, FLOOR));
        told.and_then(|count| count.trim().parse().ok()).filter(|count| *count >= 0).unwrap_or(0)
    }

    /// Scales the canary.
    fn scaled(&self, count: i32, summary: impl FnOnce(&str) -> String) -> Result<Draft, Refusal> {
        let mut draft = scale::scale(&self.canary, ScaleTo::Exactly(count))?;
        draft.summary = summary(&draft.summary);
        Ok(draft)
    }

    /// The stable one runs what the canary runs.
    pub(super) fn same_version(&self) -> bool {
        let stable = images(&self.stable);
        let canary = images(&self.canary);
        canary.iter().filter(|(name, _)| stable.iter().any(|(known, _)| known == name)).all(|one| stable.contains(one))
    }
}

/// Plans an operation on a label canary.
pub(super) fn draft(unit: &Canary, operation: &Operation) -> Result<Draft, Refusal> {
    let key = &unit.stable.key;
    match operation {
        Operation::Promote { full } => promote(unit, *full),
        Operation::Abort => abort(unit),
        Operation::SetWeight(percent) => set_weight(unit, *percent),
        Operation::Finish => finish(unit),
        Operation::Retry => {
            Err(Refusal::new(format!("{key} was not aborted by anyone")).hint("set-weight gives its canary pods again"))
        }
        Operation::SkipStep => Err(Refusal::new(format!("{key} has no steps to skip"))
            .hint("set-weight gives its canary more pods, promote makes it stable")),
        Operation::Gate { .. } => Err(Refusal::new("only a Canary of Flagger has gates")),
        _ => Err(Refusal::new(format!("{key} has no AnalysisRuns"))),
    }
}

fn promote(unit: &Canary, full: bool) -> Result<Draft, Refusal> {
    let Canary { stable, canary } = unit;
    let counts = Counts::of(canary);
    if counts.wanted == 0 {
        return Err(Refusal::new(format!("{} runs no pods: there is nothing to promote", canary.key))
            .hint("set-weight gives it pods"));
    }
    let write = if full { whole(unit)? } else { images_only(unit)? };
    let floor = i64::from(unit.floor());
    let what = if full { "pod spec" } else { "images" };
    let mut warnings = image::idle(stable);
    if counts.available == 0 {
        warnings.push(Warning::meaning("no pod of the canary is available: nobody has tried this version"));
    }
    warnings.extend(left_behind(unit, full));
    Ok(Draft {
        summary: format!("promote {}: it gets the {what} of {}", stable.key, canary.key),
        writes: vec![write],
        then: (counts.wanted > floor).then(|| {
            format!("when all pods of {} are ready: scale {} from {} to {floor}", stable.key, canary.key, counts.wanted)
        }),
        undo: stable.command("undo", ""),
        warnings,
    })
}

/// The stable one gets the canary's images, container by container.
fn images_only(unit: &Canary) -> Result<Write, Refusal> {
    let Canary { stable, canary } = unit;
    if unit.same_version() {
        return Err(promoted(unit));
    }
    let known = images(stable);
    let taken = images(canary).into_iter().filter(|(name, _)| known.iter().any(|(stable, _)| stable == name));
    let assigned: Vec<(Text, Text)> = taken.map(|(name, image)| (name.into(), image.into())).collect();
    let draft = image::set_image(stable, &assigned)?;
    draft.writes.into_iter().next().ok_or_else(|| promoted(unit))
}

/// The stable one gets all of the canary's pod spec; labels and annotations of its template stay its own, or its pods
/// would be the canary's.
fn whole(unit: &Canary) -> Result<Write, Refusal> {
    let Canary { stable, canary } = unit;
    let none = Value::Null;
    let spec = |facts: &Facts| at(facts.template(), "/spec").unwrap_or(&none).clone();
    let new = spec(canary);
    if diff(&spec(stable), &new).is_empty() {
        return Err(promoted(unit));
    }
    let cause = image::note(stable, &stable.target, &format!("promote {}", canary.key));
    let body = json!([{"op": "replace", "path": "/spec/template/spec", "value": new}, cause]);
    let words = format!("give {} the pod spec of {}", stable.key, canary.key);
    Ok(Write::json(stable.object(), &stable.target, words, body))
}

fn promoted(unit: &Canary) -> Refusal {
    Refusal::new(format!("{} runs what {} runs already: nothing to promote", unit.stable.key, unit.canary.key))
        .hint("finish scales the canary down")
}

/// Says what of the canary does not come along.
fn left_behind(unit: &Canary, full: bool) -> Option<Warning> {
    if full {
        return Some(Warning::meaning("everything in the pod spec comes along: environment, resources, volumes"));
    }
    let (stable, canary) = (images(&unit.stable), images(&unit.canary));
    let names = |from: &[(&str, &str)], but: &[(&str, &str)]| -> Vec<String> {
        let missing = from.iter().filter(|(name, _)| !but.iter().any(|(other, _)| other == name));
        missing.map(|(name, _)| (*name).to_owned()).collect()
    };
    let own = names(&canary, &stable);
    if own.is_empty() {
        return None;
    }
    let own = own.join(", ");
    Some(Warning::meaning(format!(
        "only images come along: container {own} is the canary's alone; promote in full takes it"
    )))
}

fn abort(unit: &Canary) -> Result<Draft, Refusal> {
    let Canary { stable, canary } = unit;
    if canary.replicas() == 0 {
        return Err(Refusal::new(format!("{} runs no pods: there is nothing to abort", canary.key)));
    }
    let mut draft = unit.scaled(0, |scale| format!("abort the canary of {}: {scale}", stable.key))?;
    draft.warnings.push(Warning::meaning("its spec stays on the new version: set-weight brings it back"));
    Ok(draft)
}

/// The second step of a promotion.
fn finish(unit: &Canary) -> Result<Draft, Refusal> {
    let Canary { stable, canary } = unit;
    let floor = unit.floor();
    if canary.replicas() <= i64::from(floor) {
        return Err(Refusal::new(format!("nothing of {} is left half done: {} is at {floor}", stable.key, canary.key)));
    }
    if !unit.same_version() {
        return Err(Refusal::new(format!("{} runs another version than {}", canary.key, stable.key))
            .hint("promote it first, or abort it"));
    }
    let counts = Counts::of(stable);
    if !counts.ready() {
        return Err(Refusal::not_yet(format!(
            "{} is not ready yet: {} of {} pods are new and available",
            stable.key, counts.available, counts.wanted
        )));
    }
    unit.scaled(floor, |scale| format!("finish the promotion of {}: {scale}", stable.key))
}

/// Gives the canary as many pods beside the stable ones as come nearest to a share; the stable ones all stay, so that
/// giving the canary up costs nothing.
fn set_weight(unit: &Canary, percent: i32) -> Result<Draft, Refusal> {
    let Canary { stable, canary } = unit;
    let beside = stable.replicas();
    if !(0..=100).contains(&percent) {
        return Err(Refusal::new(format!("{percent} % is no share: 0 to 99 are")));
    }
    if percent == 100 {
        return Err(Refusal::new("all of the traffic is for the stable version").hint("promote makes the canary that"));
    }
    if beside <= 0 {
        return Err(Refusal::new(format!("{} runs no pods to share with", stable.key)));
    }
    let count = nearest(beside, i64::from(percent));
    let share = share(count, beside);
    if count == canary.replicas() {
        return Err(Refusal::new(format!("{} has {share} already, the nearest to {percent} %", canary.key)));
    }
    let Ok(pods) = i32::try_from(count) else {
        return Err(Refusal::new(format!("{count} replicas are more than Kubernetes can count")));
    };
    let mut draft = unit.scaled(pods, |scale| format!("{scale}: {share}"))?;
    if count * 100 != i64::from(percent) * (count + beside) {
        draft.warnings.push(Warning::meaning(format!(
            "{beside} stable pods do not divide into {percent} %: the nearest is {share}"
        )));
    }
    if let Some(autoscaler) = stable.autoscaler() {
        let name = text(autoscaler, "/metadata/name");
        let sentence = format!("the autoscaler {name} changes the number of stable pods, and the share with it");
        draft.warnings.push(Warning { kind: WarningKind::Autoscaler, sentence });
    }
    Ok(draft)
}

/// The number of pods whose share beside the others comes nearest; at least one where any share is wanted.
fn nearest(beside: i64, percent: i64) -> i64 {
    if percent == 0 {
        return 0;
    }
    let low = (percent * beside / (100 - percent)).max(1);
    // How far c/(c+b) is from p/100, as a fraction with the denominator c+b.
    let off = |count: i64| (count * 100 - percent * (count + beside)).abs();
    let high = low + 1;
    if off(high) * (low + beside) < off(low) * (high + beside) { high } else { low }
}

/// Words a share: `1 of 10 pods = 10 %`.
pub(super) fn share(count: i64, beside: i64) -> String {
    let all = count + beside;
    let tenths = (count * 1000 + all / 2) / all.max(1);
    let percent =
        if tenths % 10 == 0 { format!("{}", tenths / 10) } else { format!("{}.{}", tenths / 10, tenths % 10) };
    format!("{count} of {all} pods = {percent} %")
}
