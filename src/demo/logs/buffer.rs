//! Where log lines are kept until somebody reads them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use futures::stream::{self, StreamExt};
use jiff::Timestamp;
use tokio::sync::watch;

use super::lines::{self, Event};
use super::past::Past;
use crate::demo::api::{LogQuery, LogStream};
use crate::demo::controllers::cluster::Key;
use crate::demo::traffic::{PodInput, PodLoad};

/// Lines kept for each run of a container.
const KEPT: usize = 1500;

/// One line with its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When it was written.
    pub at: Timestamp,
    /// The text, without a newline.
    pub text: String,
}

#[derive(Debug, Default)]
struct Run {
    lines: VecDeque<Line>,
    /// Lines dropped from the front, so that followers can count.
    dropped: usize,
    ended: bool,
}

#[derive(Debug, Default)]
struct Container {
    current: Run,
    previous: Option<Run>,
    runs: u64,
    /// Whether what it wrote before the start is in.
    recalled: bool,
}

type Books = HashMap<(Key, String), Container>;

/// All logs; clones share them.
#[derive(Debug, Clone)]
pub struct Logs {
    books: Arc<Mutex<Books>>,
    past: Arc<OnceLock<Past>>,
    written: watch::Sender<u64>,
    seed: u64,
}

impl Logs {
    /// Empty logs; the seed decides the ids in the lines.
    pub fn new(seed: u64) -> Self {
        Self { books: Arc::default(), past: Arc::default(), written: watch::Sender::new(0), seed }
    }

    /// Remembers what was there before the start; only the first call counts.
    pub fn remember(&self, past: Past) {
        // A second past would contradict the first.
        let _ = self.past.set(past);
    }

    /// Puts in what a container wrote before the start, where that is not done.
    fn recall(&self, name: &(Key, String)) {
        let Some(past) = self.past.get() else { return };
        if self.lock().get(name).is_some_and(|book| book.recalled) || !past.knows(&name.0, &name.1) {
            return;
        }
        // Made up without holding the lock: it takes a moment.
        let lines = past.lines(&name.0, &name.1, self.seed);
        let mut books = self.lock();
        let book = books.entry(name.clone()).or_default();
        if std::mem::replace(&mut book.recalled, true) {
            return;
        }
        match (book.runs, &mut book.previous) {
            (0, _) => book.current.begin_with(lines),
            (1, Some(previous)) => previous.begin_with(lines),
            _ => {}
        }
    }

    /// Writes what a container's life brings: its start, its end.
    pub fn lived(&self, pod: &Key, container: &str, event: &Event, now: Timestamp) {
        let was_there = self.past.get().is_some_and(|past| past.knows(pod, container));
        let mut books = self.lock();
        let book = books.entry((pod.clone(), container.to_owned())).or_default();
        if matches!(event, Event::Started { .. }) {
            let before = std::mem::take(&mut book.current);
            // A run that said nothing was a run all the same.
            book.previous = (book.runs > 0 || was_there || !before.lines.is_empty()).then_some(before);
            book.runs += 1;
        }
        for line in lines::of_event(event, self.seed, now) {
            book.current.push(line);
        }
        book.current.ended = matches!(event, Event::Ended { .. });
        drop(books);
        self.written.send_modify(|count| *count += 1);
    }

    /// Writes what the requests of a step bring.
    pub fn requests(&self, pod: &Key, input: &PodInput, load: &PodLoad, now: Timestamp) {
        if !input.running {
            return;
        }
        let new = lines::of_requests(input, load, 1.0, self.seed, now);
        if new.is_empty() {
            return;
        }
        let mut books = self.lock();
        let book = books.entry((pod.clone(), input.container.clone())).or_default();
        for line in new {
            book.current.push(line);
        }
        drop(books);
        self.written.send_modify(|count| *count += 1);
    }

    /// Forgets a pod that is gone.
    pub fn forget(&self, pod: &Key) {
        self.lock().retain(|(known, _), _| known != pod);
        self.written.send_modify(|count| *count += 1);
    }

