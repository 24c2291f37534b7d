//! What failures say of a write's effect.

use super::*;
use crate::cluster::{Failure, FailureKind};

#[test]
fn only_a_clear_no_means_that_nothing_was_done() {
    let status = |code| Error::Status { code, reason: String::new(), message: "no".to_owned() };
    let failed = |kind| Error::Failed(Failure::new(kind, "no", ""));
    for (error, expected) in [
        (status(403), Certainty::NotDone),
        (status(409), Certainty::NotDone),
        (status(422), Certainty::NotDone),
        (status(429), Certainty::NotDone),
        (status(500), Certainty::Unknown),
        (status(504), Certainty::Unknown),
        (failed(FailureKind::Unreachable), Certainty::NotDone),
        (failed(FailureKind::UntrustedServer), Certainty::NotDone),
        (failed(FailureKind::Timeout), Certainty::Unknown),
        (failed(FailureKind::Cut), Certainty::Unknown),
        (failed(FailureKind::NotKubernetes), Certainty::Unknown),
    ] {
        assert_eq!(error.certainty(), expected, "{error:?}");
    }
}
