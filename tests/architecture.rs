//! The house rules a compiler does not check: which room may use which, file sizes, guides.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// A room and the rooms it may use; a room not named here fails the test.
const EDGES: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("problem", &[]),
    ("world", &["domain"]),
    ("action", &["domain"]),
    ("release", &["domain", "world"]),
    ("operation", &["domain", "world", "release"]),
    ("keymap", &["action", "problem"]),
    ("theme", &["problem", "domain"]),
    ("panel", &["problem", "domain"]),
    ("settings", &["keymap", "theme", "panel", "problem", "release"]),
    ("app", &["domain", "world", "release", "operation", "action", "keymap"]),
    (
        "view",
        &[
            "domain",
            "problem",
            "world",
            "action",
            "release",
            "operation",
            "keymap",
            "theme",
            "panel",
            "settings",
            "app",
        ],
    ),
    ("ui", &["view", "theme"]),
    ("cluster", &["domain", "operation", "panel"]),
    ("prometheus", &["domain", "operation", "panel", "cluster"]),
    ("audit", &["domain", "operation", "panel"]),
    (
        "session",
        &[
            "cluster",
            "prometheus",
            "audit",
            "domain",
            "problem",
            "world",
            "action",
            "release",
            "operation",
            "keymap",
            "theme",
            "panel",
            "settings",
            "app",
            "view",
        ],
    ),
    ("demo", &["problem"]),
    ("cli", &["*"]),
    ("runtime", &["*"]),
];

#[test]
fn rooms_use_only_what_the_table_allows() {
    let allowed: BTreeMap<_, BTreeSet<_>> =
        EDGES.iter().map(|(room, uses)| (*room, uses.iter().copied().collect())).collect();
    let mut wrong = Vec::new();
    let files = sources();
    assert!(files.len() > 20, "the walk found only {} files", files.len());
    for path in files {
        let Some(room) = room_of(&path) else { continue };
        let Some(uses) = allowed.get(room.as_str()) else {
            wrong.push(format!("{}: room `{room}` is not in the table", path.display()));
            continue;
        };
        for used in rooms_used(&fs::read_to_string(&path).unwrap()) {
            if used != room && !uses.contains("*") && !uses.contains(used.as_str()) {
                wrong.push(format!("{}: {room} may not use {used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn drawing_and_judgement_do_no_io() {
    let pure = ["domain", "world", "release", "operation", "action", "keymap", "app", "view", "ui"];
    let io = [
        "tokio::",
        "reqwest::",
        "kube::",
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "Timestamp::now",
        "Instant::now",
    ];
    let mut wrong = Vec::new();
    for path in sources() {
        let Some(room) = room_of(&path).filter(|room| pure.contains(&room.as_str())) else { continue };
        let text = fs::read_to_string(&path).unwrap();
        for word in io.iter().filter(|word| code(&text).any(|line| line.contains(**word))) {
            wrong.push(format!("{}: `{word}` does not belong into {room}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_has_a_guide_and_stays_small() {
    let mut wrong = Vec::new();
    for path in sources() {
        let text = fs::read_to_string(&path).unwrap();
        if !text.starts_with("//!") {
            wrong.push(format!("{}: opens without a guide (`//!`)", path.display()));
        }
        let lines = text.lines().count();
        if lines > 500 {
            wrong.push(format!("{}: {lines} lines; split it", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_is_checked_against_what_it_must_catch() {
    let found = rooms_used("use crate::{domain::Pod, world};\nlet x = crate::cluster::connect();\n// crate::demo\n");
    assert_eq!(found, BTreeSet::from(["domain", "world", "cluster"].map(String::from)));
    assert_eq!(
        rooms_used("use crate::{\n    app::{App, Effect},\n    view,\n};"),
        BTreeSet::from(["app", "view"].map(String::from))
    );
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn sources() -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root(), &mut found);
    found
}

/// The room a file belongs to: the first part of its path below `src/`; none for `lib.rs` and `main.rs`.
fn room_of(path: &Path) -> Option<String> {
    let first = path.strip_prefix(root()).ok()?.components().next()?.as_os_str().to_str()?;
    let room = first.strip_suffix(".rs").unwrap_or(first);
    (room != "lib" && room != "main").then(|| room.to_owned())
}

fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim_start).filter(|line| !line.starts_with("//"))
}

/// Every `crate::room` and every first name inside `crate::{…}`.
fn rooms_used(text: &str) -> BTreeSet<String> {
    let text: String = code(text).collect::<Vec<_>>().join("\n");
    let mut rooms = BTreeSet::new();
    for (at, found) in text.match_indices("crate::") {
        let rest = &text[at + found.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            rooms.extend(first_names(group));
        } else {
            rooms.insert(name(rest));
        }
    }
    rooms.retain(|room| !room.is_empty());
    rooms
}

fn first_names(group: &str) -> Vec<String> {
    let (mut depth, mut expect, mut names) = (0, true, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expect = true,
            c if depth == 0 && expect && !c.is_whitespace() => {
                names.push(name(&group[at..]));
                expect = false;
            }
            _ => {}
        }
    }
    names
}

fn name(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect()
}
