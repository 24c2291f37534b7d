//! Is the canary good? Canary versus stable, by a checklist and not by a feeling.
//!
//! ```text
//! sides    what is known of each side: requests, pods, restarts, saturation        Observed
//! share    error share: two-proportion score test                                  z
//! rank     p99: interval of ranks, mapped to the histogram's buckets               Interval
//! words    numbers as people read them
//! ```
//!
//! **How sure.** A page that is open looks again every few seconds, at overlapping windows, so a usual level of 5 %
//! would raise an alarm in every longer release. Every check is one-sided (the canary is *worse*), and a canary is
//! called bad only where chance would do this in about 1 of 10 000 looks *and* the difference matters to anybody:
//!
//! | check | statistic | level | matters from |
//! |---|---|---|---|
//! | errors | pooled two-proportion score test with Yates' correction | z ≥ 3.72 (one-sided 0.0001), at least 5 failures | 0.2 points |
//! | p99 | ranks `n q ± 3 √(n q (1-q))` of each side, widened to bucket bounds; the intervals must not overlap | 0.27 % each side | 20 % and 5 ms |
//! | restarts | counts | 2 and more, twice as many a pod | |
//! | memory | share of the limit | 90 %, 10 points above stable | |
//!
//! Between good and bad lies unclear: an error share above stable's beyond 1 % chance, a p99 estimated half as long
//! again. CPU at its limit is never bad by itself: a new process burns it while it starts, and what throttling does to users
//! shows as latency. Fewer than 200 requests on a side are not enough traffic to say anything; the 99th percentile
//! has an upper bound only from 891 requests on (`n (1-q) ≥ 3 √(n q (1-q))`), until then it is unclear.

mod rank;
mod share;
mod sides;
#[cfg(test)]
mod tests;
mod words;

pub use rank::Interval;
pub use sides::{Observed, Sides, began, observed, pods};

use crate::{
    domain::{Traffic, WorkloadKey},
    world::World,
};

use super::{Delivery, Side};

use words::{count, percent};

/// Requests each side needs before anything is said of its traffic.
pub const ENOUGH: f64 = 200.0;

/// What a check found, or all of them together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// No worse than stable.
    Good,
    /// Worse, beyond chance and by an amount that matters.
    Bad,
    /// It cannot be told yet.
    Unclear,
    /// Nothing measures it here.
    Unmeasured,
}

impl Finding {
    /// Returns its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Unclear => "unclear",
            Self::Unmeasured => "unmeasured",
        }
    }
}

/// One line of the checklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// `errors`, `p99`, `restarts`, `memory`, `cpu`.
    pub what: &'static str,
    /// What was found.
    pub finding: Finding,
    /// Numbers and sample sizes of both sides, as one short sentence.
    pub sentence: String,
    /// The same in a few words, for a line with little room.
    pub brief: String,
}

/// Canary against stable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// All checks together; never [`Finding::Unmeasured`].
    pub verdict: Finding,
    /// Why, as one sentence.
    pub sentence: String,
    /// The same in a few words, for a line with little room.
    pub brief: String,
    /// The checks, in the order they are read.
    pub checks: Vec<Check>,
}

/// Requests of stable and of the canary, or why they are not known.
pub type Counts = Result<(Traffic, Traffic), String>;

/// Judges a release by what is known of both sides and by what was counted of them; `None` where there are no two.
pub fn judge(world: &World, key: &WorkloadKey, delivery: &Delivery, counted: Option<&Counts>) -> Option<Comparison> {
    let tried = delivery.tried()?;
    let (old, new) = match counted {
        Some(Ok((old, new))) => (Ok(old.clone()), Ok(new.clone())),
        Some(Err(why)) => (Err(why.clone()), Err(why.clone())),
        None => (Err(NO_PODS.to_owned()), Err(NO_PODS.to_owned())),
    };
    let since = began(world, tried);
    let of = |side: &Side, traffic| observed(world, &key.namespace, side, traffic, since);
    Some(compare(&of(&delivery.stable, old), &of(tried, new), (delivery.stable.role, tried.role)))
}

const NO_PODS: &str = "one of the two has no pods to be asked for";

