//! One write to an old or a new controller alike.

use serde_json::Value;

use crate::{
    cluster::{
        Client,
        execute::{Error, read_object, write},
    },
    operation::{Object, Send, Write},
};

use super::ATTEMPTS;

/// A write the server took.
pub(super) struct Sent {
    /// The write as it was sent.
    pub write: Write,
    /// What the server answered.
    pub answer: Value,
    /// The object of which this write did all that was planned, where its kind has no status subresource.
    pub whole: Option<Object>,
}

impl Sent {
    /// Tells whether this write did a later one of the same plan as well.
    pub(super) fn did(&self, later: &Write) -> bool {
        self.whole.as_ref() == Some(&later.object)
    }
}

/// Sends a write. A status subresource that is not found may mean an object that is gone, or a controller so old that
/// its kind has none; only a look at the object tells, and then one patch does all.
pub(super) async fn send(client: &Client, planned: &Write, dry_run: bool) -> Result<Sent, Error> {
    let missing = match write(client, planned, dry_run).await {
        Ok(answer) => return Ok(Sent { write: planned.clone(), answer, whole: None }),
        Err(error) if error.code() == Some(404) => error,
        Err(error) => return Err(error),
    };
    let Some(unified) = planned.unified() else { return Err(missing) };
    let seen = read_object(client, &planned.object).await?;
    if unified.afresh(&seen).is_none() {
        let message = format!("{} changed under the request", planned.object);
        return Err(Error::Status { code: 409, reason: "Conflict".to_owned(), message });
    }
    let answer = write(client, &unified, dry_run).await?;
    Ok(Sent { write: unified, answer, whole: Some(planned.object.clone()) })
}

/// Tells whether a conflict is only another writer's step in between; an eviction's conflict is another UID.
pub(super) fn may_repeat(planned: &Write, error: &Error, attempt: u32) -> bool {
    error.code() == Some(409) && attempt < ATTEMPTS && matches!(planned.send, Send::Patch(_))
}
