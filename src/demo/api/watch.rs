//! Watches: what changed since a version, line by line, until the time is up.

use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use futures::stream;
use serde_json::{Value, json};
use tokio::sync::watch::Receiver;
use tokio::time::Instant;

use super::convert::Served;
use super::handle::Call;
use super::request::{Selectors, Shape, Target};
use super::respond::{self, Answer};
use super::server::Server;
use super::{proto, read, table};
use crate::demo::store::{ApiError, Change, Event, Meta, Shared, Store};

/// How often a quiet watch hears the newest version, where it asked to.
const BOOKMARK_EVERY: Duration = Duration::from_secs(10);
/// How long a watch lasts that names no time.
const LASTS: Duration = Duration::from_secs(30 * 60);
/// Events put into one chunk at most.
const BATCH: usize = 256;

struct Watch {
    server: Arc<Server>,
    served: Served,
    namespace: Option<String>,
    selectors: Selectors,
    shape: Shape,
    bookmarks: bool,
    version: u64,
    news: Receiver<u64>,
    hidden: Receiver<Vec<String>>,
    /// Objects to report as added before anything else.
    initial: Vec<Shared>,
    /// Whether the end of the initial objects is still to be marked.
    mark_initial_end: bool,
    columns_sent: bool,
    ends: Instant,
    next_bookmark: Instant,
    over: bool,
}

/// Answers with a stream of changes.
pub(super) fn answer(call: &Call, target: &Target) -> Result<Answer, ApiError> {
    let mut selectors = read::selectors(call, target)?;
    if let Some(name) = &target.name {
        selectors.fields = crate::demo::store::FieldSelector::parse(&format!("metadata.name={name}"))?;
    }
    let shape = read::shape(call, target.served)?;
    let seconds = call
        .query
        .number("timeoutSeconds")?
        .and_then(|seconds| u64::try_from(seconds).ok())
        .filter(|seconds| *seconds > 0);
    let now = Instant::now();
    let mut watch = Watch {
        server: Arc::clone(&call.server),
        served: target.served,
        namespace: Some(target.namespace.clone()).filter(|namespace| !namespace.is_empty()),
        selectors,
        shape,
        bookmarks: call.query.flag("allowWatchBookmarks"),
        version: 0,
        news: call.server.store.subscribe(),
        hidden: call.server.chaos.hiding(),
        initial: Vec::new(),
        mark_initial_end: false,
        columns_sent: false,
        ends: now + seconds.map_or(LASTS, Duration::from_secs),
        next_bookmark: now + BOOKMARK_EVERY,
        over: false,
    };
    call.with(|store| watch.begin(call, store))?;
    let media =
        if shape == Shape::Protobuf { "application/vnd.kubernetes.protobuf;stream=watch" } else { "application/json" };
    Ok(respond::stream(
        media,
        stream::unfold(watch, |mut watch| async move {
            let chunk = watch.next().await?;
            Some((Ok(chunk), watch))
        }),
    ))
}

impl Watch {
    fn begin(&mut self, call: &Call, store: &Store) -> Result<(), ApiError> {
        let newest = store.resource_version();
        let asked = call.query.number("resourceVersion")?.unwrap_or(0);
        let send_initial = call.query.get("sendInitialEvents").is_some();
        if send_initial && call.query.get("resourceVersionMatch") != Some("NotOlderThan") {
            let why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
            return Err(ApiError::new(
                422,
                "Invalid",
                format!("ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: {why}"),
            ));
        }
        if asked > i64::try_from(newest).unwrap_or(i64::MAX) {
            return Err(read::too_new(asked, i64::try_from(newest).unwrap_or(i64::MAX)));
        }
        let streams_list = call.query.flag("sendInitialEvents");
        if streams_list || (asked == 0 && !send_initial) {
            let namespace = self.namespace.as_deref();
            self.initial = store
                .list(self.served.resource, namespace)
                .filter(|object| self.selectors.matches(object))
                .cloned()
                .collect();
            self.mark_initial_end = streams_list && self.bookmarks;
            self.version = newest;
        } else {
            self.version = u64::try_from(asked).unwrap_or(0).max(if asked == 0 { newest } else { 0 });
        }
        Ok(())
    }

    /// Returns the next chunk of lines; none at the end.
    async fn next(&mut self) -> Option<Bytes> {
        let chaos = self.server.chaos.clone();
        loop {
            if self.over {
                return None;
            }
            chaos.flowing().await;
            let mut chunk = BytesMut::new();
            self.collect(&mut chunk);
            if !chunk.is_empty() {
                return Some(chunk.freeze());
            }
            if !self.server.serves(self.served.resource) {
                // The definition is gone: the API server ends the watches of its kind.
                return None;
            }
            tokio::select! {
                changed = self.hidden.changed() => self.over |= changed.is_err(),
                changed = self.news.changed() => self.over |= changed.is_err(),
                () = tokio::time::sleep_until(self.ends) => {
                    self.over = true;
                    if self.bookmarks {
                        self.bookmark(&mut chunk, false);
                        return Some(chunk.freeze());
                    }
                }
                () = tokio::time::sleep_until(self.next_bookmark), if self.bookmarks => {
                    self.next_bookmark = Instant::now() + BOOKMARK_EVERY;
                    self.bookmark(&mut chunk, false);
                    return Some(chunk.freeze());
                }
            }
        }
    }

