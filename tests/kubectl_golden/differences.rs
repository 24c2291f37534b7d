//! Where the simulated cluster and the recorded one differ on purpose.

/// Command, beginning of the difference, reason.
pub const REASONS: &[(&str, &str, &str)] = &[];
