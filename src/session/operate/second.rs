//! The second step of what is done in two, as soon as it is possible.

use std::time::Duration;

use crate::{
    audit::Journal,
    cluster::Client,
    domain::{Link, WorkloadKey},
    operation::{Consent, Operation, Outcome, Plan, Policy, Refusal, Request},
};

use super::{Failure, execute, prepare};

/// Time between two looks; what is waited for takes minutes.
const LOOK: Duration = Duration::from_secs(2);

/// What is known of a second step that may be left over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// It can be done now, or will be.
    ToDo,
    /// There is nothing to do any more, and why.
    Nothing(String),
}

/// Does the second step of a plan that was done, as soon as it is possible, however long that takes; a cluster that
/// cannot be asked is asked again. Both steps were agreed to together.
///
/// # Errors
/// Only a refusal for good ends it otherwise, and that is an outcome.
pub async fn see_through(
    client: &Client,
    link: &Link,
    first: &Plan,
    policy: &Policy,
    journal: &Journal,
) -> Result<Outcome, Failure> {
    let request = Request::new(first.target.clone(), Operation::Finish);
    loop {
        match prepare(client, link, &request, policy, journal.now()).await {
            Ok(planned) if planned.plan.uid != first.uid => {
                let gone = format!("{} was deleted and created anew since the first step", first.target);
                return Ok(Outcome::Refused(Refusal::new(gone)));
            }
            Ok(planned) => {
                let confirmed = planned.confirm(Consent::WithFirst)?;
                match execute(client, link, &confirmed, policy, journal).await {
                    // Something moved in between: looked at again.
                    Ok(Outcome::Changed(_)) | Err(Failure::Cluster(_)) => {}
                    other => return other,
                }
            }
            Err(Failure::Refused(refusal)) if !refusal.waits => return Ok(Outcome::Refused(refusal)),
            Err(_) => {}
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Looks whether the second step of a workload of this UID is still to be done; `None` when the cluster cannot be asked.
pub async fn left(
    client: &Client,
    link: &Link,
    (target, uid): (&WorkloadKey, &str),
    journal: &Journal,
) -> Option<Left> {
    let request = Request::new(target.clone(), Operation::Finish);
    match prepare(client, link, &request, &Policy::default(), journal.now()).await {
        Ok(planned) if *planned.plan.uid != *uid => Some(Left::Nothing(format!("{target} was created anew"))),
        Ok(_) => Some(Left::ToDo),
        Err(Failure::Refused(refusal)) if refusal.waits => Some(Left::ToDo),
        Err(Failure::Refused(refusal)) => Some(Left::Nothing(refusal.to_string())),
        Err(Failure::Cluster(_)) => None,
    }
}
