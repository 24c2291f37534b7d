//! Aggregation operators.

use std::collections::HashMap;

use promql_parser::parser::token::{
    T_AVG, T_BOTTOMK, T_COUNT, T_COUNT_VALUES, T_GROUP, T_MAX, T_MIN, T_QUANTILE, T_STDDEV, T_STDVAR, T_SUM, T_TOPK,
    TokenId,
};
use promql_parser::parser::{AggregateExpr, Expr, LabelModifier};

use super::super::labels::{Labels, METRIC_NAME};
use super::super::number;
use super::over_time::quantile;
use super::relabel::is_label_name;
use super::rows::{ABSENT, Row, is_absent};
use super::{Context, QueryError};

/// One group: its labels and the positions of its members.
type Group = (Labels, Vec<usize>);

impl Context<'_> {
    /// An aggregation.
    pub(super) fn aggregate(&self, aggregate: &AggregateExpr) -> Result<Vec<Row>, QueryError> {
        let rows = self.rows(&aggregate.expr)?;
        let groups = groups(&rows, aggregate.modifier.as_ref());
        let id = aggregate.op.id();
        match id {
            T_TOPK | T_BOTTOMK => {
                let wanted = self.parameter(aggregate.param.as_deref())?;
                Ok(extremes(rows, &groups, &wanted, id == T_TOPK))
            }
            T_COUNT_VALUES => {
                let label = match &aggregate.param {
                    Some(param) => self.string(param)?,
                    None => String::new(),
                };
                if !is_label_name(&label) {
                    return Err(QueryError::Execution(format!("invalid label name {label:?}")));
                }
                Ok(count_values(&rows, &groups, &label))
            }
            T_QUANTILE => {
                let wanted = self.parameter(aggregate.param.as_deref())?;
                Ok(fold(&rows, &groups, |step, values| quantile(wanted[step], values)))
            }
            _ => {
                let combine = combiner(id)?;
                Ok(fold(&rows, &groups, |_, values| combine(values)))
            }
        }
    }

    /// The number before the vector, by step.
    fn parameter(&self, param: Option<&Expr>) -> Result<Vec<f64>, QueryError> {
        match param {
            Some(param) => self.scalar(param),
            None => Err(QueryError::Execution("expected type scalar in aggregation parameter".to_owned())),
        }
    }
}

