//! Does a fresh look at the cluster still match what was confirmed?

use super::{Facts, Plan, Policy, Refusal, plan};

/// What a fresh look says of a confirmed plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Guard {
    /// Its fields hold: send this, made from the fresh objects so that status churn and bookkeeping survive.
    Holds(Box<Plan>),
    /// A planned field changed: show this instead and ask again.
    Changed(Box<Plan>),
}

/// Plans again on fresh facts and compares the planned fields' values.
///
/// # Errors
/// Another connection, a recreated object, a policy or a state that now refuses the operation.
pub fn recheck(confirmed: &Plan, fresh: &Facts, policy: &Policy) -> Result<Guard, Refusal> {
    if confirmed.connection != fresh.connection {
        return Err(Refusal::new(format!(
            "the connection changed since the preview: it was made on context {}",
            confirmed.context
        ))
        .hint("look again and repeat it there if it is still wanted"));
    }
    if *confirmed.uid != *fresh.uid() {
        return Err(Refusal::new(format!("{} was deleted and created anew since the preview", confirmed.target))
            .hint("look at the new one before acting on it"));
    }
    let again = plan(fresh, &confirmed.request(), policy, confirmed.at)?;
    let pairs = || confirmed.writes.iter().zip(&again.writes);
    if let Some((old, _)) = pairs().find(|(old, new)| old.object == new.object && old.uid != new.uid) {
        return Err(Refusal::new(format!("{} was deleted and created anew since the preview", old.object))
            .hint("look at the new one before acting on it"));
    }
    let same = confirmed.writes.len() == again.writes.len()
        && pairs().all(|(old, new)| old.same(new))
        && again.then == confirmed.then
        && again.typed_name == confirmed.typed_name;
    Ok(if same { Guard::Holds(Box::new(again)) } else { Guard::Changed(Box::new(again)) })
}
