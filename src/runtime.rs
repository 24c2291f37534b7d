//! Terminal glue: input, redraw, effects, restore.
//!
//! ```text
//! terminal  Terminal: taken, drawn on, given back, whatever happens
//! signals   Signals: end, stop and continue, as a shell sends them
//! logging   the rolling file; nothing else is ever logged to
//! reload    Reload: the user's files, saved
//! ```

pub mod logging;
pub mod reload;
pub mod signals;
pub mod terminal;
