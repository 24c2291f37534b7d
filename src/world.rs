//! What is known now: [`World::apply`] folds an observation in and tells what changed.
//!
//! ```text
//! Observation ─▶ World::apply ─▶ fold/{workloads revisions pods delivery events …}
//!                     │                 │
//!                     │                 ├─▶ units       which workloads one release is made of
//!                     │                 ├─▶ Store       objects by namespace and name, and by one index (owner, target, subject)
//!                     │                 └─▶ history     what only the watch can know: first sights, ended runs, usage over time
//!                     └─▶ Changed       which workloads to judge and draw again
//! ```
//!
//! Every question of [`World`]'s selectors costs as much as its answer is long: nothing scans the cluster.
//! A complete list replaces its namespace in one step, so a relist neither flickers nor doubles.

mod changed;
#[cfg(test)]
pub(crate) mod fixtures;
mod fold;
mod history;
mod pairs;
mod select;
mod sources;
mod state;
mod store;
#[cfg(test)]
mod tests;
mod units;

pub use changed::Changed;
pub use history::{PodHistory, ReadyTime, RunEnd, TemplateChange, UsagePoint, UsageRing, WorkloadHistory};
pub use select::Usage;
pub use sources::Source;
pub use state::World;
pub use units::Unit;
