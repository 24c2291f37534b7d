//! Every file that ships is embedded, loads without a problem, and is told about.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use rolltop::problem::Shelf;
use rolltop::settings::{Environment, FileText, Files, Overrides, Paths, Settings, assemble};
use rolltop::theme::Depth;
use rolltop::{action::Action, keymap, panel, theme};

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn texts(folder: &str) -> BTreeMap<String, String> {
    let entries = fs::read_dir(root(folder)).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap()))
        .collect()
}

fn embedded(shelf: &Shelf) -> BTreeMap<String, String> {
    let volume = |name: &&str| shelf.get(name).unwrap().text.clone();
    shelf.names().iter().map(|name| ((*name).to_owned(), volume(name))).collect()
}

fn settings(text: &str) -> (Settings, Vec<String>) {
    let paths = Paths::of(Path::new("/home/me"), Path::new("/home/me/.config"), Path::new("/state"), None);
    let config = FileText { file: "config.toml".into(), name: "config".into(), text: text.to_owned() };
    let files = Files { config: Some(config), ..Files::default() };
    let (settings, problems) = assemble(&paths, &files, &Environment::new([], Depth::True), &Overrides::default());
    (settings, problems.iter().map(ToString::to_string).collect())
}

#[test]
fn every_file_is_embedded_as_it_stands() {
    assert_eq!(texts("themes"), embedded(&theme::shelf()));
    assert_eq!(texts("keymaps"), embedded(&keymap::shelf()));
    assert_eq!(texts("panels"), embedded(&panel::shelf()));
}

#[test]
fn every_file_loads_without_a_problem() {
    let (settings, problems) = settings("");
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(settings.check_shelves(), Vec::new());
    assert_eq!(settings.panels.len(), texts("panels").len());
}

#[test]
fn the_sample_configuration_equals_the_defaults() {
    let sample = fs::read_to_string(root("docs/config.example.toml")).unwrap();
    let (from_sample, problems) = settings(&sample);
    assert_eq!(problems, Vec::<String>::new());
    let values = |settings: &Settings| -> Vec<(String, String)> {
        settings.rows().iter().map(|row| (row.key.clone(), row.value.clone())).collect()
    };
    let (defaults, _) = settings("");
    assert_eq!(values(&from_sample), values(&defaults));
}

#[test]
fn the_examples_in_the_sample_configuration_work_and_leave_nothing_out() {
    let sample = fs::read_to_string(root("docs/config.example.toml")).unwrap();
    let uncomment = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') && !rest.is_empty() => rest.to_owned(),
        _ => line.to_owned(),
    };
    let text: Vec<String> = sample.lines().map(uncomment).collect();
    let (with_examples, problems) = settings(&text.join("\n"));
    assert_eq!(problems, Vec::<String>::new());
    for row in with_examples.rows().iter().filter(|row| !row.key.starts_with("contexts")) {
        assert!(row.source != rolltop::settings::Source::Default, "{} is missing in the sample", row.key);
    }
    assert!(with_examples.options.in_context("prod-eu").protected.value);
}

#[test]
fn the_documentation_names_everything_a_user_can_write() {
    let page = fs::read_to_string(root("docs/configuration.md")).unwrap();
    let (settings, _) = settings("");
    let mut names: BTreeSet<String> = BTreeSet::new();
    names.extend(settings.rows().iter().map(|row| row.key.clone()));
    names.extend(theme::shelf().names().iter().map(ToString::to_string));
    names.extend(keymap::shelf().names().iter().map(ToString::to_string));
    names.extend(panel::shelf().names().iter().map(ToString::to_string));
    names.extend(panel::Unit::NAMES.iter().map(|(name, _)| (*name).to_owned()));
    names.extend(theme::Role::ALL.iter().map(|role| role.name()));
    names.extend(Action::ALL.iter().map(|action| action.name().to_owned()));
    let missing: Vec<&String> = names.iter().filter(|name| !page.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "docs/configuration.md does not name {missing:?}");
}
