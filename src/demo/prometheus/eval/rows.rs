//! What an expression evaluates to: rows of values, one value for each step.

use std::collections::HashMap;

use super::super::labels::Labels;
use super::super::tsdb::is_stale;
use super::QueryError;

/// Stands for "no value at this step" among values; the bits of the staleness marker, which no
/// query ever sees as a value.
pub const ABSENT: f64 = f64::from_bits(0x7ff0_0000_0000_0002);

/// Whether a value is [`ABSENT`].
pub fn is_absent(value: f64) -> bool {
    is_stale(value)
}

/// One label set with a value or [`ABSENT`] for each step.
#[derive(Debug, Clone)]
pub struct Row {
    /// Labels of the series.
    pub labels: Labels,
    /// Values by step.
    pub values: Vec<f64>,
}

/// What an expression evaluates to.
#[derive(Debug)]
pub enum Value {
    /// A number for each step.
    Scalar(Vec<f64>),
    /// Rows; for an instant query their order counts.
    Vector(Vec<Row>),
    /// A string.
    String(String),
}

impl Value {
    /// The value with its sign turned; a vector loses its metric's name.
    pub fn negated(self) -> Result<Self, QueryError> {
        Ok(match self {
            Value::Scalar(values) => Value::Scalar(values.into_iter().map(|value| -value).collect()),
            Value::Vector(rows) => {
                let negated = rows.into_iter().map(|row| row.map(|value| -value).unnamed());
                Value::Vector(merged(negated.collect())?)
            }
            text @ Value::String(_) => text,
        })
    }
}

impl Row {
    /// The row with `change` applied to each value that is there.
    #[must_use]
    pub fn map(mut self, change: impl Fn(f64) -> f64) -> Self {
        for value in &mut self.values {
            if !is_absent(*value) {
                *value = change(*value);
            }
        }
        self
    }

    /// The row without the metric's name.
    #[must_use]
    pub fn unnamed(mut self) -> Self {
        self.labels = self.labels.without_name();
        self
    }

    /// Whether there is a value at any step.
    pub fn is_present(&self) -> bool {
        self.values.iter().any(|value| !is_absent(*value))
    }
}

/// Rows with the same labels become one; an error where two of them have a value at the same step.
pub fn merged(rows: Vec<Row>) -> Result<Vec<Row>, QueryError> {
    let mut places: HashMap<Labels, usize> = HashMap::with_capacity(rows.len());
    let mut merged: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(&place) = places.get(&row.labels) else {
            places.insert(row.labels.clone(), merged.len());
            merged.push(row);
            continue;
        };
        for (kept, value) in merged[place].values.iter_mut().zip(row.values) {
            if is_absent(value) {
                continue;
            }
            if !is_absent(*kept) {
                let text = "vector cannot contain metrics with the same labelset";
                return Err(QueryError::Execution(text.to_owned()));
            }
            *kept = value;
        }
    }
    Ok(merged)
}
