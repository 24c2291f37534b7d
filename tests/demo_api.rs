//! The simulated cluster's API as plain HTTP sees it: concurrency, lists, watches, patches, permissions, faults, protobuf.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

#[path = "demo_api/support.rs"]
mod support;

#[path = "demo_api/faults.rs"]
mod faults;
#[path = "demo_api/objects.rs"]
mod objects;
#[path = "demo_api/people.rs"]
mod people;
#[path = "demo_api/protobuf.rs"]
mod protobuf;
#[path = "demo_api/validation.rs"]
mod validation;
#[path = "demo_api/watches.rs"]
mod watches;
