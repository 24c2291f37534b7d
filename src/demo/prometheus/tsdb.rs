//! The time-series store: in memory, bounded, one writer.
//!
//! A series is a label set with a column of compressed samples; an inverted index finds series by
//! label. Samples grow sparser as they age and are dropped after a day, see [`Tsdb::compact`]. A
//! series that ends gets a staleness marker, as a scrape would leave it.

mod column;
mod export;
mod index;

use std::collections::HashMap;
use std::sync::Arc;

use promql_parser::label::Matchers;

use super::labels::{Label, Labels, METRIC_NAME, Symbols};
use column::Column;
use index::Index;
pub(super) use index::with_name;

/// A moment in milliseconds since 1970, and the value then.
pub type Sample = (i64, f64);

/// Bits of the NaN that marks the end of a series, as Prometheus chose them.
const STALE_BITS: u64 = 0x7ff0_0000_0000_0002;

/// For samples older than the first number of seconds: seconds between those that are kept. Less than half of the
/// window of a rate in a chart that reaches as far back, so that none has holes, and each a multiple of the one before.
const THINNING: [(i64, i64); 4] = [(7 * 3600, 120), (6 * 3600, 60), (5400, 30), (3600, 15)];

/// Seconds after which samples are dropped.
pub const RETENTION: i64 = 24 * 3600;

/// The value that marks the end of a series.
pub fn stale_marker() -> f64 {
    f64::from_bits(STALE_BITS)
}

/// Whether a value marks the end of a series; other NaNs do not.
pub fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE_BITS
}

/// Names a series of one [`Tsdb`] for as long as it has samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesId(u32);

/// One series.
#[derive(Debug)]
struct Series {
    labels: Labels,
    column: Column,
}

/// The store.
#[derive(Debug, Default)]
pub struct Tsdb {
    symbols: Symbols,
    /// Slots by [`SeriesId`]; a dropped series leaves an empty one.
    series: Vec<Option<Series>>,
    by_labels: HashMap<Labels, SeriesId>,
    index: Index,
}

impl Tsdb {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// The series with exactly these labels, made where there is none; empty values count as absent.
    pub fn series(&mut self, name: &str, labels: &[(&str, &str)]) -> SeriesId {
        let pairs = labels.iter().copied().chain([(METRIC_NAME, name)]);
        let interned: Vec<Label> =
            pairs.map(|(name, value)| (self.symbols.intern(name), self.symbols.intern(value))).collect();
        let labels = Labels::new(interned);
        if let Some(&id) = self.by_labels.get(&labels) {
            return id;
        }
        #[expect(clippy::cast_possible_truncation, reason = "memory ends long before 2^32 series")]
        let id = SeriesId(self.series.len() as u32);
        self.index.insert(id.0, &labels);
        self.by_labels.insert(labels.clone(), id);
        self.series.push(Some(Series { labels, column: Column::default() }));
        id
    }

    /// Adds a sample at `at` (milliseconds since 1970); false where the series is gone or has one
    /// as late already.
    pub fn append(&mut self, id: SeriesId, at: i64, value: f64) -> bool {
        match self.series.get_mut(id.0 as usize) {
            Some(Some(series)) => series.column.push(at, value),
            _ => false,
        }
    }

    /// Ends a series at `at`: queries stop finding its last value at once.
    pub fn end(&mut self, id: SeriesId, at: i64) -> bool {
        self.append(id, at, stale_marker())
    }

    /// Labels of a series; none where it is gone.
    pub fn labels(&self, id: SeriesId) -> Option<&Labels> {
        self.slot(id).map(|series| &series.labels)
    }

    /// The series that match, in the order of their making.
    pub fn select(&self, matchers: &Matchers) -> Vec<SeriesId> {
        self.index.select(matchers).into_iter().map(SeriesId).collect()
    }

    /// Appends to `into` the samples of a series from `from` to `to`, both included, oldest first.
    pub fn read(&self, id: SeriesId, from: i64, to: i64, into: &mut Vec<Sample>) {
        if let Some(series) = self.slot(id) {
            series.column.read(from, to, into);
        }
    }

    /// Whether a series has a sample from `from` to `to`, staleness markers aside.
    pub fn is_alive(&self, id: SeriesId, from: i64, to: i64) -> bool {
        self.slot(id).is_some_and(|series| series.column.overlaps(from, to))
    }

    /// Every label name that is in use.
    pub fn label_names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.index.names()
    }

    /// Every series.
    pub fn all(&self) -> impl Iterator<Item = (SeriesId, &Labels)> {
        let slots = self.series.iter().zip(0..);
        slots.filter_map(|(slot, id)| Some((SeriesId(id), &slot.as_ref()?.labels)))
    }

    /// Number of series.
    pub fn len(&self) -> usize {
        self.by_labels.len()
    }

    /// Bytes that samples take, without labels and index.
    pub fn bytes(&self) -> usize {
        let series = self.series.iter().flatten();
        series.map(|series| series.column.bytes()).sum()
    }

    /// Whether there is no series.
    pub fn is_empty(&self) -> bool {
        self.by_labels.is_empty()
    }

    /// Drops what is older than the retention and thins out what is old, as seen from `now`
    /// (milliseconds since 1970): after an hour one sample in 15 s stays, after six hours one in a minute.
    pub fn compact(&mut self, now: i64) {
        for (slot, id) in self.series.iter_mut().zip(0..) {
            let Some(series) = slot else { continue };
            // One that waits for its first sample stays: its id is in somebody's hands.
            let waits = series.column.is_empty();
            series.column.thin(now, RETENTION, &THINNING);
            if !waits && series.column.is_empty() {
                self.index.remove(id, &series.labels);
                self.by_labels.remove(&series.labels);
                *slot = None;
            }
        }
        self.symbols.sweep();
    }

    fn slot(&self, id: SeriesId) -> Option<&Series> {
        self.series.get(id.0 as usize)?.as_ref()
    }
}

#[cfg(test)]
mod tests;
