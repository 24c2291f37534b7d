//! Dialogs and short messages, in front of everything else.
//!
//! ```text
//! ┌ title ──────────────┐
//! │ lines               │   what is asked, where
//! │ label input  note   │   a line to type in
//! │ list or text        │   choices, a diff, help
//! │ key label  key label│   what works here
//! └─────────────────────┘
//! ```

use ratatui::{
    layout::Rect,
    symbols::border,
    widgets::{Block, Clear, Widget},
};

use super::{pane, strip, table};
use crate::{
    ui::{Canvas, text},
    view::{Area, Dialog, Line, Spot, Table},
};

/// Draws a dialog in the middle of the screen and covers what is behind it.
pub fn draw(canvas: &mut Canvas<'_>, screen: Rect, dialog: &Dialog) {
    canvas.drawn.cover();
    let inner_width = dialog.width.min(screen.width.saturating_sub(4)).max(1);
    let list_rows = dialog.list.as_ref().map_or(0, list_height);
    let wanted = dialog.lines.len() + usize::from(dialog.input.is_some()) + list_rows + dialog.text.len() + 2;
    let height = u16::try_from(wanted + 2).unwrap_or(u16::MAX).min(screen.height.saturating_sub(2)).max(3);
    let width = inner_width + 4;
    let area = Rect {
        x: screen.x + screen.width.saturating_sub(width) / 2,
        y: screen.y + screen.height.saturating_sub(height) / 2,
        width: width.min(screen.width),
        height: height.min(screen.height),
    };
    Clear.render(area, canvas.buf);
    let style = canvas.paint.dialog(dialog.danger);
    Block::bordered()
        .border_set(if dialog.danger { border::DOUBLE } else { border::ROUNDED })
        .border_style(style)
        .style(canvas.paint.ground())
        .title(format!(" {} ", dialog.title))
        .title_style(style)
        .render(area, canvas.buf);
    let inner = Rect {
        x: area.x + 2,
        y: area.y + 1,
        width: area.width.saturating_sub(4),
        height: area.height.saturating_sub(2),
    };
    canvas.drawn.note(area, Spot::Wheel(Area::Dialog));
    contents(canvas, inner, dialog);
}

fn list_height(table: &Table) -> usize {
    let titles = usize::from(table.columns.iter().any(|column| !column.title.is_empty()));
    table.rows.len().max(table.empty.len()).max(1) + titles
}

fn contents(canvas: &mut Canvas<'_>, inner: Rect, dialog: &Dialog) {
    let mut rest = inner;
    let mut take = |height: usize| {
        let height = u16::try_from(height).unwrap_or(u16::MAX).min(rest.height);
        let part = Rect { height, ..rest };
        rest = Rect { y: rest.y + height, height: rest.height - height, ..rest };
        part
    };
    // The keys come first: an answer must stay possible on the smallest screen.
    let keys = Rect { y: inner.bottom().saturating_sub(1), height: inner.height.min(1), ..inner };
    let head = take(dialog.lines.len().min(usize::from(inner.height.saturating_sub(2))));
    let line = take(usize::from(dialog.input.is_some()));
    let body = take(usize::from(keys.y.saturating_sub(line.bottom())));
    pane::lines(canvas, head, &dialog.lines);
    if let Some(input) = &dialog.input {
        strip::input(canvas, line, input);
    }
    if let Some(list) = &dialog.list {
        table::draw(canvas, body, Area::Dialog, list);
    } else if !dialog.text.is_empty() {
        pane::scrolled(canvas, body, Area::Dialog, &dialog.text, dialog.scroll);
    }
    strip::hints(canvas, keys, &dialog.hints);
}

/// Draws short messages above the footer, the newest lowest.
pub fn toasts(canvas: &mut Canvas<'_>, screen: Rect, toasts: &[Line]) {
    let rows = screen.height.saturating_sub(2);
    for (line, up) in toasts.iter().rev().zip(1..=rows) {
        let wide =
            u16::try_from(text::line_width(canvas.paint, line)).unwrap_or(u16::MAX).min(screen.width.saturating_sub(2));
        let area = Rect { x: screen.right() - wide - 2, y: screen.bottom() - 1 - up, width: wide + 2, height: 1 };
        Clear.render(area, canvas.buf);
        canvas.buf.set_style(area, canvas.paint.selection(true));
        text::put(canvas.buf, canvas.paint, (area.x + 1, area.y), wide, line);
    }
}
