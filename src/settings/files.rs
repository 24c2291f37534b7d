//! What settings are made of: arguments, variables and texts, gathered once so that the rest is pure.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::Paths;
use crate::problem::Problem;
use crate::theme::Depth;

/// What the command line says about settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--config`: another configuration file.
    pub config: Option<PathBuf>,
    /// `--theme`.
    pub theme: Option<String>,
    /// `--keymap`.
    pub keymap: Option<String>,
    /// `--prometheus`.
    pub prometheus: Option<String>,
    /// `--read-only`.
    pub read_only: bool,
    /// `--log-level`.
    pub log_level: Option<String>,
}

/// What the environment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    terminal: Depth,
}

impl Environment {
    /// The variables given, and how many colours the terminal shows.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>, terminal: Depth) -> Self {
        Self { variables: variables.into_iter().collect(), terminal }
    }

    /// Reads the process's environment and asks it about the terminal behind standard output.
    pub fn read() -> Self {
        let ours = |name: &str| name.starts_with("ROLLTOP_") || name == "NO_COLOR";
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok().filter(|name| ours(name))?;
            Some((name, value.to_string_lossy().into_owned()))
        });
        let terminal = match supports_color::on(supports_color::Stream::Stdout) {
            Some(level) if level.has_16m => Depth::True,
            Some(level) if level.has_256 => Depth::Ansi256,
            Some(_) => Depth::Ansi16,
            None => Depth::None,
        };
        Self::new(variables, terminal)
    }

    /// A variable that is set to something.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// How many colours the terminal shows.
    pub(super) fn terminal(&self) -> Depth {
        self.terminal
    }

    /// The configuration file named by `ROLLTOP_CONFIG`.
    pub(super) fn config(&self) -> Option<&Path> {
        self.get("ROLLTOP_CONFIG").map(Path::new)
    }
}

/// A text and the file it stands in.
#[derive(Clone, PartialEq, Eq)]
pub struct FileText {
    /// The file as shown.
    pub file: String,
    /// Its stem.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Names the file; its text may hold a header that is secret.
impl fmt::Debug for FileText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileText").field("file", &self.file).finish_non_exhaustive()
    }
}

/// The texts of the user's files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// config.toml, if there is one.
    pub config: Option<FileText>,
    /// The files of `themes/`.
    pub themes: Vec<FileText>,
    /// The files of `keymaps/`.
    pub keymaps: Vec<FileText>,
    /// The files of `panels/`.
    pub panels: Vec<FileText>,
}

impl Files {
    /// Reads the user's files. A missing file or folder is no problem unless the user named it.
    pub fn read(paths: &Paths) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let config = read_file(&paths.config_file, paths.config_named, &mut problems);
        let mut folder = |kind: &str| read_folder(&paths.config_dir.join(kind), &mut problems);
        let (themes, keymaps, panels) = (folder("themes"), folder("keymaps"), folder("panels"));
        (Self { config, themes, keymaps, panels }, problems)
    }
}

fn read_folder(folder: &Path, problems: &mut Vec<Problem>) -> Vec<FileText> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            if error.kind() != ErrorKind::NotFound {
                problems.push(unreadable(folder, &error));
            }
            return Vec::new();
        }
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    paths.iter().filter_map(|path| read_file(path, true, problems)).collect()
}

fn read_file(path: &Path, must_exist: bool, problems: &mut Vec<Problem>) -> Option<FileText> {
    let read = fs::read(path).map(String::from_utf8);
    let file = path.display().to_string();
    match read {
        Ok(Ok(text)) => {
            let name = path.file_stem()?.to_string_lossy().into_owned();
            Some(FileText { file, name, text })
        }
        Ok(Err(_)) => {
            problems.push(Problem::of_file(file, "this is not UTF-8 text").hint("save it as UTF-8"));
            None
        }
        Err(error) if error.kind() == ErrorKind::NotFound && !must_exist => None,
        Err(error) => {
            problems.push(unreadable(path, &error));
            None
        }
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    let problem = Problem::of_file(path.display().to_string(), format!("cannot be read: {error}"));
    match error.kind() {
        ErrorKind::NotFound => problem.hint("correct the path, or create the file"),
        ErrorKind::PermissionDenied => problem.hint("give yourself permission to read it"),
        _ => problem,
    }
}
