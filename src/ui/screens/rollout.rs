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
//! A progressive delivery takes the place of the revisions, which become a tab, and on narrow screens is the first tab.
//! On low screens the evidence is shortened first, then the revisions.

use ratatui::layout::Rect;

use crate::{
    theme::Role,
    ui::{
        Canvas, text,
        widgets::{pane, table},
    },
    view::{Area, Delivery, Line, Pane, Rollout, Spot, Table, WIDE, width},
};

/// Draws the page.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, page: &Rollout) {
    let head = rows(page.head.len()).min(area.height);
    pane::lines(canvas, Rect { x: area.x + 1, width: area.width.saturating_sub(1), height: head, ..area }, &page.head);
    let rest = Rect { y: area.y + head, height: area.height - head, ..area };
    if area.width >= WIDE {
        let left = Rect { width: rest.width * 3 / 5, ..rest };
        let right = Rect { x: left.right() + 1, width: rest.width - left.width - 1, ..rest };
        let below = upper(canvas, left, page);
        match &page.delivery {
            Some(own) => {
                let height = (delivery_rows(own) + 1).min(below.height.saturating_sub(below.height / 4));
                let place = Rect { height, ..below };
                let inner =
                    pane::titled(canvas, place, &Line::new("Delivery", Role::Title), page.focus == Pane::Delivery);
                canvas.drawn.note(Rect { height: 1, ..place }, Spot::Pane(Pane::Delivery));
                delivery(canvas, inner, own);
                tabs(canvas, Rect { y: place.bottom(), height: below.height - height, ..below }, page, &BESIDE);
            }
            None => titled_table(canvas, below, Area::Pods, Pane::Pods, page, &page.pods, "Pods"),
        }
        let facts = Rect { height: rows(page.facts.len() + 1).min(right.height * 3 / 5), ..right };
        let inner = pane::titled(canvas, facts, &Line::new("Facts", Role::Title), page.focus == Pane::Facts);
        pane::scrolled(canvas, inner, Area::Facts, &page.facts, page.facts_scroll);
        canvas.drawn.note(facts, Spot::Pane(Pane::Facts));
        let events = Rect { y: facts.bottom(), height: right.height - facts.height, ..right };
        titled_table(canvas, events, Area::Events, Pane::Events, page, &page.events, "Events");
    } else {
        let below = upper(canvas, rest, page);
        let own: &[_] = if page.delivery.is_some() { &DELIVERED } else { &PLAIN };
        tabs(canvas, below, page, own);
    }
}

fn rows(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

/// Draws reason and revisions; returns the room below them, which is at least a third.
fn upper(canvas: &mut Canvas<'_>, area: Rect, page: &Rollout) -> Rect {
    let least = area.height / 3;
    let mut room = area.height - least;
    let delivered = page.delivery.is_some();
    let revisions = if delivered { 0 } else { rows(page.revisions.rows.len().max(1) + 1).min(room.min(6)) };
    // What a delivery waits for stands in its own pane; the evidence must not push that off a low screen.
    room = if delivered { room.min(area.height / 4) } else { room - revisions };
    let mut at = area;
    if !page.why.is_empty() && room >= 2 {
        let why = Rect { height: rows(page.why.len() + 1).min(room), ..at };
        let inner = pane::titled(canvas, why, &Line::new("Why", Role::Title), false);
        let inner = Rect { x: inner.x + 2, width: inner.width.saturating_sub(2), ..inner };
        pane::shortened(canvas, inner, &page.why);
        at = Rect { y: why.bottom(), height: at.height - why.height, ..at };
    }
    if delivered {
        return at;
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

/// The tabs of a page, each with its title: of a plain workload, of a delivered one, and beside a delivery.
type Tab = (Pane, &'static str);
const PLAIN: [Tab; 3] = [(Pane::Pods, "Pods"), (Pane::Events, "Events"), (Pane::Facts, "Facts")];
const DELIVERED: [Tab; 5] = [
    (Pane::Delivery, "Delivery"),
    (Pane::Pods, "Pods"),
    (Pane::Events, "Events"),
    (Pane::Facts, "Facts"),
    (Pane::Revisions, "Revisions"),
];
const BESIDE: [Tab; 2] = [(Pane::Pods, "Pods"), (Pane::Revisions, "Revisions")];

/// Draws the titles of some panes side by side, and the one that was chosen, else the first.
fn tabs(canvas: &mut Canvas<'_>, area: Rect, page: &Rollout, tabs: &[Tab]) {
    if area.height == 0 {
        return;
    }
    let chosen = tabs.iter().find(|(own, _)| *own == page.focus).or(tabs.first());
    let shown = chosen.map_or(Pane::Pods, |(own, _)| *own);
    let inner = pane::titled(canvas, area, &Line::default(), false);
    let mut x = area.x + 1;
    for (own, title) in tabs {
        let text = if *own == shown { format!("[{title}]") } else { format!(" {title} ") };
        let role = if *own == page.focus { Role::Focus } else { Role::Title };
        let wide = rows(width(&text));
        text::put(canvas.buf, canvas.paint, (x, area.y), area.right().saturating_sub(x), &Line::new(text, role));
        canvas.drawn.note(Rect { x, y: area.y, width: wide, height: 1 }, Spot::Pane(*own));
        x += wide + 1;
    }
    match shown {
        Pane::Events => table::draw(canvas, inner, Area::Events, &page.events),
        Pane::Facts => {
            let inner = Rect { x: inner.x + 2, width: inner.width.saturating_sub(2), ..inner };
            canvas.drawn.note(inner, Spot::Wheel(Area::Facts));
            pane::scrolled(canvas, inner, Area::Facts, &page.facts, page.facts_scroll);
        }
        Pane::Delivery => {
            if let Some(own) = &page.delivery {
                delivery(canvas, inner, own);
            }
        }
        Pane::Revisions if page.delivery.is_some() => {
            table::draw(canvas, inner, Area::Revisions, &page.revisions);
        }
        Pane::Pods | Pane::Revisions => table::draw(canvas, inner, Area::Pods, &page.pods),
    }
}

/// Rows a delivery takes as it is laid out.
fn delivery_rows(own: &Delivery) -> u16 {
    let sides = own.sides.len() + own.verdict.len();
    let middle = if own.steps_width.is_some() { sides.max(own.steps.len()) } else { sides + own.steps.len() };
    rows(own.head.len() + middle + own.runs.len())
}

/// Draws a delivery: steps left of the sides where there is room, else everything below each other.
fn delivery(canvas: &mut Canvas<'_>, area: Rect, own: &Delivery) {
    let area = Rect { x: area.x + 2, width: area.width.saturating_sub(2), ..area };
    canvas.drawn.note(area, Spot::Wheel(Area::Delivery));
    let mut all = own.head.clone();
    let sides: Vec<&Line> = own.sides.iter().chain(&own.verdict).collect();
    if let Some(wide) = own.steps_width.map(usize::from) {
        for at in 0..sides.len().max(own.steps.len()) {
            // A step too long for its column is cut like any cell.
            let step = own.steps.get(at).cloned().unwrap_or_default();
            let step = text::without_middle(canvas.paint, &step, wide - 1);
            let used = text::line_width(canvas.paint, &step);
            let line = step.then(" ".repeat(wide.saturating_sub(used)), Role::Text);
            all.push(line.join(sides.get(at).copied().cloned().unwrap_or_default()));
        }
    } else {
        all.extend(sides.into_iter().cloned());
        all.extend(own.steps.iter().cloned());
    }
    all.extend(own.runs.iter().cloned());
    pane::scrolled(canvas, area, Area::Delivery, &all, own.scroll);
}
