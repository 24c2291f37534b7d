//! `Status`: how an API server says no.

use serde::Deserialize;

use super::loose::{List, Loose, Num, Str};
use crate::domain::text::clean;

/// An API server's refusal, cleaned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiStatus {
    /// HTTP-like code; 0 when it says none.
    pub code: u16,
    /// `NotFound`, `Conflict`, `Expired` …; may be empty.
    pub reason: String,
    /// Sentence.
    pub message: String,
    /// What exactly is wrong: field, reason, sentence.
    pub causes: Vec<Cause>,
    /// Seconds to wait before trying again.
    pub retry_after: Option<u32>,
}

/// One cause of a refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// Path of the field; may be empty.
    pub field: String,
    /// `FieldValueInvalid`, `DisruptionBudget` …
    pub reason: String,
    /// Sentence.
    pub message: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawStatus<'a> {
    #[serde(borrow)]
    kind: Str<'a>,
    code: Num,
    #[serde(borrow)]
    reason: Str<'a>,
    #[serde(borrow)]
    message: Str<'a>,
    #[serde(borrow)]
    details: Loose<RawDetails<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawDetails<'a> {
    #[serde(borrow)]
    causes: List<Loose<RawCause<'a>>>,
    retry_after_seconds: Num,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawCause<'a> {
    #[serde(borrow)]
    field: Str<'a>,
    #[serde(borrow)]
    reason: Str<'a>,
    #[serde(borrow)]
    message: Str<'a>,
}

fn text(raw: &Str<'_>) -> String {
    clean(raw.as_str(), false).into_owned()
}

impl RawStatus<'_> {
    /// Makes it readable.
    pub(super) fn status(&self) -> ApiStatus {
        ApiStatus {
            code: self.code.0.and_then(|code| u16::try_from(code).ok()).unwrap_or_default(),
            reason: text(&self.reason),
            message: text(&self.message),
            causes: (self.details.0.causes.0.iter())
                .map(|Loose(raw)| Cause {
                    field: text(&raw.field),
                    reason: text(&raw.reason),
                    message: text(&raw.message),
                })
                .collect(),
            retry_after: self.details.0.retry_after_seconds.0.and_then(|seconds| u32::try_from(seconds).ok()),
        }
    }
}

impl ApiStatus {
    /// Reads a response body; `None` when it is no `Status` (plain text, HTML, another program's JSON).
    pub fn parse(body: &[u8]) -> Option<Self> {
        let Loose(raw) = serde_json::from_slice::<Loose<RawStatus<'_>>>(body).ok()?;
        (raw.kind.0 == "Status").then(|| raw.status())
    }
}
