//! A value, or why there is none. Zero is a value.

use std::fmt;

use super::Text;

/// Why a source has nothing to show; each reads differently on screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absence {
    /// The user may not ask; holds the missing rule, e.g. `list pods.metrics.k8s.io`.
    Forbidden(Text),
    /// The cluster does not serve it; holds what is missing, e.g. `metrics.k8s.io`.
    NoApi(Text),
    /// The source is there and has not seen this object yet.
    NotYet,
    /// The request failed; holds what went wrong.
    Failed(Text),
}

/// What a source says of one thing.
pub type Reading<T> = Result<T, Absence>;

impl fmt::Display for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbidden(rule) => write!(f, "no permission: {rule}"),
            Self::NoApi(what) => write!(f, "not served: {what}"),
            Self::NotYet => f.write_str("not scraped yet"),
            Self::Failed(why) => write!(f, "request failed: {why}"),
        }
    }
}
