//! Selectors: which samples an instant or a window sees.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use promql_parser::parser::{AtModifier, Expr, MatrixSelector, Offset, VectorSelector};

use super::super::labels::Labels;
use super::super::tsdb::{Sample, Tsdb, is_stale, with_name};
use super::rows::{ABSENT, Row};
use super::{Context, Options, QueryError, Steps};

/// Which ends belong to a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WindowRule {
    /// Both, as in Prometheus 2.
    #[default]
    Closed,
    /// The right end only, as in Prometheus 3.
    LeftOpen,
}

impl WindowRule {
    /// The samples of a window.
    pub(super) fn slice(self, samples: &[Sample], (from, to): (i64, i64)) -> &[Sample] {
        let first = samples.partition_point(|(at, _)| self.is_before(*at, from));
        let end = samples.partition_point(|(at, _)| *at <= to);
        &samples[first..end.max(first)]
    }

    /// Whether a sample is too old for a window that starts at `from`.
    fn is_before(self, at: i64, from: i64) -> bool {
        match self {
            WindowRule::Closed => at < from,
            WindowRule::LeftOpen => at <= from,
        }
    }
}

/// How far a selector's instants are moved: `offset` and `@`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shift {
    /// Milliseconds to go back.
    offset: i64,
    /// The one instant that counts, whatever the step.
    fixed: Option<i64>,
}

impl Shift {
    /// The instant that is looked at for the step at `at`.
    pub fn apply(self, at: i64) -> i64 {
        self.fixed.unwrap_or(at) - self.offset
    }
}

/// The series of a range vector with the samples that any of the steps needs.
#[derive(Debug)]
pub(super) struct Ranges {
    /// Labels and samples, staleness markers left out.
    pub series: Vec<(Labels, Vec<Sample>)>,
    /// Length of a window in milliseconds.
    pub range: i64,
    /// How far the windows are moved.
    pub shift: Shift,
}

impl Ranges {
    /// Start and end of the window that belongs to the step at `at`.
    pub fn window(&self, at: i64) -> (i64, i64) {
        let end = self.shift.apply(at);
        (end - self.range, end)
    }
}

impl<'a> Context<'a> {
    /// A context for a whole query that ends at `end`, which may lie after the last step.
    pub(super) fn new(db: &'a Tsdb, options: Options, steps: Steps, end: i64) -> Self {
        Self { db, options, steps, bounds: (steps.start, end), budget: Rc::new(Cell::new(options.max_samples)) }
    }

    /// Resolves `offset` and `@`.
    pub(super) fn shift(&self, offset: Option<&Offset>, at: Option<&AtModifier>) -> Shift {
        let fixed = at.map(|at| match at {
            AtModifier::Start => self.bounds.0,
            AtModifier::End => self.bounds.1,
            AtModifier::At(time) => since_1970(*time),
        });
        let offset = match offset {
            None => 0,
            Some(Offset::Pos(back)) => milliseconds(*back),
            Some(Offset::Neg(ahead)) => -milliseconds(*ahead),
        };
        Shift { offset, fixed }
    }

    /// First and last instant that any step looks at.
    pub(super) fn span(&self, shift: Shift) -> (i64, i64) {
        (shift.apply(self.steps.start), shift.apply(self.steps.end()))
    }

    /// An instant vector: for each step the latest sample that is not too old.
    pub(super) fn select(&self, selector: &VectorSelector) -> Result<Vec<Row>, QueryError> {
        self.select_with(selector, |(_, value)| value)
    }

    /// The same for `timestamp()`: what counts is when the sample was taken, in seconds.
    pub(super) fn select_times(&self, selector: &VectorSelector) -> Result<Vec<Row>, QueryError> {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit")]
        self.select_with(selector, |(at, _)| at as f64 / 1000.0)
    }

    fn select_with(&self, selector: &VectorSelector, take: impl Fn(Sample) -> f64) -> Result<Vec<Row>, QueryError> {
        let shift = self.shift(selector.offset.as_ref(), selector.at.as_ref());
        let lookback = self.options.lookback;
        let mut rows = Vec::new();
        for (labels, samples) in self.load(selector, shift, lookback)? {
            let mut next = 0;
            let values = self.steps.iter().map(|at| {
                let at = shift.apply(at);
                while next < samples.len() && samples[next].0 <= at {
                    next += 1;
                }
                let Some(latest) = next.checked_sub(1).map(|index| samples[index]) else {
                    return ABSENT;
                };
                let too_old = self.options.window.is_before(latest.0, at - lookback);
                if too_old || is_stale(latest.1) { ABSENT } else { take(latest) }
            });
            let row = Row { values: values.collect(), labels };
            if row.is_present() {
                rows.push(row);
            }
        }
        Ok(rows)
    }

    /// A range vector, from a selector or a subquery.
    pub(super) fn ranges(&self, expr: &Expr) -> Result<Ranges, QueryError> {
        match super::bare(expr) {
            Expr::MatrixSelector(selector) => self.matrix(selector),
            Expr::Subquery(subquery) => self.subquery(subquery),
            _ => Err(QueryError::Execution("expected type range vector".to_owned())),
        }
    }

    fn matrix(&self, selector: &MatrixSelector) -> Result<Ranges, QueryError> {
        let shift = self.shift(selector.vs.offset.as_ref(), selector.vs.at.as_ref());
        let range = milliseconds(selector.range);
        let mut series = self.load(&selector.vs, shift, range)?;
        for (_, samples) in &mut series {
            samples.retain(|(_, value)| !is_stale(*value));
        }
        series.retain(|(_, samples)| !samples.is_empty());
        Ok(Ranges { series, range, shift })
    }

    /// Loads what the steps may need of every series that a selector names.
    fn load(
        &self,
        selector: &VectorSelector,
        shift: Shift,
        back: i64,
    ) -> Result<Vec<(Labels, Vec<Sample>)>, QueryError> {
        let matchers = with_name(selector.name.as_deref(), &selector.matchers);
        let (first, last) = self.span(shift);
        let mut loaded = Vec::new();
        for id in self.db.select(&matchers) {
            let mut samples = Vec::new();
            self.db.read(id, first - back, last, &mut samples);
            self.spend(samples.len())?;
            if let (false, Some(labels)) = (samples.is_empty(), self.db.labels(id)) {
                loaded.push((labels.clone(), samples));
            }
        }
        Ok(loaded)
    }
}

/// A length of time in milliseconds.
pub(super) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4).min(i64::MAX / 4)
}

fn since_1970(time: SystemTime) -> i64 {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => milliseconds(after),
        Err(before) => -milliseconds(before.duration()),
    }
}
