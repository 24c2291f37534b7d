//! Events as the real recorder writes them: equal ones are counted, similar ones combined, floods cut.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::object::{int, name, namespace, put, stamp, text, uid};
use crate::demo::store::resource::EVENTS;
use crate::demo::store::{DeleteOptions, Part, Store, Writer};

/// Similar events within [`AGGREGATION`] before they are combined.
const SIMILAR: usize = 10;
const AGGREGATION: SignedDuration = SignedDuration::from_mins(10);
/// Events one source may tell about one object at once; then one more every [`REFILL`].
const BURST: f64 = 25.0;
const REFILL: SignedDuration = SignedDuration::from_mins(5);
/// How long the API server keeps an event.
const KEPT: SignedDuration = SignedDuration::from_hours(1);

/// What was told, so that it can be counted instead of told again.
#[derive(Debug, Default)]
pub struct Recorder {
    known: HashMap<String, String>,
    similar: HashMap<String, (Timestamp, Vec<String>)>,
    budgets: HashMap<String, (Timestamp, f64)>,
    expiring: VecDeque<(Timestamp, String, String, String)>,
    serial: u64,
}

impl Recorder {
    /// Writes an event (type, reason, message) from a source (component, host) about an object.
    pub fn record(
        &mut self,
        store: &mut Store,
        about: &Value,
        what: (&str, &str, &str),
        source: (&str, &str),
        writer: &Writer<'_>,
    ) {
        let (kind, reason, message) = what;
        let now = writer.now;
        let similar = [uid(about), kind, reason, source.0, source.1].join("\n");
        let message = self.combined(&similar, message, now);
        if !self.affords(&[source.0, source.1, uid(about)].join("\n"), now) {
            return;
        }
        let same = format!("{similar}\n{message}");
        let space = match namespace(about) {
            "" => "default",
            space => space,
        };
        if let Some(known) = self.known.get(&same) {
            let counted = store.modify(&EVENTS, (space, known), Part::Main, writer, |event| {
                let count = int(event, &["count"]) + 1;
                put(event, &["count"], json!(count));
                put(event, &["lastTimestamp"], stamp(now));
            });
            if counted.is_ok() {
                return;
            }
        }
        self.serial += 1;
        let nanos = u64::try_from(now.as_nanosecond()).unwrap_or(0).wrapping_add(self.serial);
        let event_name = format!("{}.{nanos:016x}", name(about));
        let event = event(about, (space, &event_name), (kind, reason, &message), source, now);
        if store.create(&EVENTS, event, writer).is_ok() {
            self.known.insert(same.clone(), event_name.clone());
            self.expiring.push_back((now + KEPT, space.to_owned(), event_name, same));
        }
    }

    /// Takes out events older than the API server keeps them.
    pub fn expire(&mut self, store: &mut Store, now: Timestamp) {
        while self.expiring.front().is_some_and(|(at, ..)| *at <= now) {
            let Some((_, space, event, same)) = self.expiring.pop_front() else { return };
            let last =
                store.get(&EVENTS, &space, &event).and_then(|event| super::object::time(event, &["lastTimestamp"]));
            match last {
                Some(last) if last + KEPT > now => self.expiring.push_back((last + KEPT, space, event, same)),
                _ => {
                    // Gone already is as good as deleted now.
                    let _ = store.delete(
                        &EVENTS,
                        (&space, &event),
                        &DeleteOptions::now(),
                        &Writer::new("kube-apiserver", now),
                    );
                    self.known.remove(&same);
                }
            }
        }
    }

    fn combined(&mut self, similar: &str, message: &str, now: Timestamp) -> String {
        let (since, messages) = self.similar.entry(similar.to_owned()).or_insert((now, Vec::new()));
        if now.duration_since(*since) > AGGREGATION {
            messages.clear();
        }
        *since = now;
        if !messages.iter().any(|known| known == message) {
            messages.push(message.to_owned());
            messages.truncate(SIMILAR);
        }
        if messages.len() >= SIMILAR {
            format!("(combined from similar events): {message}")
        } else {
            message.to_owned()
        }
    }

    fn affords(&mut self, spender: &str, now: Timestamp) -> bool {
        let (since, left) = self.budgets.entry(spender.to_owned()).or_insert((now, BURST));
        let gained = now.duration_since(*since).as_secs_f64() / REFILL.as_secs_f64();
        *left = (*left + gained).min(BURST);
        *since = now;
        let affords = *left >= 1.0;
        if affords {
            *left -= 1.0;
        }
        affords
    }
}

fn event(
    about: &Value,
    (space, event_name): (&str, &str),
    what: (&str, &str, &str),
    source: (&str, &str),
    now: Timestamp,
) -> Value {
    let (kind, reason, message) = what;
    let mut from = json!({ "component": source.0 });
    if !source.1.is_empty() {
        put(&mut from, &["host"], json!(source.1));
    }
    let mut involved = json!({
        "kind": text(about, &["kind"]), "namespace": namespace(about), "name": name(about), "uid": uid(about),
        "apiVersion": text(about, &["apiVersion"]), "resourceVersion": text(about, &["metadata", "resourceVersion"]),
    });
    if namespace(about).is_empty() {
        super::object::remove(&mut involved, &["namespace"]);
    }
    if text(about, &["kind"]) == "Pod" && source.0 == "kubelet" {
        let container =
            super::object::list(about, &["spec", "containers"]).first().map_or("", |first| text(first, &["name"]));
        if !matches!(reason, "NodeNotReady" | "Scheduled" | "FailedMount") {
            put(&mut involved, &["fieldPath"], json!(format!("spec.containers{{{container}}}")));
        }
    }
    json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": event_name, "namespace": space},
        "involvedObject": involved, "reason": reason, "message": message, "source": from,
        "firstTimestamp": stamp(now), "lastTimestamp": stamp(now), "count": 1, "type": kind,
        "eventTime": null, "reportingComponent": source.0, "reportingInstance": source.1,
    })
}
