//! PromQL with variables, filled in so that a value can never end the string it stands in.

use std::fmt::Write as _;
use std::ops::Range;

use super::Variables;

/// A variable of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variable {
    Namespace,
    Workload,
    Pods,
    Container,
    Interval,
}

/// The variables by name.
const VARIABLES: [(&str, Variable); 5] = [
    ("namespace", Variable::Namespace),
    ("workload", Variable::Workload),
    ("pods", Variable::Pods),
    ("container", Variable::Container),
    ("interval", Variable::Interval),
];

/// PromQL cut at its variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// A variable and the quote it stands in.
    Variable(Variable, Option<char>),
}

/// Why a template cannot be filled in, and the bytes of it at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A name after `$` that is no variable.
    #[error("there is no variable ${name}")]
    Unknown {
        /// The name.
        name: String,
        /// Where it stands.
        span: Range<usize>,
    },
    /// A variable that must stand in a string and does not.
    #[error("${name} must stand between quotes, as in pod=~\"$pods\"")]
    Unquoted {
        /// The name.
        name: String,
        /// Where it stands.
        span: Range<usize>,
    },
    /// A string without an end.
    #[error("the string is not closed")]
    Open {
        /// Where it begins.
        span: Range<usize>,
    },
}

impl Template {
    /// Cuts PromQL at its variables. A `$` without a name after it is ordinary text, as in `=~"5..$"`.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut quote: Option<(char, usize)> = None;
        let mut rest = text.char_indices().peekable();
        while let Some((at, character)) = rest.next() {
            match (quote, character) {
                (_, '$') => {
                    let name = name_at(&text[at + 1..]);
                    if name.is_empty() {
                        plain.push('$');
                        continue;
                    }
                    let span = at..at + 1 + name.len();
                    let variable = variable(name, quote.is_some(), span)?;
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                    pieces.push(Piece::Variable(variable, quote.map(|(quote, _)| quote)));
                    for _ in name.chars() {
                        rest.next();
                    }
                }
                (Some((open, _)), '\\') if open != '`' => {
                    plain.push(character);
                    plain.extend(rest.next().map(|(_, escaped)| escaped));
                }
                (Some((open, _)), _) if open == character => {
                    quote = None;
                    plain.push(character);
                }
                (None, '"' | '\'' | '`') => {
                    quote = Some((character, at));
                    plain.push(character);
                }
                _ => plain.push(character),
            }
        }
        pieces.push(Piece::Text(plain));
        match quote {
            Some((_, at)) => Err(TemplateError::Open { span: at..at + 1 }),
            None => Ok(Self(pieces)),
        }
    }

    /// The PromQL with the variables filled in.
    pub fn fill(&self, variables: &Variables) -> String {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Variable(Variable::Interval, _) => {
                    let seconds = variables.interval.as_secs().max(1);
                    // Writing to a String cannot fail.
                    let _ = write!(text, "{seconds}s");
                }
                Piece::Variable(variable, quote) => {
                    let value = match variable {
                        Variable::Namespace => &variables.namespace,
                        Variable::Workload => &variables.workload,
                        Variable::Container => &variables.container,
                        Variable::Pods | Variable::Interval => &variables.pods,
                    };
                    push_quoted(&mut text, value, *quote);
                }
            }
        }
        text
    }
}

impl TemplateError {
    /// The bytes of the template at fault.
    pub fn span(&self) -> Range<usize> {
        match self {
            Self::Unknown { span, .. } | Self::Unquoted { span, .. } | Self::Open { span } => span.clone(),
        }
    }

    /// What to do about it, if the sentence does not say it.
    pub fn hint(&self) -> Option<String> {
        let Self::Unknown { name, .. } = self else { return None };
        let names = VARIABLES.iter().map(|(name, _)| *name);
        Some(match crate::problem::nearest(name, names) {
            Some(near) => format!("did you mean ${near}?"),
            None => "known: $namespace, $workload, $pods, $container, $interval".to_owned(),
        })
    }
}

/// The identifier at the start of a text.
fn name_at(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

fn variable(name: &str, quoted: bool, span: Range<usize>) -> Result<Variable, TemplateError> {
    let name_owned = || name.to_owned();
    let Some((_, variable)) = VARIABLES.iter().find(|(known, _)| *known == name) else {
        return Err(TemplateError::Unknown { name: name_owned(), span });
    };
    if *variable != Variable::Interval && !quoted {
        return Err(TemplateError::Unquoted { name: name_owned(), span });
    }
    Ok(*variable)
}

/// Writes a value into a PromQL string. Backslashes and the string's own quote are escaped; a string in backticks knows no
/// escapes, so what could end it is dropped.
fn push_quoted(text: &mut String, value: &str, quote: Option<char>) {
    for character in value.chars() {
        match (quote, character) {
            (Some('`'), '`') => {}
            (Some('`'), _) => text.push(character),
            (_, '\n') => text.push_str("\\n"),
            (_, '\\') => text.push_str("\\\\"),
            (Some(open), _) if open == character => text.extend(['\\', character]),
            _ => text.push(character),
        }
    }
}
