//! The simulated company: a cluster in one process that speaks the real HTTP APIs on loopback.
//!
//! It shares no types with the client side, so neither can hide the other's mistake.
//!
//! ```text
//! clock      one clock and one seed                    store        objects, resourceVersions, watch log
//! api        HTTPS, tokens, verbs, tables, patches     controllers  what kube-controller-manager computes
//! kubelet    pulls, starts, probes, kills              company      Mambogo, its objects and its faults
//! scenario   stories as TOML                           logs         lines that follow from requests
//! traffic    users to gateway to payment to postgres   metrics      series that follow from traffic
//! prometheus time-series store, PromQL, query API      engine       one tick: all of the above, in order
//! ```

pub mod api;
pub mod clock;
pub mod company;
pub mod controllers;
pub mod engine;
pub mod kubelet;
pub mod logs;
pub mod metrics;
pub mod prometheus;
pub mod scenario;
pub mod start;
pub mod store;
pub mod traffic;
