//! Kubernetes: connect, watch, slim wire structs, usage, logs, access, execute.

pub mod execute;
