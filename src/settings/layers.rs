//! One option at a time: default, then file, then environment, then command line.

use std::ops::RangeInclusive;

use toml::Spanned;

use super::source::Literal;
use super::{Environment, Row, Source, Sourced};
use crate::problem::{Document, Problem, Section, nearest};

/// Who may say something about an option besides the file.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Outer<'o> {
    /// The variable.
    pub(super) variable: Option<&'static str>,
    /// The argument and its value.
    pub(super) flag: Option<(&'static str, &'o str)>,
}

/// Reads options and writes down where each came from.
pub(super) struct Layers<'l> {
    document: &'l Document<'l>,
    file: String,
    environment: &'l Environment,
    rows: Vec<Row>,
    problems: Vec<Problem>,
}

impl<'l> Layers<'l> {
    pub(super) fn new(document: &'l Document<'l>, file: String, environment: &'l Environment) -> Self {
        Self { document, file, environment, rows: Vec::new(), problems: Vec::new() }
    }

    /// The rows, and the problems of environment and command line; those of the file are the document's.
    pub(super) fn finish(self) -> (Vec<Row>, Vec<Problem>) {
        (self.rows, self.problems)
    }

    pub(super) fn document(&self) -> &'l Document<'l> {
        self.document
    }

    /// The environment being read.
    pub(super) fn environment(&self) -> &'l Environment {
        self.environment
    }

    /// Where a value at a byte of the file came from.
    pub(super) fn source_at(&self, at: usize) -> Source {
        Source::File { file: self.file.clone(), line: self.document.line(at) }
    }

    /// Writes down an option that was read by other means.
    pub(super) fn note(&mut self, key: impl Into<String>, value: String, source: Source) {
        self.rows.push(Row { key: key.into(), value, source });
    }

    /// Changes what was written down last about an option.
    pub(super) fn replace(&mut self, key: &str, value: String, source: Source) {
        self.rows.retain(|row| row.key != key);
        self.note(key, value, source);
    }

    pub(super) fn boolean(
        &mut self,
        section: &mut Section<'_>,
        key: &'static str,
        default: bool,
        outer: Outer<'_>,
    ) -> Sourced<bool> {
        let at = section.at(key);
        let file = section.boolean(key);
        let parse = |text: &str| match text.to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => Ok(true),
            "0" | "false" | "no" | "off" => Ok(false),
            _ => Err(format!("{text:?} is neither true nor false")),
        };
        let outer = self.outer(outer, parse);
        self.pick(&section.full(key), default, file.zip(at), outer)
    }

    pub(super) fn integer(
        &mut self,
        section: &mut Section<'_>,
        key: &'static str,
        default: i64,
        bounds: RangeInclusive<i64>,
    ) -> Sourced<i64> {
        let at = section.at(key);
        let file = section.integer(key, bounds);
        self.pick(&section.full(key), default, file.zip(at), None)
    }

    /// An option whose values are a closed list of names.
    pub(super) fn choice<T: Copy>(
        &mut self,
        section: &mut Section<'_>,
        key: &'static str,
        choices: &[(&str, T)],
        default: usize,
        outer: Outer<'_>,
    ) -> Sourced<T> {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let picked = self.name(section, key, (names[default], &format!("value of {key:?}")), &names, outer);
        let value = choices.iter().find(|(name, _)| *name == picked.value).unwrap_or(&choices[default]).1;
        Sourced { value, source: picked.source }
    }

    /// An option that names one of several things, `what` being the word for them.
    pub(super) fn name(
        &mut self,
        section: &mut Section<'_>,
        key: &'static str,
        (default, what): (&str, &str),
        known: &[&str],
        outer: Outer<'_>,
    ) -> Sourced<String> {
        let file = section.string(key).and_then(|text| {
            if known.contains(&text.get_ref().as_str()) {
                return Some((text.get_ref().clone(), text.span().start));
            }
            let sentence = format!("{:?} is no {what}", text.get_ref());
            self.document.report_name(&text.span(), sentence, text.get_ref(), known);
            None
        });
        let parse = |text: &str| {
            if known.contains(&text) {
                return Ok(text.to_owned());
            }
            let help = match nearest(text, known.iter().copied()) {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("known: {}", known.join(", ")),
            };
            Err(format!("{text:?} is no {what}; {help}"))
        };
        let outer = self.outer(outer, parse);
        self.pick(&section.full(key), default.to_owned(), file, outer)
    }

    /// An optional text; `parse` turns it into a value or says what is wrong with it.
    pub(super) fn text<T: Literal + Clone>(
        &mut self,
        section: &mut Section<'_>,
        key: &'static str,
        default: T,
        parse: impl Fn(&str) -> Result<T, String>,
        outer: Outer<'_>,
    ) -> Sourced<T> {
        let file = section.string(key).and_then(|text: Spanned<String>| match parse(text.get_ref()) {
            Ok(value) => Some((value, text.span().start)),
            // An address with a password in it is not to be shown.
            Err(sentence) if text.get_ref().contains('@') => {
                self.document.report_secret(&text.span(), sentence);
                None
            }
            Err(sentence) => {
                self.document.report(&text.span(), sentence);
                None
            }
        });
        let outer = self.outer(outer, parse);
        self.pick(&section.full(key), default, file, outer)
    }

    /// What flag or variable say, the flag first; what cannot be read is a problem and counts for nothing.
    fn outer<T>(&mut self, outer: Outer<'_>, parse: impl Fn(&str) -> Result<T, String>) -> Option<(T, Source)> {
        let flag = outer.flag.map(|(name, text)| (text, Source::Flag(name)));
        let environment = self.environment;
        let variable = outer.variable.and_then(|name| Some((environment.get(name)?, Source::Environment(name))));
        for (text, source) in flag.into_iter().chain(variable) {
            match parse(text) {
                Ok(value) => return Some((value, source)),
                Err(sentence) => self.problems.push(Problem::of_file(source.to_string(), sentence)),
            }
        }
        None
    }

    fn pick<T: Literal>(
        &mut self,
        key: &str,
        default: T,
        file: Option<(T, usize)>,
        outer: Option<(T, Source)>,
    ) -> Sourced<T> {
        let file = file.map(|(value, at)| (value, self.source_at(at)));
        let (value, source) = outer.or(file).unwrap_or((default, Source::Default));
        self.note(key, value.literal(), source.clone());
        Sourced { value, source }
    }
}