    fn collect(&mut self, chunk: &mut BytesMut) {
        if !self.initial.is_empty() {
            let rest = self.initial.split_off(self.initial.len().min(BATCH));
            for object in std::mem::replace(&mut self.initial, rest) {
                self.line(chunk, Change::Added.word(), &object);
            }
            return;
        }
        if std::mem::take(&mut self.mark_initial_end) {
            return self.bookmark(chunk, true);
        }
        self.news.mark_unchanged();
        let store = self.server.store.clone();
        let events = store.with(|store| self.changes(store));
        match events {
            Ok(events) => {
                for (word, object) in events {
                    self.line(chunk, word, &object);
                }
            }
            Err(error) => {
                self.over = true;
                self.put_value(chunk, "ERROR", &error.status());
            }
        }
    }

    fn changes(&mut self, store: &Store) -> Result<Vec<(&'static str, Shared)>, ApiError> {
        let newest = store.resource_version();
        let asked = self.version;
        let gone = || ApiError::expired(format!("too old resource version: {asked} ({newest})"));
        let mut found = Vec::new();
        let mut reached = newest;
        for event in store.changed_since(asked).ok_or_else(gone)? {
            if let Some(seen) = self.seen(event) {
                found.push(seen);
                if found.len() == BATCH {
                    reached = event.version;
                    break;
                }
            }
        }
        self.version = reached;
        Ok(found)
    }

    /// What this watch sees of a change: objects come and go as they begin and cease to match.
    fn seen(&self, event: &Event) -> Option<(&'static str, Shared)> {
        if event.resource != self.served.resource
            || self.namespace.as_deref().is_some_and(|namespace| event.object.namespace() != namespace)
        {
            return None;
        }
        let object = || Arc::clone(&event.object);
        if self.selectors.is_empty() {
            return Some((event.change.word(), object()));
        }
        let before = event.before.as_ref().is_some_and(|before| self.selectors.matches(before));
        let after = event.change != Change::Deleted && self.selectors.matches(&event.object);
        match (before, after) {
            (false, true) => Some((Change::Added.word(), object())),
            (true, true) => Some((Change::Modified.word(), object())),
            (true, false) => Some((Change::Deleted.word(), object())),
            (false, false) => None,
        }
    }

    fn line(&mut self, chunk: &mut BytesMut, word: &str, object: &Shared) {
        match self.shape {
            Shape::Json => put(chunk, word, &read::encode(self.served, object)),
            Shape::Protobuf => Self::frame(chunk, word, &read::packed(&self.server.proto, self.served, object, true)),
            Shape::Metadata => put(chunk, word, read::metadata_only(object).to_string().as_bytes()),
            Shape::Table => {
                let row = table::row_at(self.served, object, self.server.clock.now(), "Metadata");
                let with_columns = !std::mem::replace(&mut self.columns_sent, true);
                let metadata = json!({"resourceVersion": object.meta("resourceVersion")});
                put(chunk, word, table::table(self.served, &metadata, vec![row], with_columns).to_string().as_bytes());
            }
        }
    }

    fn bookmark(&self, chunk: &mut BytesMut, ends_initial: bool) {
        let mut metadata = json!({"resourceVersion": self.version.to_string(), "creationTimestamp": null});
        if ends_initial {
            metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        let object = match self.shape {
            Shape::Table => table::table(self.served, &metadata, Vec::new(), false),
            Shape::Metadata => {
                json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata})
            }
            Shape::Json | Shape::Protobuf => {
                let mut object: Value = json!({"kind": self.served.resource.kind, "apiVersion": self.served.api_version(), "metadata": metadata});
                if self.served.resource.has_status() {
                    object["spec"] = json!({});
                    object["status"] = json!({});
                }
                object
            }
        };
        self.put_value(chunk, "BOOKMARK", &object);
    }

    fn put_value(&self, chunk: &mut BytesMut, word: &str, object: &Value) {
        if self.shape == Shape::Protobuf {
            Self::frame(chunk, word, &self.server.proto.encode(object).unwrap_or_default());
        } else {
            put(chunk, word, object.to_string().as_bytes());
        }
    }

    fn frame(chunk: &mut BytesMut, word: &str, object: &[u8]) {
        let mut framed = Vec::with_capacity(object.len() + 40);
        proto::frame(&mut framed, word, object);
        chunk.put_slice(&framed);
    }
}

fn put(chunk: &mut BytesMut, word: &str, object: &[u8]) {
    chunk.reserve(object.len() + 40);
    chunk.put_slice(b"{\"type\":\"");
    chunk.put_slice(word.as_bytes());
    chunk.put_slice(b"\",\"object\":");
    chunk.put_slice(object);
    chunk.put_slice(b"}\n");
}
