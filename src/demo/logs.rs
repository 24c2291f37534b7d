//! Container logs: lines that follow from what a container does and serves, bounded, with the run before.
//!
//! ```text
//! buffer   the lines of one container, this run and the one before; readers and followers
//! lines    what a Spring service writes: start-up, requests, errors, a stack trace before it dies
//! ```

mod buffer;
mod lines;

pub use buffer::{Line, Logs};
pub use lines::Event;
