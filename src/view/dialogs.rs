//! Dialogs as they are drawn.

use super::{
    Align, Column, Dialog, Hint, Input, Line, Piece, Remark, Scene, Table, cells, confirm, footer, help, history, wrap,
};
use crate::{
    action::{Action, Context},
    app::{Area, Dialog as Open, Images, Level, PaletteChoice, Pick, Picker, Revisions, TypedLine, percent},
    domain::{WorkloadKey, text::clean},
    operation::ScaleTo,
    release::revisions,
    theme::Role,
};

/// Columns a dialog's text takes at most.
pub(super) const WIDE: u16 = 96;

pub(super) fn dialog(scene: Scene<'_>, open: &Open) -> Dialog {
    match open {
        Open::Scale { target, line } => scale(scene, target, line),
        Open::Weight { target, line } => weight(scene, target, line),
        Open::Revisions(open) => pick_revision(scene, open),
        Open::Image(open) => image(scene, open),
        Open::Waiting { what, .. } => Dialog {
            title: format!("{} …", clean(what, false)),
            lines: vec![Line::new("planning, and asking the server what would change", Role::Dim)],
            hints: hints(scene, &[Action::Back]),
            width: 60,
            ..Dialog::default()
        },
        Open::Confirm(open) => confirm::dialog(scene, open),
        Open::Pick(open) => picker(scene, open),
        Open::Palette { line, cursor } => palette(scene, line, *cursor),
        Open::Help { scroll } => help::dialog(scene, *scroll),
        Open::Messages { scroll } => messages(scene, *scroll),
        Open::Remark { title, text } => remark(scene, title, text),
    }
}

/// Hints for the actions that work in a dialog.
pub(super) fn hints(scene: Scene<'_>, actions: &[Action]) -> Vec<Hint> {
    let context = scene.app.context();
    actions
        .iter()
        .filter_map(|action| footer::hint(scene, *action, context).map(|hint| Hint { dim: false, ..hint }))
        .collect()
}

pub(super) fn input(label: &str, line: &TypedLine, note: &str, fault: bool) -> Input {
    Input {
        label: label.to_owned(),
        text: line.text().to_owned(),
        cursor: line.cursor(),
        note: Remark { text: note.to_owned(), fault },
    }
}

fn scale(scene: Scene<'_>, target: &WorkloadKey, line: &TypedLine) -> Dialog {
    let workload = scene.sight.world.workload(target);
    let now = workload.map_or(0, crate::domain::Workload::desired);
    let mut lines = vec![Line::plain(format!("{now} pods are wanted now"))];
    if let Some(scaler) = scene.sight.world.autoscaler_of(target) {
        let text = format!("autoscaler {} owns the number ({} to {})", scaler.meta.name, scaler.min, scaler.max);
        lines.push(Line::default().with(Piece::Glyph(Role::Warn)).then(format!(" {text}"), Role::Warn));
    }
    let fault = line.text().parse::<ScaleTo>().err().map(|fault| fault.to_string());
    let (note, fault) = match &fault {
        _ if line.text().is_empty() => ("5, or +2, or -1", false),
        None => ("", false),
        Some(fault) => (fault.as_str(), true),
    };
    Dialog {
        title: format!("Scale {}", cells::key(target)),
        lines,
        input: Some(input("replicas", line, note, fault)),
        hints: hints(scene, &[Action::Confirm, Action::Cancel]),
        width: 60,
        ..Dialog::default()
    }
}

fn weight(scene: Scene<'_>, target: &WorkloadKey, line: &TypedLine) -> Dialog {
    let mut lines = Vec::new();
    if let Some(delivery) = scene.sight.delivery(target) {
        let (stable, canary) = (delivery.stable.desired, delivery.canary.as_ref().map_or(0, |side| side.desired));
        lines.push(Line::plain(format!("{canary} of {} pods are the canary's now", stable + canary)));
        lines.push(Line::new("its share of the pods is its share of the requests", Role::Dim));
    }
    let fault = percent(line.text()).err().filter(|_| !line.text().is_empty());
    let note = fault.unwrap_or(if line.text().is_empty() { "25" } else { "% of the pods" });
    Dialog {
        title: format!("Set the weight of {}", cells::key(target)),
        lines,
        input: Some(input("weight", line, note, fault.is_some())),
        hints: hints(scene, &[Action::Confirm, Action::Cancel]),
        width: 76,
        ..Dialog::default()
    }
}

