//! Tables: columns drop in their stated order, the cursor is a bar and a tone, cut text says so.

use ratatui::layout::Rect;

use super::pane;
use crate::{
    theme::Role,
    ui::{Canvas, text},
    view::{Area, Extent, Line, Spot, Table},
};

/// Columns before the first one, for the cursor's bar.
const GUTTER: u16 = 2;

/// Draws a table and notes its rows.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, place: Area, table: &Table) {
    canvas.drawn.note(area, Spot::Wheel(place));
    let mut area = area;
    if !table.title.is_empty() {
        area = pane::titled(canvas, area, &table.title, table.focused);
    }
    if area.width <= GUTTER || area.height == 0 {
        return;
    }
    let columns = table.layout(area.width - GUTTER);
    if table.columns.iter().any(|column| !column.title.is_empty()) && area.height > 1 {
        titles(canvas, area, table, &columns);
        area = Rect { y: area.y + 1, height: area.height - 1, ..area };
    }
    if table.rows.is_empty() {
        let inner = Rect { x: area.x + GUTTER, width: area.width - GUTTER, ..area };
        pane::lines(canvas, inner, &table.empty);
    }
    let height = usize::from(area.height);
    let first = table.first_row(height);
    for ((at, row), y) in table.rows.iter().enumerate().skip(first).zip(area.top()..area.bottom()) {
        let line = Rect { y, height: 1, ..area };
        draw_row(canvas, line, table, &columns, row);
        if table.selected == Some(at) {
            cursor(canvas, line, table.focused);
        }
        canvas.drawn.note(line, Spot::Row(place, at));
    }
    let extent = Extent { height, first, total: table.rows.len() };
    pane::scrollbar(canvas, area, extent);
    canvas.drawn.extent(place, extent);
}

fn titles(canvas: &mut Canvas<'_>, area: Rect, table: &Table, columns: &[(usize, u16)]) {
    let mut x = area.x + GUTTER;
    for (at, width) in columns {
        let column = &table.columns[*at];
        let arrow = match column.sorted {
            Some(false) => "▾",
            Some(true) => "▴",
            None => "",
        };
        let title = Line::new(format!("{}{arrow}", column.title), Role::Title);
        let cell = Rect { x, y: area.y, width: clip(x, *width, area), height: 1 };
        text::put_aligned(canvas.buf, canvas.paint, cell, column.align, &title);
        x = x.saturating_add(width + 1);
    }
}

fn draw_row(canvas: &mut Canvas<'_>, area: Rect, table: &Table, columns: &[(usize, u16)], row: &[Line]) {
    let mut x = area.x + GUTTER;
    for (at, width) in columns {
        let width = clip(x, *width, area);
        if let Some(cell) = row.get(*at).filter(|_| width > 0) {
            let rect = Rect { x, y: area.y, width, height: 1 };
            let column = &table.columns[*at];
            let shortened = if column.middle {
                Some(text::without_middle(canvas.paint, cell, usize::from(width)))
            } else {
                text::without_spare(canvas.paint, cell, usize::from(width))
            };
            text::put_aligned(canvas.buf, canvas.paint, rect, column.align, shortened.as_ref().unwrap_or(cell));
        }
        x = x.saturating_add(width + 1);
    }
}

fn clip(x: u16, width: u16, area: Rect) -> u16 {
    width.min(area.right().saturating_sub(x))
}

/// Marks the row with the cursor: a bar for screens without colour, a ground for those with.
fn cursor(canvas: &mut Canvas<'_>, row: Rect, focused: bool) {
    let style = canvas.paint.selection(focused);
    for x in row.left()..row.right() {
        if let Some(cell) = canvas.buf.cell_mut((x, row.y)) {
            cell.set_style(style);
        }
    }
    if let Some(cell) = canvas.buf.cell_mut((row.x, row.y)) {
        cell.set_symbol(if focused { "▌" } else { "▏" });
    }
}
