//! The one path every write goes, from the screens and from the subcommands alike.
//!
//! ```text
//! prepare   facts → plan → server dry-run → Planned
//! execute   Confirmed → audit intent → fresh facts → guard → writes → audit outcome
//! second    the second step of what is done in two, as soon as it is possible
//! ```
//!
//! A plan of several writes stops at the first that fails: what was done and what was not is told, and nothing is
//! repeated. An action is neither lost nor repeated: a conflict means it was not done, so it is checked again and sent
//! again; an answer that never came may mean either, so it is looked for and reported, never sent again.

mod difference;
mod execute;
mod failure;
mod prepare;
mod second;
mod send;

pub use difference::difference;
pub use execute::execute;
pub use failure::Failure;
pub use prepare::prepare;
pub use second::{Left, left, see_through};

/// How often a write that meets a conflict is checked and sent again: a Deployment's resourceVersion moves
/// some six times a second during a normal rollout, and an attempt takes milliseconds.
const ATTEMPTS: u32 = 8;
