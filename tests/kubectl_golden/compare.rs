//! How what kubectl said then and now are compared.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::kubectl::Given;

/// Returns what differs, a sentence each; the first word says in which respect.
pub fn differences(command: &[&str], recorded: &Value, given: &Given) -> Vec<String> {
    let mut found = Vec::new();
    let text = |key: &str| recorded[key].as_str().unwrap_or_default();
    if recorded["rc"].as_i64() != Some(i64::from(given.code)) {
        found.push(format!("exit code: recorded {}, given {} ({})", recorded["rc"], given.code, given.stderr.trim()));
    }
    let first = |text: &str| normal(text.lines().next().unwrap_or_default());
    if first(text("stderr")) != first(&given.stderr) {
        found.push(format!("stderr: recorded {:?}, given {:?}", first(text("stderr")), first(&given.stderr)));
    }
    let (then, now) = (text("stdout"), given.stdout.as_str());
    let has = |word: &str| command.contains(&word);
    let difference = if has("json") && has("-o") {
        keys(&serde_json::from_str(then).unwrap_or_default(), &serde_json::from_str(now).unwrap_or_default())
    } else if has("yaml") {
        keys(&serde_saphyr::from_str(then).unwrap_or_default(), &serde_saphyr::from_str(now).unwrap_or_default())
    } else if command[0] == "describe" {
        titles(then, now)
    } else if has("status") {
        rollout(then, now)
    } else if is_table(then) || is_table(now) {
        tables(then, now)
    } else {
        lines(then, now)
    };
    found.extend(difference);
    found
}

/// What no two runs share: hashes, addresses, times, versions of objects.
static UNLIKE: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    const PATTERNS: &[(&str, &str)] = &[
        (r"127\.0\.0\.1:\d+", "ADDRESS"),
        (r"\d{4}-\d\d-\d\dT[\d:]+Z", "TIME"),
        (r"(-[bcdfghjklmnpqrstvwxz2456789]{6,10}){1,2}-[bcdfghjklmnpqrstvwxz2456789]{5}\b", "-POD"),
        (r"log-shipper-[bcdfghjklmnpqrstvwxz2456789]{5}\b", "log-shipper-POD"),
        (r"(order-service|payment-service|fresh|kafka)-[bcdfghjklmnpqrstvwxz2456789]{6,10}\b", "$1-HASH"),
        (r"delay=\d+s timeout=\d+s period=\d+s", "delay=D timeout=T period=P"),
        // Two words for the same pod, a moment apart.
        (r"\b(CrashLoopBackOff|Error)\b", "CRASHING"),
        (r"pod-template-hash=\w+", "pod-template-hash=HASH"),
    ];
    PATTERNS.iter().map(|(pattern, with)| (Regex::new(pattern).unwrap(), *with)).collect()
});

/// Replaces what no two runs share.
fn normal(text: &str) -> String {
    UNLIKE
        .iter()
        .fold(text.trim_end().to_owned(), |text, (pattern, with)| pattern.replace_all(&text, *with).into_owned())
}

fn is_table(text: &str) -> bool {
    text.lines().next().is_some_and(|head| {
        head.len() > 4
            && head
                .chars()
                .all(|c| c.is_ascii_uppercase() || "-()% ".contains(c) || c.is_ascii_digit() || c.is_ascii_lowercase())
            && head.contains("  ")
            && head.starts_with(|c: char| c.is_ascii_uppercase())
    })
}

fn keys(then: &Value, now: &Value) -> Option<String> {
    let (mut before, mut after) = (BTreeSet::new(), BTreeSet::new());
    paths(then, String::new(), &mut before);
    paths(now, String::new(), &mut after);
    let missing: Vec<&String> = before.difference(&after).collect();
    let more: Vec<&String> = after.difference(&before).collect();
    (!missing.is_empty() || !more.is_empty()).then(|| format!("keys: missing {missing:?}, unexpected {more:?}"))
}

fn paths(value: &Value, path: String, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                paths(value, format!("{path}.{key}"), found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| paths(item, format!("{path}[]"), found)),
        _ => {}
    }
    found.insert(path);
}

