//! Who calls whom, how much, and what it costs: one causal model of the shop's traffic.
//!
//! ```text
//! users ─▶ storefront ─▶ gateway ─▶ product · search · cart · order ─▶ payment · inventory
//!                                        └──────────┴────────┴─▶ postgres · redis · kafka
//! ```
//!
//! Request rates run down the arrows and are shared among the ready pods of an app; errors and
//! latency run back up. A pod's use of its CPU limit, of its connection pool and of its heap slow it
//! down, so one fault shows wherever it would in a real shop. Everything is a function of the seed,
//! the instant and the pods: the same arguments give the same load.
//!
//! [`Traffic::step`] turns [`PodInput`]s and [`Weather`] into one [`PodLoad`] for each pod.

mod flow;
mod graph;
mod input;
mod latency;
mod load;
mod pod;
mod shape;

pub use flow::Traffic;
pub use graph::{is_java, is_known};
pub use input::{Defect, PodInput, Weather};
pub use latency::BUCKETS;
pub use load::{PodLoad, Pool, RouteLoad, StatusLoad};

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the same arguments give the same bits")]
mod tests;
