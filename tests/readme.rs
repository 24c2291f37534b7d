//! The README cannot lie about keys and commands.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

use std::{fmt::Write, fs};

use clap::CommandFactory;
use rolltop::{
    action::{Action, Context, Group},
    cli::args::Args,
    keymap,
};

const GROUPS: [Group; 5] = [Group::Move, Group::Go, Group::Find, Group::Look, Group::Act];

/// Writes the table of default keys as the README has it.
fn keys() -> String {
    let (keymap, problems) = keymap::load(&keymap::shelf(), "default");
    assert!(problems.is_empty(), "{problems:?}");
    let mut table = String::from("| | keys |\n|---|---|\n");
    for group in GROUPS {
        let actions = Action::ALL.iter().filter(|action| action.row().group == group);
        let cells: Vec<String> = actions
            .filter_map(|action| {
                let contexts = [Context::Fleet, Context::Rollout];
                let chord = contexts.into_iter().find_map(|context| keymap.chord_for(*action, context))?;
                Some(format!("`{chord}` {}", action.row().label))
            })
            .collect();
        writeln!(table, "| {} | {} |", group.title(), cells.join(" · ")).unwrap();
    }
    table
}

#[test]
fn the_keys_are_those_of_the_default_keymap() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = fs::read_to_string(path).unwrap();
    let wanted = keys();
    if std::env::var_os("UPDATE_README").is_some() {
        let (before, rest) = readme.split_once("<!-- keys -->\n").unwrap();
        let after = rest.find("\nEvery action is in the palette").unwrap();
        fs::write(path, format!("{before}<!-- keys -->\n\n{wanted}{}", &rest[after..])).unwrap();
        return;
    }
    assert!(readme.contains(&wanted), "UPDATE_README=1 cargo test --test readme writes it anew:\n{wanted}");
}

#[test]
fn every_command_it_shows_is_one() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let shown = readme.lines().filter_map(|line| line.strip_prefix("$ rolltop"));
    let mut count = 0;
    for line in shown {
        let words = line.split(['#', '|']).next().unwrap().split_whitespace();
        let words: Vec<&str> = std::iter::once("rolltop").chain(words).collect();
        if let Err(error) = Args::command().try_get_matches_from(&words) {
            panic!("{}: {error}", words.join(" "));
        }
        count += 1;
    }
    assert!(count >= 9, "only {count} commands found");
}
