//! The line at the bottom, from the live keymap: the safest next key first.

use super::{Footer, Hint, Input, Line, Remark, Scene, cut, width};
use crate::{
    action::{Action, Context},
    app::{Page, Pane},
    domain::WorkloadKey,
    keymap::Resolution,
    release::{Advice, Proposal},
    theme::Role,
};

/// Columns an advice may take on every screen.
const LEAST_ADVICE: usize = 54;
/// Columns below which no reason is worth beginning.
const LEAST_WHY: usize = 8;

pub(super) fn footer(scene: Scene<'_>) -> Footer {
    if let Some(line) = scene.app.typing() {
        let (label, note) = match scene.app.page() {
            Page::Fleet => ("filter", "fuzzy, state:stuck ns:… image:… label:k=v"),
            _ => ("search", "enter keeps, n next, N previous"),
        };
        return Footer::Input(Input {
            label: label.to_owned(),
            text: line.text().to_owned(),
            cursor: line.cursor(),
            note: Remark { text: note.to_owned(), fault: false },
        });
    }
    if !scene.app.pending.is_empty() {
        return Footer::Hints { advice: None, hints: pending(scene) };
    }
    if scene.app.dialog.is_some() {
        return Footer::Hints { advice: None, hints: Vec::new() };
    }
    let selected = scene.app.selected(scene.sight);
    let advice = selected.as_ref().and_then(|key| advice(scene, key));
    let shown = advice.as_ref().map(|(action, _)| *action);
    let wanted = usual(scene).iter().copied().filter(|action| Some(*action) != shown);
    Footer::Hints { advice, hints: wanted.filter_map(|action| hint(scene, action, scene.app.context())).collect() }
}

/// What may still become of a chord that has begun.
fn pending(scene: Scene<'_>) -> Vec<Hint> {
    let (Some(last), before) = (scene.app.pending.last(), scene.app.pending.len() - 1) else { return Vec::new() };
    match scene.app.keymap.resolve(&scene.app.pending[..before], scene.app.context(), *last) {
        Resolution::Pending(choices) => choices
            .into_iter()
            .map(|(chord, action)| Hint {
                chord: chord.to_string(),
                label: action.label().to_owned(),
                action,
                dim: false,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The actions worth a hint, in order.
fn usual(scene: Scene<'_>) -> &'static [Action] {
    use Action::{
        Abort, Back, Copy, DeletePod, Events, Filter, Follow, Help, History, Logs, Metrics, NextContainer, NextMatch,
        NextPane, Open, Palette, PauseResume, PreviousRun, Promote, PromoteFull, Restart, Retry, Scale, Search,
        SetImage, Sort, TimeRange, Undo, Wrap, Yaml,
    };
    match scene.app.page() {
        Page::Fleet => {
            &[Open, Filter, Undo, PauseResume, Scale, Restart, Logs, Help, Palette, SetImage, Metrics, History, Sort]
        }
        Page::Rollout(page) if page.pane == Pane::Delivery => {
            &[Back, Promote, PromoteFull, Abort, Undo, Retry, NextPane, Help, PauseResume, Metrics, Logs, History]
        }
        Page::Rollout(page) if page.pane == Pane::Pods => {
            &[Back, Logs, NextPane, Undo, History, Metrics, Events, Help, DeletePod, Yaml, PauseResume, Scale, Restart]
        }
        Page::Rollout(_) => {
            &[Back, Open, NextPane, Undo, History, Logs, Metrics, Help, Yaml, PauseResume, Scale, Restart]
        }
        Page::Logs(_) => &[Back, Follow, Search, PreviousRun, NextContainer, Wrap, Help, NextMatch, Copy],
        Page::Text(_) => &[Back, Search, NextMatch, NextPane, Wrap, Copy, Help],
        Page::Metrics(_) => &[Back, TimeRange, Undo, Logs, Help],
        Page::Events(_) => &[Back, Open, Undo, Logs, Copy, Help],
        Page::History(_) => &[Back, Undo, Copy, Help],
    }
}

/// A hint for an action, if a key leads to it here.
pub(super) fn hint(scene: Scene<'_>, action: Action, context: Context) -> Option<Hint> {
    let chord = scene.app.keymap.chord_for(action, context)?;
    let key = scene.app.selected(scene.sight);
    let blocked = key.is_some_and(|key| scene.app.blocked(scene.sight, action, &key).is_some());
    let label = match (action, scene.app.page()) {
        (Action::NextPane, Page::Text(_)) => "fold".to_owned(),
        (Action::BackOrQuit | Action::Back, _) => "back".to_owned(),
        _ => action.label().to_owned(),
    };
    Some(Hint { chord: chord.to_string(), label, action, dim: blocked })
}

/// The safest next key with its sentence.
fn advice(scene: Scene<'_>, key: &WorkloadKey) -> Option<(Action, Line)> {
    let Advice { proposal, sentence, brief } = &scene.app.advice(scene.sight, key)?;
    let action = match proposal.as_ref()? {
        Proposal::Undo { .. } => Action::Undo,
        Proposal::Resume => Action::PauseResume,
        Proposal::Scale => Action::Scale,
        Proposal::Events => Action::Events,
        Proposal::Logs => Action::Logs,
        Proposal::Metrics => Action::Metrics,
        Proposal::Promote => Action::Promote,
        Proposal::Abort => Action::Abort,
        Proposal::Retry => Action::Retry,
        Proposal::Open => Action::Open,
    };
    let among_others = matches!(scene.app.page(), Page::Fleet);
    if action == Action::Open && !among_others {
        return None;
    }
    let chord = scene.app.keymap.chord_for(action, scene.app.context())?;
    let blocked = scene.app.blocked(scene.sight, action, key);
    let role = if blocked.is_some() { Role::Dim } else { Role::Key };
    let clean = |text: &str| crate::domain::text::clean(text, false).into_owned();
    // A page of one workload names it in its head.
    let name = if among_others { format!(" {}", key.name) } else { String::new() };
    let what = match proposal.as_ref()? {
        Proposal::Undo { version, .. } => format!("undo{name} to {version}"),
        _ => format!("{}{name}", action.label()),
    };
    let line =
        Line::new("next ", Role::Dim).then(chord.to_string(), role).then(format!(" {}", clean(&what)), Role::Text);
    // Why a key is dim is more than why it would be good.
    let (why, of_why) = match blocked {
        Some(blocked) => (blocked.to_string(), Role::Warn),
        None => (if brief.is_empty() { sentence } else { brief }.clone(), Role::Dim),
    };
    // Other keys keep some room; in full the sentence stands on the workload's page.
    let wide = usize::from(scene.setting.size.0);
    let room = (wide * 3 / 5).max(LEAST_ADVICE).saturating_sub(width(&line.text()) + 3);
    let line = if room < LEAST_WHY { line } else { line.then(format!(" ({})", cut(&clean(&why), room)), of_why) };
    Some((action, line))
}
