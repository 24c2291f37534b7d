//! The closed list of actions a person may ask for by key, palette or mouse.
//!
//! One table holds everything said about an action: its name in keymap files, its label in the hint bar,
//! its sentence in help and palette, where it applies and whether it writes. Keymaps are checked against it
//! while they load, and help, hint bar and palette are made from it, so that none of them can lie.
//!
//! ```text
//! context   Context: the place on screen that decides what a key means
//! table     Action and its rows
//! ```

mod context;
mod table;

pub use context::Context;
pub use table::{Action, Group, Risk, Row};
