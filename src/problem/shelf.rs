//! Named files that may inherit from each other: those shipped with the program, and the user's.

use super::{Document, Problem};

/// The `inherits` value that means "start from nothing".
const NOTHING: &str = "none";

/// One file of a shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// The name it is asked for by: the file's stem.
    pub name: String,
    /// The file as shown in problems.
    pub file: String,
    /// Its text.
    pub text: String,
    /// Whether it came with the program.
    pub shipped: bool,
}

/// All files of one kind. A user's file hides the shipped one of the same name, but may still inherit from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    kind: &'static str,
    volumes: Vec<Volume>,
}

impl Shelf {
    /// A shelf with the shipped files, given as name and text. `kind` is the word used in problems ("theme").
    pub fn new(kind: &'static str, shipped: &[(&str, &str)]) -> Self {
        let volume = |(name, text): &(&str, &str)| Volume {
            name: (*name).to_owned(),
            file: format!("{kind} {name} (shipped)"),
            text: (*text).to_owned(),
            shipped: true,
        };
        Self { kind, volumes: shipped.iter().map(volume).collect() }
    }

    /// Puts a user's file in front of the shipped ones.
    pub fn add(&mut self, name: impl Into<String>, file: impl Into<String>, text: impl Into<String>) {
        let volume = Volume { name: name.into(), file: file.into(), text: text.into(), shipped: false };
        self.volumes.insert(0, volume);
    }

    /// All files of a name, the user's before the shipped one.
    pub fn volumes<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Volume> {
        self.volumes.iter().filter(move |volume| volume.name == name)
    }

    /// The file of a name, the user's before the shipped one.
    pub fn get(&self, name: &str) -> Option<&Volume> {
        self.volumes.iter().find(|volume| volume.name == name)
    }

    /// All names, each once, in alphabetical order.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.volumes.iter().map(|volume| volume.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The file and what it inherits from, the oldest ancestor first. `fallback` is what a file without
    /// `inherits` stands on. Each unknown name and each circle is a problem, and ends the line.
    pub fn lineage(&self, start: &Volume, fallback: Option<&str>) -> (Vec<&Volume>, Vec<Problem>) {
        let mut line: Vec<&Volume> = Vec::new();
        let mut problems = Vec::new();
        let mut next = self.volumes.iter().find(|volume| *volume == start);
        while let Some(volume) = next {
            line.push(volume);
            next = self.parent(volume, &line, fallback, &mut problems);
        }
        line.reverse();
        (line, problems)
    }

    fn parent(
        &self,
        volume: &Volume,
        line: &[&Volume],
        fallback: Option<&str>,
        problems: &mut Vec<Problem>,
    ) -> Option<&Volume> {
        let document = Document::parse(&volume.file, &volume.text);
        let Some(wanted) = document.root().string("inherits") else {
            return fallback.and_then(|name| self.get(name)).filter(|parent| !line.contains(parent));
        };
        let name = wanted.get_ref().as_str();
        if name == NOTHING {
            return None;
        }
        let candidates: Vec<&Volume> = self.volumes.iter().filter(|other| other.name == name).collect();
        if let Some(parent) = candidates.iter().find(|candidate| !line.contains(candidate)) {
            return Some(parent);
        }
        let problem = if candidates.is_empty() {
            let problem =
                Problem::at(&volume.file, &volume.text, &wanted.span(), format!("there is no {} {name:?}", self.kind));
            let names = self.names();
            match super::nearest(name, names.iter().copied()) {
                Some(near) => problem.hint(format!("did you mean {near:?}?")),
                None => problem.hint(format!("known: {}", names.join(", "))),
            }
        } else {
            Problem::at(
                &volume.file,
                &volume.text,
                &wanted.span(),
                format!("{name:?} inherits from itself in a circle"),
            )
        };
        problems.push(problem);
        None
    }
}
