//! A value and where it came from.

use std::fmt;
use std::path::PathBuf;

/// Where a value came from, the weakest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The program.
    Default,
    /// A line of a file.
    File {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
    },
    /// An environment variable.
    Environment(&'static str),
    /// An argument of the command line.
    Flag(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { file, line } => write!(f, "{file}:{line}"),
            Self::Environment(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

/// A value that knows where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub source: Source,
}

impl<T> Sourced<T> {
    /// A value nobody set.
    pub fn default(value: T) -> Self {
        Self { value, source: Source::Default }
    }
}

/// One option as `rolltop config print` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The option's key in config.toml, with its tables.
    pub key: String,
    /// The value as TOML; secrets are hidden, an absent value is empty.
    pub value: String,
    /// Where it came from.
    pub source: Source,
}

/// A value that can be written as TOML.
pub(super) trait Literal {
    /// The value as TOML; empty where there is none.
    fn literal(&self) -> String;
}

impl Literal for bool {
    fn literal(&self) -> String {
        self.to_string()
    }
}

impl Literal for i64 {
    fn literal(&self) -> String {
        self.to_string()
    }
}

impl Literal for String {
    fn literal(&self) -> String {
        toml::Value::from(self.as_str()).to_string()
    }
}

impl Literal for PathBuf {
    fn literal(&self) -> String {
        self.display().to_string().literal()
    }
}

impl<T: Literal> Literal for Option<T> {
    fn literal(&self) -> String {
        self.as_ref().map(Literal::literal).unwrap_or_default()
    }
}

impl<T: Literal> Literal for Vec<T> {
    fn literal(&self) -> String {
        let items: Vec<String> = self.iter().map(Literal::literal).collect();
        format!("[{}]", items.join(", "))
    }
}
