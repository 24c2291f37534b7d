//! Prometheus' own evaluation tests, read from beside the repository.

use std::path::{Path, PathBuf};

use rolltop::demo::prometheus::eval::{self, Answer, Options, QueryError, WindowRule};
use rolltop::demo::prometheus::{Labels, Tsdb};

use crate::compare::nearly;
use crate::openmetrics;

/// The files that our functions need.
const FILES: [&str; 8] = [
    "aggregators.test",
    "at_modifier.test",
    "collision.test",
    "functions.test",
    "literals.test",
    "operators.test",
    "staleness.test",
    "subquery.test",
];

/// Functions that came after Prometheus 2.42 or are experimental.
const OUTSIDE: [&str; 12] = [
    "mad_over_time",
    "sort_by_label",
    "ts_of_",
    "first_over_time",
    "step()",
    "range()",
    "start()",
    "end()",
    "min_of(",
    "max_of(",
    "double_exponential_smoothing(http_requests_mix",
    "testcounter_reset_middle_mix",
];

/// Evaluations that differ: a part of the expression, and the reason.
const REASONS: [(&str, &str); 8] = [
    ("topk(NaN, non_existent)", "2.42 takes NaN as none, 3 refuses it"),
    ("increase(http_requests_total[100m])", ZERO_CUTOFF),
    ("testcounter_zero_cutoff_total", ZERO_CUTOFF),
    ("avg_over_time(metric[2m])", COMPENSATED),
    ("avg_over_time(metric11[1m])", COMPENSATED),
    ("data(_histogram|_sparse|_empty)?", "counts native histograms"),
    ("many_side > on(job)", "2.42 looks for several matches among what passes the filter only"),
    ("many_side >= on(job)", "2.42 looks for several matches among what passes the filter only"),
];

/// A difference between the versions.
const ZERO_CUTOFF: &str = "2.42 stops at a counter's zero before it halves a long gap, 3 after";

/// A difference between the versions.
const COMPENSATED: &str = "2.42 keeps a running mean, 3 divides a compensated sum";

/// One evaluation of a file.
struct Case {
    line: usize,
    times: Times,
    query: String,
    expected: Vec<String>,
    fails: bool,
    ordered: bool,
    /// Metrics in the store of which native histograms were left out.
    histograms: Vec<String>,
}

impl Case {
    /// Whether it is about what we do not have: native histograms, later functions, plain numbers as
    /// durations.
    fn is_outside(&self) -> bool {
        let query = self.query.replace("@ start()", "").replace("@ end()", "");
        self.expected.iter().any(|line| line.contains("{{"))
            || self.histograms.iter().any(|name| query.contains(name.as_str()))
            || OUTSIDE.iter().any(|word| query.contains(word))
            || query.split("offset").skip(1).any(is_number)
            || query.split(['[', ':']).skip(1).any(is_number)
    }
}

/// Whether a text begins with a number without a unit.
fn is_number(text: &str) -> bool {
    let text = text.trim_start_matches([' ', '-']);
    let rest = text.trim_start_matches(|char: char| char.is_ascii_digit());
    rest.len() < text.len() && !rest.starts_with(|char: char| char.is_ascii_alphabetic())
}

enum Times {
    Instant(i64),
    Range(i64, i64, i64),
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/examples/prometheus-rules/promql-tests")
}

fn options() -> Options {
    Options { window: WindowRule::LeftOpen, ..Options::default() }
}

#[test]
fn prometheus_own_tests_pass() {
    if !folder().is_dir() {
        println!("SKIPPED: {} is absent, so Prometheus' own tests were not run", folder().display());
        return;
    }
    let (mut passed, mut outside, mut differing) = (0, 0, Vec::new());
    for file in FILES {
        let text = std::fs::read_to_string(folder().join(file)).unwrap();
        run(&text, &mut |db, case| match check(db, case) {
            Ok(()) => passed += 1,
            Err(_) if case.is_outside() => outside += 1,
            Err(_) if REASONS.iter().any(|(part, _)| case.query.contains(part)) => outside += 1,
            Err(difference) => differing.push(format!("{file}:{} {}: {difference}", case.line, case.query)),
        });
    }
    assert!(passed > 750, "only {passed} agree");
    println!("{passed} agree, {outside} are outside the subset, {} differ", differing.len());
    assert!(differing.is_empty(), "{differing:#?}");
}

