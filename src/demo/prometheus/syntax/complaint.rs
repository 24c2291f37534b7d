//! The parser's complaints in Prometheus' words, with a column.

use promql_parser::parser;

use super::super::eval::QueryError;
use super::bad;
use super::outline::Outline;

/// What promql-parser says when it says nothing.
const WORDLESS: &str = "invalid promql query";

/// Turns a complaint of the parser into one of Prometheus.
pub(super) fn explain(outline: &Outline, query: &str, text: &str) -> QueryError {
    let end = query.chars().count() + 1;
    if let Some(start) = outline.open_string {
        return bad(start + 1, "unterminated quoted string");
    }
    if text == WORDLESS {
        return wordless(outline, end);
    }
    if let Some('{') = outline.open.last() {
        return bad(end, "unexpected end of input inside braces");
    }
    if text.starts_with("unclosed left") {
        return bad(end, text);
    }
    let text = reworded(text);
    let column = column_of(&outline.code, &text);
    bad(column, &text)
}

/// A complaint for a query that the grammar does not know.
fn wordless(outline: &Outline, end: usize) -> QueryError {
    match outline.open.last() {
        Some('{') => return bad(end, "unexpected end of input inside braces"),
        Some('[') => return bad(end, "unexpected end of input in subquery or range"),
        Some(_) => return bad(end, "unclosed left parenthesis"),
        None => {}
    }
    let completed = [" up", " 1", "(up)"].map(|end| format!("{}{end}", outline.rewritten));
    if completed.iter().any(|query| parser::parse(query).is_ok()) {
        return bad(end, "unexpected end of input");
    }
    // The longest run of words from the start that is a query by itself ends at the culprit.
    let ends = outline.code.char_indices().map(|(index, _)| index).rev().take(512);
    let mut prefixes = ends.filter_map(|end| outline.rewritten.get(..end).map(|prefix| (end, prefix)));
    let parsed = prefixes.find(|(_, prefix)| parser::parse(prefix).is_ok());
    let at = parsed.map_or(0, |(end, prefix)| end - (prefix.len() - prefix.trim_end().len()));
    let rest = outline.code.get(at..).unwrap_or_default();
    let column = outline.code.get(..at).unwrap_or_default().chars().count() + rest.len() - rest.trim_start().len() + 1;
    match rest.split_whitespace().next() {
        Some(word) => bad(column, &format!("unexpected {word:?}")),
        None => bad(column, "unexpected input"),
    }
}

/// Prometheus' names of types and its quotes.
fn reworded(text: &str) -> String {
    let renamed = [
        ("type matrix", "type range vector"),
        ("type vector", "type instant vector"),
        ("got matrix", "got range vector"),
        ("got vector", "got instant vector"),
    ];
    let text = renamed.iter().fold(text.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours));
    text.replace('\'', "\"")
}

/// Where the thing that a complaint names stands, counted from 1; 1 where it names none.
fn column_of(code: &str, text: &str) -> usize {
    let after = |word: &str| code.find(word).map(|at| at + word.len());
    let byte = if text.contains("in call to function") {
        let name = text.split('"').nth(1).unwrap_or_default();
        after(&format!("{name}("))
    } else if text.contains("in aggregation") {
        after("(")
    } else if text.contains("BOOL modifier") {
        code.find(['=', '!', '<', '>'])
    } else {
        text.split('"').nth(1).and_then(|name| code.find(name))
    };
    byte.and_then(|byte| code.get(..byte)).map_or(1, |before| before.chars().count() + 1)
}
