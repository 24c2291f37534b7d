//! Each fault of a user's file is shown with file, line, caret and a way out.
//!
//! A fixture in `tests/bad_files/` is read as what its name begins with: theme, keymap, panel or config.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

use std::fs;
use std::path::Path;

use rolltop::problem::Problem;
use rolltop::settings::{Environment, FileText, Files, Overrides, Paths, assemble};
use rolltop::theme::Depth;

/// The problems of a fixture, loaded as if it were in the user's folder and in use.
fn problems(kind: &str, file: FileText) -> Vec<Problem> {
    let paths = Paths::of(Path::new("/home/me"), Path::new("/home/me/.config"), Path::new("/state"), None);
    let mut overrides = Overrides::default();
    let mut files = Files::default();
    match kind {
        "theme" => {
            overrides.theme = Some(file.name.clone());
            files.themes.push(file);
        }
        "keymap" => {
            overrides.keymap = Some(file.name.clone());
            files.keymaps.push(file);
        }
        "panel" => files.panels.push(file),
        "config" => files.config = Some(file),
        other => panic!("{other} is no kind of file"),
    }
    assemble(&paths, &files, &Environment::new([], Depth::True), &overrides).1
}

#[test]
fn every_fault_is_shown_with_its_place() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad_files");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 16, "fixtures are missing: {paths:?}");
    for path in paths {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let file = FileText { file: format!("{name}.toml"), name: name.clone(), text };
        let found = problems(name.split('-').next().unwrap(), file);
        assert!(!found.is_empty(), "{name} has no fault");
        for problem in &found {
            assert!(problem.span.is_some(), "{name}: {problem} has no place");
        }
        let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(name, shown.join("\n\n"));
    }
}
