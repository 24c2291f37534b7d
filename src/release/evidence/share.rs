//! Error share: is the canary's greater than chance allows?

use crate::domain::Traffic;

use super::{
    Check, Finding, unmeasured,
    words::{count, percent},
};

/// One-sided normal quantile of 0.9999.
const Z: f64 = 3.719;
/// One-sided normal quantile of 0.99: from here on it is not called good.
const SUSPICIOUS: f64 = 2.326;
/// Failures of the canary below which nothing is judged: the normal approximation is poor there.
const FEWEST: f64 = 5.0;
/// A difference of shares that matters.
const MATTERS: f64 = 0.002;

/// The pooled two-proportion score statistic with Yates' continuity correction: standard deviations by which the
/// second share is above the first; 0 where both are all or nothing, or a side is empty.
pub(super) fn score(first: (f64, f64), second: (f64, f64)) -> f64 {
    let ((failed, n), (failed_2, n_2)) = (first, second);
    if n <= 0.0 || n_2 <= 0.0 {
        return 0.0;
    }
    let pooled = (failed + failed_2) / (n + n_2);
    let weight = 1.0 / n + 1.0 / n_2;
    let spread = (pooled * (1.0 - pooled) * weight).sqrt();
    let difference = failed_2 / n_2 - failed / n;
    if spread <= 0.0 {
        return 0.0;
    }
    (difference.abs() - 0.5 * weight).max(0.0).copysign(difference) / spread
}

/// Compares error shares.
pub(super) fn errors(stable: &Traffic, canary: &Traffic, (old, new): (&str, &str)) -> Check {
    let what = "errors";
    let (Some(share), Some(share_new)) = (stable.error_share(), canary.error_share()) else {
        return unmeasured(what, "no series counts them");
    };
    let failed = |side: &Traffic| (side.errors.unwrap_or(0.0).min(side.count()), side.count());
    let z = score(failed(stable), failed(canary));
    let matters = share_new - share >= MATTERS;
    let finding = match z {
        Z.. if matters && failed(canary).0 >= FEWEST => Finding::Bad,
        SUSPICIOUS.. if matters => Finding::Unclear,
        _ => Finding::Good,
    };
    let sentence = format!(
        "errors: {} of {} requests on {new}, {} of {} on {old}",
        percent(share_new),
        count(canary.count()),
        percent(share),
        count(stable.count())
    );
    let sentence = match finding {
        Finding::Unclear => format!("{sentence}: more requests must tell whether by chance"),
        _ => sentence,
    };
    let brief = format!("{new} errs: {} vs {}", percent(share_new), percent(share));
    Check { what, finding, sentence, brief }
}