/// The groups of an aggregation, in the order of their first member.
fn groups(rows: &[Row], modifier: Option<&LabelModifier>) -> Vec<Group> {
    let mut places: HashMap<Labels, usize> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let key = match modifier {
            Some(LabelModifier::Include(by)) => row.labels.filter(|name| by.labels.iter().any(|own| own == name)),
            Some(LabelModifier::Exclude(without)) => {
                row.labels.filter(|name| name != METRIC_NAME && !without.labels.iter().any(|own| own == name))
            }
            None => Labels::empty(),
        };
        let place = *places.entry(key).or_insert_with_key(|key| {
            groups.push((key.clone(), Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(index);
    }
    groups
}

/// One row for each group, from the values that are there at each step.
fn fold(rows: &[Row], groups: &[Group], combine: impl Fn(usize, &mut Vec<f64>) -> f64) -> Vec<Row> {
    let mut present = Vec::new();
    let folded = groups.iter().map(|(labels, members)| {
        let steps = 0..members.first().map_or(0, |first| rows[*first].values.len());
        let values = steps.map(|step| {
            present.clear();
            let values = members.iter().map(|member| rows[*member].values[step]);
            present.extend(values.filter(|value| !is_absent(*value)));
            if present.is_empty() { ABSENT } else { combine(step, &mut present) }
        });
        Row { labels: labels.clone(), values: values.collect() }
    });
    folded.collect()
}

/// How an operator without parameter combines values, of which there is at least one.
fn combiner(id: TokenId) -> Result<fn(&mut Vec<f64>) -> f64, QueryError> {
    Ok(match id {
        T_SUM => |values| values.iter().sum(),
        T_AVG => |values| mean(values),
        T_COUNT => |values| length(values),
        T_GROUP => |_| 1.0,
        T_MIN => |values| extreme(values, |value, best| value < best),
        T_MAX => |values| extreme(values, |value, best| value > best),
        T_STDVAR => |values| variance(values),
        T_STDDEV => |values| variance(values).sqrt(),
        _ => return Err(QueryError::Execution("unknown aggregation operator".to_owned())),
    })
}

#[expect(clippy::cast_precision_loss, reason = "a number of series")]
fn length(values: &[f64]) -> f64 {
    values.len() as f64
}

/// The mean, taken step by step so that large values do not overflow.
#[expect(clippy::float_cmp, reason = "an infinity is itself")]
fn mean(values: &[f64]) -> f64 {
    let mut mean = 0.0;
    let mut count = 0.0;
    for &value in values {
        count += 1.0;
        if f64::is_infinite(mean) && (value.is_finite() || value == mean) {
            continue;
        }
        mean += value / count - mean / count;
    }
    mean
}

/// The value that is better than all others; a number is better than NaN.
fn extreme(values: &[f64], better: fn(f64, f64) -> bool) -> f64 {
    let best =
        values.iter().copied().reduce(|best, value| if better(value, best) || best.is_nan() { value } else { best });
    best.unwrap_or(ABSENT)
}

/// The population variance, by Welford's method.
fn variance(values: &[f64]) -> f64 {
    let (mut mean, mut squares, mut count) = (0.0, 0.0, 0.0);
    for value in values {
        count += 1.0;
        let distance = value - mean;
        mean += distance / count;
        squares += distance * (value - mean);
    }
    squares / count
}

/// `topk` and `bottomk`: at each step the best elements of each group, best first.
fn extremes(rows: Vec<Row>, groups: &[Group], wanted: &[f64], largest: bool) -> Vec<Row> {
    let mut kept: Vec<Vec<f64>> = rows.iter().map(|row| vec![ABSENT; row.values.len()]).collect();
    let mut order: Vec<usize> = Vec::new();
    for (_, members) in groups {
        let mut best = members.clone();
        for (step, wanted) in wanted.iter().enumerate() {
            best.clear();
            best.extend(members.iter().filter(|member| !is_absent(rows[**member].values[step])));
            let value = |member: &usize| rows[*member].values[step];
            best.sort_by(|one, other| rank(value(one), value(other), largest));
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "PromQL truncates")]
            best.truncate(wanted.max(0.0) as usize);
            for member in &best {
                kept[*member][step] = value(member);
            }
        }
        // What the last step chose decides the order of an instant answer.
        order.extend(&best);
    }
    let mut places = vec![usize::MAX; rows.len()];
    for (place, member) in order.iter().enumerate() {
        places[*member] = place;
    }
    let kept_rows = rows.into_iter().zip(kept).map(|(row, values)| Row { values, ..row });
    let mut kept_rows: Vec<_> = places.into_iter().zip(kept_rows).filter(|(_, row)| row.is_present()).collect();
    kept_rows.sort_by_key(|(place, _)| *place);
    kept_rows.into_iter().map(|(_, row)| row).collect()
}

/// Better values first, NaN last.
pub(super) fn rank(one: f64, other: f64, largest: bool) -> std::cmp::Ordering {
    let by_value = match one.partial_cmp(&other) {
        Some(order) if largest => order.reverse(),
        Some(order) => order,
        None => std::cmp::Ordering::Equal,
    };
    one.is_nan().cmp(&other.is_nan()).then(by_value)
}

/// `count_values`: one row for each value of each group.
fn count_values(rows: &[Row], groups: &[Group], label: &str) -> Vec<Row> {
    let mut counted: Vec<Row> = Vec::new();
    let mut places: HashMap<Labels, usize> = HashMap::new();
    for (labels, members) in groups {
        for member in members {
            for (step, value) in rows[*member].values.iter().enumerate().filter(|(_, value)| !is_absent(**value)) {
                let key = labels.with(label, &number::plain(*value));
                let place = *places.entry(key).or_insert_with_key(|key| {
                    let values = vec![ABSENT; rows[*member].values.len()];
                    counted.push(Row { labels: key.clone(), values });
                    counted.len() - 1
                });
                let count = &mut counted[place].values[step];
                *count = if is_absent(*count) { 1.0 } else { *count + 1.0 };
            }
        }
    }
    counted
}
