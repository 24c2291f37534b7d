//! Tables with values computed by hand, and false alarms counted over seeds.

use super::{share::score, words::*, *};

fn traffic(requests: f64, errors: f64, buckets: &[(f64, f64)]) -> Traffic {
    Traffic {
        seconds: 300.0,
        requests: Some(requests),
        errors: Some(errors),
        buckets: Traffic::histogram(buckets.to_vec()),
    }
}

fn side(traffic: Traffic) -> Observed {
    Observed { traffic: Ok(traffic), pods: 3, restarts: 0, cpu: Some(0.4), memory: Some(0.6) }
}

const ROLES: (&str, &str) = ("stable", "canary");

#[test]
fn the_score_is_the_textbooks() {
    for (first, second, chi_squared, source) in [
        // Myocardial infarctions, aspirin against placebo (Physicians' Health Study, NEJM 1989; Agresti, Categorical
        // Data Analysis, table 2.1): R's prop.test(c(189, 104), c(11034, 11037)) says X-squared = 24.429.
        ((104.0, 11_037.0), (189.0, 11_034.0), 24.429, "Agresti"),
        // By hand: pooled 16/400 = 0.04, spread √(0.04·0.96·0.01) = 0.019596, (0.08 - 0.005)/0.019596 = 3.8273.
        ((0.0, 200.0), (16.0, 200.0), 14.648, "by hand"),
        // By hand: pooled 22/2000, spread √(0.011·0.989·0.002), (0.002 - 0.001)/0.0046645 = 0.21438.
        ((10.0, 1000.0), (12.0, 1000.0), 0.046, "by hand"),
    ] {
        let z = score(first, second);
        assert!((z * z - chi_squared).abs() < 5e-4, "{source}: {}", z * z);
        assert!((score(second, first) + z).abs() < 1e-12, "the other way round it is the opposite");
    }
    assert!(score((0.0, 500.0), (0.0, 300.0)).abs() < f64::EPSILON, "nothing failed");
    assert!(score((0.0, 0.0), (5.0, 300.0)).abs() < f64::EPSILON, "an empty side says nothing");
}

#[test]
fn ranks_become_bounds_of_buckets() {
    let bounds = [0.1, 0.25, 0.5, 1.0, f64::INFINITY];
    let of = |counts: [f64; 5]| {
        let buckets: Vec<(f64, f64)> = bounds.into_iter().zip(counts).collect();
        Interval::of(&traffic(counts[4], 0.0, &buckets), 0.99, 3.0).unwrap()
    };
    for (counts, low, high, why) in [
        // n 1000: n q = 990, spread 3·√9.9 = 9.44: ranks 980 and 1000.
        ([900.0, 981.0, 995.0, 1000.0, 1000.0], 0.1, 1.0, "980 is in the second bucket, 1000 in the fourth"),
        ([900.0, 979.0, 1000.0, 1000.0, 1000.0], 0.25, 0.5, "both in the third"),
        ([1000.0, 1000.0, 1000.0, 1000.0, 1000.0], 0.0, 0.1, "all in the first"),
        // n 890: 881.1 + 8.905 = 890.005, one rank more than there are.
        ([800.0, 890.0, 890.0, 890.0, 890.0], 0.1, f64::INFINITY, "too few for an upper bound"),
        // n 891: 882.09 + 8.9098 = 890.9998.
        ([800.0, 891.0, 891.0, 891.0, 891.0], 0.1, 0.25, "just enough"),
        ([900.0, 900.0, 900.0, 960.0, 1000.0], 1.0, f64::INFINITY, "beyond the histogram"),
    ] {
        let found = of(counts);
        assert!((found.low - low).abs() < 1e-12, "{why}: {found:?}");
        assert!(found.high.total_cmp(&high).is_eq(), "{why}: {found:?}");
    }
}

