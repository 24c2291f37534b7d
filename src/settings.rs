//! Typed layers of configuration; each value knows where it came from.
//!
//! ```text
//! overrides   Overrides: what the command line says          environment  Environment: what variables say
//! paths       where the files are                            files        Files: their texts, read once
//! source      Sourced, Source, Row: a value and its origin   layers       default < file < environment < flag
//! options     Options: every option of config.toml           contexts     [contexts."prod-*"], by pattern
//! prometheus  address and credentials, which stay together   load         all of it to Settings and problems
//! ```
//!
//! [`load()`] never fails: what is wrong is a problem and the layer below counts, so that the TUI can start
//! and show it while a subcommand refuses. [`assemble`] is the same without I/O, for reloading when a
//! file is saved.

mod contexts;
mod files;
mod layers;
mod load;
mod options;
mod paths;
mod prometheus;
mod source;

#[cfg(test)]
mod tests;

pub use contexts::{ContextOptions, ContextRule};
pub use files::{Environment, FileText, Files, Overrides};
pub use load::{Settings, assemble, load};
pub use options::{Notifications, Options};
pub use paths::Paths;
pub use prometheus::{BasicAuth, PrometheusOptions, Secret};
pub use source::{Row, Source, Sourced};
