//! What the user may do, as the API server says.

use std::{collections::BTreeMap, fmt};

use super::Text;

/// One question to the API server: may I do this there?
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Permission {
    /// `patch`, `get`, `create`, `delete` …
    pub verb: Text,
    /// API group; empty for the core group.
    pub group: Text,
    /// Plural, with a subresource after a slash: `deployments/scale`, `pods/eviction`.
    pub resource: Text,
    /// Namespace.
    pub namespace: Text,
}

impl fmt::Display for Permission {
    /// Writes the missing rule as a person would say it: `patch deployments.apps in shop`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (resource, sub) = self.resource.split_once('/').unwrap_or((&self.resource, ""));
        write!(f, "{} {resource}", self.verb)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        if !sub.is_empty() {
            write!(f, "/{sub}")?;
        }
        if self.namespace.is_empty() { Ok(()) } else { write!(f, " in {}", self.namespace) }
    }
}

/// The API server's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Allowed,
    /// No; the reason may be empty.
    Denied(Text),
    /// It could not be asked; an action is tried and may be refused by the server.
    Unknown(Text),
}

/// All answers so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    answers: BTreeMap<Permission, Verdict>,
}

impl Access {
    /// Keeps an answer.
    pub fn learn(&mut self, permission: Permission, verdict: Verdict) {
        self.answers.insert(permission, verdict);
    }

    /// Forgets all, for another user or context.
    pub fn clear(&mut self) {
        self.answers.clear();
    }

    /// Returns the answer; `None` when it was not asked yet.
    pub fn verdict(&self, permission: &Permission) -> Option<&Verdict> {
        self.answers.get(permission)
    }

    /// Returns the first of these permissions that was denied.
    pub fn missing<'a>(&self, needed: &'a [Permission]) -> Option<&'a Permission> {
        needed.iter().find(|permission| matches!(self.verdict(permission), Some(Verdict::Denied(_))))
    }
}