fn titles(then: &str, now: &str) -> Option<String> {
    let list = |text: &str| -> Vec<String> {
        let titles = text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
        titles.filter_map(|line| Some(line.split_once(':')?.0.to_owned())).collect()
    };
    let (then, now) = (list(then), list(now));
    (then != now).then(|| format!("titles: recorded {then:?}, given {now:?}"))
}

/// The lines of a rollout come in the same order of kinds and end the same; which counts one sees is a matter of timing.
fn rollout(then: &str, now: &str) -> Option<String> {
    let kinds = |text: &str| -> Vec<String> {
        let number = Regex::new(r"\d+").unwrap();
        let mut kinds: Vec<String> =
            text.lines().map(|line| number.replace_all(&normal(line), "N").into_owned()).collect();
        kinds.dedup();
        kinds
    };
    let (before, after) = (kinds(then), kinds(now));
    let known = after.iter().all(|kind| before.contains(kind));
    let same_end = before.last() == after.last();
    (!known || !same_end || !in_order(&before, &after))
        .then(|| format!("rollout: recorded {before:#?}, given {after:#?}"))
}

/// The shorter list is the longer one with some lines not seen.
fn in_order(one: &[String], other: &[String]) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let mut rest = long.iter();
    short.iter().all(|kind| rest.any(|known| known == kind))
}

const PASSING: &[&str] =
    &["AGE", "IP", "NODE", "LAST SEEN", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)", "TARGETS", "RESTARTS"];

/// Cuts a table into rows of cells by the positions of its headings.
fn cells(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut lines = text.lines();
    let head: Vec<char> = lines.next().unwrap_or_default().chars().collect();
    let mut starts: Vec<usize> = Vec::new();
    for index in 0..head.len() {
        let after_gap = index == 0 || (index >= 2 && head[index - 1] == ' ' && head[index - 2] == ' ');
        if after_gap && head[index] != ' ' {
            starts.push(index);
        }
    }
    let cut = |line: &[char]| -> Vec<String> {
        let bounds = starts
            .iter()
            .enumerate()
            .map(|(index, start)| (*start, starts.get(index + 1).copied().unwrap_or(usize::MAX)));
        let cell = |(from, to): (usize, usize)| {
            line.get(from.min(line.len())..to.min(line.len())).unwrap_or_default().iter().collect::<String>()
        };
        bounds.map(|bounds| cell(bounds).trim().to_owned()).collect()
    };
    let rows =
        lines.filter(|line| !line.trim().is_empty()).map(|line| cut(&line.chars().collect::<Vec<_>>())).collect();
    (cut(&head), rows)
}

fn tables(then: &str, now: &str) -> Option<String> {
    let split = |text: &str| -> Vec<(Vec<String>, BTreeSet<String>)> {
        let blocks = text.split("\n\n").filter(|block| !block.trim().is_empty());
        blocks
            .map(|block| {
                let (head, rows) = cells(block);
                let kept = |row: &Vec<String>| {
                    let cells = head.iter().zip(row).filter(|(name, _)| !PASSING.contains(&name.as_str()));
                    normal(&cells.map(|(_, cell)| normal(cell)).collect::<Vec<_>>().join(" | "))
                };
                let rows = rows.iter().map(kept).collect();
                (head, rows)
            })
            .collect()
    };
    let (before, after) = (split(then), split(now));
    for ((head, rows), (our_head, our_rows)) in before.iter().zip(&after) {
        if head != our_head {
            return Some(format!("headings: recorded {head:?}, given {our_head:?}"));
        }
        if rows != our_rows {
            let missing: Vec<&String> = rows.difference(our_rows).collect();
            let more: Vec<&String> = our_rows.difference(rows).collect();
            return Some(format!("rows: missing {missing:#?}, unexpected {more:#?}"));
        }
    }
    (before.len() != after.len()).then(|| format!("tables: recorded {}, given {}: {now}", before.len(), after.len()))
}

fn lines(then: &str, now: &str) -> Option<String> {
    let (then, now) = (normal(then), normal(now));
    (then != now).then(|| format!("text: recorded {then:?}, given {now:?}"))
}
