//! Terminal glue: input, redraw, effects, restore.
//!
//! ```text
//! start     Start: what the command line asks for; run() takes the terminal, draws, and only then connects
//! desk      Desk: the loop: signals, keys, answers, observations, saved files, time
//! frame     when and how a frame is drawn                 input     terminal events to messages
//! effects   what the app asks for, carried out            fetch     what takes time: plans, logs, YAML, panels
//! inject    faults for the simulated company that is shown
//! rules     what holds in a context                       watching  which rollouts ended or stuck, last words
//! terminal  Terminal: taken, drawn on, given back, whatever happens
//! signals   Signals: end, stop and continue, as a shell sends them
//! logging   the rolling file; nothing else is ever logged to
//! count     requests of a release's two sides           second    the second step of what is done in two
//! reload    Reload: the user's files, saved                  files     and read again
//! ```

mod count;
mod desk;
mod effects;
mod fetch;
mod files;
mod frame;
mod inject;
mod input;
pub mod logging;
pub mod reload;
mod rules;
mod second;
pub mod signals;
mod start;
pub mod terminal;
mod watching;

pub use start::{Start, run};