/// Goes through a file: fills stores, and hands each evaluation to `judge`.
fn run(text: &str, judge: &mut impl FnMut(&Tsdb, &Case)) {
    let mut db = Tsdb::new();
    let mut histograms: Vec<String> = Vec::new();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        let line = line.trim();
        let mut block = Vec::new();
        while let Some((_, next)) = lines.next_if(|(_, next)| next.starts_with([' ', '\t']) && !next.trim().is_empty())
        {
            if !next.trim().starts_with('#') {
                block.push(next.trim().to_owned());
            }
        }
        if line == "clear" {
            db = Tsdb::new();
            histograms.clear();
        } else if let Some(step) = line.strip_prefix("load ") {
            // Of a series that is there twice the last counts.
            for series in block.iter().rev() {
                if series.contains("{{") {
                    histograms.push(name_of(series));
                } else {
                    load(&mut db, duration(step), series);
                }
            }
        } else if line.starts_with("load_with_nhcb") {
            histograms.extend(block.iter().map(|series| name_of(series)));
        } else if line.starts_with("eval") {
            let case = case(index + 1, line, block);
            judge(&db, &Case { histograms: histograms.clone(), ..case });
        }
    }
}

/// The metric's name at the start of a series.
fn name_of(series: &str) -> String {
    series.split(['{', ' ', '\t']).next().unwrap_or_default().to_owned()
}

fn case(line: usize, text: &str, block: Vec<String>) -> Case {
    let (command, rest) = text.split_once(' ').unwrap();
    let (times, query) = if let Some(rest) = rest.trim().strip_prefix("instant at ") {
        let (at, query) = rest.split_once(' ').unwrap();
        (Times::Instant(duration(at)), query)
    } else {
        let words: Vec<&str> = rest.trim().splitn(8, ' ').collect();
        let ["range", "from", from, "to", to, "step", step, query] = words[..] else { panic!("{text}") };
        (Times::Range(duration(from), duration(to), duration(step)), query)
    };
    let (expectations, expected): (Vec<String>, Vec<String>) =
        block.into_iter().partition(|line| line.starts_with("expect ") && !line.starts_with("expect string"));
    let expects = |word: &str| expectations.iter().any(|line| line[7..].starts_with(word));
    Case {
        line,
        times,
        query: query.trim().to_owned(),
        expected,
        fails: command == "eval_fail" || expects("fail"),
        ordered: expects("ordered"),
        histograms: Vec::new(),
    }
}

/// Appends a series in the notation of the files.
fn load(db: &mut Tsdb, step: i64, text: &str) {
    let (series, values) = split(text);
    let (name, labels) = openmetrics::series(series);
    let pairs: Vec<(&str, &str)> = labels.iter().map(|(name, value)| (&**name, &**value)).collect();
    let named = pairs.iter().find(|(name, _)| *name == "__name__").map_or(name, |(_, name)| name);
    let others: Vec<(&str, &str)> = pairs.iter().copied().filter(|(name, _)| *name != "__name__").collect();
    let id = db.series(named, &others);
    for (index, value) in sequence(values).into_iter().enumerate() {
        let at = step * i64::try_from(index).unwrap();
        if let Some(value) = value {
            db.append(id, at, value);
        }
    }
}

/// A series and its values.
fn split(text: &str) -> (&str, &str) {
    let end = text.rfind("\"}").map(|end| end + 2).or_else(|| text.find("{}").map(|end| end + 2));
    let end = end.unwrap_or_else(|| text.find([' ', '\t']).unwrap_or(0));
    (&text[..end], text[end..].trim())
}

/// Values in the notation `1 2 _ stale 0+10x3 7x2`.
fn sequence(text: &str) -> Vec<Option<f64>> {
    text.split_whitespace().flat_map(item).collect()
}

fn item(text: &str) -> Vec<Option<f64>> {
    if let Some(times) = text.strip_prefix('_') {
        return vec![None; times.strip_prefix('x').map_or(1, |times| times.parse().unwrap())];
    }
    if text == "stale" {
        return vec![Some(f64::from_bits(0x7ff0_0000_0000_0002))];
    }
    let Some((start, times)) = text.split_once('x').filter(|(start, _)| !start.is_empty()) else {
        return vec![Some(number(text))];
    };
    let times: u32 = times.parse().unwrap();
    // The sign of the increment is the last one that is neither the first character nor an exponent's.
    let sign = start.char_indices().rev().find(|(index, char)| {
        *index > 0 && matches!(char, '+' | '-') && !start[..*index].ends_with(['e', 'E', '+', '-'])
    });
    match sign {
        Some((index, sign)) => {
            let first = number(&start[..index]);
            let by = number(&start[index + 1..]) * if sign == '-' { -1.0 } else { 1.0 };
            (0..=times).map(|time| Some(first + by * f64::from(time))).collect()
        }
        None => vec![Some(number(start)); times as usize + 1],
    }
}

fn number(text: &str) -> f64 {
    match text.trim_start_matches('+') {
        "Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        "NaN" => f64::NAN,
        hex if hex.starts_with("0x") => f64::from(u32::from_str_radix(&hex[2..], 16).unwrap()),
        other => other.parse().unwrap_or_else(|_| panic!("{other} is no number")),
    }
}

