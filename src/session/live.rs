//! The owner of what is known: one place applies observations, for the screens and the subcommands alike.

use std::{
    collections::BTreeSet,
    ops::{Deref, DerefMut},
};

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::{handle::Session, options::ConnectOptions};
use crate::{
    domain::{Observation, WorkloadKey},
    release::Assessments,
    world::{Changed, World},
};

/// Batches applied before the screen gets its turn.
const AT_ONCE: usize = 512;

/// Everything known and judged of what comes in.
pub struct Picture {
    /// What is known.
    pub world: World,
    /// What is judged.
    pub assessments: Assessments,
    feed: mpsc::Receiver<Vec<Observation>>,
}

/// A session and the picture it gives; it is that picture, too.
pub struct Live {
    picture: Picture,
    /// What can be asked.
    pub session: Session,
}

/// What one turn brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turn {
    /// What the observations changed.
    pub changed: Changed,
    /// Workloads that are judged otherwise now.
    pub judged: BTreeSet<WorkloadKey>,
}

impl Turn {
    /// Tells whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.judged.is_empty()
    }
}

impl Live {
    /// Opens a session; nothing is known yet. It must be called within a tokio runtime.
    pub fn open(options: ConnectOptions) -> Self {
        let (session, feed) = Session::open(options);
        Self { picture: Picture::of(feed), session }
    }
}

impl Deref for Live {
    type Target = Picture;

    fn deref(&self) -> &Picture {
        &self.picture
    }
}

impl DerefMut for Live {
    fn deref_mut(&mut self) -> &mut Picture {
        &mut self.picture
    }
}

impl Picture {
    /// Nothing is known yet of what this feed brings.
    pub fn of(feed: mpsc::Receiver<Vec<Observation>>) -> Self {
        Self { world: World::new(), assessments: Assessments::new(), feed }
    }

    /// Waits until something is observed, or until time alone changes a judgement; applies all there is in one go.
    /// `None` when nothing will be observed any more. It may be dropped while it waits without losing anything.
    pub async fn next(&mut self, now: impl Fn() -> Timestamp) -> Option<Turn> {
        let due = self.assessments.next_deadline();
        // A moment more: a timer may fire a little early, and would then find nothing due.
        let wait = due.map(|due| {
            let left = std::time::Duration::try_from(due.duration_since(now())).unwrap_or_default();
            left + std::time::Duration::from_millis(1)
        });
        let first = tokio::select! {
            biased;
            batch = self.feed.recv() => Some(batch?),
            () = pause(wait) => None,
        };
        Some(self.turn(first, now()))
    }

    /// Applies what is there already, without waiting.
    pub fn drain(&mut self, now: Timestamp) -> Turn {
        self.turn(None, now)
    }

    /// Applies what another source than the cluster says, such as the audit.
    pub fn tell(&mut self, observation: Observation, now: Timestamp) -> Turn {
        let changed = self.world.apply(observation, now);
        let judged = self.assessments.refresh(&self.world, &changed, now);
        Turn { changed, judged }
    }

    fn turn(&mut self, first: Option<Vec<Observation>>, now: Timestamp) -> Turn {
        let mut changed = Changed::default();
        let more = std::iter::from_fn(|| self.feed.try_recv().ok()).take(AT_ONCE);
        for observation in first.into_iter().chain(more).flatten() {
            changed.merge(self.world.apply(observation, now));
        }
        let judged = self.assessments.refresh(&self.world, &changed, now);
        Turn { changed, judged }
    }
}

async fn pause(wait: Option<std::time::Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}
