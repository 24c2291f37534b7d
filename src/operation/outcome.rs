//! What became of a confirmed plan.

use super::{Planned, Refusal};

/// The end of an operation; the screen itself changes only when the watch says so.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The API server accepted it.
    Applied {
        /// What was done, in words.
        sentence: String,
        /// How to take it back.
        undo: String,
        /// The target's generation after the write; 0 when the write does not touch the workload.
        generation: i64,
        /// Something that went wrong beside it, e.g. the audit's outcome could not be written.
        remark: Option<String>,
        /// What follows later as a step of its own, in words.
        then: Option<String>,
    },
    /// Some of its writes were done and others not; nothing is repeated.
    Partly {
        /// What was done, what was not, and why.
        sentence: String,
        /// How to do the rest, or take back what was done.
        hint: String,
    },
    /// It was not done, and why.
    Refused(Refusal),
    /// What was confirmed no longer holds: here is what would happen now, to be confirmed anew.
    Changed(Box<Planned>),
    /// It was sent and no clear answer came; it is not sent again.
    Unknown {
        /// What happened.
        sentence: String,
        /// What a second look showed: whether the change is there; `None` when that failed too.
        seen: Option<bool>,
    },
}