fn pick_revision(scene: Scene<'_>, open: &Revisions) -> Dialog {
    let all = revisions(scene.sight.world, &open.target, scene.sight.now);
    let at = all.iter().position(|one| Some(one.revision) == open.revision);
    let list = Table { scroll: scene.app.extent(Area::Dialog).first, ..history::list(scene, &all, at) };
    let mut hints = hints(scene, &[Action::Open, Action::Back]);
    for hint in hints.iter_mut().filter(|hint| hint.action == Action::Open) {
        "roll back to it".clone_into(&mut hint.label);
    }
    Dialog {
        title: format!("Roll {} back to", cells::key(&open.target)),
        list: Some(list),
        hints,
        width: WIDE,
        ..Dialog::default()
    }
}

fn image(scene: Scene<'_>, open: &Images) -> Dialog {
    let mut lines = Vec::new();
    for (at, (name, image)) in open.containers.iter().enumerate() {
        let (mark, role) = if at == open.chosen { ("▸ ", Role::Title) } else { ("  ", Role::Dim) };
        lines.push(Line::new(format!("{mark}{}  ", cells::name(name)), role).then(clean(image, false), Role::Dim));
    }
    let actions: &[Action] = if open.containers.len() > 1 {
        &[Action::Confirm, Action::Complete, Action::Cancel]
    } else {
        &[Action::Confirm, Action::Cancel]
    };
    let mut hints = hints(scene, actions);
    for hint in &mut hints {
        if hint.action == Action::Complete {
            "next container".clone_into(&mut hint.label);
        }
    }
    Dialog {
        title: format!("Set image of {}", cells::key(&open.target)),
        lines,
        input: Some(input("image", &open.line, "", false)),
        hints,
        width: WIDE,
        ..Dialog::default()
    }
}

fn picker(scene: Scene<'_>, open: &Picker) -> Dialog {
    let choices = open.choices();
    let title = match open.what {
        Pick::Context => "Context: which cluster",
        Pick::Namespace => "Namespaces to watch",
        Pick::Theme => "Theme",
    };
    let rows = choices.iter().map(|choice| {
        let mark = if choice.marked { "✓ " } else { "  " };
        let now = if open.current.contains(&choice.name) { "  now" } else { "" };
        vec![Line::new(mark, Role::Ok).then(cells::name(&choice.name), Role::Text).then(now, Role::Dim)]
    });
    let empty = match &open.items {
        None => Line::new("listing …", Role::Dim),
        Some(_) => Line::new("nothing matches", Role::Dim),
    };
    let list = Table {
        columns: vec![Column::new("", 20, 50).grows()],
        rows: rows.collect(),
        selected: (!choices.is_empty()).then_some(open.cursor.min(choices.len().saturating_sub(1))),
        scroll: scene.app.extent(Area::Dialog).first,
        focused: true,
        empty: vec![empty],
        ..Table::default()
    };
    let mut lines = Vec::new();
    if let Some(fault) = &open.fault {
        let text = format!("{}; a name may be typed all the same", clean(fault, false));
        lines.extend(wrap(&text, 60).into_iter().map(|line| Line::new(line, Role::Warn)));
    }
    let mut hints = hints(scene, &[Action::Confirm, Action::Complete, Action::Cancel]);
    hints.retain(|hint| hint.action != Action::Complete || open.what == Pick::Namespace);
    for hint in &mut hints {
        match hint.action {
            Action::Complete => "mark several".clone_into(&mut hint.label),
            Action::Confirm => "choose".clone_into(&mut hint.label),
            _ => {}
        }
    }
    Dialog {
        title: title.to_owned(),
        lines,
        input: Some(input(">", &open.line, "", false)),
        list: Some(list),
        hints,
        width: 60,
        ..Dialog::default()
    }
}

