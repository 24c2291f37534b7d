//! PromQL: our own evaluator over promql-parser's syntax tree.
//!
//! An expression is evaluated for all steps at once: each node becomes rows, one for each label set,
//! with a value or [`ABSENT`] for each step. Grouping and matching of labels is thus done once a
//! query and not once a step. `docs/promql.md` names the supported subset and the window rule.

mod aggregate;
mod binary;
mod calendar;
mod call;
mod histogram;
mod matching;
mod over_time;
mod pointwise;
mod rate;
mod relabel;
mod rows;
mod selector;
mod subquery;

use std::cell::Cell;
use std::rc::Rc;

use promql_parser::parser::Expr;

use super::labels::Labels;
use super::syntax;
use super::tsdb::{Sample, Tsdb};

pub(super) use relabel::is_label_name;
pub use rows::{ABSENT, Row, Value, is_absent};
pub use selector::WindowRule;

/// Steps a range query may have.
const MAX_STEPS: usize = 11_000;

/// Why a query has no answer; the texts are Prometheus' own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// The query is wrong in itself.
    #[error("{0}")]
    BadData(String),
    /// The query failed on the data.
    #[error("{0}")]
    Execution(String),
}

/// How queries are answered; the default is Prometheus 2.42's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Which ends belong to a window.
    pub window: WindowRule,
    /// Milliseconds a sample stays current.
    pub lookback: i64,
    /// Milliseconds between the points of a subquery that names no step.
    pub subquery_step: i64,
    /// Samples a query may load.
    pub max_samples: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { window: WindowRule::Closed, lookback: 300_000, subquery_step: 60_000, max_samples: 50_000_000 }
    }
}

/// The instants a query is evaluated at, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Steps {
    start: i64,
    step: i64,
    count: usize,
}

impl Steps {
    /// The instants from `start` to `end` in distances of `step`, which is above 0.
    fn new(start: i64, end: i64, step: i64) -> Self {
        let count = if end < start { 0 } else { (end - start) / step + 1 };
        Self { start, step, count: usize::try_from(count).unwrap_or(0) }
    }

    /// Every instant.
    fn iter(self) -> impl Iterator<Item = i64> {
        std::iter::successors(Some(self.start), move |at| Some(at + self.step)).take(self.count)
    }

    /// The last instant.
    fn end(self) -> i64 {
        self.start + self.step * i64::try_from(self.count.saturating_sub(1)).unwrap_or(0)
    }
}

/// The answer to a query.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Series with their samples, in the order of their labels.
    Matrix(Vec<(Labels, Vec<Sample>)>),
    /// One value for each label set.
    Vector(Vec<(Labels, f64)>),
    /// One number.
    Scalar(f64),
    /// A string literal.
    String(String),
}

/// Answers `query` at the instant `at` (milliseconds since 1970).
pub fn instant(db: &Tsdb, options: Options, query: &str, at: i64) -> Result<Answer, QueryError> {
    let expr = syntax::parse(query)?;
    let steps = Steps { start: at, step: 1, count: 1 };
    let context = Context::new(db, options, steps, at);
    if let Expr::MatrixSelector(_) | Expr::Subquery(_) = bare(&expr) {
        let ranges = context.ranges(&expr)?;
        let window = ranges.window(at);
        let series = ranges
            .series
            .iter()
            .map(|(labels, samples)| (labels.clone(), context.options.window.slice(samples, window).to_vec()));
        let mut series: Vec<_> = series.filter(|(_, samples)| !samples.is_empty()).collect();
        series.sort_by(|one, other| one.0.cmp(&other.0));
        return Ok(Answer::Matrix(series));
    }
    match context.eval(&expr)? {
        Value::Scalar(values) => Ok(Answer::Scalar(values[0])),
        Value::String(text) => Ok(Answer::String(text)),
        Value::Vector(rows) => {
            let present = rows.into_iter().filter(|row| !is_absent(row.values[0]));
            Ok(Answer::Vector(present.map(|row| (row.labels, row.values[0])).collect()))
        }
    }
}

