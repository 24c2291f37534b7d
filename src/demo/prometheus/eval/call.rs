//! Function calls: which function takes what.

use promql_parser::parser::{Call, Expr};

use super::super::labels::Labels;
use super::over_time::{self, Window};
use super::rows::{ABSENT, Row, Value, is_absent, merged};
use super::{Context, QueryError, aggregate, calendar, histogram, pointwise, rate, relabel};

/// A function of one window and the number of its step.
type OverTime = Box<dyn Fn(&Window<'_>, usize) -> Option<f64>>;

impl Context<'_> {
    /// A function call.
    pub(super) fn call(&self, call: &Call) -> Result<Value, QueryError> {
        let name = call.func.name;
        let args: Vec<&Expr> = call.args.args.iter().map(|arg| &**arg).collect();
        if let Some(function) = self.over_time(name, &args)? {
            let windowed = args.iter().find(|arg| is_range(arg));
            let windowed = windowed.ok_or_else(|| unknown(name))?;
            return self.windows(windowed, name == "last_over_time", &function).map(Value::Vector);
        }
        if let Some(value) = self.numbers(name, &args)? {
            return Ok(Value::Scalar(value));
        }
        if let Some(rows) = self.pointwise(name, &args)? {
            return Ok(Value::Vector(rows));
        }
        let rows = match name {
            "vector" => vec![Row { labels: Labels::empty(), values: self.scalar(arg(&args, 0)?)? }],
            "absent" => self.absent(arg(&args, 0)?)?,
            "absent_over_time" => self.absent_over_time(arg(&args, 0)?)?,
            "timestamp" => self.timestamp(arg(&args, 0)?)?,
            "sort" | "sort_desc" => {
                let mut rows = self.rows(arg(&args, 0)?)?;
                let largest = name == "sort_desc";
                let value = |row: &Row| row.values.first().copied().unwrap_or(f64::NAN);
                rows.sort_by(|one, other| aggregate::rank(value(one), value(other), largest));
                rows
            }
            "histogram_quantile" => {
                let wanted = self.scalar(arg(&args, 0)?)?;
                histogram::quantiles(&wanted, self.rows(arg(&args, 1)?)?)
            }
            "label_replace" => {
                let rows = self.rows(arg(&args, 0)?)?;
                let texts = self.strings(&args[1..])?;
                merged(relabel::replace(rows, &texts)?)?
            }
            "label_join" => {
                let rows = self.rows(arg(&args, 0)?)?;
                let texts = self.strings(&args[1..])?;
                merged(relabel::join(rows, &texts)?)?
            }
            _ => return Err(unknown(name)),
        };
        Ok(Value::Vector(rows))
    }

    /// Applies a function to the window of each step.
    fn windows(&self, expr: &Expr, keep_name: bool, function: &OverTime) -> Result<Vec<Row>, QueryError> {
        let ranges = self.ranges(expr)?;
        let mut rows = Vec::with_capacity(ranges.series.len());
        for (labels, samples) in &ranges.series {
            let values = self.steps.iter().enumerate().map(|(step, at)| {
                let bounds = ranges.window(at);
                let samples = self.options.window.slice(samples, bounds);
                if samples.is_empty() {
                    return ABSENT;
                }
                function(&Window { samples, bounds, at }, step).unwrap_or(ABSENT)
            });
            let values = values.collect();
            let labels = if keep_name { labels.clone() } else { labels.without_name() };
            let row = Row { labels, values };
            if row.is_present() {
                rows.push(row);
            }
        }
        merged(rows)
    }

    /// The function over windows with that name.
    fn over_time(&self, name: &str, args: &[&Expr]) -> Result<Option<OverTime>, QueryError> {
        if let Some(function) = rate::function(name).or_else(|| over_time::function(name)) {
            return Ok(Some(Box::new(move |window, _| function(window))));
        }
        let numbers = |index: usize| self.scalar(arg(args, index)?);
        Ok(match name {
            "predict_linear" => {
                let ahead = numbers(1)?;
                Some(Box::new(move |window, step| rate::predict(window, ahead[step])))
            }
            "quantile_over_time" => {
                let wanted = numbers(0)?;
                Some(Box::new(move |window, step| Some(over_time::quantile(wanted[step], &mut window.values()))))
            }
            "holt_winters" | "double_exponential_smoothing" => {
                let smoothing = over_time::factors("smoothing", numbers(1)?)?;
                let trend = over_time::factors("trend", numbers(2)?)?;
                Some(Box::new(move |window, step| over_time::holt_winters(window, smoothing[step], trend[step])))
            }
            _ => None,
        })
    }

    /// Functions whose result is a scalar.
    fn numbers(&self, name: &str, args: &[&Expr]) -> Result<Option<Vec<f64>>, QueryError> {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit")]
        let seconds = |at: i64| at as f64 / 1000.0;
        Ok(match name {
            "time" => Some(self.steps.iter().map(seconds).collect()),
            "pi" => Some(vec![std::f64::consts::PI; self.steps.count]),
            "scalar" => {
                let rows = self.rows(arg(args, 0)?)?;
                let only = |step: usize| {
                    let mut present = rows.iter().map(|row| row.values[step]).filter(|value| !is_absent(*value));
                    match (present.next(), present.next()) {
                        (Some(value), None) => value,
                        _ => f64::NAN,
                    }
                };
                Some((0..self.steps.count).map(only).collect())
            }
            _ => None,
        })
    }

    /// Functions that change each value by itself.
    fn pointwise(&self, name: &str, args: &[&Expr]) -> Result<Option<Vec<Row>>, QueryError> {
        let change: Box<dyn Fn(usize, f64) -> f64> = if let Some(part) = calendar::part(name) {
            if args.is_empty() {
                let values = self.numbers("time", &[])?.unwrap_or_default();
                let rows = vec![Row { labels: Labels::empty(), values }];
                return Ok(Some(rows.into_iter().map(|row| row.map(part)).collect()));
            }
            Box::new(move |_, value| part(value))
        } else if let Some(function) = pointwise::function(name) {
            Box::new(move |_, value| function(value))
        } else {
            let mut numbers = Vec::new();
            let parameters =
                if pointwise::takes_numbers(name) { args.get(1..).unwrap_or_default() } else { return Ok(None) };
            for parameter in parameters {
                numbers.push(self.scalar(parameter)?);
            }
            let name = name.to_owned();
            Box::new(move |step, value| {
                let numbers: Vec<f64> = numbers.iter().map(|values| values[step]).collect();
                pointwise::with_numbers(&name, value, &numbers)
            })
        };
        let mut rows = self.rows(arg(args, 0)?)?;
        for row in &mut rows {
            for (step, value) in row.values.iter_mut().enumerate() {
                if !is_absent(*value) {
                    *value = change(step, *value);
                }
            }
        }
        merged(rows.into_iter().map(Row::unnamed).filter(Row::is_present).collect()).map(Some)
    }

    /// `timestamp()`: of a selector the samples' times, else the steps'.
    fn timestamp(&self, expr: &Expr) -> Result<Vec<Row>, QueryError> {
        let rows = if let Expr::VectorSelector(selector) = super::bare(expr) {
            self.select_times(selector)?
        } else {
            let times = self.numbers("time", &[])?.unwrap_or_default();
            let mut rows = self.rows(expr)?;
            for value_and_time in rows.iter_mut().flat_map(|row| row.values.iter_mut().zip(&times)) {
                if !is_absent(*value_and_time.0) {
                    *value_and_time.0 = *value_and_time.1;
                }
            }
            rows
        };
        merged(rows.into_iter().map(Row::unnamed).collect())
    }

    /// `absent()`: 1 at the steps without any element.
    fn absent(&self, expr: &Expr) -> Result<Vec<Row>, QueryError> {
        let rows = self.rows(expr)?;
        let found = |step: usize| rows.iter().any(|row| !is_absent(row.values[step]));
        Ok(self.missing(expr, found))
    }

    /// `absent_over_time()`: 1 at the steps whose window holds no sample of any series.
    fn absent_over_time(&self, expr: &Expr) -> Result<Vec<Row>, QueryError> {
        let ranges = self.ranges(expr)?;
        let times: Vec<i64> = self.steps.iter().collect();
        let found = |step: usize| {
            let window = ranges.window(times[step]);
            ranges.series.iter().any(|(_, samples)| !self.options.window.slice(samples, window).is_empty())
        };
        Ok(self.missing(expr, found))
    }

    /// A row of ones at the steps where nothing was found.
    fn missing(&self, expr: &Expr, found: impl Fn(usize) -> bool) -> Vec<Row> {
        let values: Vec<f64> = (0..self.steps.count).map(|step| if found(step) { ABSENT } else { 1.0 }).collect();
        let row = Row { labels: relabel::of_absent(expr), values };
        if row.is_present() { vec![row] } else { Vec::new() }
    }

    /// The string arguments of a function.
    fn strings(&self, args: &[&Expr]) -> Result<Vec<String>, QueryError> {
        args.iter().map(|arg| self.string(arg)).collect()
    }
}

/// Whether an argument is a range vector.
fn is_range(expr: &Expr) -> bool {
    matches!(super::bare(expr), Expr::MatrixSelector(_) | Expr::Subquery(_))
}

/// The argument at `index`.
fn arg<'e>(args: &[&'e Expr], index: usize) -> Result<&'e Expr, QueryError> {
    args.get(index).copied().ok_or_else(|| QueryError::Execution(format!("argument {} is missing", index + 1)))
}

fn unknown(name: &str) -> QueryError {
    QueryError::Execution(format!("unknown function with name {name:?}"))
}