#[test]
fn each_verdict_says_its_numbers() {
    let quick = [(0.1, 9000.0), (0.25, 10_000.0), (f64::INFINITY, 10_000.0)];
    let slow = [(0.1, 500.0), (0.25, 900.0), (1.0, 1000.0), (f64::INFINITY, 1000.0)];
    let fine = [(0.1, 900.0), (0.25, 1000.0), (f64::INFINITY, 1000.0)];
    let stable = side(traffic(10_000.0, 20.0, &quick));
    for (canary, verdict, sentence) in [
        (
            side(traffic(1000.0, 3.0, &fine)),
            Finding::Good,
            "no worse in errors, p99, restarts, memory, cpu (1000 requests on canary, 10000 on stable)",
        ),
        (
            side(traffic(1000.0, 61.0, &fine)),
            Finding::Bad,
            "errors: 6.1 % of 1000 requests on canary, 0.2 % of 10000 on stable",
        ),
        (
            side(traffic(1000.0, 10.0, &fine)),
            Finding::Bad,
            "errors: 1 % of 1000 requests on canary, 0.2 % of 10000 on stable",
        ),
        (
            side(traffic(1000.0, 7.0, &fine)),
            Finding::Unclear,
            "errors: 0.7 % of 1000 requests on canary, 0.2 % of 10000 on stable: more requests must tell whether by chance",
        ),
        (
            side(traffic(1000.0, 3.0, &slow)),
            Finding::Bad,
            "p99: 250 ms to 1 s of 1000 requests on canary, 100–250 ms of 10000 on stable",
        ),
        (
            side(traffic(84.0, 30.0, &[])),
            Finding::Unclear,
            "not enough traffic yet: 84 of 200 requests on canary in 5 min",
        ),
        (
            side(traffic(1000.0, 3.0, &[])),
            Finding::Good,
            "no worse in errors, restarts, memory, cpu (1000 requests on canary, 10000 on stable); not measured: p99",
        ),
        (
            Observed { restarts: 4, pods: 1, ..side(traffic(84.0, 0.0, &[])) },
            Finding::Bad,
            "restarts: 4 in 1 canary pod, 0 in 3 stable pods",
        ),
        (
            Observed { restarts: 1, ..side(traffic(1000.0, 3.0, &fine)) },
            Finding::Unclear,
            "restarts: 1 in 3 canary pods, 0 in 3 stable pods",
        ),
        (
            Observed { memory: Some(0.97), ..side(traffic(1000.0, 3.0, &fine)) },
            Finding::Bad,
            "memory: 97 % of the limit on canary, 60 % on stable",
        ),
        (
            Observed { cpu: Some(0.97), ..side(traffic(1000.0, 3.0, &fine)) },
            Finding::Unclear,
            "cpu: 97 % of the limit on canary, 40 % on stable",
        ),
        (
            Observed { traffic: Err("no Prometheus was found".into()), ..side(Traffic::default()) },
            Finding::Unclear,
            "traffic: no Prometheus was found",
        ),
    ] {
        let found = compare(&stable, &canary, ROLES);
        assert_eq!((found.verdict, &*found.sentence), (verdict, sentence), "{:?}", found.checks);
    }
}

#[test]
fn what_stable_suffers_too_is_not_blamed_on_the_canary() {
    let fine = [(0.1, 900.0), (0.25, 1000.0), (f64::INFINITY, 1000.0)];
    let sick = Observed { restarts: 9, memory: Some(0.95), ..side(traffic(2000.0, 120.0, &fine)) };
    let canary = Observed { restarts: 2, memory: Some(0.97), ..side(traffic(1000.0, 63.0, &fine)) };
    assert_eq!(compare(&sick, &canary, ROLES).verdict, Finding::Good);
    let silent = Observed { traffic: Ok(Traffic::default()), ..sick };
    let found = compare(&silent, &Observed { traffic: Ok(Traffic::default()), ..canary }, ROLES);
    assert_eq!(found.sentence, "traffic: Prometheus holds no request counts of these pods");
}

