//! The subcommands: arguments, their meaning, printers, exit codes.

pub mod args;
pub mod failure;
pub mod print;
pub mod target;
