//! A no, with its reason and a way on.

use std::fmt;

use crate::domain::Permission;

/// Why an operation is not done. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What stands in the way, one sentence without a full stop.
    pub sentence: String,
    /// What to do instead; may be empty.
    pub hint: String,
    /// The rule the user lacks, when that is the reason.
    pub missing: Option<Permission>,
    /// It may become possible by itself, as time goes by.
    pub waits: bool,
}

impl Refusal {
    /// Makes a refusal.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), hint: String::new(), missing: None, waits: false }
    }

    /// Makes the refusal of something that may become possible by itself.
    pub fn not_yet(sentence: impl Into<String>) -> Self {
        Self { waits: true, ..Self::new(sentence) }
    }

    /// Adds what to do instead.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Makes the refusal of a user who lacks a rule.
    pub fn forbidden(rule: Permission) -> Self {
        Self {
            sentence: format!("you may not {rule}"),
            hint: "ask for the rule, or act as another user with --as".to_owned(),
            missing: Some(rule),
            waits: false,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, "; {}", self.hint) }
    }
}

impl std::error::Error for Refusal {}
