//! One workload.
//!
//! ```text
//! narrow                            150 columns and more
//! ┌─────────────────────────┐      ┌──────────────────────────┬──────────────┐
//! │ name, state, versions   │      │ name, state, versions    │              │
//! │ ── Why ──────────────── │      │ ── Why ───────────────── │ ── Facts ─── │
//! │ reason and evidence     │      │ reason and evidence      │ conditions … │
//! │ ── Revisions ────────── │      │ ── Revisions ─────────── │              │
//! │ a bar of pods each      │      │ a bar of pods each       │ ── Events ── │
//! │ ── Pods Events Facts ── │      │ ── Pods ──────────────── │              │
//! │ the chosen one          │      │                          │              │
//! └─────────────────────────┘      └──────────────────────────┴──────────────┘
//! ```
//! On low screens the evidence is shortened first, then the revisions.

use ratatui::layout::Rect;

use crate::{
    theme::Role,
    ui::{
        Canvas, text,
        widgets::{pane, table},
    },
    view::{Area, Line, Pane, Rollout, Spot, Table, width},
};

const WIDE: u16 = 150;

/// Draws the page.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, page: &Rollout) {
    let head = rows(page.head.len()).min(area.height);
    pane::lines(canvas, Rect { x: area.x + 1, width: area.width.saturating_sub(1), height: head, ..area }, &page.head);
    let rest = Rect { y: area.y + head, height: area.height - head, ..area };
    if area.width >= WIDE {
        let left = Rect { width: rest.width * 3 / 5, ..rest };
        let right = Rect { x: left.right() + 1, width: rest.width - left.width - 1, ..rest };
        let below = upper(canvas, left, page);
        titled_table(canvas, below, Area::Pods, Pane::Pods, page, &page.pods, "Pods");
        let facts = Rect { height: rows(page.facts.len() + 1).min(right.height * 3 / 5), ..right };
        let inner = pane::titled(canvas, facts, &Line::new("Facts", Role::Title), page.focus == Pane::Facts);
        pane::scrolled(canvas, inner, Area::Facts, &page.facts, page.facts_scroll);
        canvas.drawn.note(facts, Spot::Pane(Pane::Facts));
        let events = Rect { y: facts.bottom(), height: right.height - facts.height, ..right };
        titled_table(canvas, events, Area::Events, Pane::Events, page, &page.events, "Events");
    } else {
        let below = upper(canvas, rest, page);
        tabs(canvas, below, page);
    }
}

fn rows(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

/// Draws reason and revisions; returns the room below them, which is at least a third.
fn upper(canvas: &mut Canvas<'_>, area: Rect, page: &Rollout) -> Rect {
    let least = area.height / 3;
    let mut room = area.height - least;
    let revisions = rows(page.revisions.rows.len().max(1) + 1).min(room.min(6));
    room -= revisions;
    let mut at = area;
    if !page.why.is_empty() && room >= 2 {
        let why = Rect { height: rows(page.why.len() + 1).min(room), ..at };
        let inner = pane::titled(canvas, why, &Line::new("Why", Role::Title), false);
        let inner = Rect { x: inner.x + 2, width: inner.width.saturating_sub(2), ..inner };
        pane::lines(canvas, inner, &page.why);
        at = Rect { y: why.bottom(), height: at.height - why.height, ..at };
    }
    let place = Rect { height: revisions.min(at.height), ..at };
    titled_table(canvas, place, Area::Revisions, Pane::Revisions, page, &page.revisions, "Revisions");
    Rect { y: place.bottom(), height: at.height - place.height, ..at }
}

fn titled_table(
    canvas: &mut Canvas<'_>,
    area: Rect,
    place: Area,
    own: Pane,
    page: &Rollout,
    rows: &Table,
    title: &str,
) {
    let inner = pane::titled(canvas, area, &Line::new(title, Role::Title), page.focus == own);
    canvas.drawn.note(Rect { height: area.height.min(1), ..area }, Spot::Pane(own));
    table::draw(canvas, inner, place, rows);
}

/// Draws the titles of three panes side by side, and the one that was chosen.
fn tabs(canvas: &mut Canvas<'_>, area: Rect, page: &Rollout) {
    if area.height == 0 {
        return;
    }
    let shown = if page.focus == Pane::Revisions { Pane::Pods } else { page.focus };
    let inner = pane::titled(canvas, area, &Line::default(), false);
    let mut x = area.x + 1;
    for (own, title) in [(Pane::Pods, " Pods "), (Pane::Events, " Events "), (Pane::Facts, " Facts ")] {
        let text = if own == shown { format!("[{}]", title.trim()) } else { title.to_owned() };
        let role = if own == page.focus { Role::Focus } else { Role::Title };
        let wide = rows(width(&text));
        text::put(canvas.buf, canvas.paint, (x, area.y), area.right().saturating_sub(x), &Line::new(text, role));
        canvas.drawn.note(Rect { x, y: area.y, width: wide, height: 1 }, Spot::Pane(own));
        x += wide + 1;
    }
    match shown {
        Pane::Events => table::draw(canvas, inner, Area::Events, &page.events),
        Pane::Facts => {
            let inner = Rect { x: inner.x + 2, width: inner.width.saturating_sub(2), ..inner };
            canvas.drawn.note(inner, Spot::Wheel(Area::Facts));
            pane::scrolled(canvas, inner, Area::Facts, &page.facts, page.facts_scroll);
        }
        Pane::Pods | Pane::Revisions => table::draw(canvas, inner, Area::Pods, &page.pods),
    }
}
