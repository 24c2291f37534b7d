//! Subqueries: an inner expression evaluated on a grid that is aligned absolutely.

use promql_parser::parser::SubqueryExpr;

use super::rows::is_absent;
use super::selector::{Ranges, milliseconds};
use super::{Context, QueryError, Steps};

impl Context<'_> {
    /// The range vector of a subquery.
    pub(super) fn subquery(&self, subquery: &SubqueryExpr) -> Result<Ranges, QueryError> {
        let shift = self.shift(subquery.offset.as_ref(), subquery.at.as_ref());
        let range = milliseconds(subquery.range);
        let step = subquery.step.map_or(self.options.subquery_step, milliseconds).max(1);
        let (first, last) = self.span(shift);
        // Points lie at multiples of the step since 1970, whatever the query's own start.
        let start = (first - range).div_euclid(step) * step;
        let start = if start < first - range { start + step } else { start };
        let steps = Steps::new(start, last, step);
        self.spend(steps.count)?;
        let inner = Context { steps, budget: self.budget.clone(), ..*self };
        let rows = match inner.eval(&subquery.expr)? {
            super::Value::Vector(rows) => rows,
            super::Value::Scalar(values) => {
                vec![super::Row { labels: super::Labels::empty(), values }]
            }
            super::Value::String(_) => Vec::new(),
        };
        let mut series = Vec::with_capacity(rows.len());
        for row in rows {
            self.spend(row.values.len())?;
            let points = steps.iter().zip(row.values).filter(|(_, value)| !is_absent(*value));
            series.push((row.labels, points.collect::<Vec<_>>()));
        }
        series.retain(|(_, points)| !points.is_empty());
        Ok(Ranges { series, range, shift })
    }
}