/// Compares what was observed of the two sides, which are called by their roles: `("stable", "canary")`.
pub fn compare(stable: &Observed, canary: &Observed, roles: (&str, &str)) -> Comparison {
    let mut checks = traffic(stable, canary, roles);
    checks.extend([
        restarts(stable, canary, roles),
        saturation("memory", (stable.memory, canary.memory), 0.90, Finding::Bad, roles),
        saturation("cpu", (stable.cpu, canary.cpu), 0.95, Finding::Unclear, roles),
    ]);
    let first = |finding: Finding| checks.iter().find(|check| check.finding == finding);
    let telling = first(Finding::Bad).or_else(|| first(Finding::Unclear));
    let (verdict, sentence, brief) = if let Some(check) = telling {
        (check.finding, check.sentence.clone(), check.brief.clone())
    } else {
        let requests = canary.traffic.as_ref().map_or(0.0, Traffic::count);
        let brief = format!("no worse in {} requests", count(requests));
        (Finding::Good, good(stable, canary, &checks, roles), brief)
    };
    Comparison { verdict, sentence, brief, checks }
}

/// Says what was looked at and on how many requests, and what could not be.
fn good(stable: &Observed, canary: &Observed, checks: &[Check], (old, new): (&str, &str)) -> String {
    let named = |finding: Finding| -> Vec<&str> {
        checks.iter().filter(|check| check.finding == finding).map(|check| check.what).collect()
    };
    let requests = |side: &Observed| side.traffic.as_ref().map_or(0.0, Traffic::count);
    let mut sentence = format!(
        "no worse in {} ({} requests on {new}, {} on {old})",
        named(Finding::Good).join(", "),
        count(requests(canary)),
        count(requests(stable)),
    );
    let unmeasured = named(Finding::Unmeasured);
    if !unmeasured.is_empty() {
        sentence = format!("{sentence}; not measured: {}", unmeasured.join(", "));
    }
    sentence
}

/// Errors and latency; one line in their place where there is too little to go by.
fn traffic(stable: &Observed, canary: &Observed, roles: (&str, &str)) -> Vec<Check> {
    let unclear =
        |sentence: String, brief: String| vec![Check { what: "traffic", finding: Finding::Unclear, sentence, brief }];
    let unknown = || "traffic unknown".to_owned();
    let (old, new) = match (&stable.traffic, &canary.traffic) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(why), _) | (_, Err(why)) => return unclear(format!("traffic: {why}"), unknown()),
    };
    if old.requests.is_none() && new.requests.is_none() {
        return unclear("traffic: Prometheus holds no request counts of these pods".to_owned(), unknown());
    }
    let short = [(new, roles.1), (old, roles.0)].into_iter().find(|(side, _)| side.count() < ENOUGH);
    if let Some((side, role)) = short {
        let so_far = format!("{} of {} requests", count(side.count()), count(ENOUGH));
        return unclear(
            format!("not enough traffic yet: {so_far} on {role} in {}", words::duration(side.seconds)),
            format!("{so_far} on {role}"),
        );
    }
    vec![share::errors(old, new, roles), rank::latency(old, new, roles)]
}

fn restarts(stable: &Observed, canary: &Observed, (old, new): (&str, &str)) -> Check {
    let each = |side: &Observed| f64::from(side.restarts) / f64::from(side.pods.max(1));
    let finding = match canary.restarts {
        0 => Finding::Good,
        _ if each(canary) <= each(stable) => Finding::Good,
        2.. if each(canary) >= 2.0 * each(stable) => Finding::Bad,
        _ => Finding::Unclear,
    };
    let pods = |side: &Observed, role: &str| {
        format!("{} in {} {role} {}", side.restarts, side.pods, if side.pods == 1 { "pod" } else { "pods" })
    };
    let sentence = format!("restarts: {}, {}", pods(canary, new), pods(stable, old));
    let brief = format!("{new} restarts: {} vs {}", canary.restarts, stable.restarts);
    Check { what: "restarts", finding, sentence, brief }
}

fn saturation(
    what: &'static str,
    (stable, canary): (Option<f64>, Option<f64>),
    full: f64,
    grave: Finding,
    (old, new): (&str, &str),
) -> Check {
    let Some(share) = canary else {
        return unmeasured(what, "no limit or no reading");
    };
    let beside = stable.map_or_else(|| "unknown".to_owned(), percent);
    let above = share >= full && share - stable.unwrap_or(0.0) >= 0.1;
    Check {
        what,
        finding: if above { grave } else { Finding::Good },
        sentence: format!("{what}: {} of the limit on {new}, {beside} on {old}", percent(share)),
        brief: format!("{new} {what}: {} vs {beside}", percent(share)),
    }
}

/// A check that nothing measures.
fn unmeasured(what: &'static str, why: &str) -> Check {
    let (sentence, brief) = (format!("{what}: {why}"), format!("{what} not measured"));
    Check { what, finding: Finding::Unmeasured, sentence, brief }
}
