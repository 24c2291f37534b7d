//! Pages of text, and searching in them.

use super::{App, Effect, Page, TypedLine};
use crate::{
    action::Action,
    domain::{ObjectRef, WorkloadKey},
};

/// A search in a text.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// The words while they are typed.
    pub typing: Option<TypedLine>,
    /// What is searched for; empty when nothing is.
    pub words: String,
    /// Which match is shown, counted from the first.
    pub at: usize,
    /// Counts up with each jump, so that the view knows to bring the match into sight.
    pub jump: bool,
}

impl Search {
    /// What is to be marked now.
    pub fn needle(&self) -> &str {
        self.typing.as_ref().map_or(self.words.as_str(), TypedLine::text)
    }
}

/// YAML as lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Yaml {
    /// Its lines, cleaned.
    pub lines: Vec<String>,
    /// The lines of `managedFields`, from and to (exclusive), if it has them.
    pub folded: Option<(usize, usize)>,
}

impl Yaml {
    /// Splits a text and finds the part nobody reads.
    pub fn new(text: &str) -> Self {
        let lines: Vec<String> =
            text.lines().map(|line| crate::domain::text::clean(line, false).into_owned()).collect();
        let indent = |line: &str| line.len() - line.trim_start().len();
        let from = lines.iter().position(|line| line.trim_start().starts_with("managedFields:"));
        let folded = from.map(|from| {
            let own = indent(&lines[from]);
            let inside = |line: &String| indent(line) > own || line.trim_start().starts_with('-');
            let count = lines[from + 1..].iter().take_while(|line| inside(line)).count();
            (from, from + 1 + count)
        });
        Self { lines, folded }
    }

    /// The lines as shown: `managedFields` as one, unless unfolded.
    pub fn shown(&self, unfolded: bool) -> Vec<String> {
        match self.folded.filter(|_| !unfolded) {
            Some((from, to)) => {
                let fold = format!("{} … {} lines folded", self.lines[from], to - from - 1);
                self.lines[..from].iter().cloned().chain([fold]).chain(self.lines[to..].iter().cloned()).collect()
            }
            None => self.lines.clone(),
        }
    }
}

/// What a page of text shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// It is being fetched.
    Waiting,
    /// It could not be fetched.
    Failed(String),
    /// It is here.
    Here(Yaml),
}

/// The page of a text.
#[derive(Clone, Debug)]
pub struct TextPage {
    /// Names the answer.
    pub id: u64,
    /// What it is.
    pub object: ObjectRef,
    /// The workload it belongs to.
    pub key: Option<WorkloadKey>,
    /// The text.
    pub content: Content,
    /// Whether the folded part is shown too.
    pub unfolded: bool,
    /// Whether long lines are wrapped.
    pub wrap: bool,
    /// First line on screen, counted after wrapping.
    pub top: usize,
    /// Columns scrolled to the right.
    pub left: usize,
    /// The search.
    pub search: Search,
}

impl App {
    /// Opens the YAML of an object.
    pub(super) fn open_yaml(&mut self, object: ObjectRef, key: Option<WorkloadKey>) -> Vec<Effect> {
        let id = self.number();
        self.open(Page::Text(TextPage {
            id,
            object: object.clone(),
            key,
            content: Content::Waiting,
            unfolded: false,
            wrap: false,
            top: 0,
            left: 0,
            search: Search::default(),
        }));
        vec![Effect::FetchYaml { id, object }]
    }

    /// Takes a YAML, unless its page was left meanwhile.
    pub(super) fn yaml_came(&mut self, id: u64, answer: &Result<String, String>) {
        for page in &mut self.pages {
            if let Page::Text(page) = page
                && page.id == id
            {
                page.content = match answer {
                    Ok(text) => Content::Here(Yaml::new(text)),
                    Err(why) => Content::Failed(why.clone()),
                };
            }
        }
    }

