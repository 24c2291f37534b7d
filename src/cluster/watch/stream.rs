//! One watch stream, from its opening to its end.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::FutureExt;
use http_body_util::BodyExt;
use kube::client::Body;

use super::{Closed, Ended, Watcher};
use crate::{
    cluster::{
        client::encoded,
        failure::{Failure, FailureKind},
        wire::Line,
    },
    domain::{Observation, SourceState},
};

/// Changes sent on at once.
const BATCH: usize = 256;
/// How long after the time the server was given a stream that says nothing counts as dead.
const GRACE: Duration = Duration::from_secs(15);
/// A stream that ends sooner, without a word, is a failure: resuming at once would spin.
const TOO_SHORT: Duration = Duration::from_secs(1);

impl Watcher {
    /// Opens a stream at `version` and follows it, moving `version` on.
    pub(super) async fn watch(&mut self, version: &mut String) -> Result<Ended, Closed> {
        // Streams opened together must not end together.
        let seconds = 240 + fastrand::u64(0..60);
        let path = format!(
            "{}?watch=1&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={seconds}",
            self.asked.path(),
            encoded(version),
        );
        let what = self.asked.words("watch");
        self.revived.mark_unchanged();
        let mut body = match self.client.stream(&path, &what).await {
            Ok(body) => body,
            // Some servers refuse an old version before the stream begins.
            Err(failure) if failure.kind == FailureKind::Gone => return Ok(Ended::Expired),
            Err(failure) => return Ok(Ended::Failed(failure)),
        };
        self.tell(SourceState::Synced, None).await?;
        let opened = Instant::now();
        let mut heard = false;
        let silence = Duration::from_secs(seconds) + GRACE;
        let ended = loop {
            let revived = &mut self.revived;
            let frame = tokio::select! {
                frame = tokio::time::timeout(silence, next_bytes(&mut body)) => frame,
                Ok(()) = revived.changed() => break Ended::Resume,
                () = self.sink.closed() => return Err(Closed),
            };
            match frame {
                Err(_) => break Ended::Failed(Failure::timeout(self.client.server(), &what)),
                Ok(None) => break self.finish(version, &what).await?,
                Ok(Some(Err(error))) => break Ended::Failed(Failure::from_transport(self.client.server(), &*error)),
                Ok(Some(Ok(bytes))) => {
                    heard = true;
                    self.backoff.reset();
                    if let Some(ended) = self.take(bytes, &mut body, version, &what).await? {
                        break ended;
                    }
                }
            }
        };
        self.reader.end();
        if matches!(ended, Ended::Resume) && !heard && opened.elapsed() < TOO_SHORT {
            return Ok(Ended::Failed(Failure::cut(self.client.server(), "the watch ended as soon as it began")));
        }
        Ok(ended)
    }

    /// Reads what came, and what else is there already, and sends it on as one batch.
    async fn take(
        &mut self,
        bytes: Bytes,
        body: &mut Body,
        version: &mut String,
        what: &str,
    ) -> Result<Option<Ended>, Closed> {
        let mut batch = Vec::new();
        self.reader.feed(&bytes);
        let ended = loop {
            if let Some(ended) = self.drain(&mut batch, version, what) {
                break Some(ended);
            }
            if batch.len() >= BATCH {
                break None;
            }
            match next_bytes(body).now_or_never() {
                Some(Some(Ok(bytes))) => self.reader.feed(&bytes),
                Some(Some(Err(error))) => {
                    break Some(Ended::Failed(Failure::from_transport(self.client.server(), &*error)));
                }
                // The end is seen again by the caller: an ended body stays ended.
                Some(None) | None => break None,
            }
        };
        if !batch.is_empty() {
            self.sink.send(batch).await.map_err(|_| Closed)?;
        }
        Ok(ended)
    }

    /// Reads the whole lines fed so far.
    fn drain(&mut self, batch: &mut Vec<Observation>, version: &mut String, what: &str) -> Option<Ended> {
        while let Some(line) = self.reader.next() {
            if let Some(ended) = self.line(line, batch, version, what) {
                return Some(ended);
            }
        }
        None
    }

    /// Reads what stood in the stream after its last line end.
    async fn finish(&mut self, version: &mut String, what: &str) -> Result<Ended, Closed> {
        let mut batch = Vec::new();
        let ended = self.reader.end().and_then(|line| self.line(line, &mut batch, version, what));
        if !batch.is_empty() {
            self.sink.send(batch).await.map_err(|_| Closed)?;
        }
        Ok(ended.unwrap_or(Ended::Resume))
    }

    fn line(
        &mut self,
        line: serde_json::Result<Line>,
        batch: &mut Vec<Observation>,
        version: &mut String,
        what: &str,
    ) -> Option<Ended> {
        let (observation, newer) = match line {
            Ok(Line::Applied(object, newer)) => (object.applied(), newer),
            Ok(Line::Deleted(object, newer)) => (object.deleted(), newer),
            Ok(Line::Bookmark(newer)) => (None, newer),
            Ok(Line::Error(status)) if status.code == 410 => return Some(Ended::Expired),
            Ok(Line::Error(status)) => {
                return Some(Ended::Failed(Failure::from_status(self.client.server(), what, &status)));
            }
            Err(error) => {
                let headers = http::HeaderMap::new();
                let failure = Failure::unreadable(self.client.server(), what, &headers, b"{", &error);
                return Some(Ended::Failed(failure));
            }
        };
        batch.extend(observation);
        if !newer.is_empty() {
            *version = newer;
        }
        None
    }
}

/// Returns the next bytes of a body, `None` at its end.
async fn next_bytes(body: &mut Body) -> Option<Result<Bytes, Box<dyn std::error::Error + Send + Sync>>> {
    loop {
        match body.frame().await? {
            Ok(frame) => {
                if let Ok(bytes) = frame.into_data() {
                    return Some(Ok(bytes));
                }
            }
            Err(error) => return Some(Err(error.into())),
        }
    }
}
