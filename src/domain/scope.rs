//! Which namespaces are watched.

use std::collections::BTreeSet;

use super::Text;

/// Which namespaces a session watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All, by cluster-wide lists.
    All,
    /// These, by one list each.
    Namespaces(BTreeSet<Text>),
}

impl Scope {
    /// Makes a scope of one namespace.
    pub fn one(namespace: impl Into<Text>) -> Self {
        Self::Namespaces(BTreeSet::from([namespace.into()]))
    }

    /// Tells whether a namespace belongs to it.
    pub fn contains(&self, namespace: &str) -> bool {
        match self {
            Self::All => true,
            Self::Namespaces(names) => names.contains(namespace),
        }
    }
}
