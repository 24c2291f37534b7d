//! Revisions, and what differs between two of them.
//!
//! ```text
//! ┌────────────────────────┐
//! │ revisions              │   at most half of the screen
//! │ ── 3 → 2 ───────────── │
//! │ diff                   │
//! └────────────────────────┘
//! ```

use ratatui::layout::Rect;

use crate::{
    ui::{
        Canvas,
        widgets::{pane, table},
    },
    view::{Area, Table, TextPage},
};

/// Draws the history.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, revisions: &Table, diff: &TextPage) {
    let wanted = u16::try_from(revisions.rows.len().max(1) + 2).unwrap_or(u16::MAX);
    let upper = Rect { height: wanted.min(area.height / 2), ..area };
    table::draw(canvas, upper, Area::Main, revisions);
    let lower = Rect { y: upper.bottom(), height: area.height - upper.height, ..area };
    pane::page(canvas, lower, Area::Text, diff);
}
