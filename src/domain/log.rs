//! Log lines of containers.

use jiff::Timestamp;

use super::Text;

/// Which lines to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRequest {
    /// Namespace.
    pub namespace: Text,
    /// Pod.
    pub pod: Text,
    /// Container.
    pub container: Text,
    /// The run before this one.
    pub previous: bool,
    /// Keep reading as lines come.
    pub follow: bool,
    /// Last lines to begin with.
    pub tail: u32,
}

/// One line, cleaned of control sequences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When the runtime took it.
    pub at: Option<Timestamp>,
    /// Text without the timestamp.
    pub text: Box<str>,
}
