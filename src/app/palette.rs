//! Every action, found by its words; for a simulated company its faults too.

use super::{App, Area, Dialog, Effect, Offer, TypedLine, faults, filter, message::Sight};
use crate::{
    action::{Action, Context},
    domain::Kind,
};

/// Something the palette offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// An action.
    Action(Action),
    /// A fault of the simulated company.
    Fault(Offer),
}

/// What the beginning of a word counts: more than any letters of a text do.
const WORD: u32 = 1000;

/// Returns the actions that match what is typed and mean something in a context, the best first.
pub fn found(text: &str, context: Context) -> Vec<Action> {
    let mut scored = scored(text, context);
    scored.sort_by_key(|(score, action)| (std::cmp::Reverse(*score), *action));
    scored.into_iter().map(|(_, action)| action).collect()
}

/// Scores the actions that match, in the order of help.
fn scored(text: &str, context: Context) -> Vec<(u32, Action)> {
    let all = Action::ALL.iter().copied().filter(|action| action.applies_in(context) && is_listed(*action));
    let text = text.trim();
    if text.is_empty() {
        return all.map(|action| (0, action)).collect();
    }
    let mut matcher = filter::matcher();
    let patterns: Vec<_> = text.split_whitespace().map(|word| (word, filter::pattern(word))).collect();
    all.filter_map(|action| {
        let total = patterns.iter().map(|(word, pattern)| {
            let mut of = |text: &str| filter::score(pattern, text, &mut matcher).map(|score| score + whole(word, text));
            let name = of(action.label()).max(of(action.name())).map(|score| score * 2);
            name.max(of(action.sentence()))
        });
        Some((total.sum::<Option<u32>>()?, action))
    })
    .collect()
}

/// Letters at the beginning of a word mean more than letters strewn over many.
fn whole(typed: &str, text: &str) -> u32 {
    let begins = |word: &str| word.get(..typed.len()).is_some_and(|start| start.eq_ignore_ascii_case(typed));
    let found = text.split(|letter: char| !letter.is_alphanumeric()).any(begins);
    if found { WORD } else { 0 }
}

/// Moving and answering mean nothing when chosen from a list.
fn is_listed(action: Action) -> bool {
    use crate::action::Group::{Answer, Move};
    !matches!(action.row().group, Move | Answer) && action != Action::Palette
}

impl App {
    /// Returns what the palette offers for what is typed, the best first: actions, and faults where they can be
    /// thrown in.
    pub fn choices(&self, sight: Sight<'_>, text: &str) -> Vec<Choice> {
        let Some(faults) = self.faults.filter(|_| !self.read_only) else {
            return found(text, self.page_context()).into_iter().map(Choice::Action).collect();
        };
        let selected = self.selected(sight).filter(|key| key.kind == Kind::Deployment);
        let offers = faults.offers(text, selected.as_ref().map(|key| &*key.name));
        let offers = offers.into_iter().map(|(score, offer)| (score, Choice::Fault(offer)));
        let actions = if faults::after_inject(text).is_some() { Vec::new() } else { scored(text, self.page_context()) };
        let mut all: Vec<(u32, Choice)> =
            actions.into_iter().map(|(score, action)| (score, Choice::Action(action))).chain(offers).collect();
        // Nobody who looks for a key should break something instead: what begins as typed comes before any fault.
        let meant = |score: u32| text.trim().is_empty() || score >= WORD;
        all.sort_by_key(|(score, choice)| match choice {
            Choice::Action(_) if meant(*score) => (0, std::cmp::Reverse(*score)),
            Choice::Fault(_) => (1, std::cmp::Reverse(*score)),
            Choice::Action(_) => (2, std::cmp::Reverse(*score)),
        });
        all.into_iter().map(|(_, choice)| choice).collect()
    }

    pub(super) fn open_palette(&mut self) {
        self.dialog = Some(Dialog::Palette { line: TypedLine::default(), cursor: 0 });
    }

    pub(super) fn act_in_palette(&mut self, sight: Sight<'_>, action: Action) -> Vec<Effect> {
        let rows = self.page_rows(Area::Dialog);
        let Some(Dialog::Palette { line, .. }) = &self.dialog else { return Vec::new() };
        let choices = self.choices(sight, line.text());
        let Some(Dialog::Palette { line, cursor }) = &mut self.dialog else { return Vec::new() };
        let last = choices.len().saturating_sub(1);
        match action {
            Action::Up => *cursor = cursor.saturating_sub(1),
            Action::Down => *cursor = (*cursor + 1).min(last),
            Action::PageUp => *cursor = cursor.saturating_sub(rows),
            Action::PageDown => *cursor = (*cursor + rows).min(last),
            Action::Cancel => self.dialog = None,
            Action::Complete => {
                if let Some(choice) = choices.get(*cursor) {
                    *line = TypedLine::new(match choice {
                        Choice::Action(action) => action.label().to_owned(),
                        Choice::Fault(offer) => offer.line(),
                    });
                    *cursor = 0;
                }
            }
            Action::Confirm => match choices.get(*cursor) {
                Some(Choice::Action(action)) => {
                    self.dialog = None;
                    return self.act(sight, *action);
                }
                Some(Choice::Fault(offer)) if offer.complete => {
                    let words = offer.words.clone();
                    self.dialog = None;
                    return vec![Effect::Inject(words)];
                }
                Some(Choice::Fault(offer)) => {
                    *line = TypedLine::new(offer.line());
                    *cursor = 0;
                }
                None => {}
            },
            _ => {}
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_as_typed_comes_first() {
        for (typed, first) in [
            ("roll back", Action::Undo),
            ("scale", Action::Scale),
            ("rest", Action::Restart),
            ("promote", Action::Promote),
            ("image", Action::SetImage),
            ("abort", Action::Abort),
        ] {
            assert_eq!(found(typed, Context::Fleet).first(), Some(&first), "{typed}");
        }
    }
}
