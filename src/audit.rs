//! Append-only JSON lines: intent before a write, outcome after it, and how to undo it.
//!
//! ```text
//! entry     what one line says; values of environment variables stay out
//! journal   Journal: the file (mode 0600, each line synced before the write goes out)
//! reader    what the file says of one workload; lines that do not parse are passed over
//! ```

mod entry;
mod journal;
mod reader;

#[cfg(test)]
mod tests;

pub use entry::{Field, Intent, Line, Result};
pub use journal::{Error, Journal, Ticket};
pub use reader::{Past, Unfinished, deeds, read, unfinished};
