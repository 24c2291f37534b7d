//! Kubernetes: connecting, watching, reading, asking, writing.
//!
//! ```text
//! wire        bytes into nouns: slim structs, tolerant, interned
//! execute     facts of a plan, and the only writes of the program
//! ```

pub mod execute;
pub mod wire;
