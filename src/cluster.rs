//! Kubernetes: connecting, watching, reading, asking, writing.
//!
//! ```text
//! kubeconfig  which files, which context                     connect   from a context to a Client
//! client      calls with their own time limit, no retries    failure   what went wrong, in sentences
//! wire        bytes into nouns: slim structs, tolerant, interned
//! watch       list and watch a family for ever               usage     metrics.k8s.io, polled
//! logs        log lines, followed                            object    any object, raw or as YAML
//! access      who one is and what one may do         discovery  what is served beside the built-in kinds
//! execute     facts of a plan, and the only writes of the program
//! ```

pub mod access;
pub mod client;
pub mod connect;
pub mod discovery;
pub mod execute;
pub mod failure;
pub mod kubeconfig;
pub mod logs;
pub mod object;
pub mod usage;
pub mod watch;
pub mod wire;

pub use client::Client;
pub use connect::Access;
pub use failure::{Failure, FailureKind};
