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
/// Events kept at most, the newest: thousands of restarts an hour must not fill the memory.
const MOST: usize = 5000;
/// Sources remembered at least, the newest: client-go's recorder keeps as many.
const SOURCES: usize = 4096;

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

    /// Takes out events older than the API server keeps them, and the oldest of too many.
    pub fn expire(&mut self, store: &mut Store, now: Timestamp) {
        newest(&mut self.similar);
        newest(&mut self.budgets);
        while let Some((at, ..)) = self.expiring.front()
            && (*at <= now || self.expiring.len() > MOST)
        {
            let crowded = self.expiring.len() > MOST;
            let Some((_, space, event, same)) = self.expiring.pop_front() else { return };
            let last =
                store.get(&EVENTS, &space, &event).and_then(|event| super::object::time(event, &["lastTimestamp"]));
            match last {
                Some(last) if last + KEPT > now && !crowded => {
                    self.expiring.push_back((last + KEPT, space, event, same));
                }
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

/// Forgets the sources silent for longest once there are twice as many as are kept.
fn newest<T>(sources: &mut HashMap<String, (Timestamp, T)>) {
    if sources.len() <= 2 * SOURCES {
        return;
    }
    let mut times: Vec<Timestamp> = sources.values().map(|(since, _)| *since).collect();
    let (_, oldest_kept, _) = times.select_nth_unstable_by(SOURCES, |a, b| b.cmp(a));
    let oldest_kept = *oldest_kept;
    sources.retain(|_, (since, _)| *since > oldest_kept);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::store::resource::NAMESPACES;

    #[test]
    fn restarts_without_end_leave_a_bounded_number_of_events() {
        let mut store = Store::new(1);
        let mut recorder = Recorder::default();
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let space = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
        store.create(&NAMESPACES, space, &Writer::new("kubectl", start)).unwrap();
        let count = MOST + SOURCES;
        for number in 0..count {
            let now = start + SignedDuration::from_millis(i64::try_from(number).unwrap());
            let pod = json!({
                "apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": format!("pod-{number:06}"), "namespace": "shop", "uid": number.to_string()},
            });
            let writer = Writer::new("kubelet", now);
            recorder.record(&mut store, &pod, ("Normal", "Started", "Started container"), ("kubelet", "n1"), &writer);
            recorder.expire(&mut store, now);
        }
        let names: Vec<String> = store.list(&EVENTS, Some("shop")).map(|event| name(event).to_owned()).collect();
        assert_eq!(names.len(), MOST);
        assert!(names[0].starts_with(&format!("pod-{:06}.", count - MOST)), "the newest stay, not {}", names[0]);
        assert!(recorder.similar.len() <= 2 * SOURCES && recorder.budgets.len() <= 2 * SOURCES);
    }
}