    /// Returns the lines asked for; none where a run before is asked for and there was none.
    pub fn read(&self, pod: &Key, query: &LogQuery) -> Option<LogStream> {
        let name = (pod.clone(), query.container.clone());
        self.recall(&name);
        let (lines, position) = {
            let books = self.lock();
            let book = books.get(&name);
            let run = if query.previous { Some(book?.previous.as_ref()?) } else { book.map(|book| &book.current) };
            let position = book.map_or((0, 0), |book| (book.runs, book.current.dropped + book.current.lines.len()));
            (run.map(|run| run.select(query)).unwrap_or_default(), position)
        };
        let mut left = query.limit_bytes.unwrap_or(usize::MAX);
        let stamped = query.timestamps;
        let first: Vec<Bytes> = lines.iter().map_while(|line| cut(render(line, stamped), &mut left)).collect();
        let first = stream::iter(first);
        if !query.follow || query.previous {
            return Some(first.boxed());
        }
        Some(first.chain(self.follow(name, position, stamped)).boxed())
    }

    /// New lines as they come, until the run ends or the pod is gone.
    fn follow(&self, name: (Key, String), position: (u64, usize), stamped: bool) -> LogStream {
        let logs = self.clone();
        let written = self.written.subscribe();
        let state = (logs, written, name, position);
        stream::unfold(Some(state), move |state| async move {
            let (logs, mut written, name, (run, seen)) = state?;
            loop {
                written.borrow_and_update();
                let news = logs.since(&name, run, seen, stamped);
                match news {
                    Some((bytes, next, ended)) if !bytes.is_empty() || ended => {
                        let next = (!ended).then_some((logs, written, name, (run, next)));
                        return Some((bytes, next));
                    }
                    Some(_) => {}
                    None => return None,
                }
                written.changed().await.ok()?;
            }
        })
        .boxed()
    }

    fn since(&self, name: &(Key, String), run: u64, seen: usize, stamped: bool) -> Option<(Bytes, usize, bool)> {
        let books = self.lock();
        let book = books.get(name)?;
        if book.runs != run {
            return None;
        }
        let skip = seen.saturating_sub(book.current.dropped);
        let text: String = book.current.lines.iter().skip(skip).map(|line| render(line, stamped)).collect();
        Some((Bytes::from(text), book.current.dropped + book.current.lines.len(), book.current.ended))
    }

    fn lock(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Run {
    /// Puts lines before those there are, as far as there is room.
    fn begin_with(&mut self, mut lines: Vec<Line>) {
        let room = KEPT.saturating_sub(self.lines.len());
        lines.drain(..lines.len().saturating_sub(room));
        for line in lines.into_iter().rev() {
            self.lines.push_front(line);
        }
    }

    fn push(&mut self, line: Line) {
        if self.lines.len() >= KEPT {
            self.lines.pop_front();
            self.dropped += 1;
        }
        self.lines.push_back(line);
    }

    fn select(&self, query: &LogQuery) -> Vec<Line> {
        let since = self.lines.iter().filter(|line| query.since.is_none_or(|since| line.at >= since));
        let lines: Vec<Line> = since.cloned().collect();
        let skip = query.tail.map_or(0, |tail| lines.len().saturating_sub(tail));
        lines.into_iter().skip(skip).collect()
    }
}

fn render(line: &Line, stamped: bool) -> String {
    if stamped {
        format!("{} {}\n", line.at.strftime("%Y-%m-%dT%H:%M:%S.%9fZ"), line.text)
    } else {
        format!("{}\n", line.text)
    }
}

fn cut(text: String, left: &mut usize) -> Option<Bytes> {
    if *left == 0 {
        return None;
    }
    let mut bytes = text.into_bytes();
    bytes.truncate(*left);
    *left -= bytes.len();
    Some(Bytes::from(bytes))
}
