//! The Prometheus client: direct, or through the API server's service proxy.
//!
//! ```text
//! transport  Transport: how a GET reaches Prometheus; the session brings one over the API server's proxy
//! direct     Direct: a URL with bearer token, basic auth and extra headers (Thanos, Mimir, VictoriaMetrics too)
//! discover   which of a cluster's services is Prometheus, best guess first
//! client     Client: instant and range queries, with a time limit
//! answer     bytes into series, pure
//! window     Window: from, to and step for a chart of so many columns
//! panels     one panel's queries, and its fallback where they answer nothing
//! traffic    what some pods answered, as counts: the evidence for and against a canary
//! error      what went wrong, where, and what to do
//! ```
//!
//! Everything is a GET: through the service proxy any other verb would need a right to create.

mod answer;
mod client;
mod direct;
mod discover;
mod error;
mod panels;
mod traffic;
mod transport;
mod window;

#[cfg(test)]
mod tests;

pub use client::Client;
pub use direct::{Credentials, Direct};
pub use discover::{Candidate, Service, rank, well_known};
pub use error::Error;
pub use panels::{PanelData, panel};
pub use traffic::traffic;
pub use transport::{Answer, Transport};
pub use window::Window;
