//! Another template for one of the two: a release begins on the side users do not mainly get, and going back says what
//! stays behind.

use crate::{
    domain::{Text, WorkloadKey},
    operation::{
        Facts, Refusal, ScaleTo, Warning,
        image::{self, listed},
        plan::Draft,
        scale, undo as plain,
    },
    world::Unit,
};

use super::{
    find,
    labels::{self, Canary},
};

/// Plans new images. For the side that is tried they begin a release, with pods where it has none; for the one users
/// get that there was another way is said.
pub(in crate::operation) fn set_image(facts: &Facts, images: &[(Text, Text)]) -> Result<Draft, Refusal> {
    let Ok(unit) = find::unit(facts) else { return image::set_image(facts, images) };
    let command = |key: &WorkloadKey| format!("rolltop -n {} set-image {key} {}", key.namespace, listed(images));
    match unit {
        Unit::Labels { stable, canary, .. } if facts.key == canary => {
            let of = Canary::of(facts, &stable, &canary)?;
            let mut draft = begun(facts, images, 1, |pods| labels::share(pods, of.stable.replicas()))?;
            draft.undo = of.stable.command("abort", "");
            draft.warnings.push(Warning::meaning(format!(
                "it begins in the canary; {stable} gets it by promote, or at once by {}",
                command(&stable)
            )));
            Ok(draft)
        }
        Unit::Switch { active, other, service, .. } if facts.key == other => {
            let serving = facts.member(&active).map_or(1, |active| active.replicas().max(1));
            let mut draft = begun(facts, images, serving, |_| "none of the traffic yet".to_owned())?;
            draft.warnings.push(Warning::meaning(format!(
                "users get it when promote switches service/{service}; {active}, which they reach now, is changed by {}",
                command(&active)
            )));
            Ok(draft)
        }
        Unit::Labels { canary: other, .. } | Unit::Switch { other, .. } => {
            let mut draft = image::set_image(facts, images)?;
            draft.warnings.push(Warning::meaning(format!(
                "it changes the pods users mainly get, untried; {} tries it first",
                command(&other)
            )));
            Ok(draft)
        }
        Unit::Argo { .. } | Unit::Flagger { .. } => image::set_image(facts, images),
    }
}

/// New images, and so many pods where there are none.
fn begun(facts: &Facts, images: &[(Text, Text)], pods: i64, share: impl Fn(i64) -> String) -> Result<Draft, Refusal> {
    let mut draft = image::set_image(facts, images)?;
    let Some(count) = i32::try_from(pods).ok().filter(|_| facts.replicas() == 0) else { return Ok(draft) };
    let scaled = scale::scale(facts, ScaleTo::Exactly(count))?;
    draft.summary = format!("{}, and {}: {}", draft.summary, scaled.summary, share(pods));
    draft.writes.extend(scaled.writes);
    draft.warnings.extend(scaled.warnings);
    Ok(draft)
}

/// Plans a rollback. A canary that runs what is gone back from goes with it; of another one it is said that it stays.
pub(in crate::operation) fn undo(facts: &Facts, to: Option<i64>) -> Result<Draft, Refusal> {
    let mut draft = plain::undo(facts, to)?;
    match find::unit(facts) {
        Ok(Unit::Labels { stable, canary, .. }) if facts.key == stable => {
            leave(&Canary::of(facts, &stable, &canary)?, &mut draft)?;
        }
        Ok(Unit::Switch { active, other, service, .. }) if facts.key == active => {
            let up = facts.member(&other).is_some_and(|other| other.replicas() > 0);
            draft.warnings.extend(up.then(|| {
                Warning::meaning(format!(
                    "it replaces the pods users reach; {other} keeps its own, and switching service/{service} to it is another way"
                ))
            }));
        }
        _ => {}
    }
    Ok(draft)
}

fn leave(unit: &Canary, draft: &mut Draft) -> Result<(), Refusal> {
    let (pods, floor) = (unit.canary.replicas(), unit.floor());
    if pods <= i64::from(floor) {
        return Ok(());
    }
    if unit.same_version() {
        let scaled = scale::scale(&unit.canary, ScaleTo::Exactly(floor))?;
        draft.summary = format!("{}, and its canary with it: {}", draft.summary, scaled.summary);
        draft.writes.extend(scaled.writes);
        draft.warnings.extend(scaled.warnings);
        return Ok(());
    }
    draft.warnings.push(Warning::meaning(format!(
        "{} keeps running its own version ({}): abort ends that",
        unit.canary.key,
        labels::share(pods, unit.stable.replicas())
    )));
    Ok(())
}