fn palette(scene: Scene<'_>, line: &TypedLine, cursor: usize) -> Dialog {
    let context = scene.app.page_context();
    let choices = scene.app.choices(scene.sight, line.text());
    let selected = scene.app.selected(scene.sight);
    let rows = choices.iter().map(|choice| {
        let action = match choice {
            PaletteChoice::Action(action) => action,
            PaletteChoice::Fault(offer) => {
                let words = Line::new(clean(&offer.words, false), Role::Text);
                return vec![
                    Line::default(),
                    Line::new("inject", Role::Warn),
                    words.then(format!("  {}", offer.effect), Role::Dim),
                ];
            }
        };
        let blocked = selected.as_ref().and_then(|key| scene.app.blocked(scene.sight, *action, key));
        let role = if blocked.is_some() { Role::Dim } else { Role::Text };
        let chord = scene.app.keymap.chord_for(*action, context).map(ToString::to_string).unwrap_or_default();
        let sentence = blocked.map_or_else(|| action.sentence().to_owned(), |blocked| blocked.to_string());
        vec![Line::new(chord, Role::Key), Line::new(action.label(), role), Line::new(sentence, Role::Dim)]
    });
    let complaint = scene.app.faults.and_then(|faults| faults.complaint(line.text())).unwrap_or_default();
    let list = Table {
        columns: vec![
            Column { align: Align::Right, ..Column::new("", 8, 10) },
            Column::new("", 14, 14),
            Column::new("", 20, 64).grows(),
        ],
        rows: rows.collect(),
        selected: (!choices.is_empty()).then_some(cursor.min(choices.len().saturating_sub(1))),
        scroll: scene.app.extent(Area::Dialog).first,
        focused: true,
        empty: vec![Line::new("no action has these words", Role::Dim)],
        ..Table::default()
    };
    Dialog {
        title: "What do you want to do?".to_owned(),
        input: Some(input(":", line, &complaint, choices.is_empty())),
        list: Some(list),
        hints: hints(scene, &[Action::Confirm, Action::Cancel]),
        width: WIDE,
        ..Dialog::default()
    }
}

fn messages(scene: Scene<'_>, scroll: usize) -> Dialog {
    let mut text = Vec::new();
    for notice in scene.app.notices.all() {
        let role = super::level_role(notice.level);
        let body = if notice.level <= Level::Good { Role::Text } else { role };
        for (at, line) in notice.text.lines().enumerate() {
            let head = if at == 0 { scene.clock.stamp(notice.at, "%H:%M:%S ") } else { " ".repeat(9) };
            text.push(Line::new(head, Role::Dim).then(clean(line, false), body));
        }
    }
    if text.is_empty() {
        text.push(Line::new("nothing was said so far", Role::Dim));
    }
    Dialog {
        title: "Messages".to_owned(),
        text,
        scroll,
        hints: hints(scene, &[Action::Back]),
        width: WIDE,
        ..Dialog::default()
    }
}

fn remark(scene: Scene<'_>, title: &str, text: &str) -> Dialog {
    let room = usize::from(WIDE.min(scene.setting.size.0.saturating_sub(8))).min(76);
    let text = text.lines().flat_map(|line| wrap(&clean(line, false), room)).map(Line::plain).collect();
    let hints = scene.app.keymap.chord_for(Action::Back, Context::Document).map(|chord| Hint {
        chord: chord.to_string(),
        label: "close".to_owned(),
        action: Action::Back,
        dim: false,
    });
    Dialog {
        title: clean(title, false).into_owned(),
        text,
        hints: hints.into_iter().collect(),
        width: 76,
        ..Dialog::default()
    }
}
