//! A titled rule above a part of the screen, and pages of text.

use ratatui::layout::Rect;

use crate::{
    theme::Role,
    ui::{Canvas, text},
    view::{Area, Extent, Line, TextPage},
};

/// Draws `── Title ─────` over the first row and returns what is below it.
pub fn titled(canvas: &mut Canvas<'_>, area: Rect, title: &Line, focused: bool) -> Rect {
    if area.height == 0 || area.width == 0 {
        return area;
    }
    let style = canvas.paint.rule(focused);
    canvas.buf.set_stringn(area.x, area.y, "─".repeat(usize::from(area.width)), usize::from(area.width), style);
    if area.width > 6 && !title.is_empty() {
        let role = if focused { Role::Key } else { Role::Title };
        let mut padded = Line::plain(" ");
        for piece in &title.pieces {
            padded = match piece {
                crate::view::Piece::Text(span) if span.role == Role::Text || span.role == Role::Title => {
                    padded.then(span.text.clone(), role)
                }
                other => padded.with(other.clone()),
            };
        }
        text::put(canvas.buf, canvas.paint, (area.x + 1, area.y), area.width - 2, &padded.then(" ", role));
    }
    Rect { y: area.y + 1, height: area.height - 1, ..area }
}

/// Draws lines from the top, as many as fit.
pub fn lines(canvas: &mut Canvas<'_>, area: Rect, lines: &[Line]) {
    for (line, y) in lines.iter().zip(area.top()..area.bottom()) {
        text::put(canvas.buf, canvas.paint, (area.x, y), area.width, line);
    }
}

/// Draws lines from the top; where they do not all fit, the last one and how many are missing take the place of those
/// in between.
pub fn shortened(canvas: &mut Canvas<'_>, area: Rect, all: &[Line]) {
    let height = usize::from(area.height);
    let (Some(last), true) = (all.last(), all.len() > height && height > 1) else { return lines(canvas, area, all) };
    let mut shown = all[..height - 2].to_vec();
    shown.push(Line::new(format!("… {} more", all.len() + 1 - height), Role::Dim));
    shown.push(last.clone());
    lines(canvas, area, &shown);
}

/// Draws lines from a first one on and notes the extent.
pub fn scrolled(canvas: &mut Canvas<'_>, area: Rect, place: Area, all: &[Line], first: usize) {
    let height = usize::from(area.height);
    let first = first.min(all.len().saturating_sub(height));
    let beside = u16::from(all.len() > height);
    let room = Rect { width: area.width.saturating_sub(beside), ..area };
    lines(canvas, room, all.get(first..).unwrap_or_default());
    let extent = Extent { height, first, total: all.len() };
    scrollbar(canvas, area, extent);
    canvas.drawn.extent(place, extent);
}

/// Draws a page of text with its title and status.
pub fn page(canvas: &mut Canvas<'_>, area: Rect, place: Area, page: &TextPage) {
    let below = titled(canvas, area, &page.title, page.focused);
    let status = u16::from(!page.status.is_empty() && below.height > 1);
    let body = Rect { height: below.height - status, ..below };
    let beside = u16::from(page.total > usize::from(body.height));
    lines(canvas, Rect { width: body.width.saturating_sub(beside), ..body }, &page.lines);
    let extent = Extent { height: usize::from(body.height), first: page.first, total: page.total };
    scrollbar(canvas, body, extent);
    canvas.drawn.extent(place, extent);
    canvas.drawn.note(body, crate::view::Spot::Wheel(place));
    if status == 1 {
        text::put(canvas.buf, canvas.paint, (below.x, below.bottom() - 1), below.width, &page.status);
    }
}

/// Draws where in a long list the screen is, over the last column.
pub fn scrollbar(canvas: &mut Canvas<'_>, area: Rect, extent: Extent) {
    if extent.total <= extent.height || extent.height < 2 || area.width < 4 {
        return;
    }
    let thumb = (extent.height * extent.height / extent.total).max(1);
    let room = extent.height - thumb;
    let hidden = extent.total - extent.height;
    let from = (extent.first.min(hidden) * room).div_ceil(hidden);
    for (row, y) in (area.top()..area.bottom()).enumerate() {
        let inside = row >= from && row < from + thumb;
        let style = canvas.paint.rule(inside);
        canvas.buf.set_string(area.right() - 1, y, if inside { "┃" } else { "│" }, style);
    }
}
