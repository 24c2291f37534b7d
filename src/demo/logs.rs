//! Container logs: lines that follow from what a container does and serves, bounded, with the run before.
//!
//! ```text
//! buffer   the lines of one container, this run and the one before; readers and followers
//! past     the minutes before the start, made up when somebody reads them
//! lines    what a Spring service writes: start-up, requests, errors, a stack trace before it dies
//! ```

mod buffer;
mod lines;
mod past;

pub use buffer::{Line, Logs};
pub use lines::Event;
pub use past::Past;
