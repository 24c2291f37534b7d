//! From a request to something a person can say yes to.

use crate::{
    cluster::{
        Client,
        execute::{read_facts, write},
    },
    domain::Link,
    operation::{Plan, Planned, Policy, Preview, Request, Write, plan},
};
use jiff::Timestamp;

use super::{
    ATTEMPTS, Failure,
    failure::{rejected, unread},
};

/// Reads the facts, plans, and has the server try it without doing it.
///
/// # Errors
/// A refusal of the plan's rules or of the server, or a cluster that cannot be asked.
pub async fn prepare(
    client: &Client,
    link: &Link,
    request: &Request,
    policy: &Policy,
    now: Timestamp,
) -> Result<Planned, Failure> {
    let mut attempt = 1;
    loop {
        let facts = read_facts(client, link, request).await.map_err(|error| unread(request, error))?;
        let plan = plan(&facts, &request.operation, policy, now)?;
        match write(client, &plan, facts.resource_version(), true).await {
            Ok(answer) => {
                let preview = Preview::of(&plan, &facts.target, &answer);
                return Ok(Planned { plan, preview });
            }
            Err(error) if may_repeat(&plan, error.code(), attempt) => attempt += 1,
            Err(error) => return Err(rejected(&plan, error)),
        }
    }
}

/// Tells whether a conflict is only another writer's step in between; an eviction's conflict is another UID.
pub(super) fn may_repeat(plan: &Plan, code: Option<u16>, attempt: u32) -> bool {
    code == Some(409) && attempt < ATTEMPTS && matches!(plan.write, Write::Patch { .. })
}
