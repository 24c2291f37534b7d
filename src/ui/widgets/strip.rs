//! The lines at the top and at the bottom.

use ratatui::layout::{Position, Rect};

use crate::{
    theme::Role,
    ui::{Canvas, text},
    view::{Footer, Hint, Input, Line, Spot, Strip, width},
};

/// Draws a strip; items that do not fit go by their number.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, strip: &Strip) {
    canvas.buf.set_style(area, canvas.paint.role(Role::Header));
    let mut left: Vec<&(u8, Line)> = strip.left.iter().collect();
    let mut right: Vec<&(u8, Line)> = strip.right.iter().collect();
    let needed = |items: &[&(u8, Line)]| -> usize {
        items.iter().map(|(_, line)| text::line_width(canvas.paint, line) + 2).sum()
    };
    while needed(&left) + needed(&right) > usize::from(area.width) {
        let worst = left.iter().chain(&right).map(|(order, _)| *order).max().unwrap_or(0);
        if worst == 0 {
            break;
        }
        let from_right = right.iter().any(|(order, _)| *order == worst);
        let items = if from_right { &mut right } else { &mut left };
        if let Some(at) = items.iter().rposition(|(order, _)| *order == worst) {
            items.remove(at);
        }
    }
    let right_from = area.right().saturating_sub(u16::try_from(needed(&right)).unwrap_or(u16::MAX)).max(area.x);
    let mut x = area.x + 1;
    for (_, line) in left {
        if x >= right_from {
            break;
        }
        x += text::put(canvas.buf, canvas.paint, (x, area.y), right_from - x, line) + 2;
    }
    let mut x = right_from + 1;
    for (_, line) in right {
        x += text::put(canvas.buf, canvas.paint, (x, area.y), area.right().saturating_sub(x), line) + 2;
    }
}

/// Draws the line at the bottom.
pub fn footer(canvas: &mut Canvas<'_>, area: Rect, footer: &Footer) {
    match footer {
        Footer::Input(line) => input(canvas, area, line),
        Footer::Hints { advice, hints: keys } => {
            let mut x = area.x + 1;
            if let Some((action, line)) = advice {
                let room = area.right().saturating_sub(x);
                let used = text::put(canvas.buf, canvas.paint, (x, area.y), room, line);
                canvas.drawn.note(Rect { x, y: area.y, width: used, height: 1 }, Spot::Do(*action));
                x += used + 2;
            }
            hints(canvas, Rect { x, width: area.right().saturating_sub(x), ..area }, keys);
        }
    }
}

/// Draws as many hints as fit whole.
pub fn hints(canvas: &mut Canvas<'_>, area: Rect, hints: &[Hint]) {
    let mut x = area.x;
    for hint in hints {
        let (key, label) = if hint.dim { (Role::Dim, Role::Dim) } else { (Role::Key, Role::Text) };
        let line = Line::new(hint.chord.clone(), key).then(format!(" {}", hint.label), label);
        let wide = u16::try_from(text::line_width(canvas.paint, &line)).unwrap_or(u16::MAX);
        if x.saturating_add(wide) > area.right() {
            break;
        }
        text::put(canvas.buf, canvas.paint, (x, area.y), wide, &line);
        canvas.drawn.note(Rect { x, y: area.y, width: wide, height: 1 }, Spot::Do(hint.action));
        x += wide + 2;
    }
}

/// Draws a line being typed, scrolled so that its cursor is in sight.
pub fn input(canvas: &mut Canvas<'_>, area: Rect, input: &Input) {
    if area.height == 0 || area.width == 0 {
        return;
    }
    let label = Line::new(format!("{} ", input.label), Role::Key);
    let used = text::put(canvas.buf, canvas.paint, (area.x, area.y), area.width, &label);
    let x = area.x + used;
    let room = usize::from(area.right().saturating_sub(x));
    let mut shown = input.text.as_str();
    let mut cursor = input.cursor;
    while cursor >= room.max(1) {
        let Some(first) = shown.chars().next() else { break };
        shown = &shown[first.len_utf8()..];
        cursor = cursor.saturating_sub(width(&first.to_string()));
    }
    let line = Line::plain(shown);
    let wide = text::put(canvas.buf, canvas.paint, (x, area.y), u16::try_from(room).unwrap_or(u16::MAX), &line);
    let role = if input.note.fault { Role::Error } else { Role::Dim };
    let from = x.saturating_add(wide).saturating_add(2);
    if from < area.right() && !input.note.text.is_empty() {
        text::put(
            canvas.buf,
            canvas.paint,
            (from, area.y),
            area.right() - from,
            &Line::new(input.note.text.clone(), role),
        );
    }
    let column = x.saturating_add(u16::try_from(cursor).unwrap_or(0)).min(area.right().saturating_sub(1));
    canvas.drawn.cursor = Some(Position::new(column, area.y));
}
