//! One table of a document: typed reads that report instead of failing.

use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Document;

/// A table being read. Keys are asked for by name and type; [`Section::close`] reports every key nobody asked for.
#[derive(Debug)]
pub struct Section<'d> {
    document: &'d Document<'d>,
    path: String,
    table: &'d DeTable<'d>,
    span: Range<usize>,
    asked: Vec<&'static str>,
}

/// A key and its value in a table whose keys are the user's own names.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'d> {
    document: &'d Document<'d>,
    key: &'d Spanned<std::borrow::Cow<'d, str>>,
    value: &'d Spanned<DeValue<'d>>,
}

impl<'d> Section<'d> {
    pub(super) fn new(document: &'d Document<'d>, path: String, table: &'d DeTable<'d>, span: Range<usize>) -> Self {
        Self { document, path, table, span, asked: Vec::new() }
    }

    /// The document this table belongs to, for problems of meaning.
    pub fn document(&self) -> &'d Document<'d> {
        self.document
    }

    /// Where the table stands.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Where a key's value stands, in bytes of the text.
    pub fn at(&self, key: &str) -> Option<usize> {
        self.table.get(key).map(|value| value.span().start)
    }

    /// Where a key itself stands.
    pub fn key_span(&self, key: &str) -> Option<Range<usize>> {
        self.table.get_key_value(key).map(|(key, _)| key.span())
    }

    /// The key with the tables it is in.
    pub fn full(&self, key: &str) -> String {
        self.child(key)
    }

    /// Whether the key is there, of whatever type.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Marks a key as known without reading it.
    pub fn asked(&mut self, key: &'static str) {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
    }