/// Milliseconds of `5m`, `1m30s`, `-1d`, or of seconds without a unit.
fn duration(text: &str) -> i64 {
    let text = text.trim();
    if let Some(ahead) = text.strip_prefix('-') {
        return -duration(ahead);
    }
    if let Ok(seconds) = text.parse::<f64>() {
        return i64::try_from(jiff::SignedDuration::from_secs_f64(seconds).as_millis()).unwrap();
    }
    let units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
    let (mut rest, mut sum) = (text, 0);
    while !rest.is_empty() {
        let digits = rest.find(|char: char| !char.is_ascii_digit()).unwrap_or_else(|| panic!("{text} is no duration"));
        let (unit, length) = units.iter().find(|(unit, _)| rest[digits..].starts_with(unit)).unwrap();
        sum += rest[..digits].parse::<i64>().unwrap() * length;
        rest = &rest[digits + unit.len()..];
    }
    sum
}

/// Evaluates a case and compares.
fn check(db: &Tsdb, case: &Case) -> Result<(), String> {
    if case.expected.iter().any(|line| line.contains("{{")) {
        return Err("the result is a native histogram".to_owned());
    }
    let answer = match case.times {
        Times::Instant(at) => eval::instant(db, options(), &case.query, at),
        Times::Range(from, to, step) => eval::range(db, options(), &case.query, (from, to, step)),
    };
    match (answer, case.fails) {
        (Err(_), true) => Ok(()),
        (Ok(answer), true) => Err(format!("should fail, gives {answer:?}")),
        (Err(QueryError::BadData(text) | QueryError::Execution(text)), false) => Err(text),
        (Ok(answer), false) => compare(&answer, case),
    }
}

fn compare(answer: &Answer, case: &Case) -> Result<(), String> {
    let mut actual = match answer {
        Answer::Scalar(value) => vec![(Labels::empty(), vec![Some(*value)])],
        Answer::Vector(elements) => {
            elements.iter().map(|(labels, value)| (labels.clone(), vec![Some(*value)])).collect()
        }
        Answer::Matrix(series) => match case.times {
            Times::Range(from, to, step) => {
                series.iter().map(|(labels, samples)| (labels.clone(), on_grid(samples, (from, to, step)))).collect()
            }
            Times::Instant(_) => series
                .iter()
                .map(|(labels, samples)| (labels.clone(), samples.iter().map(|(_, value)| Some(*value)).collect()))
                .collect(),
        },
        Answer::String(text) => {
            return if case.expected.iter().any(|line| line.replace('`', "\"") == format!("expect string {text:?}")) {
                Ok(())
            } else {
                Err(text.clone())
            };
        }
    };
    let mut expected: Vec<(Labels, Vec<Option<f64>>)> = case.expected.iter().map(|line| expectation(line)).collect();
    if let Times::Range(from, to, step) = case.times {
        let steps = usize::try_from((to - from) / step + 1).unwrap();
        for (_, values) in &mut expected {
            values.resize(steps, None);
        }
    }
    if !case.ordered {
        let key = |element: &(Labels, Vec<Option<f64>>)| element.0.clone();
        actual.sort_by_key(key);
        expected.sort_by_key(key);
    }
    let same = actual.len() == expected.len()
        && actual.iter().zip(&expected).all(|(own, theirs)| {
            own.0 == theirs.0
                && own.1.len() == theirs.1.len()
                && own.1.iter().zip(&theirs.1).all(|pair| match pair {
                    (Some(one), Some(other)) => nearly(*one, *other, 1e-6),
                    (one, other) => one.is_none() && other.is_none(),
                })
        });
    if same { Ok(()) } else { Err(format!("{expected:?} against {actual:?}")) }
}

fn on_grid(samples: &[(i64, f64)], (from, to, step): (i64, i64, i64)) -> Vec<Option<f64>> {
    let mut values = Vec::new();
    let mut at = from;
    while at <= to {
        values.push(samples.iter().find(|(own, _)| *own == at).map(|(_, value)| *value));
        at += step;
    }
    values
}

/// Labels and values of an expected line; a lone number is a scalar.
fn expectation(line: &str) -> (Labels, Vec<Option<f64>>) {
    let (series, values) = split(line);
    if values.is_empty() || series.is_empty() {
        return (Labels::empty(), sequence(line));
    }
    let (name, labels) = openmetrics::series(series);
    let mut pairs: Vec<(&str, &str)> = labels.iter().map(|(name, value)| (&**name, &**value)).collect();
    pairs.push(("__name__", name));
    pairs.sort_by_key(|(name, value)| (*name, value.is_empty()));
    pairs.dedup_by_key(|(name, _)| *name);
    (Labels::from_pairs(&pairs), sequence(values))
}
