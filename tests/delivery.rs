//! Progressive delivery in the simulated company, in virtual time: Argo Rollouts, Flagger, tracks and slots.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

#[path = "delivery/argo_canary.rs"]
mod argo_canary;
#[path = "delivery/bare.rs"]
mod bare;
#[path = "delivery/bluegreen.rs"]
mod bluegreen;
#[path = "delivery/flagger.rs"]
mod flagger;
#[path = "delivery/rollouts.rs"]
mod rollouts;
#[path = "delivery/shop.rs"]
mod shop;
