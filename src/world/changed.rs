//! What an observation changed.

use std::collections::BTreeSet;

use crate::domain::{Family, WorkloadKey};

/// What one or several observations changed; empty when they said nothing new.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Workloads that came, went or look different, and those whose pods, revisions, events or usage do.
    pub workloads: BTreeSet<WorkloadKey>,
    /// Families whose objects or whose source changed.
    pub families: BTreeSet<Family>,
    /// The connection changed.
    pub link: bool,
    /// A permission was learnt.
    pub access: bool,
    /// Another connection: everything seen before is gone.
    pub reset: bool,
}

impl Changed {
    /// Tells whether nothing changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds what another observation changed.
    pub fn merge(&mut self, other: Self) {
        if self.workloads.is_empty() {
            self.workloads = other.workloads;
        } else {
            self.workloads.extend(other.workloads);
        }
        self.families.extend(other.families);
        self.link |= other.link;
        self.access |= other.access;
        self.reset |= other.reset;
    }
}
