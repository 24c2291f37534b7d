//! What differs between two revisions.

use super::{
    Change, Facts, Refusal, diff,
    undo::{revisions, template_of},
};

/// Returns the fields of the pod template that differ between two revisions.
///
/// # Errors
/// A revision that does not exist.
pub fn between(facts: &Facts, from: i64, to: i64) -> Result<Vec<Change>, Refusal> {
    let known = revisions(facts);
    let template = |wanted: i64| match known.iter().find(|(revision, _)| *revision == wanted) {
        Some((_, past)) => template_of(facts, wanted, past),
        None => {
            let mut numbers: Vec<i64> = known.iter().map(|(revision, _)| *revision).collect();
            numbers.sort_unstable_by(|a, b| b.cmp(a));
            let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            Err(Refusal::new(format!("{} has no revision {wanted}", facts.key))
                .hint(format!("known revisions: {}", numbers.join(", "))))
        }
    };
    Ok(diff(&template(from)?, &template(to)?))
}
