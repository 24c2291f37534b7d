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
    let template = |wanted: i64| {
        if let Some((_, past)) = known.iter().find(|(revision, _)| *revision == wanted) {
            return template_of(facts, wanted, past);
        }
        let mut numbers: Vec<i64> = known.iter().map(|(revision, _)| *revision).collect();
        numbers.sort_unstable_by(|a, b| b.cmp(a));
        let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        Err(Refusal::new(format!("{} has no revision {wanted}", facts.key))
            .hint(format!("known revisions: {}", numbers.join(", "))))
    };
    Ok(diff(&template(from)?, &template(to)?))
}
