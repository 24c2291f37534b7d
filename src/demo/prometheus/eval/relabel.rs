//! Functions that change labels.

use promql_parser::label::{MatchOp, Matchers};
use promql_parser::parser::Expr;
use regex::Regex;

use super::super::labels::{Labels, METRIC_NAME};
use super::QueryError;
use super::rows::Row;

/// Whether a text may name a label.
pub fn is_label_name(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    text.bytes().enumerate().all(|(index, byte)| letter(byte) || (index > 0 && byte.is_ascii_digit()))
        && !text.is_empty()
}

/// `label_replace`: destination, replacement, source, expression.
pub(super) fn replace(rows: Vec<Row>, texts: &[String]) -> Result<Vec<Row>, QueryError> {
    let [destination, replacement, source, pattern] = texts else { return Err(missing("label_replace")) };
    let regex = Regex::new(&format!("^(?s:{pattern})$"))
        .map_err(|_| QueryError::Execution(format!("invalid regular expression in label_replace(): {pattern}")))?;
    if !is_label_name(destination) {
        return Err(QueryError::Execution(format!("invalid destination label name in label_replace(): {destination}")));
    }
    let replaced = rows.into_iter().map(|row| {
        let value = row.labels.get(source).to_owned();
        let Some(captures) = regex.captures(&value) else { return row };
        let mut expanded = String::new();
        captures.expand(replacement, &mut expanded);
        Row { labels: row.labels.with(destination, &expanded), ..row }
    });
    Ok(replaced.collect())
}

/// `label_join`: destination, separator, sources.
pub(super) fn join(rows: Vec<Row>, texts: &[String]) -> Result<Vec<Row>, QueryError> {
    let [destination, separator, sources @ ..] = texts else { return Err(missing("label_join")) };
    if let Some(bad) = sources.iter().find(|name| !is_label_name(name)) {
        return Err(QueryError::Execution(format!("invalid source label name in label_join(): {bad}")));
    }
    if !is_label_name(destination) {
        return Err(QueryError::Execution(format!("invalid destination label name in label_join(): {destination}")));
    }
    let joined = rows.into_iter().map(|row| {
        let values: Vec<&str> = sources.iter().map(|name| row.labels.get(name)).collect();
        let labels = row.labels.with(destination, &values.join(separator));
        Row { labels, ..row }
    });
    Ok(joined.collect())
}

/// The labels of `absent()`: those that the selector demands exactly and once.
pub(super) fn of_absent(expr: &Expr) -> Labels {
    let matchers: &Matchers = match super::bare(expr) {
        Expr::VectorSelector(selector) => &selector.matchers,
        Expr::MatrixSelector(selector) => &selector.vs.matchers,
        _ => return Labels::empty(),
    };
    let all = &matchers.matchers;
    let demanded = all.iter().filter(|matcher| {
        let once = all.iter().filter(|other| other.name == matcher.name).count() == 1;
        matches!(matcher.op, MatchOp::Equal) && once && matcher.name != METRIC_NAME
    });
    let pairs: Vec<(&str, &str)> = demanded.map(|matcher| (&*matcher.name, &*matcher.value)).collect();
    Labels::from_pairs(&pairs)
}

fn missing(function: &str) -> QueryError {
    QueryError::Execution(format!("{function}() lacks an argument"))
}