#[test]
fn numbers_are_short() {
    for (share, text) in [
        (0.0, "0 %"),
        (0.000_01, "0.01 %"),
        (0.0007, "0.07 %"),
        (0.0021, "0.21 %"),
        (0.061, "6.1 %"),
        (0.5, "50 %"),
        (1.0, "100 %"),
        (0.02, "2 %"),
        (0.256, "26 %"),
    ] {
        assert_eq!(percent(share), text);
    }
    for (low, high, text) in [
        (0.0, 0.005, "up to 5 ms"),
        (0.1, 0.25, "100–250 ms"),
        (0.25, 1.0, "250 ms to 1 s"),
        (1.0, 2.5, "1–2.5 s"),
        (10.0, f64::INFINITY, "above 10 s"),
    ] {
        assert_eq!(interval(Interval { low, high }), text);
    }
}

/// One version's behaviour.
#[derive(Clone, Copy)]
struct Version {
    errors: f64,
    median: f64,
    shape: f64,
}

const BOUNDS: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, f64::INFINITY];
const WELL: Version = Version { errors: 0.004, median: 0.045, shape: 4.0 };

/// What a version does within one look: failures and a histogram.
fn look(version: Version, requests: u32, random: &mut fastrand::Rng) -> (f64, f64, [f64; 12]) {
    let (mut failed, mut counts) = (0.0, [0.0; 12]);
    for _ in 0..requests {
        failed += f64::from(u8::from(random.f64() < version.errors));
        let draw = random.f64().max(1e-12);
        let took = version.median * (draw / (1.0 - draw)).powf(1.0 / version.shape);
        for (count, bound) in counts.iter_mut().zip(BOUNDS) {
            *count += f64::from(u8::from(took <= bound));
        }
    }
    (f64::from(requests), failed, counts)
}

fn window(looks: &[(f64, f64, [f64; 12])]) -> Observed {
    let (mut requests, mut failed, mut buckets) = (0.0, 0.0, BOUNDS.map(|bound| (bound, 0.0)));
    for (n, errors, counts) in looks {
        requests += n;
        failed += errors;
        for ((_, sum), count) in buckets.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    side(traffic(requests, failed, &buckets))
}

/// Looks 40 times at the last 20 looks' worth of traffic, of which stable and the canary get at least so many requests
/// a look; returns what was concluded each time.
fn watch(seed: u64, canary: Version, least: (u32, u32)) -> Vec<Finding> {
    let mut random = fastrand::Rng::with_seed(seed);
    // From a small canary beside much traffic to an even split, on a busy or a quiet service.
    let (stable_each, share) = (least.0 + random.u32(..160), 0.05 + random.f64() * 0.95);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hundred requests")]
    let canary_each = ((f64::from(stable_each) * share).ceil() as u32).max(least.1);
    let (mut old, mut new, mut found) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..40 {
        old.push(look(WELL, stable_each, &mut random));
        new.push(look(canary, canary_each, &mut random));
        let from = old.len().saturating_sub(20);
        found.push(compare(&window(&old[from..]), &window(&new[from..]), ROLES).verdict);
    }
    found
}

#[test]
fn two_identical_versions_raise_no_false_alarm() {
    let mut good = 0;
    for seed in 0..100 {
        let found = watch(seed, WELL, (50, 1));
        let bad = found.iter().filter(|finding| **finding == Finding::Bad).count();
        assert_eq!(bad, 0, "seed {seed}: {found:?}");
        good += usize::from(found.last() == Some(&Finding::Good));
    }
    assert!(good >= 60, "most services have enough traffic to be called good in the end: {good}");
}

#[test]
fn failing_and_slow_canaries_are_caught() {
    let failing = Version { errors: 0.08, ..WELL };
    let slow = Version { median: 0.2, ..WELL };
    for (name, version) in [("5xx", failing), ("latency", slow)] {
        for seed in 0..100 {
            let found = watch(seed, version, (150, 20));
            assert!(found.contains(&Finding::Bad), "{name}, seed {seed}: missed: {found:?}");
            assert_eq!(found.last(), Some(&Finding::Bad), "{name}, seed {seed}: {found:?}");
            // With too little traffic it may stay unclear; it is never called good.
            let quiet = watch(seed, version, (50, 1));
            assert!(!quiet.contains(&Finding::Good), "{name}, seed {seed}: called good: {quiet:?}");
        }
    }
}
