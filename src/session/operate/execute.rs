//! From a yes to what became of it.

use serde_json::Value;

use crate::{
    audit::{Journal, Ticket},
    cluster::{
        Client,
        execute::{Certainty, Error, read_facts, read_target, write},
    },
    domain::Link,
    operation::{Confirmed, Guard, Outcome, Plan, Policy, Refusal, Request, recheck},
};

use super::{
    Failure,
    failure::{rejected, unread},
    prepare::{may_repeat, prepare},
};

/// Does what was confirmed, unless it no longer holds; the audit says so before and after.
///
/// # Errors
/// The cluster could not be asked before anything was sent.
pub async fn execute(
    client: &Client,
    link: &Link,
    confirmed: &Confirmed<Plan>,
    policy: &Policy,
    journal: &Journal,
) -> Result<Outcome, Failure> {
    let plan = confirmed.what();
    // Asked again: the policy may have changed while the question stood on the screen.
    if let Err(refusal) = policy.allows(&plan.permissions) {
        return Ok(Outcome::Refused(refusal));
    }
    let ticket = match intend(journal, confirmed, policy).await {
        Ok(ticket) => ticket,
        Err(refusal) => return Ok(Outcome::Refused(refusal)),
    };
    let result = match attempt(client, link, plan, policy, journal).await {
        Err(Failure::Refused(refusal)) => Ok(Outcome::Refused(refusal)),
        other => other,
    };
    match ticket {
        Ok(ticket) => conclude(journal, ticket, result).await,
        Err(why) => remark(result, why),
    }
}

/// Writes the intent; without it nothing is done, unless the policy says otherwise: then the reason is kept.
async fn intend(
    journal: &Journal,
    confirmed: &Confirmed<Plan>,
    policy: &Policy,
) -> Result<Result<Ticket, String>, Refusal> {
    let (file, line) = (journal.clone(), confirmed.clone());
    let written = tokio::task::spawn_blocking(move || file.intend(&line).map_err(|error| error.to_string())).await;
    match written.unwrap_or_else(|error| Err(error.to_string())) {
        Err(why) if !policy.no_audit => Err(Refusal::new(format!("{why}, so nothing is changed"))
            .hint("make it writable, or go without a record by --no-audit")),
        written => Ok(written),
    }
}

/// Writes the outcome. What was done stays done when that fails; the person is told.
async fn conclude(journal: &Journal, ticket: Ticket, result: Result<Outcome, Failure>) -> Result<Outcome, Failure> {
    let (file, said) = (journal.clone(), result.clone());
    let task = tokio::task::spawn_blocking(move || {
        let written = match &said {
            Ok(outcome) => file.conclude(&ticket, outcome),
            Err(failure) => file.fail(&ticket, failure.to_string()),
        };
        written.map_err(|error| error.to_string())
    });
    match task.await.unwrap_or_else(|error| Err(error.to_string())) {
        Ok(()) => result,
        Err(why) => remark(result, why),
    }
}

fn remark(result: Result<Outcome, Failure>, why: String) -> Result<Outcome, Failure> {
    match result {
        Ok(Outcome::Applied { sentence, undo, generation, .. }) => {
            Ok(Outcome::Applied { sentence, undo, generation, remark: Some(why) })
        }
        other => other,
    }
}

async fn attempt(
    client: &Client,
    link: &Link,
    confirmed: &Plan,
    policy: &Policy,
    journal: &Journal,
) -> Result<Outcome, Failure> {
    if confirmed.connection != link.id {
        // Not even read: the same name may mean another object there.
        let sentence = format!("the preview was made on another connection (context {})", confirmed.context);
        return Ok(Outcome::Refused(Refusal::new(sentence).hint("look again, and repeat it here if it is wanted")));
    }
    let request = Request { target: confirmed.target.clone(), operation: confirmed.operation.clone() };
    let mut tries = 1;
    loop {
        let facts = read_facts(client, link, &request).await.map_err(|error| unread(&request, error))?;
        let plan = match recheck(confirmed, &facts, policy) {
            Ok(Guard::Holds(plan)) => plan,
            Ok(Guard::Changed(_)) => {
                let planned = prepare(client, link, &request, policy, journal.now()).await?;
                return Ok(Outcome::Changed(Box::new(planned)));
            }
            Err(refusal) => return Ok(Outcome::Refused(refusal)),
        };
        match write(client, &plan, facts.resource_version(), false).await {
            Ok(answer) => return Ok(applied(&plan, &answer)),
            Err(error) if may_repeat(&plan, error.code(), tries) => tries += 1,
            Err(error) if error.certainty() == Certainty::Unknown => return Ok(look(client, &plan, &error).await),
            Err(error) => return Err(rejected(&plan, error)),
        }
    }
}

fn applied(plan: &Plan, answer: &Value) -> Outcome {
    // A Scale object and an eviction's Status have no generation of the workload.
    let generation = answer.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or(0);
    Outcome::Applied { sentence: plan.summary.clone(), undo: plan.undo.clone(), generation, remark: None }
}

/// Looks for the traces of a write whose answer never came.
async fn look(client: &Client, plan: &Plan, error: &Error) -> Outcome {
    let seen = read_target(client, &plan.target).await.ok().and_then(|target| {
        let same = target.pointer("/metadata/uid").and_then(Value::as_str) == Some(&*plan.uid);
        if same { plan.shown_by(&target) } else { None }
    });
    let second = match seen {
        Some(true) => "a second look shows the change in place",
        Some(false) => "a second look does not show the change; it may still arrive",
        None => "whether it was done is not known",
    };
    Outcome::Unknown { sentence: format!("{}: {error}; {second}", plan.summary), seen }
}
