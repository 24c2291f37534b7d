//! Log lines of a container, followed over the end of its file, its run and the connection.

use std::{collections::HashSet, time::Duration};

use bytes::BytesMut;
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use super::{
    client::{Client, encoded},
    failure::{Failure, FailureKind},
    watch::Backoff,
};
use crate::domain::{LogLine, LogRequest, text::clean};

/// A longer line is cut, in bytes.
const LONGEST: usize = 64 << 10;
/// Lines sent on at once.
const BATCH: usize = 500;
/// How far a re-opened stream reaches back: the API rounds to seconds.
const OVERLAP: SignedDuration = SignedDuration::from_secs(2);
/// How long a container that has not started is left alone.
const WAITING: Duration = Duration::from_secs(2);

/// What a log stream says.
#[derive(Clone, Debug, PartialEq)]
pub enum LogChunk {
    /// Lines, oldest first.
    Lines(Vec<LogLine>),
    /// There is nothing to read now; when following, it is tried again.
    Pause(Failure),
}

/// Reads a log into a channel until its end, for ever when following, or until nobody listens.
pub async fn run(client: Client, request: LogRequest, sink: mpsc::Sender<LogChunk>) {
    let mut tail = Tail { client, request, sink, seen: Seen::default(), told: None };
    let mut backoff = Backoff::default();
    loop {
        let before = tail.seen.last;
        let pause = match tail.read().await {
            Ok(()) if !tail.request.follow => return,
            Ok(()) => {
                if tail.seen.last != before {
                    backoff.reset();
                }
                backoff.next(None)
            }
            Err(failure) => {
                let over = !tail.request.follow || failure.kind == FailureKind::NotFound;
                let waits = failure.kind == FailureKind::Invalid;
                let asked = failure.retry_after;
                if tail.tell(failure).await.is_err() || over {
                    return;
                }
                if waits { WAITING } else { backoff.next(asked) }
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = tail.sink.closed() => return,
        }
    }
}

struct Tail {
    client: Client,
    request: LogRequest,
    sink: mpsc::Sender<LogChunk>,
    seen: Seen,
    told: Option<Failure>,
}

impl Tail {
    /// Reads one stream to its end.
    async fn read(&mut self) -> Result<(), Failure> {
        let request = &self.request;
        let what = format!("read the log of {}/{}", request.pod, request.container);
        let path = path(request, self.seen.last);
        let mut body = self.client.stream(&path, &what).await.map_err(|failure| word(request, failure))?;
        self.told = None;
        let mut buffer = BytesMut::new();
        loop {
            let frame = tokio::select! {
                frame = body.frame() => frame,
                () = self.sink.closed() => return Ok(()),
            };
            let Some(frame) = frame else { break };
            let frame = frame.map_err(|error| Failure::from_transport(self.client.server(), &error))?;
            if let Ok(bytes) = frame.into_data() {
                buffer.extend_from_slice(&bytes);
            }
            self.lines(&mut buffer, false).await;
        }
        self.lines(&mut buffer, true).await;
        Ok(())
    }

    /// Sends the whole lines on; the rest stays, unless it is the end or too long to wait for.
    async fn lines(&mut self, buffer: &mut BytesMut, end: bool) {
        let mut batch = Vec::new();
        while let Some(at) = buffer.iter().position(|byte| *byte == b'\n') {
            let line = buffer.split_to(at + 1);
            batch.extend(self.seen.take(&line));
            if batch.len() >= BATCH {
                let _ = self.sink.send(LogChunk::Lines(std::mem::take(&mut batch))).await;
            }
        }
        if !buffer.is_empty() && (end || buffer.len() > LONGEST) {
            batch.extend(self.seen.take(&buffer.split()));
        }
        if !batch.is_empty() {
            let _ = self.sink.send(LogChunk::Lines(batch)).await;
        }
    }

    /// Tells why there is nothing, once per reason.
    async fn tell(&mut self, failure: Failure) -> Result<(), mpsc::error::SendError<LogChunk>> {
        if self.told.as_ref() == Some(&failure) {
            return Ok(());
        }
        self.told = Some(failure.clone());
        self.sink.send(LogChunk::Pause(failure)).await
    }
}

fn path(request: &LogRequest, since: Option<Timestamp>) -> String {
    let mut path = format!(
        "/api/v1/namespaces/{}/pods/{}/log?container={}&timestamps=true",
        encoded(&request.namespace),
        encoded(&request.pod),
        encoded(&request.container),
    );
    if request.follow {
        path.push_str("&follow=true");
    }
    if request.previous {
        path.push_str("&previous=true");
    }
    match since {
        Some(at) => {
            let from = at.checked_sub(OVERLAP).unwrap_or(at);
            format!("{path}&sinceTime={}", encoded(&format!("{from:.0}")))
        }
        None => format!("{path}&tailLines={}", request.tail),
    }
}

/// The API answers 400 to what is no mistake: a container that has not started, or has no run before.
fn word(request: &LogRequest, failure: Failure) -> Failure {
    let name = &request.container;
    match failure.kind {
        FailureKind::Invalid if request.previous => {
            Failure::new(failure.kind, format!("{name} has no previous run, or its log is gone"), "")
        }
        FailureKind::Invalid => Failure::new(failure.kind, format!("{name} has no log yet: {}", failure.sentence), ""),
        FailureKind::NotFound => {
            Failure::new(failure.kind, format!("pod {} is gone", request.pod), "choose another pod")
        }
        _ => failure,
    }
}

/// What was read already, so that an overlap is not shown twice.
#[derive(Debug, Default)]
struct Seen {
    last: Option<Timestamp>,
    /// The texts of the instants within the overlap.
    recent: HashSet<(Timestamp, Box<str>)>,
}

impl Seen {
    /// Parses a line; `None` when it was read before.
    fn take(&mut self, line: &[u8]) -> Option<LogLine> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = String::from_utf8_lossy(&line[..line.len().min(LONGEST)]);
        let stamped = line.split_once(' ').and_then(|(stamp, rest)| Some((stamp.parse::<Timestamp>().ok()?, rest)));
        let Some((at, text)) = stamped else {
            return Some(LogLine { at: None, text: clean(&line, false).into() });
        };
        let text: Box<str> = clean(text, false).into();
        let edge = self.last.map(|last| last.checked_sub(OVERLAP * 2).unwrap_or(last));
        if edge.is_some_and(|edge| at < edge) || !self.recent.insert((at, text.clone())) {
            return None;
        }
        if self.last.is_none_or(|last| at > last) {
            self.last = Some(at);
            if self.recent.len() > 4 * BATCH {
                let edge = at.checked_sub(OVERLAP * 2).unwrap_or(at);
                self.recent.retain(|(at, _)| *at >= edge);
            }
        }
        Some(LogLine { at: Some(at), text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlap_is_shown_once() {
        let mut seen = Seen::default();
        let mut texts = |lines: &[&str]| -> Vec<String> {
            lines.iter().filter_map(|line| seen.take(line.as_bytes())).map(|line| line.text.into()).collect()
        };
        let first =
            ["2026-11-21T10:00:00.5Z one\n", "2026-11-21T10:00:00.5Z two\n", "2026-11-21T10:00:01Z \u{1b}[31mthree\n"];
        assert_eq!(texts(&first), ["one", "two", "three"]);
        let again = [first[1], first[2], "2026-11-21T10:00:01Z four\n", "2026-11-21T09:59:00Z older\n", "no stamp\n"];
        assert_eq!(texts(&again), ["four", "no stamp"]);
    }

    #[test]
    fn a_reopened_stream_begins_before_the_last_line() {
        let request = LogRequest {
            namespace: "shop".into(),
            pod: "p/q".into(),
            container: "c".into(),
            previous: false,
            follow: true,
            tail: 500,
        };
        let open = path(&request, None);
        assert_eq!(
            open,
            "/api/v1/namespaces/shop/pods/p%2Fq/log?container=c&timestamps=true&follow=true&tailLines=500"
        );
        let again = path(&request, Some("2026-11-21T10:00:09.7Z".parse().unwrap()));
        assert!(again.ends_with("&sinceTime=2026-11-21T10%3A00%3A07Z"), "{again}");
    }
}
