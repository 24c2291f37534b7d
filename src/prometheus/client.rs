//! Instant and range queries.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{Answer, Error, Transport, Window, answer};
use crate::domain::Series;

/// Longest wait for an answer.
const LIMIT: Duration = Duration::from_secs(15);

/// What may stand in a query string as it is.
const PLAIN: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A Prometheus, or what speaks its API. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    transport: Arc<dyn Transport>,
    limit: Duration,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Client").field(&self.place()).finish()
    }
}

impl Client {
    /// Makes a client over a transport.
    pub fn new(transport: impl Transport + 'static) -> Self {
        Self { transport: Arc::new(transport), limit: LIMIT }
    }

    /// Waits no longer than this for an answer.
    #[must_use]
    pub fn with_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Returns where it leads, in words for people.
    pub fn place(&self) -> &str {
        self.transport.place()
    }

    /// Asks for a chart: a series of samples per label set.
    ///
    /// # Errors
    /// Every kind of [`Error`]; Prometheus' own words for a bad query.
    pub async fn range(&self, promql: &str, window: &Window) -> Result<Vec<Series>, Error> {
        let path = format!(
            "/api/v1/query_range?query={}&start={}&end={}&step={}",
            utf8_percent_encode(promql, &PLAIN),
            window.start,
            window.end,
            window.step
        );
        answer::matrix(&self.data(path).await?)
    }

    /// Asks for the values at one instant: series of one sample each.
    ///
    /// # Errors
    /// Every kind of [`Error`]; Prometheus' own words for a bad query.
    pub async fn instant(&self, promql: &str, at: Timestamp) -> Result<Vec<Series>, Error> {
        let query = utf8_percent_encode(promql, &PLAIN);
        answer::vector(&self.data(format!("/api/v1/query?query={query}&time={}", at.as_second())).await?)
    }

    /// Proves that a query is answered there.
    ///
    /// # Errors
    /// Why not.
    pub async fn check(&self) -> Result<(), Error> {
        // Not the build information: Mimir and VictoriaMetrics need not have it.
        answer::vector(&self.data("/api/v1/query?query=vector%281%29".to_owned()).await?).map(|_| ())
    }

    async fn data(&self, path: String) -> Result<Value, Error> {
        let late = || Error::Timeout { place: self.place().to_owned(), seconds: self.limit.as_secs() };
        let answer: Answer = tokio::time::timeout(self.limit, self.transport.get(path)).await.map_err(|_| late())??;
        answer::data(self.place(), &answer)
    }
}