    pub(super) fn act_in_text(&mut self, action: Action) -> Option<Vec<Effect>> {
        let Some(Page::Text(page)) = self.pages.last_mut() else { return None };
        match action {
            Action::Wrap => page.wrap = !page.wrap,
            Action::NextPane | Action::PreviousPane | Action::Open => page.unfolded = !page.unfolded,
            Action::Left => page.left = page.left.saturating_sub(8),
            Action::Right => page.left += 8,
            _ => return None,
        }
        Some(Vec::new())
    }

    /// The search of the page on top, if it has one.
    pub fn search_mut(&mut self) -> Option<&mut Search> {
        match self.pages.last_mut() {
            Some(Page::Text(page)) => Some(&mut page.search),
            Some(Page::Logs(page)) => Some(&mut page.search),
            _ => None,
        }
    }

    /// The search of the page on top, if it has one.
    pub fn search(&self) -> Option<&Search> {
        match self.pages.last() {
            Some(Page::Text(page)) => Some(&page.search),
            Some(Page::Logs(page)) => Some(&page.search),
            _ => None,
        }
    }

    /// Starts a search, or goes to another match.
    pub(super) fn act_in_search(&mut self, action: Action) -> bool {
        let first = self.extent(super::Area::Main).first;
        let Some(lines) = self.searched_lines() else { return false };
        let Some(search) = self.search_mut() else { return false };
        match action {
            Action::Search => search.typing = Some(TypedLine::default()),
            Action::NextMatch | Action::PreviousMatch if !search.words.is_empty() => {
                let needle = search.words.to_lowercase();
                let hits: Vec<usize> =
                    (0..lines.len()).filter(|at| lines[*at].to_lowercase().contains(&needle)).collect();
                let (at, jumped) = (search.at, search.jump);
                let from = if jumped { at } else { first };
                let next = if action == Action::NextMatch {
                    hits.iter().find(|hit| **hit > from || (!jumped && **hit == from)).or(hits.first())
                } else {
                    hits.iter().rev().find(|hit| **hit < from).or(hits.last())
                };
                if let Some(hit) = next.copied() {
                    search.at = hit;
                    search.jump = true;
                    self.show_line(hit);
                }
            }
            _ => return false,
        }
        true
    }

    /// Ends the typing of a search: keeps its words and shows the first match, or drops them.
    pub(super) fn end_search(&mut self, keep: bool) {
        if let Some(search) = self.search_mut()
            && let Some(line) = search.typing.take()
        {
            search.words = if keep { line.text().to_owned() } else { String::new() };
            search.jump = false;
        }
        if keep {
            self.act_in_search(Action::NextMatch);
        }
    }

    fn searched_lines(&self) -> Option<Vec<String>> {
        match self.pages.last()? {
            Page::Text(page) => match &page.content {
                Content::Here(yaml) => Some(yaml.shown(page.unfolded)),
                _ => Some(Vec::new()),
            },
            Page::Logs(page) => Some(page.lines.iter().map(|line| line.text.to_string()).collect()),
            _ => None,
        }
    }

    /// Brings a line into sight. Matches are counted before wrapping, so that wrapping is given up for it.
    fn show_line(&mut self, line: usize) {
        let height = self.extent(super::Area::Main).height;
        let top = line.saturating_sub(height / 3);
        match self.pages.last_mut() {
            Some(Page::Text(page)) => (page.top, page.wrap) = (top, false),
            Some(Page::Logs(page)) => (page.top, page.wrap, page.follow) = (top, false, false),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn managed_fields_are_one_line_until_unfolded() {
        let text =
            "metadata:\n  managedFields:\n  - manager: a\n    operation: Update\n  name: x\nspec:\n  replicas: 1\n";
        let yaml = Yaml::new(text);
        assert_eq!(
            yaml.shown(false),
            ["metadata:", "  managedFields: … 2 lines folded", "  name: x", "spec:", "  replicas: 1"]
        );
        assert_eq!(yaml.shown(true).len(), 7);
        assert_eq!(Yaml::new("kind: Pod").shown(false), ["kind: Pod"]);
        assert_eq!(Yaml::new("a: \u{1b}[31mx").shown(false), ["a: x"]);
    }
}
