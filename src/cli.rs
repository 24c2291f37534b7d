//! The subcommands: arguments, their meaning, printers, exit codes.
//!
//! ```text
//! args     what was typed, by clap              intent   what it means, free of clap
//! target   WORKLOAD and which object it is      failure  every way to fail: text, hint, exit code
//! print    the one place that prints            report   shapes for programs, tables for people
//! reach    connect, find the workload, watch     look     status, history
//! write    preview, ask, do                      follow   until rolled out, stuck, or out of time
//! evidence canary against stable, before it is promoted
//! check    what stands in the way                shell    completions, man, config
//! screen   the live screen, and `demo`          simulate the company, for `simulate` and `demo`
//! run      intent → subcommand → exit code
//! ```

pub mod args;
mod check;
mod evidence;
pub mod failure;
pub mod follow;
pub mod intent;
mod look;
pub mod print;
pub mod reach;
pub mod report;
mod run;
mod screen;
pub mod selector;
mod shell;
mod simulate;
pub mod target;
pub mod write;

#[cfg(test)]
mod tests;

pub use run::run;
