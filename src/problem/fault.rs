//! One fault and how it is shown.

use std::fmt;
use std::ops::Range;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A fault in a file, in words, with the place where it is and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file as the user knows it: a path, or the name of an embedded file.
    pub file: String,
    /// Where in the file; none when the file as a whole is at fault (unreadable, missing).
    pub span: Option<Place>,
    /// What is wrong, one sentence without a full stop.
    pub sentence: String,
    /// What to do next, if there is something better than "correct it".
    pub hint: Option<String>,
}

/// A place in a text, kept with its line so that it can be shown after the text is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The whole line, empty where it is not to be shown; control characters are replaced.
    pub text: String,
    /// How many characters of the line are at fault, at least 1.
    pub width: usize,
}

impl Place {
    /// Finds the place of a byte range in a text; a range past the end becomes the end.
    pub fn of(text: &str, span: &Range<usize>) -> Self {
        let start = floor(text, span.start);
        let end = floor(text, span.end.max(start));
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        Self {
            line: text[..line_start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            text: text[line_start..line_end].trim_end().chars().map(printable).collect(),
            width: text[start..end.min(line_end).max(start)].chars().count().max(1),
        }
    }
}

/// The nearest character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn printable(character: char) -> char {
    match character {
        '\t' => ' ',
        other if other.is_control() => '\u{fffd}',
        other => other,
    }
}

impl Problem {
    /// A fault of a file as a whole.
    pub fn of_file(file: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { file: file.into(), span: None, sentence: sentence.into(), hint: None }
    }

    /// A fault at a byte range of a file's text.
    pub fn at(file: impl Into<String>, text: &str, span: &Range<usize>, sentence: impl Into<String>) -> Self {
        Self { span: Some(Place::of(text, span)), ..Self::of_file(file, sentence) }
    }

    /// The same fault with a way out.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same fault without the line it stands in, which may hold a secret.
    #[must_use]
    pub fn without_text(mut self) -> Self {
        if let Some(place) = &mut self.span {
            place.text.clear();
        }
        self
    }

    /// The fault in one line, for places with no room for the excerpt.
    pub fn headline(&self) -> String {
        match &self.span {
            Some(place) => format!("{}:{}:{}: {}", self.file, place.line, place.column, self.sentence),
            None => format!("{}: {}", self.file, self.sentence),
        }
    }
}

/// Shows the headline, the line with a caret below it, and the hint; several lines, no newline at the end.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.headline())?;
        let mut gutter = 1;
        if let Some(place) = self.span.as_ref().filter(|place| !place.text.is_empty()) {
            let number = place.line.to_string();
            gutter = number.len();
            let before: usize = place.text.chars().take(place.column - 1).map(|c| c.width().unwrap_or(0)).sum();
            let marked: String = place.text.chars().skip(place.column - 1).take(place.width).collect();
            let carets = "^".repeat(marked.width().max(1));
            write!(f, "\n{:gutter$} |\n{number} | {}\n{:gutter$} | {:before$}{carets}", "", place.text, "", "")?;
        }
        match &self.hint {
            Some(hint) => write!(f, "\n{:gutter$} = {hint}", ""),
            None => Ok(()),
        }
    }
}
