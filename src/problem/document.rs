//! Parsed TOML that remembers where everything stands and gathers what is wrong with it.

use std::cell::RefCell;
use std::ops::Range;

use toml::Spanned;
use toml::de::DeTable;

use super::{Problem, Section};

/// One TOML text being read; the problems found so far are kept with it.
#[derive(Debug)]
pub struct Document<'t> {
    file: &'t str,
    text: &'t str,
    root: Spanned<DeTable<'t>>,
    nothing: DeTable<'t>,
    broken: bool,
    problems: RefCell<Vec<Problem>>,
}

impl<'t> Document<'t> {
    /// Parses a text. Faults of the notation itself are problems at once; after any but a repeated key
    /// the document reads as empty, because guesses about the rest would only add noise.
    pub fn parse(file: &'t str, text: &'t str) -> Self {
        let (mut root, errors) = DeTable::parse_recoverable(text);
        let mut broken = false;
        let mut problems = Vec::new();
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            if error.message() == "duplicate key" {
                let key = text.get(span.clone()).unwrap_or_default();
                let problem = Problem::at(file, text, &span, format!("{key} is set twice"));
                problems.push(problem.hint("keep one of the two"));
            } else {
                broken = true;
                problems.push(Problem::at(file, text, &span, format!("this is not TOML: {}", error.message())));
            }
        }
        if broken {
            root = Spanned::new(0..0, DeTable::new());
        }
        Self { file, text, root, nothing: DeTable::new(), broken, problems: RefCell::new(problems) }
    }

    /// The top-level table.
    pub fn root(&self) -> Section<'_> {
        Section::new(self, String::new(), self.root.get_ref(), 0..0)
    }

    /// An empty table.
    pub(super) fn nothing(&self) -> &DeTable<'t> {
        &self.nothing
    }

    /// Adds a problem at a byte range of the text.
    pub fn report(&self, span: &Range<usize>, sentence: impl Into<String>) {
        self.push(Problem::at(self.file, self.text, span, sentence));
    }

    /// Adds a problem without showing the text, which may hold a secret.
    pub fn report_secret(&self, span: &Range<usize>, sentence: impl Into<String>) {
        self.push(Problem::at(self.file, self.text, span, sentence).without_text());
    }

    /// Adds a problem with a hint at a byte range of the text.
    pub fn report_with(&self, span: &Range<usize>, sentence: impl Into<String>, hint: impl Into<String>) {
        self.push(Problem::at(self.file, self.text, span, sentence).hint(hint));
    }

    /// Adds a problem with the probably meant name as its hint, or else the list of names.
    pub fn report_name(&self, span: &Range<usize>, sentence: impl Into<String>, name: &str, known: &[&str]) {
        let hint = match super::nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean {near:?}?"),
            None if known.is_empty() => "remove it".to_owned(),
            None => format!("known: {}", known.join(", ")),
        };
        self.report_with(span, sentence, hint);
    }

    /// The line of a byte of the text, from 1.
    pub fn line(&self, at: usize) -> usize {
        crate::problem::Place::of(self.text, &(at..at)).line
    }

    /// The bytes of the text behind a part of a string value. Where escapes make the two differ, the whole value.
    pub fn inside(&self, value: &Spanned<String>, part: Range<usize>) -> Range<usize> {
        let whole = value.span();
        let written = self.text.get(whole.clone()).unwrap_or_default();
        match written.find(value.get_ref().as_str()) {
            Some(at) => whole.start + at + part.start..whole.start + at + part.end,
            None => whole,
        }
    }

    /// Whether the notation was so broken that nothing could be read.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// All problems found, in the order of the text.
    pub fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| problem.span.as_ref().map(|place| (place.line, place.column)));
        problems
    }

    fn push(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }
}
