//! The question before a write: where, what exactly, what speaks for and against it, what follows.
//!
//! ```text
//! ┌ Promote rollout/gateway past step 2 of 6? ┐
//! │ cluster, namespace, user                  │
//! │ ✔ good     evidence of a canary           │   what people get wrong about it, what others will do to it
//! │ ▲ warnings                                │   (both lie in the text below where they would fill a low screen)
//! │ name       typed where it must be         │
//! │ 1 first write  2 second  then, later: …   │   a plan of one write needs no list
//! │ fields, before and after                  │
//! └───────────────────────────────────────────┘
//! ```

use super::{Dialog, Line, Piece, Scene, cells, cut, delivery, dialogs, history, width, wrap};
use crate::{
    action::Action,
    app::Confirming,
    domain::text::clean,
    operation::{Operation, Plan, Preview},
    theme::Role,
};

pub(super) fn dialog(scene: Scene<'_>, open: &Confirming) -> Dialog {
    let plan = &open.planned.plan;
    let room = usize::from(dialogs::WIDE.min(scene.setting.size.0.saturating_sub(8)));
    let (title, rest) = title(plan, room);
    let mut lines: Vec<Line> = rest.into_iter().map(|line| Line::new(line, Role::Title)).collect();
    lines.push(place(plan));
    if open.again {
        let text = "it changed while you decided: nothing was sent; this is what would happen now";
        lines.extend(marked(Role::Warn, text, room));
    }
    let mut text = Vec::new();
    let advice = advice(scene, plan, room);
    // What is asked must be readable without scrolling, and so must some of what would change.
    let half = usize::from(scene.setting.size.1 / 2);
    let place = if lines.len() + advice.len() <= half { &mut lines } else { &mut text };
    place.extend(advice);
    text.extend(writes(plan, room));
    text.extend(match &open.planned.preview {
        Preview::DryRun(changes) if changes.is_empty() => vec![Line::new("the server would change nothing", Role::Dim)],
        Preview::DryRun(changes) => changes.iter().flat_map(|change| history::change_lines(change, room)).collect(),
        Preview::Described(sentence) => wrap(&clean(sentence, false), room).into_iter().map(Line::plain).collect(),
    });
    let name = plan.typed_name.then(|| {
        let right = *open.typed.text() == *plan.target.name;
        let wrong = !open.typed.text().is_empty() && !plan.target.name.starts_with(open.typed.text());
        let note = if right { "enter does it".to_owned() } else { format!("type {} to confirm", plan.target.name) };
        dialogs::input("name", &open.typed, &note, wrong)
    });
    Dialog {
        title,
        lines,
        input: name,
        text,
        scroll: open.scroll,
        hints: dialogs::hints(scene, &[Action::Confirm, Action::Cancel, Action::Copy]),
        width: dialogs::WIDE,
        danger: plan.typed_name,
        ..Dialog::default()
    }
}

/// The question for the frame; where it is too long for that, its beginning, and the whole of it in lines.
fn title(plan: &Plan, room: usize) -> (String, Vec<String>) {
    let mut summary = clean(&plan.summary, false).into_owned();
    if let Some(first) = summary.get(..1).map(str::to_uppercase) {
        summary.replace_range(..1, &first);
    }
    let question = format!("{summary}?");
    if width(&question) <= room {
        return (question, Vec::new());
    }
    let begin = summary.split_once(": ").map_or(&*summary, |(begin, _)| begin);
    (format!("{}?", cut(begin, room)), wrap(&question, room))
}

fn place(plan: &Plan) -> Line {
    Line::new(
        format!("cluster {}", clean(&plan.context, false)),
        if plan.typed_name { Role::Protected } else { Role::Accent },
    )
    .then("  namespace ", Role::Dim)
    .then(cells::name(&plan.target.namespace), Role::Accent)
    .then("  as ", Role::Dim)
    .then(cells::name(&plan.user), Role::Text)
}

/// A sentence behind its glyph, wrapped.
fn marked(role: Role, text: &str, room: usize) -> Vec<Line> {
    let wrapped = wrap(&clean(text, false), room.saturating_sub(2)).into_iter();
    let line = |(at, part): (usize, String)| {
        let line = if at == 0 { Line::default().with(Piece::Glyph(role)) } else { Line::plain(" ") };
        line.then(format!(" {part}"), role)
    };
    wrapped.enumerate().map(line).collect()
}

/// What speaks for or against it, and what to know about it.
fn advice(scene: Scene<'_>, plan: &Plan, room: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    if matches!(plan.operation, Operation::Promote { .. })
        && let Some(comparison) = scene.app.comparison(scene.sight, &plan.target)
    {
        lines.extend(delivery::comparison_lines(&comparison, room, true));
    }
    for warning in &plan.warnings {
        lines.extend(marked(Role::Warn, &warning.sentence, room));
    }
    lines
}

/// The writes in their order, where there are several, and what follows later.
fn writes(plan: &Plan, room: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    if plan.writes.len() > 1 || plan.then.is_some() {
        for (at, write) in plan.writes.iter().enumerate() {
            for (part, text) in wrap(&clean(&write.words, false), room.saturating_sub(3)).into_iter().enumerate() {
                let number = if part == 0 { format!("{:>2} ", at + 1) } else { "   ".to_owned() };
                lines.push(Line::new(number, Role::Dim).then(text, Role::Text));
            }
        }
    }
    if let Some(then) = &plan.then {
        let text = format!("then, {}", clean(then, false));
        lines.extend(
            wrap(&text, room.saturating_sub(3)).into_iter().map(|text| Line::new(format!("   {text}"), Role::Accent)),
        );
    }
    lines
}
