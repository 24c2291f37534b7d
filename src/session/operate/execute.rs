//! From a yes to what became of it.

use serde_json::Value;

use crate::{
    audit::{Journal, Ticket},
    cluster::{
        Client,
        execute::{Certainty, Error, read_facts, read_object},
    },
    domain::Link,
    operation::{Confirmed, Guard, Object, Outcome, Plan, Policy, Refusal, Write, recheck},
};

use super::{
    Failure,
    failure::{rejected, unread},
    prepare::prepare,
    send::{Sent, may_repeat, send},
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
        Ok(Outcome::Applied { sentence, undo, generation, then, .. }) => {
            Ok(Outcome::Applied { sentence, undo, generation, remark: Some(why), then })
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
    let request = confirmed.request();
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
        let Some((first, rest)) = plan.writes.split_first() else {
            return Ok(Outcome::Refused(Refusal::new(format!("there is nothing to do for {}", plan.target))));
        };
        match send(client, first, false).await {
            Ok(sent) => return Ok(go_on(client, &plan, sent, rest).await),
            Err(error) if may_repeat(first, &error, tries) => tries += 1,
            Err(error) if error.certainty() == Certainty::Unknown => {
                return Ok(look(client, &plan, first, &error).await);
            }
            Err(error) => return Err(rejected(first, error)),
        }
    }
}

/// Sends what is left of a plan whose first write is done. It is not planned again: the first write has changed what
/// a plan would rest on, so each write stands for itself.
async fn go_on(client: &Client, plan: &Plan, first: Sent, rest: &[Write]) -> Outcome {
    let mut done = vec![first];
    for (at, write) in rest.iter().enumerate() {
        if done.iter().any(|sent| sent.did(write)) {
            continue;
        }
        match follow(client, write).await {
            Ok(sent) => done.push(sent),
            Err(why) => return partly(plan, &done, &rest[at..], &why),
        }
    }
    // A Scale object and an eviction's Status have no generation of the workload.
    let target = Object::from(&plan.target);
    let mut of_target = done.iter().rev().filter(|sent| sent.write.object == target);
    let generation = of_target.find_map(|sent| sent.answer.pointer("/metadata/generation")?.as_i64());
    Outcome::Applied {
        sentence: plan.summary.clone(),
        undo: plan.undo.clone(),
        generation: generation.unwrap_or(0),
        remark: None,
        then: plan.then.clone(),
    }
}

/// Sends a later write, as long as its object is the same and its fields are as they were seen.
async fn follow(client: &Client, write: &Write) -> Result<Sent, String> {
    let mut tries = 1;
    loop {
        let seen = read_object(client, &write.object).await.map_err(|error| error.to_string())?;
        let Some(fresh) = write.afresh(&seen) else {
            return Err(format!("{} changed in the meantime", write.object));
        };
        match send(client, &fresh, false).await {
            Ok(sent) => return Ok(sent),
            Err(error) if may_repeat(write, &error, tries) => tries += 1,
            Err(error) if error.certainty() == Certainty::Unknown => {
                let (second, _) = traces(client, write).await;
                return Err(format!("{error}; {second}"));
            }
            Err(error) => return Err(rejected(write, error).to_string()),
        }
    }
}

fn partly(plan: &Plan, done: &[Sent], left: &[Write], why: &str) -> Outcome {
    let words = |writes: Vec<&str>| writes.join(", ");
    let made = words(done.iter().map(|sent| sent.write.words.as_str()).collect());
    let missing = words(left.iter().map(|write| write.words.as_str()).collect());
    Outcome::Partly {
        sentence: format!("{}: done in part. Done: {made}. Not done: {missing}: {why}", plan.summary),
        hint: format!("the rest by hand: {}\nto take back what was done: {}", plan.by_hand(left), plan.undo),
    }
}

/// Looks for the traces of a write whose answer never came.
async fn look(client: &Client, plan: &Plan, write: &Write, error: &Error) -> Outcome {
    let (second, seen) = traces(client, write).await;
    Outcome::Unknown { sentence: format!("{}: {error}; {second}", plan.summary), seen }
}

async fn traces(client: &Client, write: &Write) -> (&'static str, Option<bool>) {
    let seen = read_object(client, &write.object).await.ok().and_then(|object| {
        let same = object.pointer("/metadata/uid").and_then(Value::as_str) == Some(&*write.uid);
        if same { write.shown_by(&object) } else { None }
    });
    let second = match seen {
        Some(true) => "a second look shows the change in place",
        Some(false) => "a second look does not show the change; it may still arrive",
        None => "whether it was done is not known",
    };
    (second, seen)
}
