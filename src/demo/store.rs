//! The objects of the simulated cluster: in memory, single-threaded, without I/O; `now` is an argument.
//!
//! ```text
//! resource   the kinds served             state      Store: reads, the change log, versions
//! object     one object and its bytes     write      create, update, status, bind: optimistic concurrency, generations
//! fields     field sets (fieldsV1)        delete     grace, finalizers, owners: what goes with what
//! ownership  managedFields after a write  defaults   what the API fills in
//! schema     how lists merge              validate   what the API refuses, in its words
//! selector   labels and fields            quota      what a ResourceQuota counts and forbids
//! custom     what custom resource definitions bring
//! log        bounded history for watches  shared     a handle for several tasks, with a wake-up
//! error      refusals as Status               address    where services answer
//! ```
//!
//! Controllers and the API server write through the same functions, so both meet the same rules.

mod address;
pub mod custom;
mod defaults;
mod delete;
mod error;
pub mod fields;
mod log;
mod object;
mod ownership;
pub mod quota;
pub mod resource;
pub mod schema;
mod selector;
mod shared;
mod state;
mod validate;
mod write;

#[cfg(test)]
mod tests;

pub use defaults::template as default_template;
pub use delete::{DeleteOptions, Propagation};
pub use error::{ApiError, Cause};
pub use fields::Managed;
pub use log::{Change, Event};
pub use object::{Meta, Object, Shared, micro_timestamp, timestamp};
pub use resource::Resource;
pub use selector::{FieldSelector, LabelSelector};
pub use shared::SharedStore;
pub use state::Store;
pub use write::{Part, Writer};
