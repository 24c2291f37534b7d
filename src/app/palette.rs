//! Every action, found by its words.

use super::{App, Area, Dialog, Effect, TypedLine, filter, message::Sight};
use crate::action::{Action, Context};

/// Returns the actions that match what is typed and mean something in a context, the best first.
pub fn found(text: &str, context: Context) -> Vec<Action> {
    let all = Action::ALL.iter().copied().filter(|action| action.applies_in(context) && is_listed(*action));
    let text = text.trim();
    if text.is_empty() {
        return all.collect();
    }
    let mut matcher = filter::matcher();
    let patterns: Vec<_> = text.split_whitespace().map(filter::pattern).collect();
    let mut scored: Vec<(u32, Action)> = all
        .filter_map(|action| {
            let total = patterns.iter().map(|pattern| {
                let name = filter::score(pattern, action.label(), &mut matcher)
                    .max(filter::score(pattern, action.name(), &mut matcher))
                    .map(|score| score * 2);
                name.max(filter::score(pattern, action.sentence(), &mut matcher))
            });
            Some((total.sum::<Option<u32>>()?, action))
        })
        .collect();
    scored.sort_by_key(|(score, action)| (std::cmp::Reverse(*score), *action));
    scored.into_iter().map(|(_, action)| action).collect()
}

/// Moving and answering mean nothing when chosen from a list.
fn is_listed(action: Action) -> bool {
    use crate::action::Group::{Answer, Move};
    !matches!(action.row().group, Move | Answer) && action != Action::Palette
}

impl App {
    pub(super) fn open_palette(&mut self) {
        self.dialog = Some(Dialog::Palette { line: TypedLine::default(), cursor: 0 });
    }

    pub(super) fn act_in_palette(&mut self, sight: Sight<'_>, action: Action) -> Vec<Effect> {
        let rows = self.page_rows(Area::Dialog);
        let context = self.page_context();
        let Some(Dialog::Palette { line, cursor }) = &mut self.dialog else { return Vec::new() };
        let choices = found(line.text(), context);
        let last = choices.len().saturating_sub(1);
        match action {
            Action::Up => *cursor = cursor.saturating_sub(1),
            Action::Down => *cursor = (*cursor + 1).min(last),
            Action::PageUp => *cursor = cursor.saturating_sub(rows),
            Action::PageDown => *cursor = (*cursor + rows).min(last),
            Action::Cancel => self.dialog = None,
            Action::Complete => {
                if let Some(action) = choices.get(*cursor) {
                    *line = TypedLine::new(action.label());
                    *cursor = 0;
                }
            }
            Action::Confirm => {
                let chosen = choices.get(*cursor).copied();
                if let Some(action) = chosen {
                    self.dialog = None;
                    return self.act(sight, action);
                }
            }
            _ => {}
        }
        Vec::new()
    }
}
