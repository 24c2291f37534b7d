//! Every way to fail: its text, its hint, its exit code.

use std::{fmt, process::ExitCode};

use crate::{
    cluster::{self, execute::Error},
    operation::Refusal,
    problem::Problem,
    session::operate,
};

/// Why a subcommand did not end well, by exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 1: failed, refused, or not found.
    Failed,
    /// 2: usage, or a bad file.
    Usage,
    /// 3: not decided in time, or unreachable.
    Undecided,
}

/// What is said and returned when a subcommand does not end well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// By exit code.
    pub kind: Kind,
    /// What happened and where; several lines when files are bad.
    pub text: String,
    /// What to do next; may be empty.
    pub hint: String,
}

impl Failure {
    /// Makes a failure.
    pub fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), hint: String::new() }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Makes the failure of bad files: all their problems at once.
    pub fn of_files(problems: &[Problem]) -> Self {
        let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Self::new(Kind::Usage, shown.join("\n"))
    }

    /// Returns the exit code.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }

    /// Returns the exit code as a number.
    pub fn code(&self) -> u8 {
        match self.kind {
            Kind::Failed => 1,
            Kind::Usage => 2,
            Kind::Undecided => 3,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rolltop: {}", self.text)?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, "\n  hint: {}", self.hint) }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let missing = refusal.missing.map(|rule| format!("it takes the rule: {rule}"));
        let hint = [missing.unwrap_or_default(), refusal.hint];
        let hint: Vec<String> = hint.into_iter().filter(|part| !part.is_empty()).collect();
        Self::new(Kind::Failed, refusal.sentence).hint(hint.join("; "))
    }
}

impl From<cluster::Failure> for Failure {
    fn from(failure: cluster::Failure) -> Self {
        use cluster::FailureKind::{
            BrokenKubeconfig, Cut, ExpiredCertificate, NoKubeconfig, NotConnected, NotKubernetes, Server, Timeout,
            TooManyRequests, UnknownContext, UnknownHost, Unreachable, UntrustedServer,
        };
        let kind = match failure.kind {
            NoKubeconfig | BrokenKubeconfig | UnknownContext => Kind::Usage,
            Unreachable | UnknownHost | UntrustedServer | ExpiredCertificate | Timeout | Cut | TooManyRequests
            | Server | NotKubernetes | NotConnected => Kind::Undecided,
            _ => Kind::Failed,
        };
        Self::new(kind, failure.sentence).hint(failure.hint)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Failed(failure) => failure.into(),
            Error::Status { code: 401, message, .. } => {
                Self::new(Kind::Failed, format!("the API server does not accept the credentials: {message}"))
                    .hint("log in again, or choose another context with --context")
            }
            Error::Status { code, message, .. } if code < 500 => Self::new(Kind::Failed, message),
            Error::Status { code, message, .. } => {
                Self::new(Kind::Undecided, format!("the API server answered {code}: {message}"))
            }
        }
    }
}

impl From<operate::Failure> for Failure {
    fn from(failure: operate::Failure) -> Self {
        match failure {
            operate::Failure::Refused(refusal) => refusal.into(),
            operate::Failure::Cluster(error) => error.into(),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(Kind::Failed, error.to_string())
    }
}
