//! Prometheus as several may ask it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::eval::{self, Answer};
use super::{Prometheus, Reply};

/// A handle on a Prometheus; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Monitoring(Arc<Mutex<Prometheus>>);

impl Monitoring {
    /// Answers an HTTP request: method, path, query string, body of a form.
    pub fn handle(&self, now: Timestamp, method: &str, path: &str, query: &str, form: &str) -> Reply {
        self.lock().handle(now, method, path, query, form)
    }

    /// Answers an expression at an instant; the error is Prometheus' sentence.
    pub fn ask(&self, now: Timestamp, query: &str) -> Result<Answer, String> {
        let prometheus = self.lock();
        eval::instant(&prometheus.db, prometheus.options, query, now.as_millisecond())
            .map_err(|error| error.to_string())
    }

    /// Returns the Prometheus itself, to be written to; short uses only.
    pub fn lock(&self) -> MutexGuard<'_, Prometheus> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
