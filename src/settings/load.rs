//! All layers to settings, with every problem of every file.

use std::path::PathBuf;

use super::files::FileText;
use super::layers::Layers;
use super::options::Names;
use super::{Environment, Files, Options, Overrides, Paths, Row};
use crate::keymap::{self, Keymap};
use crate::panel::{self, Panel};
use crate::problem::{Document, Problem, Shelf};
use crate::theme::{self, Styles, Theme};

/// Everything a user can set, ready for use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The options of config.toml.
    pub options: Options,
    /// Where files are.
    pub paths: Paths,
    /// The theme in use.
    pub theme: Theme,
    /// The keymap in use.
    pub keymap: Keymap,
    /// The panels, in their order.
    pub panels: Vec<Panel>,
    rows: Vec<Row>,
    themes: Shelf,
    keymaps: Shelf,
}

/// Reads environment and files and puts all layers together. Never fails: each problem leaves the layer
/// below in force.
pub fn load(overrides: &Overrides) -> (Settings, Vec<Problem>) {
    let environment = Environment::read();
    let paths = Paths::find(overrides.config.as_deref().or(environment.config()));
    let (files, mut problems) = Files::read(&paths);
    let (settings, found) = assemble(&paths, &files, &environment, overrides);
    problems.extend(found);
    (settings, problems)
}

/// Puts all layers together, without I/O.
pub fn assemble(
    paths: &Paths,
    files: &Files,
    environment: &Environment,
    overrides: &Overrides,
) -> (Settings, Vec<Problem>) {
    let themes = filled(theme::shelf(), &files.themes);
    let keymaps = filled(keymap::shelf(), &files.keymaps);
    let panels = filled(panel::shelf(), &files.panels);

    let (file, text) =
        files.config.as_ref().map_or(("config.toml", ""), |config| (config.file.as_str(), config.text.as_str()));
    let document = Document::parse(file, text);
    let mut layers = Layers::new(&document, file.to_owned(), environment);
    let mut root = document.root();
    let names = Names { themes: &themes, keymaps: &keymaps };
    let options = Options::read(&mut root, &mut layers, overrides, paths, &names);
    root.close();
    let (rows, outer) = layers.finish();
    let mut problems = document.into_problems();
    problems.extend(outer);

    let (theme, found) = theme::load(&themes, &options.theme.value);
    problems.extend(found);
    let (keymap, found) = keymap::load(&keymaps, &options.keymap.value);
    problems.extend(found);
    let (panels, found) = panel::load(&panels);
    problems.extend(found);
    (Settings { options, paths: paths.clone(), theme, keymap, panels, rows, themes, keymaps }, problems)
}

fn filled(mut shelf: Shelf, files: &[FileText]) -> Shelf {
    for file in files {
        shelf.add(&file.name, &file.file, &file.text);
    }
    shelf
}

impl Settings {
    /// Every option with its value and source, in the order of the sample configuration.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The styles of the theme in use, for the colours in use.
    pub fn styles(&self) -> Styles {
        Styles::new(&self.theme, self.options.colour.value)
    }

    /// The names of all themes, shipped and the user's.
    pub fn theme_names(&self) -> Vec<&str> {
        self.themes.names()
    }

    /// Another theme, to be switched to, and what is wrong with it.
    pub fn theme_named(&self, name: &str) -> (Theme, Vec<Problem>) {
        theme::load(&self.themes, name)
    }

    /// The problems of all themes and keymaps, in use or not.
    pub fn check_shelves(&self) -> Vec<Problem> {
        let themes = self.themes.names().into_iter().flat_map(|name| theme::load(&self.themes, name).1);
        let keymaps = self.keymaps.names().into_iter().flat_map(|name| keymap::load(&self.keymaps, name).1);
        let mut problems: Vec<Problem> = Vec::new();
        for problem in themes.chain(keymaps) {
            // A file others inherit from is read more than once.
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
        problems
    }

    /// Where files are saved that matter; see [`Paths::watched`].
    pub fn watched(&self) -> Vec<PathBuf> {
        self.paths.watched()
    }
}
