//! A first pass over the text: strings, brackets, durations.

use super::super::eval::QueryError;
use super::bad;

/// What the first pass finds.
#[derive(Default)]
pub(super) struct Outline {
    /// The query with strings in backticks made ordinary ones and comments left out.
    pub rewritten: String,
    /// The query with a blank for each character of a string or comment.
    pub code: String,
    /// Deepest nesting of brackets.
    pub deepest: usize,
    /// Brackets that are never closed, outermost first.
    pub open: Vec<char>,
    /// A string that is never closed starts here, counted in characters from 0.
    pub open_string: Option<usize>,
}

impl Outline {
    /// Reads the text once.
    pub fn of(query: &str) -> Self {
        let mut outline = Self::default();
        let mut chars = query.chars().enumerate().peekable();
        while let Some((start, char)) = chars.next() {
            match char {
                '"' | '\'' | '`' => {
                    outline.open_string = Some(start);
                    outline.string(char, &mut chars);
                }
                '#' => {
                    outline.code.push(' ');
                    while chars.next_if(|(_, inner)| *inner != '\n').is_some() {
                        outline.code.push(' ');
                    }
                }
                other => outline.plain(other),
            }
        }
        outline
    }

    /// Takes a character outside strings and comments.
    fn plain(&mut self, char: char) {
        match char {
            '(' | '[' | '{' => self.open.push(char),
            ')' | ']' | '}' => {
                self.open.pop();
            }
            _ => {}
        }
        self.deepest = self.deepest.max(self.open.len());
        self.rewritten.push(char);
        self.code.push(char);
    }

    /// Takes a string whose opening quote was just read; one in backticks is raw.
    fn string(&mut self, quote: char, chars: &mut impl Iterator<Item = (usize, char)>) {
        let raw = quote == '`';
        let written = if raw { '"' } else { quote };
        self.rewritten.push(written);
        self.code.push(' ');
        while let Some((_, inner)) = chars.next() {
            self.code.push(' ');
            match inner {
                closing if closing == quote => {
                    self.rewritten.push(written);
                    self.open_string = None;
                    return;
                }
                '\\' | '"' if raw => self.rewritten.extend(['\\', inner]),
                '\n' if raw => self.rewritten.push_str("\\n"),
                '\\' => {
                    self.rewritten.push('\\');
                    if let Some((_, escaped)) = chars.next() {
                        self.rewritten.push(escaped);
                        self.code.push(' ');
                    }
                }
                other => self.rewritten.push(other),
            }
        }
    }

    /// Refuses durations that Prometheus 2.42 refuses, plain numbers among them: promql-parser takes
    /// those and panics on the largest.
    pub fn check_durations(&self) -> Result<(), QueryError> {
        let brackets = self.code.match_indices('[').flat_map(|(at, _)| {
            let inside = &self.code[at + 1..];
            let inside = inside.split(']').next().unwrap_or(inside);
            inside.split(':').filter(|part| !part.trim().is_empty())
        });
        let word = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.' | '+');
        let lower = self.code.to_ascii_lowercase();
        let offsets = lower.match_indices("offset").filter_map(|(at, keyword)| {
            let inside_word = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | ':');
            let rest = &self.code[at + keyword.len()..];
            if self.code[..at].ends_with(inside_word) || rest.starts_with(inside_word) {
                return None;
            }
            let rest = rest.trim_start();
            let rest = rest.strip_prefix('-').unwrap_or(rest).trim_start();
            let end = rest.find(|char| !word(char)).unwrap_or(rest.len());
            // A label of that name is followed by no word.
            Some(&rest[..end]).filter(|found| !found.is_empty())
        });
        for text in brackets.chain(offsets) {
            if !is_duration(text.trim()) {
                let byte = text.as_ptr().addr().saturating_sub(self.code.as_ptr().addr());
                let column = self.code.get(..byte).map_or(0, |before| before.chars().count()) + 1;
                return Err(bad(column, &format!("not a valid duration string: {:?}", text.trim())));
            }
        }
        Ok(())
    }
}

/// Whether a text is a duration: numbers of up to nine digits, each with its unit.
fn is_duration(text: &str) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let unit = &rest[digits..];
        let units = ["ms", "s", "m", "h", "d", "w", "y"];
        let Some(unit_length) = units.iter().find(|own| unit.starts_with(**own)).map(|own| own.len()) else {
            return false;
        };
        if digits == 0 || digits > 9 {
            return false;
        }
        rest = &unit[unit_length..];
    }
    !text.is_empty()
}
