//! One connection: watchers, owner loop, and the one path every write goes through.
//!
//! ```text
//! options     what a session is opened with         connection  the task: files, first answer, watchers, heartbeat
//! handle      Session: what can be asked            live        Picture: the world and its judgement, kept up to date
//! discovery   watchers of what may or may not be served
//! prometheus  the cluster's Prometheus, found and looked after        panels      one round of a workload's charts
//! count       the requests of a release's two sides
//! operate     prepare and execute: the one path of every write
//! ```
//!
//! [`Session::open`] only starts tasks; everything that can go wrong arrives as an observation of the link.

mod connection;
mod count;
mod discovery;
mod handle;
mod live;
pub mod operate;
mod options;
mod panels;
mod prometheus;

pub use count::count_requests;
pub use handle::{Connected, Session};
pub use live::{Live, Picture, Turn};
pub use options::ConnectOptions;
pub use panels::panel_answers;
pub use prometheus::{PrometheusAddress, PrometheusFinder, PrometheusState};
