//! Faults a test can throw in: the server stalls, lies, cuts lines, forgets, forbids.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use http_body_util::{BodyExt, StreamBody};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::proto::Schema;
use super::respond::{self, Answer};
use crate::demo::store::ApiError;

/// The faults in force; the default is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Only requests whose path and query contain this text meet the faults of this block.
    pub path: String,
    /// Only so many requests meet them; none for all.
    pub times: Option<u32>,
    /// Wait this many milliseconds before answering.
    pub delay_ms: u64,
    /// Accept requests and never answer; running watches fall silent.
    pub stall: bool,
    /// Answer with this HTTP status (410, 429, 500, ...).
    pub status: Option<u16>,
    /// With a status: the `Retry-After` header, in seconds.
    pub retry_after: Option<u32>,
    /// Answer with a page of HTML, as a proxy in between would.
    pub html: bool,
    /// Cut the answer's first chunk (of a watch: the first event) in half and close the connection.
    pub cut: bool,
    /// Answer every token with 401.
    pub token_expired: bool,
    /// Answer 403 for these kinds (plural names).
    pub forbidden: Vec<String>,
    /// Seconds by which the cluster's clock is ahead.
    pub skew_seconds: i64,
    /// No metrics API: the group is missing.
    pub without_metrics: bool,
    /// The metrics API is listed, but its server has just stopped answering: 503.
    pub failing_metrics: bool,
    /// No answer from proxied services.
    pub without_proxy: bool,
    /// API groups of custom kinds (`argoproj.io`, `flagger.app`) that are as if they had never been installed; their objects stay.
    pub without_groups: Vec<String>,
    /// Rollouts have no status subresource, as before Argo Rollouts 0.10: 404, and a status is written with the rest.
    pub old_rollouts: bool,
}

/// The faults, and the connections they are to hit.
#[derive(Debug, Clone)]
pub struct Chaos {
    faults: Arc<Mutex<Faults>>,
    /// Raised to close every connection.
    drops: watch::Sender<u64>,
    stalled: watch::Sender<bool>,
    hidden: watch::Sender<Vec<String>>,
}

/// What a request meets instead of its answer, or before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fate {
    pub(super) delay: Duration,
    pub(super) stall: bool,
    pub(super) cut: bool,
    answer: Option<Instead>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Instead {
    Html,
    Status(u16, Option<u32>),
}

impl Default for Chaos {
    fn default() -> Self {
        Self {
            faults: Arc::default(),
            drops: watch::channel(0).0,
            stalled: watch::channel(false).0,
            hidden: watch::channel(Vec::new()).0,
        }
    }
}

impl Chaos {
    /// Returns the faults in force.
    pub fn faults(&self) -> Faults {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells whether an API group is hidden.
    pub(super) fn hides(&self, group: &str) -> bool {
        let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.without_groups.iter().any(|hidden| hidden == group)
    }

    /// Returns a receiver that hears when API groups are hidden or shown.
    pub(super) fn hiding(&self) -> watch::Receiver<Vec<String>> {
        self.hidden.subscribe()
    }

    /// Replaces the faults in force.
    pub fn set(&self, faults: Faults) {
        self.stalled.send_replace(faults.stall);
        self.hidden.send_replace(faults.without_groups.clone());
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    /// Closes every connection.
    pub fn drop_connections(&self) {
        self.drops.send_modify(|count| *count += 1);
    }

    pub(super) fn dropped(&self) -> watch::Receiver<u64> {
        self.drops.subscribe()
    }

    /// Waits until no stall holds the watches back.
    pub(super) async fn flowing(&self) {
        let mut stalled = self.stalled.subscribe();
        // The sender lives as long as self: waiting cannot fail.
        drop(stalled.wait_for(|stalled| !stalled).await);
    }

    /// Decides what a request meets, and counts it.
    pub(super) fn fate(&self, path_and_query: &str) -> Fate {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        if !path_and_query.contains(&faults.path) {
            return Fate::default();
        }
        match &mut faults.times {
            Some(0) => return Fate::default(),
            Some(left) => *left -= 1,
            None => {}
        }
        let answer = if faults.html {
            Some(Instead::Html)
        } else {
            faults.status.map(|status| Instead::Status(status, faults.retry_after))
        };
        Fate { delay: Duration::from_millis(faults.delay_ms), stall: faults.stall, cut: faults.cut, answer }
    }
}

impl Fate {
    /// Returns the answer given instead of the true one.
    pub(super) fn instead(&self, schema: Option<&Schema>) -> Option<Answer> {
        match self.answer.as_ref()? {
            Instead::Html => Some(respond::bytes(
                200,
                "text/html",
                "<!DOCTYPE html><html><body><h1>Sign in to continue</h1><p>Your proxy wants a word.</p></body></html>",
            )),
            Instead::Status(status, retry_after) => {
                let (reason, message) = match status {
                    401 => ("Unauthorized", "Unauthorized"),
                    403 => ("Forbidden", "forbidden by a fault"),
                    404 => ("NotFound", "the server could not find the requested resource"),
                    409 => (
                        "Conflict",
                        "the object has been modified; please apply your changes to the latest version and try again",
                    ),
                    410 => ("Expired", "too old resource version: 1 (2)"),
                    429 => ("TooManyRequests", "too many requests, please try again later"),
                    503 => ("ServiceUnavailable", "the server is currently unable to handle the request"),
                    _ => ("InternalError", "an error on the server has prevented the request from succeeding"),
                };
                let error = ApiError { retry_after: *retry_after, ..ApiError::new(*status, reason, message) };
                Some(respond::error(&error, schema))
            }
        }
    }
}

/// Lets half of the first chunk through, then breaks the connection.
pub(super) fn cut(answer: Answer) -> Answer {
    let (mut parts, body) = answer.into_parts();
    parts.headers.remove(http::header::CONTENT_LENGTH);
    let first = body.into_data_stream().take(1).map(|chunk| chunk.map(|bytes| bytes.slice(..bytes.len() / 2)));
    let broken = futures::stream::once(async {
        // Over HTTP/2 the reset would overtake what has not been sent yet.
        tokio::time::sleep(Duration::from_millis(50)).await;
        Err(std::io::Error::other("cut by a fault"))
    });
    let stream = first.chain(broken).map(|chunk: Result<Bytes, std::io::Error>| chunk.map(http_body::Frame::data));
    Answer::from_parts(parts, StreamBody::new(stream).boxed_unsync())
}
