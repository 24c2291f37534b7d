//! From text to syntax tree, with Prometheus' errors.
//!
//! promql-parser checks types too. Added here: strings in backticks, the functions of Prometheus
//! 2.42 that it lacks, and a refusal of those that came later.

mod complaint;
mod outline;

use promql_parser::parser::value::ValueType;
use promql_parser::parser::{self, Expr, Function};
use promql_parser::util::{ExprVisitor, walk_expr};

use super::eval::QueryError;
use outline::Outline;

/// Functions that promql-parser knows and Prometheus 2.42, or our evaluator, does not.
const TOO_NEW: [&str; 13] = [
    "info",
    "sort_by_label",
    "sort_by_label_desc",
    "mad_over_time",
    "histogram_avg",
    "histogram_count",
    "histogram_fraction",
    "histogram_stddev",
    "histogram_stdvar",
    "histogram_sum",
    "ts_of_max_over_time",
    "ts_of_min_over_time",
    "ts_of_last_over_time",
];

/// Longest query that is looked at, in bytes.
const MAX_LENGTH: usize = 64 * 1024;

/// Deepest nesting of brackets that is looked at; the parser recurses.
const MAX_DEPTH: usize = 100;

/// Parses and checks a query.
pub(super) fn parse(query: &str) -> Result<Expr, QueryError> {
    let outline = Outline::of(query);
    let smoothing = Function::new(
        "holt_winters",
        vec![ValueType::Matrix, ValueType::Scalar, ValueType::Scalar],
        0,
        ValueType::Vector,
        false,
    );
    if query.len() > MAX_LENGTH || outline.deepest > MAX_DEPTH {
        return Err(bad(1, "query is too long or too deeply nested"));
    }
    if query.trim().is_empty() {
        return Err(bad(1, "no expression found in input"));
    }
    // The parser keeps such additions for the whole process; adding one again changes nothing.
    let added = parser::register_extra_functions(vec![smoothing]);
    added.map_err(|text| bad(1, &text))?;
    outline.check_durations()?;
    let expr = parser::parse(&outline.rewritten).map_err(|text| complaint::explain(&outline, query, &text))?;
    let mut newer = Newer(None);
    let _ = walk_expr(&mut newer, &expr);
    match newer.0 {
        Some(name) => {
            let position = query.find(name).unwrap_or(0) + 1;
            Err(bad(position, &format!("unknown function with name {name:?}")))
        }
        None => Ok(expr),
    }
}

/// A parse error at a column, counted from 1.
fn bad(column: usize, text: &str) -> QueryError {
    QueryError::BadData(format!("1:{column}: parse error: {text}"))
}

/// Looks for a function that is too new.
struct Newer(Option<&'static str>);

impl ExprVisitor for Newer {
    type Error = std::convert::Infallible;

    fn pre_visit(&mut self, expr: &Expr) -> Result<bool, Self::Error> {
        if let Expr::Call(call) = expr {
            let found = TOO_NEW.iter().find(|name| **name == call.func.name);
            self.0 = self.0.or(found.copied());
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn strings_in_backticks_are_raw() {
        let Expr::VectorSelector(selector) = parse(r#"up{pod=~`api-\w+"`, b="\"`x`"}"#).unwrap() else {
            panic!("no selector");
        };
        let values: Vec<&str> = selector.matchers.matchers.iter().map(|matcher| &*matcher.value).collect();
        assert_eq!(values, [r#"api-\w+""#, "\"`x`"]);
        assert!(parse("up # a `comment").is_ok());
    }

    #[test]
    fn complaints_carry_a_position() {
        let cases = [
            ("up{", "1:4: parse error: unexpected end of input inside braces"),
            ("sum(up", "1:7: parse error: unclosed left parenthesis"),
            ("up{a=\"b}", "1:6: parse error: unterminated quoted string"),
            ("info(up)", "1:1: parse error: unknown function with name \"info\""),
            ("", "1:1: parse error: no expression found in input"),
            ("up == bool", "1:11: parse error: unexpected end of input"),
        ];
        for (query, expected) in cases {
            let error = parse(query).unwrap_err().to_string();
            assert_eq!(error, expected, "{query}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(query in "\\PC{0,60}") {
            let _ = parse(&query);
        }

        #[test]
        fn no_words_make_it_panic(words in prop::collection::vec(prop::sample::select(WORDS.to_vec()), 0..14)) {
            let _ = parse(&words.join(" "));
        }
    }

    const WORDS: [&str; 34] = [
        "up",
        "{",
        "}",
        "a=\"b\"",
        "=~",
        "\"(\"",
        "[5m]",
        "[10m:1m]",
        "offset",
        "5m",
        "-",
        "@",
        "start()",
        "1e99",
        "sum",
        "by",
        "(",
        ")",
        "a",
        ",",
        "rate(",
        "+",
        "^",
        "on",
        "group_left",
        "bool",
        "==",
        "and",
        "topk",
        "`",
        "'",
        "Inf",
        "NaN",
        "0x1F",
    ];
}
