//! Reading what a plan rests on, and sending what was confirmed; the only writes of the program.
//!
//! ```text
//! facts    the raw target and what belongs to it
//! delivery the same for what is delivered progressively
//! find     which workloads there are, by name
//! write    one patch or eviction, guarded by resourceVersion or UID, dry or real
//! exchange one request with its own timeout and no retry, and what its failure means
//! ```
//!
//! Nothing here retries: whether a write may be repeated depends on whether it was sent, and that is for
//! [`Error::certainty`] to say and for the caller to decide.

mod delivery;
mod exchange;
mod facts;
mod find;
mod write;

pub use exchange::{Certainty, Error};
pub use facts::{read_facts, read_object, read_target};
pub use find::list_keys;
pub use write::write;

#[cfg(test)]
mod tests;
