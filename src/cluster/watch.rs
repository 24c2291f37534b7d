//! Watching one family: list, then watch from there, for ever.
//!
//! ```text
//! list (pages of 500) ─▶ Reset + Synced ─▶ watch ─▶ Applied, Deleted …
//!        ▲                                   │ ends      resume from the last version
//!        └──── 410, in the stream or as HTTP ┴ fails     Lost, pause, resume
//! ```
//!
//! What was seen stays until a complete new list replaces it in one step: no failure empties a screen.
//! [`Reader`] is the boundary between bytes and objects.

mod backoff;
mod reader;
mod source;
mod stream;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::sync::{Notify, mpsc, watch};

pub use backoff::Backoff;
pub use reader::{JsonLines, Reader};
pub(super) use source::Asked;

use super::{
    client::{Client, LIST_PATIENCE, encoded},
    failure::{Failure, FailureKind},
    wire::{Object, Page, reset},
};
use crate::domain::{Absence, Family, Observation, SourceState, Text};

/// Objects a page.
const PAGE: u32 = 500;
/// Events kept of a list: the newest; a cluster may hold tens of thousands.
const EVENTS: usize = 1000;
/// How soon what is forbidden or absent is asked for again.
const SLOWLY: Duration = Duration::from_secs(60);
/// After so many failures in a row a watch starts over with a list.
const GIVE_UP: u32 = 4;

/// Where observations go, in batches; bounded, so that a slow reader slows the watch.
pub type Sink = mpsc::Sender<Vec<Observation>>;

/// Nobody listens any more.
#[derive(Debug)]
struct Closed;

/// One family in one namespace, or in all.
pub struct Watcher {
    client: Client,
    asked: Asked,
    sink: Sink,
    /// Changes when the connection was found dead: streams open over it will never say so.
    revived: watch::Receiver<u64>,
    reader: Box<dyn Reader>,
    backoff: Backoff,
    /// Told when what is watched is not served any more.
    gone: Option<Arc<Notify>>,
    /// What the world was last told of this source.
    told: Option<SourceState>,
}

/// How a watch ended.
enum Ended {
    /// The server's time was up, or the connection was replaced: resume.
    Resume,
    /// The version is too old: list again.
    Expired,
    /// It failed: pause, then resume.
    Failed(Failure),
}

impl Watcher {
    /// Makes a watcher; [`Watcher::run`] starts it.
    pub fn new(
        client: Client,
        family: Family,
        namespace: Option<Text>,
        sink: Sink,
        revived: watch::Receiver<u64>,
    ) -> Self {
        let reader = Box::new(JsonLines::new(family));
        let asked = Asked::new(family, namespace);
        Self { client, asked, sink, revived, reader, backoff: Backoff::default(), gone: None, told: None }
    }

    /// Tells when the server does not know what is asked for; whoever is told decides whether to go on.
    #[must_use]
    pub fn telling_when_gone(self, gone: Arc<Notify>) -> Self {
        Self { gone: Some(gone), ..self }
    }

    /// Runs until nobody listens any more.
    pub async fn run(mut self) {
        while self.follow().await.is_ok() {}
    }

    /// Lists, then watches until another list is needed.
    async fn follow(&mut self) -> Result<(), Closed> {
        if self.told.is_none() {
            self.tell(SourceState::Listing, None).await?;
        }
        let mut version = match self.list().await {
            Ok((objects, version)) => {
                let list = reset(self.asked.family, self.asked.namespace.clone(), objects);
                self.tell(SourceState::Synced, Some(list)).await?;
                version
            }
            Err(failure) => return self.failed("list", failure).await,
        };
        loop {
            let resumed = self.backoff.failures();
            match self.watch(&mut version).await? {
                Ended::Resume => {}
                Ended::Expired => return Ok(()),
                Ended::Failed(failure) => {
                    let list_again =
                        matches!(failure.kind, FailureKind::Invalid | FailureKind::Forbidden | FailureKind::NotFound)
                            || resumed >= GIVE_UP;
                    self.failed("watch", failure).await?;
                    if list_again {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Reads the whole list, page by page; answers the objects and the version to watch from.
    async fn list(&mut self) -> Result<(Vec<Object>, String), Failure> {
        let mut objects = Vec::new();
        let mut next = String::new();
        loop {
            let page = match self.page(&next).await {
                // A continue token lives a few minutes: start over.
                Err(failure) if failure.kind == FailureKind::Gone && !next.is_empty() => {
                    objects.clear();
                    next.clear();
                    continue;
                }
                Err(failure) if failure.kind == FailureKind::NotFound && self.asked.older() => continue,
                answer => answer?,
            };
            objects.extend(page.objects);
            if self.asked.family == Family::Events {
                keep_recent(&mut objects);
            }
            next = page.next;
            if next.is_empty() {
                self.backoff.reset();
                return Ok((objects, page.resource_version));
            }
        }
    }

    async fn page(&mut self, next: &str) -> Result<Page, Failure> {
        let what = self.asked.words("list");
        let mut path = format!("{}?limit={PAGE}", self.asked.path());
        if !next.is_empty() {
            path.push_str("&continue=");
            path.push_str(&encoded(next));
        }
        let answer = self.client.get(&path, &what, LIST_PATIENCE).await?;
        let reader = &mut self.reader;
        self.client.parse(&answer, &what, |body| reader.page(body))
    }

    /// Reports a failure, and waits until it is time to try again.
    async fn failed(&mut self, verb: &str, failure: Failure) -> Result<(), Closed> {
        let absence = match failure.kind {
            FailureKind::Forbidden => Some(Absence::Forbidden(self.asked.permission(verb).to_string().into())),
            FailureKind::NotFound => {
                self.gone.iter().for_each(|gone| gone.notify_one());
                Some(Absence::NoApi(self.asked.api()))
            }
            _ => None,
        };
        let (pause, state) = if let Some(absence) = absence {
            self.asked.newest();
            (SLOWLY, SourceState::Absent(absence))
        } else {
            let pause = self.backoff.next(failure.retry_after);
            let retry_at = Timestamp::now().checked_add(pause).unwrap_or(Timestamp::MAX);
            (pause, SourceState::Lost { why: failure.sentence.into(), retry_at })
        };
        self.tell(state, None).await?;
        // A connection that came back is the moment to try, however long the pause was meant to be.
        let revived = &mut self.revived;
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            Ok(()) = revived.changed() => {}
            () = self.sink.closed() => return Err(Closed),
        }
        Ok(())
    }

    /// Tells how the source is, when that is news, after what it has to show.
    async fn tell(&mut self, state: SourceState, first: Option<Observation>) -> Result<(), Closed> {
        let mut batch: Vec<Observation> = first.into_iter().collect();
        if self.told.as_ref() != Some(&state) {
            self.told = Some(state.clone());
            let (family, namespace) = (self.asked.family, self.asked.namespace.clone());
            batch.push(Observation::Source { family, namespace, state });
        }
        if batch.is_empty() { Ok(()) } else { self.sink.send(batch).await.map_err(|_| Closed) }
    }
}

/// Keeps the newest events of a list that grew too long.
fn keep_recent(objects: &mut Vec<Object>) {
    if objects.len() <= EVENTS {
        return;
    }
    objects.sort_by_key(|object| match object {
        Object::Event(event) => std::cmp::Reverse(event.last),
        _ => std::cmp::Reverse(None),
    });
    objects.truncate(EVENTS);
}
