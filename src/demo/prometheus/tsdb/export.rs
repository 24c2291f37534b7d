//! The store as OpenMetrics text, for tools that import it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::labels::METRIC_NAME;
use super::super::number;
use super::{Tsdb, is_stale};

impl Tsdb {
    /// All samples as OpenMetrics text with timestamps, staleness markers left out.
    ///
    /// Every family is declared `unknown`, so that names are kept as they are.
    pub fn export_openmetrics(&self) -> String {
        let mut families: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for (id, labels) in self.all() {
            families.entry(labels.get(METRIC_NAME)).or_default().push((id, labels));
        }
        let mut text = String::new();
        let mut samples = Vec::new();
        for (name, series) in families {
            let _ = writeln!(text, "# TYPE {name} unknown");
            for (id, labels) in series {
                let others = labels.exposed();
                samples.clear();
                self.read(id, i64::MIN, i64::MAX, &mut samples);
                for (at, value) in samples.iter().filter(|(_, value)| !is_stale(*value)) {
                    let value = number::plain(*value);
                    let _ = writeln!(text, "{name}{others} {value} {}", number::seconds(*at));
                }
            }
        }
        text.push_str("# EOF\n");
        text
    }
}
