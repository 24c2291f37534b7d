//! What a session may do.

use crate::domain::{Access, Permission};

use super::Refusal;

/// The rules that stand over every write; asked when planning, and again before executing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Nothing is written.
    pub read_only: bool,
    /// The context is protected: the workload's name must be typed.
    pub protected: bool,
    /// Writes go ahead even when the audit file cannot be written.
    pub no_audit: bool,
    /// What the API server said the user may do.
    pub access: Access,
}

impl Policy {
    /// Refuses every write of a session that only reads.
    pub fn writes(&self) -> Result<(), Refusal> {
        if self.read_only {
            return Err(Refusal::new("this session is read-only, so nothing is changed")
                .hint("start without --read-only, or drop read_only from the context's settings"));
        }
        Ok(())
    }

    /// Refuses what this session may not do at all.
    pub fn allows(&self, needed: &[Permission]) -> Result<(), Refusal> {
        self.writes()?;
        match self.access.missing(needed) {
            Some(rule) => Err(Refusal::forbidden(rule.clone())),
            None => Ok(()),
        }
    }
}
