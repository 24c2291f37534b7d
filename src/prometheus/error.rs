//! What went wrong with Prometheus, where, and what to do.

/// A failed question to Prometheus; holds no credential and no control sequence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing answers there.
    #[error("{place} cannot be reached: {why}")]
    Unreachable {
        /// The address or service.
        place: String,
        /// The innermost cause.
        why: String,
    },
    /// No answer in time.
    #[error("{place} did not answer within {seconds} s; a shorter range asks for less")]
    Timeout {
        /// The address or service.
        place: String,
        /// The limit in seconds.
        seconds: u64,
    },
    /// 401 or 403.
    #[error("{place} refused the request ({status}): {why}")]
    Refused {
        /// The address or service.
        place: String,
        /// HTTP status.
        status: u16,
        /// What was said, or what to do.
        why: String,
    },
    /// The API server's proxy has no way there: no such service, no ready endpoint.
    #[error("{place} has no ready endpoint: {why}")]
    NoEndpoint {
        /// The service.
        place: String,
        /// The API server's words.
        why: String,
    },
    /// What answers is no Prometheus.
    #[error("{place} answered {status} with something that is no Prometheus answer: {quote}")]
    NotPrometheus {
        /// The address or service.
        place: String,
        /// HTTP status.
        status: u16,
        /// The beginning of the answer.
        quote: String,
    },
    /// Prometheus' own error: a bad query, a query that is too large.
    #[error("{kind}: {message}")]
    Query {
        /// `bad_data`, `execution`, `timeout` …
        kind: String,
        /// Prometheus' own words.
        message: String,
    },
    /// The answer has another type than the question.
    #[error("the query answers a {found}, not a {wanted}")]
    WrongType {
        /// The type expected.
        wanted: &'static str,
        /// The type found.
        found: String,
    },
    /// A credential file cannot be read.
    #[error("cannot read {file}: {why}")]
    Credential {
        /// The file.
        file: String,
        /// Why.
        why: String,
    },
    /// The address or a header is not one.
    #[error("{what} cannot be used: {why}")]
    Setting {
        /// Which setting.
        what: String,
        /// Why.
        why: String,
    },
}
