//! `PodMetrics` and `NodeMetrics` of metrics.k8s.io.

use jiff::Timestamp;
use serde::Deserialize;

use super::{
    intern::Interner,
    loose::{List, Loose, Str, Time},
    template::RawAmounts,
};
use crate::domain::{Bytes, Cores, NodeUsage, PodUsage, Text};

/// `PodMetrics`, or `NodeMetrics` where `usage` stands at the top.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawUsage<'a> {
    #[serde(borrow)]
    metadata: Loose<RawName<'a>>,
    timestamp: Time,
    #[serde(borrow)]
    window: Str<'a>,
    #[serde(borrow)]
    containers: List<Loose<RawContainerUsage<'a>>>,
    #[serde(borrow)]
    usage: Loose<RawAmounts<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawName<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    namespace: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawContainerUsage<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    usage: Loose<RawAmounts<'a>>,
}

/// Returns both figures, or none: half a reading would show a zero nobody measured.
fn amounts(raw: &RawAmounts<'_>) -> Option<(Cores, Bytes)> {
    let read = raw.resources();
    Some((read.cpu?, read.memory?))
}

impl RawUsage<'_> {
    /// Makes the domain's pod usage of it; containers without readable figures are left out.
    pub(super) fn pod(&self, intern: &mut Interner) -> PodUsage {
        let containers = self.containers.0.iter().filter_map(|Loose(raw)| {
            let (cpu, memory) = amounts(&raw.usage.0)?;
            Some((intern.text(&raw.name), cpu, memory))
        });
        let containers: Vec<(Text, Cores, Bytes)> = containers.collect();
        PodUsage {
            namespace: intern.text(&self.metadata.0.namespace),
            name: intern.text(&self.metadata.0.name),
            at: self.timestamp.0.unwrap_or(Timestamp::UNIX_EPOCH),
            window: duration(self.window.as_str()).unwrap_or_default(),
            containers,
        }
    }

    /// Makes the domain's node usage of it; `None` without readable figures.
    pub(super) fn node(&self, intern: &mut Interner) -> Option<NodeUsage> {
        let (cpu, memory) = amounts(&self.usage.0)?;
        let at = self.timestamp.0.unwrap_or(Timestamp::UNIX_EPOCH);
        Some(NodeUsage { name: intern.text(&self.metadata.0.name), at, cpu, memory })
    }
}

/// Parses Go's durations (`30s`, `1m0.5s`, `250ms`) into seconds.
fn duration(text: &str) -> Option<f64> {
    let (mut rest, mut total) = (text.trim(), 0.0);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        let unit_end = rest[end..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| end + at);
        total += number
            * match &rest[end..unit_end] {
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "us" | "µs" => 1e-6,
                "ns" => 1e-9,
                _ => return None,
            };
        rest = &rest[unit_end..];
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_read_as_go_writes_them() {
        for (text, seconds) in [("30s", 30.0), ("1m0s", 60.0), ("16.062s", 16.062), ("250ms", 0.25), ("1h2m", 3720.0)] {
            assert!((duration(text).unwrap() - seconds).abs() < 1e-9, "{text}");
        }
        for text in ["", "s", "12", "5 parsecs", "1m!"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
