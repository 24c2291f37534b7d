//! A fault in a user's file: where it is, what is wrong, what to do.
//!
//! Every loader of TOML (themes, keymaps, panels, settings, scenarios) reads through this room, so that
//! each fault has a line, a caret and a way out, and one run reports all of them.
//!
//! ```text
//! fault      Problem: file, place, sentence, hint; its Display is what a person reads
//! nearest    the name that was probably meant
//! document   Document: parsed text that remembers spans and gathers problems
//! section    Section: one table of a document; asks for keys, then reports the keys nobody asked for
//! shelf      Shelf: the shipped files of one kind and the user's own, and what inherits from what
//! ```

mod document;
mod fault;
mod nearest;
mod section;
mod shelf;

#[cfg(test)]
mod tests;

pub use document::Document;
pub use fault::{Place, Problem};
pub use nearest::nearest;
pub use section::{Entry, Section};
pub use shelf::{Shelf, Volume};
