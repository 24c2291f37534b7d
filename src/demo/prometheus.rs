//! Prometheus: a time-series store, PromQL, rules and the query API, all in memory.
//!
//! ```text
//! metrics ── append ──▶ tsdb ◀── read ── eval ◀── syntax (promql-parser)
//!                         ▲                ▲
//!                         └─── rules ──────┴─── api: path and parameters to JSON ◀── listener
//! ```
//!
//! What is answered, and how windows end, is in `docs/promql.md`.

mod api;
pub mod eval;
mod labels;
mod listener;
mod number;
pub mod rules;
mod shared;
mod syntax;
pub mod tsdb;

use jiff::Timestamp;

pub use api::Reply;
pub use eval::Answer;
pub use labels::{Labels, METRIC_NAME};
pub use listener::{Credentials, ListenError, serve};
pub use number::plain as plain_number;
pub use rules::Rules;
pub use shared::Monitoring;
pub use tsdb::Tsdb;

/// A Prometheus server without its network.
#[derive(Debug)]
pub struct Prometheus {
    /// The series.
    pub db: Tsdb,
    /// Recording and alerting rules.
    pub rules: Rules,
    /// What is scraped, as clients are told.
    pub targets: Vec<Target>,
    /// Types and helps of metrics, as clients are told.
    pub metadata: &'static [Metadata],
    /// Seconds between scrapes, as clients are told.
    pub scrape_interval: f64,
    /// How queries are answered.
    pub options: eval::Options,
}

/// Something that is scraped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Name of the scrape pool.
    pub pool: String,
    /// Host and port.
    pub address: String,
    /// Path of the exposition.
    pub path: String,
    /// Labels that every series from it carries.
    pub labels: Vec<(String, String)>,
    /// When it was scraped last.
    pub scraped: Option<Timestamp>,
    /// Why the last scrape failed; empty when it did not.
    pub error: String,
}

/// What is known of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metadata {
    /// Its name, without the suffixes of a histogram's series.
    pub name: &'static str,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// One sentence.
    pub help: &'static str,
}

impl Default for Prometheus {
    fn default() -> Self {
        Self {
            db: Tsdb::new(),
            rules: Rules::default(),
            targets: Vec::new(),
            metadata: &[],
            scrape_interval: 15.0,
            options: eval::Options::default(),
        }
    }
}

impl Prometheus {
    /// Answers an HTTP request. `query` is what stands after `?` in the address, `form` the body of
    /// a POST.
    pub fn handle(&self, now: Timestamp, method: &str, path: &str, query: &str, form: &str) -> Reply {
        api::handle(self, now, (method, path), (query, form))
    }

    /// Evaluates the rules at `now`.
    pub fn evaluate_rules(&mut self, now: Timestamp) {
        self.rules.evaluate(&mut self.db, self.options, now);
    }
}