    /// The key with its value, if it is there.
    pub fn entry(&mut self, key: &'static str) -> Option<Entry<'d>> {
        self.asked(key);
        let (key, value) = self.table.get_key_value(key)?;
        Some(Entry { document: self.document, key, value })
    }

    /// Reads a string.
    pub fn string(&mut self, key: &'static str) -> Option<Spanned<String>> {
        self.entry(key)?.string()
    }

    /// Reads a string that must be there.
    pub fn required_string(&mut self, key: &'static str) -> Option<Spanned<String>> {
        if !self.table.contains_key(key) && !self.document.is_broken() {
            let place = if self.path.is_empty() { "the file".to_owned() } else { format!("[{}]", self.path) };
            self.document.report(&self.span, format!("{place} needs {key:?}"));
        }
        self.string(key)
    }

    /// Reads a truth value.
    pub fn boolean(&mut self, key: &'static str) -> Option<bool> {
        self.entry(key)?.boolean()
    }

    /// Reads a whole number within bounds.
    pub fn integer(&mut self, key: &'static str, bounds: RangeInclusive<i64>) -> Option<i64> {
        self.entry(key)?.integer(bounds)
    }

    /// Reads a number, whole or not.
    pub fn number(&mut self, key: &'static str) -> Option<f64> {
        self.entry(key)?.number()
    }

    /// Reads a name out of a closed list.
    pub fn choice<T: Copy>(&mut self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let entry = self.entry(key)?;
        let name = entry.string()?;
        let found = choices.iter().find(|(choice, _)| *choice == name.get_ref().as_str());
        if found.is_none() {
            let known: Vec<&str> = choices.iter().map(|(choice, _)| *choice).collect();
            let sentence = format!("{:?} is no value of {:?}", name.get_ref(), key);
            self.document.report_name(&name.span(), sentence, name.get_ref(), &known);
        }
        found.map(|(_, value)| *value)
    }

    /// Reads a list of strings.
    pub fn strings(&mut self, key: &'static str) -> Option<Vec<Spanned<String>>> {
        self.entry(key)?.strings()
    }

    /// Reads a table inside this one.
    pub fn section(&mut self, key: &'static str) -> Option<Section<'d>> {
        let path = self.child(key);
        self.entry(key)?.section(path)
    }

    /// Reads a table inside this one; an absent one, or what is no table, reads as empty.
    #[must_use]
    pub fn section_or_empty(&mut self, key: &'static str) -> Section<'d> {
        let path = self.child(key);
        let document = self.document;
        self.section(key).unwrap_or_else(|| Section::new(document, path, document.nothing(), 0..0))
    }

    /// Reads a list of tables, written `[[key]]`; empty where there is none.
    pub fn sections(&mut self, key: &'static str) -> Vec<Section<'d>> {
        let path = self.child(key);
        let Some(entry) = self.entry(key) else {
            return Vec::new();
        };
        let Some(items) = entry.value.get_ref().as_array() else {
            entry.wrong_type(&format!("a list of tables, written [[{path}]]"));
            return Vec::new();
        };
        let entries = items.iter().map(|value| Entry { value, ..entry });
        entries.filter_map(|entry| entry.section(path.clone())).collect()
    }

    /// Reads every key as the user's own name, in the order of the text.
    pub fn entries(self) -> Vec<Entry<'d>> {
        let document = self.document;
        let mut entries: Vec<_> = self.table.iter().map(|(key, value)| Entry { document, key, value }).collect();
        entries.sort_by_key(|entry| entry.key.span().start);
        entries
    }

    /// Ends the reading: each key nobody asked for is a problem, with the nearest of those that were.
    pub fn close(self) {
        for (key, _) in self.table {
            if self.asked.contains(&key.get_ref().as_ref()) {
                continue;
            }
            let place = if self.path.is_empty() { String::new() } else { format!(" in [{}]", self.path) };
            let sentence = format!("unknown key {:?}{place}", key.get_ref());
            self.document.report_name(&key.span(), sentence, key.get_ref(), &self.asked);
        }
    }

    fn child(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

impl<'d> Entry<'d> {
    /// The key as the user wrote it.
    pub fn key(&self) -> &'d str {
        self.key.get_ref()
    }

    /// Where the key stands.
    pub fn key_span(&self) -> Range<usize> {
        self.key.span()
    }

    /// Where the value stands.
    pub fn value_span(&self) -> Range<usize> {
        self.value.span()
    }

    /// Whether the value is a table.
    pub fn is_table(&self) -> bool {
        self.value.get_ref().is_table()
    }

    /// Reads the value as a string.
    pub fn string(&self) -> Option<Spanned<String>> {
        let text = self.expect("a string", |value| value.as_str().map(str::to_owned))?;
        Some(Spanned::new(self.value.span(), text))
    }

    /// Reads the value as a truth value.
    pub fn boolean(&self) -> Option<bool> {
        self.expect("true or false", DeValue::as_bool)
    }

    /// Reads the value as a whole number within bounds.
    pub fn integer(&self, bounds: RangeInclusive<i64>) -> Option<i64> {
        let number = self.expect("a whole number", |value| {
            let integer = value.as_integer()?;
            i64::from_str_radix(integer.as_str(), integer.radix()).ok()
        })?;
        if bounds.contains(&number) {
            return Some(number);
        }
        let (low, high) = bounds.into_inner();
        self.document.report(&self.value.span(), format!("{:?} must be between {low} and {high}", self.key()));
        None
    }

    /// Reads the value as a number, whole or not.
    pub fn number(&self) -> Option<f64> {
        self.expect("a number", |value| match value {
            DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str().parse().ok(),
            DeValue::Float(float) => float.as_str().parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        })
    }

    /// Reads the value as a list of strings; an element of another type is a problem and left out.
    pub fn strings(&self) -> Option<Vec<Spanned<String>>> {
        let Some(items) = self.value.get_ref().as_array() else {
            self.wrong_type("a list of strings");
            return None;
        };
        Some(items.iter().filter_map(|value| Entry { value, ..*self }.string()).collect())
    }

    /// Reads the value as a table; `path` is its name in messages.
    pub fn section(&self, path: impl Into<String>) -> Option<Section<'d>> {
        let Some(table) = self.value.get_ref().as_table() else {
            self.wrong_type("a table");
            return None;
        };
        Some(Section::new(self.document, path.into(), table, self.value.span()))
    }

    fn expect<T>(&self, wanted: &str, read: impl Fn(&DeValue<'d>) -> Option<T>) -> Option<T> {
        let value = read(self.value.get_ref());
        if value.is_none() {
            self.wrong_type(wanted);
        }
        value
    }

    fn wrong_type(&self, wanted: &str) {
        let found = match self.value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a fraction",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.document.report(&self.value.span(), format!("{:?} must be {wanted}, this is {found}", self.key()));
    }
}
