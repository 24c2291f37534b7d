//! Choosing from a list by typing part of a name.

use std::collections::BTreeSet;

use super::{App, Dialog, Effect, TypedLine, filter, message::Sight};
use crate::{
    action::Action,
    domain::{Scope, Text},
};

/// What is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// A context of the kubeconfig.
    Context,
    /// Namespaces to watch, several at once.
    Namespace,
    /// A theme.
    Theme,
}

/// One thing to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its name.
    pub name: Text,
    /// Whether it is marked.
    pub marked: bool,
}

/// An open list.
#[derive(Clone, Debug)]
pub struct Picker {
    /// What is chosen.
    pub what: Pick,
    /// Everything there is; `None` while it is being listed.
    pub items: Option<Vec<Text>>,
    /// Why it cannot be listed; a name may be typed all the same.
    pub fault: Option<String>,
    /// What is typed.
    pub line: TypedLine,
    /// The row with the cursor.
    pub cursor: usize,
    /// What is marked.
    pub marked: BTreeSet<Text>,
    /// What holds now.
    pub current: BTreeSet<Text>,
}

/// The first choice of the list of namespaces.
const ALL_NAMESPACES: &str = "all namespaces";

impl Picker {
    /// A list still to be filled.
    pub fn new(what: Pick, current: BTreeSet<Text>) -> Self {
        let (items, fault) = (None, None);
        Self { what, items, fault, line: TypedLine::default(), cursor: 0, marked: BTreeSet::new(), current }
    }

    /// The choices that match what is typed, the best first.
    pub fn choices(&self) -> Vec<Choice> {
        let mut names: Vec<Text> = self.items.clone().unwrap_or_default();
        if self.what == Pick::Namespace {
            names.insert(0, ALL_NAMESPACES.into());
        }
        let text = self.line.text().trim();
        if !text.is_empty() {
            let (pattern, mut matcher) = (filter::pattern(text), filter::matcher());
            let mut scored: Vec<(u32, Text)> = names
                .into_iter()
                .filter_map(|name| Some((filter::score(&pattern, &name, &mut matcher)?, name)))
                .collect();
            scored.sort_by(|one, two| two.0.cmp(&one.0).then_with(|| one.1.cmp(&two.1)));
            names = scored.into_iter().map(|(_, name)| name).collect();
        }
        names.into_iter().map(|name| Choice { marked: self.marked.contains(&name), name }).collect()
    }

    /// Fills the list with what was found.
    pub fn fill(&mut self, answer: Result<Vec<Text>, String>) {
        match answer {
            Ok(items) => {
                self.items = Some(items);
                let choices = self.choices();
                self.cursor = choices.iter().position(|choice| self.current.contains(&choice.name)).unwrap_or(0);
            }
            Err(fault) => {
                self.items = Some(self.current.iter().cloned().collect());
                self.fault = Some(fault);
            }
        }
    }

    /// What would be taken now: the marked ones, else the one with the cursor, else what was typed where the
    /// list could not be had.
    fn taken(&self) -> Vec<Text> {
        if !self.marked.is_empty() {
            return self.marked.iter().cloned().collect();
        }
        if let Some(choice) = self.choices().get(self.cursor) {
            return vec![choice.name.clone()];
        }
        let typed = self.line.text().trim();
        if self.what == Pick::Theme || typed.is_empty() || (self.fault.is_none() && self.items.is_some()) {
            return Vec::new();
        }
        vec![typed.into()]
    }
}

impl App {
    /// Opens the list of contexts.
    pub(super) fn pick_context(&mut self, sight: Sight<'_>) -> Vec<Effect> {
        let current = sight.world.link().map(|link| link.context.clone()).into_iter().collect();
        self.dialog = Some(Dialog::Pick(Picker::new(Pick::Context, current)));
        vec![Effect::ListContexts]
    }

    /// Opens the list of namespaces.
    pub(super) fn pick_namespace(&mut self, sight: Sight<'_>) -> Vec<Effect> {
        let current = match sight.world.link().map(|link| &link.scope) {
            Some(Scope::Namespaces(names)) => names.clone(),
            Some(Scope::All) => BTreeSet::from([ALL_NAMESPACES.into()]),
            None => BTreeSet::new(),
        };
        self.dialog = Some(Dialog::Pick(Picker::new(Pick::Namespace, current)));
        vec![Effect::ListNamespaces]
    }

    /// Opens the list of themes.
    pub(super) fn pick_theme(&mut self) -> Vec<Effect> {
        let current = BTreeSet::from([Text::from(self.theme.as_str())]);
        let mut picker = Picker::new(Pick::Theme, current);
        picker.fill(Ok(self.themes.iter().map(|name| name.as_str().into()).collect()));
        self.dialog = Some(Dialog::Pick(picker));
        Vec::new()
    }

    /// Moves in, marks in, or takes from an open list.
    pub(super) fn act_in_picker(&mut self, action: Action) -> Vec<Effect> {
        let page = self.page_rows(super::Area::Dialog);
        let Some(Dialog::Pick(picker)) = &mut self.dialog else { return Vec::new() };
        let last = picker.choices().len().saturating_sub(1);
        match action {
            Action::Up => picker.cursor = picker.cursor.saturating_sub(1),
            Action::Down => picker.cursor = (picker.cursor + 1).min(last),
            Action::PageUp => picker.cursor = picker.cursor.saturating_sub(page),
            Action::PageDown => picker.cursor = (picker.cursor + page).min(last),
            Action::Complete if picker.what == Pick::Namespace => {
                if let Some(choice) = picker.choices().get(picker.cursor)
                    && !picker.marked.remove(&choice.name)
                {
                    picker.marked.insert(choice.name.clone());
                }
                picker.cursor = (picker.cursor + 1).min(last);
            }
            Action::Confirm | Action::Open => return self.take_pick(),
            Action::Cancel | Action::Back | Action::BackOrQuit => return self.leave_picker(),
            _ => {}
        }
        self.show_theme()
    }

    /// Shows the theme under the cursor at once.
    pub(super) fn show_theme(&self) -> Vec<Effect> {
        match &self.dialog {
            Some(Dialog::Pick(picker)) if picker.what == Pick::Theme => picker
                .choices()
                .get(picker.cursor)
                .map(|choice| Effect::SetTheme(choice.name.to_string()))
                .into_iter()
                .collect(),
            _ => Vec::new(),
        }
    }

    fn leave_picker(&mut self) -> Vec<Effect> {
        let theme = matches!(&self.dialog, Some(Dialog::Pick(picker)) if picker.what == Pick::Theme);
        self.dialog = None;
        if theme { vec![Effect::SetTheme(self.theme.clone())] } else { Vec::new() }
    }

    fn take_pick(&mut self) -> Vec<Effect> {
        let Some(Dialog::Pick(picker)) = &self.dialog else { return Vec::new() };
        let taken = picker.taken();
        let Some(first) = taken.first().cloned() else { return Vec::new() };
        let what = picker.what;
        self.dialog = None;
        match what {
            Pick::Theme => {
                self.theme = first.to_string();
                vec![Effect::SetTheme(self.theme.clone())]
            }
            Pick::Context => {
                let mut effects = self.forget_cluster();
                effects.push(Effect::SwitchContext(first));
                effects
            }
            Pick::Namespace => {
                let all = taken.iter().any(|name| &**name == ALL_NAMESPACES);
                let scope = if all { Scope::All } else { Scope::Namespaces(taken.into_iter().collect()) };
                let mut effects = self.forget_cluster();
                effects.push(Effect::SwitchScope(scope));
                effects
            }
        }
    }
}
