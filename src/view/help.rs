//! Help, made from the live keymap: it cannot name a key that does not work.

use super::{Dialog, Line, Scene, dialogs};
use crate::{
    action::{Action, Group},
    theme::Role,
};

/// Headings in the order they are read.
const GROUPS: [Group; 7] = [Group::Act, Group::Go, Group::Find, Group::Look, Group::Logs, Group::Move, Group::Program];

pub(super) fn dialog(scene: Scene<'_>, scroll: usize) -> Dialog {
    let context = scene.app.page_context();
    let keymap = &scene.app.keymap;
    let selected = scene.app.selected(scene.sight);
    let mut text = Vec::new();
    for group in GROUPS {
        let actions: Vec<Action> = Action::ALL
            .iter()
            .copied()
            .filter(|action| action.row().group == group && !keymap.chords_for(*action, context).is_empty())
            .collect();
        if actions.is_empty() {
            continue;
        }
        text.push(Line::new(group.title(), Role::Title));
        for action in actions {
            let chords: Vec<String> = keymap.chords_for(action, context).iter().map(ToString::to_string).collect();
            let blocked = selected.as_ref().and_then(|key| scene.app.blocked(scene.sight, action, key));
            let mut line =
                Line::new(format!("  {:16}", chords.join(" ")), Role::Key).then(action.sentence(), Role::Text);
            if let Some(blocked) = blocked {
                line = line.then(format!(" ({blocked})"), Role::Warn);
            }
            text.push(line);
        }
        text.push(Line::default());
    }
    text.push(Line::new(
        "ctrl-c quits at once, whatever is on screen; the mouse selects, opens and scrolls",
        Role::Dim,
    ));
    Dialog {
        title: format!("Keys here ({})", keymap.name()),
        text,
        scroll,
        hints: dialogs::hints(scene, &[Action::Back]),
        width: 96,
        ..Dialog::default()
    }
}
