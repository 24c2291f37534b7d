//! What went wrong with a cluster, where, and what to do: the one place that words it.

mod answer;
mod transport;

#[cfg(test)]
mod tests;

use std::time::Duration;

/// What went wrong, where, and what to do; holds no secret and no control sequence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct Failure {
    /// What kind of thing went wrong.
    pub kind: FailureKind,
    /// What happened and where, one sentence without a full stop.
    pub sentence: String,
    /// What to do next; may be empty.
    pub hint: String,
    /// How long the server asks to be left alone.
    pub retry_after: Option<Duration>,
}

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// There is no kubeconfig, or no context is chosen.
    NoKubeconfig,
    /// A kubeconfig, or a file it names, cannot be read.
    BrokenKubeconfig,
    /// The context, or what it names, does not exist.
    UnknownContext,
    /// An exec plugin or a token file gave no credential.
    Credentials,
    /// The exec plugin must ask a person on a terminal.
    NeedsTerminal,
    /// Nothing listens there, or the way is blocked.
    Unreachable,
    /// The host's name is not known.
    UnknownHost,
    /// The server's certificate is not signed by the CA expected, or not made for this name.
    UntrustedServer,
    /// A certificate is out of its time.
    ExpiredCertificate,
    /// No answer in time.
    Timeout,
    /// The connection ended in the middle of an answer.
    Cut,
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 404.
    NotFound,
    /// 409.
    Conflict,
    /// 410: what is asked from is too old.
    Gone,
    /// 429.
    TooManyRequests,
    /// 400, 422 and other refusals of the request as such.
    Invalid,
    /// 5xx.
    Server,
    /// What answers is no Kubernetes API server, or its answer is garbled.
    NotKubernetes,
    /// The session is read-only, and the request would have written.
    ReadOnly,
    /// There is no connection yet.
    NotConnected,
}

impl Failure {
    /// Makes a failure; the sentence and the hint are cleaned.
    pub fn new(kind: FailureKind, sentence: impl AsRef<str>, hint: impl AsRef<str>) -> Self {
        let clean = |text: &str| crate::domain::text::clean(text, false).into_owned();
        Self { kind, sentence: clean(sentence.as_ref()), hint: clean(hint.as_ref()), retry_after: None }
    }

    /// Tells that only a person can help: trying again by itself is of no use.
    pub fn is_permanent(&self) -> bool {
        matches!(
            self.kind,
            FailureKind::NoKubeconfig
                | FailureKind::BrokenKubeconfig
                | FailureKind::UnknownContext
                | FailureKind::NeedsTerminal
        )
    }
}
