//! Numbers over time.

use std::collections::BTreeMap;

use super::Text;

/// One value at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Seconds since the epoch.
    pub at: f64,
    /// Value; may be NaN or infinite.
    pub value: f64,
}

/// A labelled line of samples, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Labels, `__name__` among them.
    pub labels: BTreeMap<Text, Text>,
    /// Samples.
    pub samples: Vec<Sample>,
}
