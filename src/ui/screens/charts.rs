//! The panels of a workload.
//!
//! ```text
//! ┌──────────────────────────────┐     120 columns and more: two charts side by side
//! │ title: workload, range       │     each chart at least 9 rows high; those that do not
//! │ chart        │ chart         │     fit are a page down
//! │ chart        │ chart         │
//! └──────────────────────────────┘
//! ```

use ratatui::layout::Rect;

use crate::{
    ui::{Canvas, text, widgets::chart},
    view::{Area, Chart, Extent, Line, Spot},
};

const HEIGHT: u16 = 9;

/// Draws the charts from `scroll` on.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, title: &Line, charts: &[Chart], scroll: usize) {
    if area.height == 0 {
        return;
    }
    text::put(canvas.buf, canvas.paint, (area.x + 1, area.y), area.width.saturating_sub(1), title);
    let body = Rect { y: area.y + 1, height: area.height - 1, ..area };
    canvas.drawn.note(body, Spot::Wheel(Area::Main));
    let columns = if body.width >= 120 { 2 } else { 1 };
    let fit = usize::from((body.height / HEIGHT).max(1));
    let rows = charts.len().div_ceil(columns);
    let first = (scroll / columns).min(rows.saturating_sub(fit));
    let shown = fit.min(rows - first).max(1);
    let height = body.height / u16::try_from(shown).unwrap_or(1);
    let width = body.width / u16::try_from(columns).unwrap_or(1);
    for (at, panel) in charts.iter().enumerate().skip(first * columns).take(shown * columns) {
        let row = u16::try_from(at / columns - first).unwrap_or(0);
        let column = u16::try_from(at % columns).unwrap_or(0);
        let place =
            Rect { x: body.x + column * width, y: body.y + row * height, width: width.saturating_sub(1), height };
        chart::draw(canvas, place, panel);
    }
    let extent = Extent { height: shown * columns, first: first * columns, total: charts.len() };
    canvas.drawn.extent(Area::Main, extent);
}
