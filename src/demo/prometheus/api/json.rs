//! JSON as Prometheus writes it.

use std::fmt::Write as _;

use super::super::eval::Answer;
use super::super::labels::Labels;
use super::super::number;

/// A JSON text being written.
#[derive(Debug, Default)]
pub(super) struct Json(String);

impl Json {
    /// Appends text that is JSON already.
    pub fn raw(&mut self, text: &str) -> &mut Self {
        self.0.push_str(text);
        self
    }

    /// Appends a string with its quotes.
    pub fn string(&mut self, text: &str) -> &mut Self {
        self.0.push('"');
        for char in text.chars() {
            match char {
                '"' => self.0.push_str("\\\""),
                '\\' => self.0.push_str("\\\\"),
                '\n' => self.0.push_str("\\n"),
                '\r' => self.0.push_str("\\r"),
                '\t' => self.0.push_str("\\t"),
                control if control < ' ' => {
                    let _ = write!(self.0, "\\u{:04x}", u32::from(control));
                }
                other => self.0.push(other),
            }
        }
        self.0.push('"');
        self
    }

    /// Appends items separated by commas, between `open` and `close`.
    pub fn list<T>(
        &mut self,
        brackets: [&str; 2],
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        self.raw(brackets[0]);
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.raw(",");
            }
            write(self, item);
        }
        self.raw(brackets[1])
    }

    /// Appends an array of strings.
    pub fn strings<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) -> &mut Self {
        self.list(["[", "]"], texts, |json, text| {
            json.string(text);
        })
    }

    /// Appends an object of strings.
    pub fn object<'t>(&mut self, pairs: impl IntoIterator<Item = (&'t str, &'t str)>) -> &mut Self {
        self.list(["{", "}"], pairs, |json, (name, value)| {
            json.string(name).raw(":").string(value);
        })
    }

    /// Appends labels as an object.
    pub fn labels(&mut self, labels: &Labels) -> &mut Self {
        self.object(labels.iter())
    }

    /// Appends a sample: seconds, and the value as a string.
    fn sample(&mut self, at: i64, value: &str) {
        let _ = write!(self.0, "[{},\"{value}\"]", number::seconds(at));
    }

    /// The text.
    pub fn finish(self) -> String {
        self.0
    }
}

/// The answer to a query at the instant `at`.
pub(super) fn answer(answer: &Answer, at: i64) -> String {
    let mut json = Json::default();
    match answer {
        Answer::Matrix(series) => {
            json.raw(r#"{"resultType":"matrix","result":"#);
            json.list(["[", "]"], series, |json, (labels, samples)| {
                json.raw(r#"{"metric":"#).labels(labels).raw(r#","values":"#);
                json.list(["[", "]"], samples, |json, (at, value)| json.sample(*at, &number::sample(*value))).raw("}");
            });
        }
        Answer::Vector(elements) => {
            json.raw(r#"{"resultType":"vector","result":"#);
            json.list(["[", "]"], elements, |json, (labels, value)| {
                json.raw(r#"{"metric":"#).labels(labels).raw(r#","value":"#).sample(at, &number::sample(*value));
                json.raw("}");
            });
        }
        Answer::Scalar(value) => json.raw(r#"{"resultType":"scalar","result":"#).sample(at, &number::plain(*value)),
        Answer::String(text) => {
            json.raw(r#"{"resultType":"string","result":["#).raw(&number::seconds(at)).raw(",");
            json.string(text).raw("]");
        }
    }
    json.raw("}");
    json.finish()
}
