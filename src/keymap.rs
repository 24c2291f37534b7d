//! Chords to actions, from TOML.
//!
//! ```text
//! key       Key: one key press; parsed, printed, read from the terminal
//! chord     Chord: one key or several in a row, "g g"
//! file      TOML to Keymap, with every fault of every file
//! lookup    Keymap: chord to action while a person types, action to chord for hints, help and palette
//! shipped   the keymaps that come with the program
//! ```
//!
//! A file has a table per [`crate::action::Context`]; `[everywhere]` holds in all of them but `[text]`. `inherits`
//! names the keymap it starts from (`"default"` when absent, `"none"` for an empty one), `"x" = "none"`
//! takes a chord away. `ctrl-c` always quits and cannot be bound.

mod chord;
mod file;
mod key;
mod lookup;
mod shipped;

#[cfg(test)]
mod tests;

pub use chord::Chord;
pub use file::load;
pub use key::{Code, Key, KeyError};
pub use lookup::{Keymap, Resolution};
pub use shipped::shelf;
