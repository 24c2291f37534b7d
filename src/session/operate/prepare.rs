//! From a request to something a person can say yes to.

use crate::{
    cluster::{
        Client,
        execute::{Error, read_facts},
    },
    domain::Link,
    operation::{Facts, Plan, Planned, Policy, Preview, Request, Tried, Write, plan},
};
use jiff::Timestamp;
use serde_json::Value;

use super::{
    Failure,
    failure::{rejected, unread},
    send::{Sent, may_repeat, send},
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
        let plan = plan(&facts, request, policy, now)?;
        match tried(client, &plan).await {
            Ok(sent) => {
                let preview = preview(&plan, &facts, &sent);
                return Ok(Planned { plan, preview });
            }
            Err((write, error)) if may_repeat(&write, &error, attempt) => attempt += 1,
            Err((write, error)) => return Err(rejected(&write, error)),
        }
    }
}

/// Has the server try each write on the objects as they are.
async fn tried(client: &Client, plan: &Plan) -> Result<Vec<Sent>, (Write, Error)> {
    let mut all: Vec<Sent> = Vec::new();
    for write in &plan.writes {
        if !all.iter().any(|sent| sent.did(write)) {
            all.push(send(client, write, true).await.map_err(|error| (write.clone(), error))?);
        }
    }
    Ok(all)
}

fn preview(plan: &Plan, facts: &Facts, sent: &[Sent]) -> Preview {
    let tried = sent.iter().map(|sent| Tried {
        write: &sent.write,
        before: facts.find(&sent.write.object).unwrap_or(&Value::Null),
        answer: &sent.answer,
    });
    Preview::of(plan, &tried.collect::<Vec<_>>())
}
