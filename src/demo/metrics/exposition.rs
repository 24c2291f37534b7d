//! Prometheus' text format, as a pod's `/actuator/prometheus` answers.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::prometheus::{METRIC_NAME, Tsdb, plain_number};
use super::metadata::METADATA;
use super::recorder::Recorder;

/// Value of the header `Content-Type`.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Labels that Prometheus adds to what a pod says.
const ADDED: [&str; 6] = ["job", "app", "namespace", "pod", "container", "version"];

/// Endings of a histogram's series.
const ENDINGS: [&str; 3] = ["_bucket", "_count", "_sum"];

impl Recorder {
    /// What the pod answers to a scrape; none where it does not run or has no metrics.
    pub fn exposition(&self, db: &Tsdb, namespace: &str, pod: &str) -> Option<String> {
        let application = self.pod(namespace, pod)?.application.as_ref()?;
        let mut families: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (id, value) in application.readings() {
            let Some(labels) = db.labels(id) else { continue };
            let name = labels.get(METRIC_NAME);
            let own = labels.filter(|name| !ADDED.contains(&name)).exposed();
            let line = format!("{name}{own} {}\n", plain_number(value));
            families.entry(family(name)).or_default().push(line);
        }
        let mut text = String::new();
        for (family, lines) in families {
            if let Some(known) = METADATA.iter().find(|known| known.name == family) {
                let _ = write!(text, "# HELP {family} {}\n# TYPE {family} {}\n", known.help, known.kind);
            }
            text.extend(lines);
        }
        Some(text)
    }
}

/// Name of the family a series belongs to: of a histogram, without the ending.
fn family(name: &str) -> &str {
    let of_histogram = ENDINGS.iter().find_map(|ending| {
        let stem = name.strip_suffix(ending)?;
        METADATA.iter().find(|known| known.name == stem && known.kind == "histogram").map(|_| stem)
    });
    of_histogram.unwrap_or(name)
}
