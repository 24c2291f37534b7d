//! Judges release units that are delivered progressively: what their controller says, held against their pods.
//!
//! ```text
//! argo       a Rollout by its controller's phase, its new pods, and whether anybody reconciles it
//! flagger    a Canary by its phase and by the plain judgements of target and primary
//! pairs      label canaries and switches: the plain judgements of both Deployments, and that only a person moves them
//! words      reasons for a table cell, and the safest next key
//! ```

mod argo;
mod flagger;
mod pairs;
mod words;

use jiff::{SignedDuration, Timestamp};

use crate::domain::ObjectRef;

use super::{Assessment, Evidence, Restarts, findings::about, subject::Subject};

pub(super) use argo::judge as argo;
pub(super) use flagger::judge as flagger;
pub(super) use pairs::{labels, switch};

/// A judgement, and when time alone will change it.
type Judged = (Assessment, Option<Timestamp>);

/// A controller that has not acted for so long is taken for dead.
const DEAD: SignedDuration = SignedDuration::from_secs(60);

/// Evidence that nobody reconciles a unit, or when there will be.
fn unreconciled(
    subject: &Subject<'_>,
    controller: &str,
    since: Option<Timestamp>,
) -> (Option<Evidence>, Option<Timestamp>) {
    let due = since.and_then(|since| since.checked_add(DEAD).ok());
    let (Some(since), Some(due)) = (since, due) else { return (None, None) };
    unreconciled_after(subject, controller, (since, due))
}

/// The same, where something else tells from when on it is to be believed.
fn unreconciled_after(
    subject: &Subject<'_>,
    controller: &str,
    (since, due): (Timestamp, Timestamp),
) -> (Option<Evidence>, Option<Timestamp>) {
    if subject.now < due {
        return (None, Some(due));
    }
    let (waited, next) = words::age(since, subject.now);
    let sentence = format!("nothing has acted on it for {waited}: is the {controller} controller running?");
    (Some(about(ObjectRef::from(&subject.key), None, "NotReconciled", &sentence, 1)), next)
}

/// Adds the restarts of two parts; recent ones are those of the part being tried.
fn add(tried: &Restarts, other: &Restarts) -> Restarts {
    let newest = if other.last_at > tried.last_at { other } else { tried };
    Restarts {
        total: tried.total + other.total,
        recent: tried.recent,
        last_reason: newest.last_reason.clone(),
        last_at: newest.last_at,
    }
}

fn earliest(instants: impl IntoIterator<Item = Option<Timestamp>>) -> Option<Timestamp> {
    instants.into_iter().flatten().min()
}