/// Answers `query` for the instants from `start` to `end` in distances of `step` (milliseconds).
pub fn range(
    db: &Tsdb,
    options: Options,
    query: &str,
    (start, end, step): (i64, i64, i64),
) -> Result<Answer, QueryError> {
    let expr = syntax::parse(query)?;
    let steps = Steps::new(start, end, step.max(1));
    if steps.count > MAX_STEPS {
        return Err(QueryError::BadData(
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)".to_owned(),
        ));
    }
    let kind = match bare(&expr) {
        Expr::MatrixSelector(_) | Expr::Subquery(_) => Some("range vector"),
        Expr::StringLiteral(_) => Some("string"),
        _ => None,
    };
    if let Some(kind) = kind {
        return Err(QueryError::BadData(format!(
            "invalid expression type {kind:?} for range query, must be Scalar or instant Vector"
        )));
    }
    let rows = match Context::new(db, options, steps, end).eval(&expr)? {
        Value::Scalar(values) => vec![Row { labels: Labels::empty(), values }],
        Value::Vector(rows) => rows,
        Value::String(_) => Vec::new(),
    };
    let sampled = rows.into_iter().map(|row| {
        let samples = steps.iter().zip(row.values).filter(|(_, value)| !is_absent(*value));
        (row.labels, samples.collect::<Vec<_>>())
    });
    let mut series: Vec<_> = sampled.filter(|(_, samples)| !samples.is_empty()).collect();
    series.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(Answer::Matrix(series))
}

/// An expression without the parentheses around it.
pub(super) fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(inner) => bare(&inner.expr),
        other => other,
    }
}

/// What the evaluation of a query's nodes shares.
struct Context<'a> {
    db: &'a Tsdb,
    options: Options,
    /// The instants of this node: the query's, or those of a subquery.
    steps: Steps,
    /// Start and end of the whole query, for `@ start()` and `@ end()`.
    bounds: (i64, i64),
    /// Samples that may still be loaded.
    budget: Rc<Cell<usize>>,
}

impl Context<'_> {
    fn eval(&self, expr: &Expr) -> Result<Value, QueryError> {
        match expr {
            Expr::Paren(inner) => self.eval(&inner.expr),
            Expr::NumberLiteral(number) => Ok(Value::Scalar(vec![number.val; self.steps.count])),
            Expr::StringLiteral(text) => Ok(Value::String(text.val.clone())),
            Expr::VectorSelector(selector) => self.select(selector).map(Value::Vector),
            Expr::Unary(unary) => self.eval(&unary.expr)?.negated(),
            Expr::Binary(binary) => self.binary(binary),
            Expr::Aggregate(aggregate) => self.aggregate(aggregate).map(Value::Vector),
            Expr::Call(call) => self.call(call),
            Expr::MatrixSelector(_) | Expr::Subquery(_) => {
                Err(QueryError::Execution("a range vector stands where an instant vector is needed".to_owned()))
            }
            Expr::Extension(_) => Err(QueryError::Execution("unknown node type".to_owned())),
        }
    }

    /// Rows of an expression that is a vector.
    fn rows(&self, expr: &Expr) -> Result<Vec<Row>, QueryError> {
        match self.eval(expr)? {
            Value::Vector(rows) => Ok(rows),
            _ => Err(QueryError::Execution("expected type instant vector".to_owned())),
        }
    }

    /// Values of an expression that is a scalar, one for each step.
    fn scalar(&self, expr: &Expr) -> Result<Vec<f64>, QueryError> {
        match self.eval(expr)? {
            Value::Scalar(values) => Ok(values),
            _ => Err(QueryError::Execution("expected type scalar".to_owned())),
        }
    }

    /// Text of an expression that is a string.
    fn string(&self, expr: &Expr) -> Result<String, QueryError> {
        match self.eval(expr)? {
            Value::String(text) => Ok(text),
            _ => Err(QueryError::Execution("expected type string".to_owned())),
        }
    }

    /// Counts samples that were loaded; an error when the query has used up its share.
    fn spend(&self, samples: usize) -> Result<(), QueryError> {
        let left = self.budget.get().checked_sub(samples).ok_or_else(|| {
            QueryError::Execution(
                "query processing would load too many samples into memory in query execution".to_owned(),
            )
        })?;
        self.budget.set(left);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
