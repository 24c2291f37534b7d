//! View models onto cells; drawing only reads, and returns what was drawn where.
//!
//! ```text
//! ┌──────────────────────────────────────────┐
//! │ header: place · counts · link · clock    │   strip
//! │                                          │
//! │ body: list · rollout · text · charts     │   screens, widgets
//! │              ┌ dialog ┐                  │
//! │                               toasts     │
//! │ next key and its reason · other keys     │   strip
//! └──────────────────────────────────────────┘
//! ```
//! A protected context has a frame around all of it. Below 60x15 a sentence stands instead.

mod canvas;
mod drawn;
mod paint;
mod screens;
mod text;
mod widgets;

#[cfg(test)]
mod tests;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    symbols::border,
    widgets::{Block, Widget},
};

use canvas::Canvas;
pub use drawn::Drawn;
use paint::Paint;

use crate::{
    theme::{Role, Styles},
    view::{Area, Body, Screen, wrap},
};

/// The smallest screen anything useful fits on.
pub const SMALLEST: (u16, u16) = (60, 15);

/// Draws one frame over all of `buf`.
pub fn draw(screen: &Screen, styles: &Styles, buf: &mut Buffer) -> Drawn {
    let area = *buf.area();
    buf.set_style(area, styles.base());
    let mut canvas = Canvas { buf, paint: Paint::new(styles), drawn: Drawn::default() };
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        too_small(&mut canvas, area);
        return canvas.drawn;
    }
    let inside = if screen.protected { protected(&mut canvas, area) } else { area };
    let header = Rect { height: 1, ..inside };
    let footer = Rect { y: inside.bottom() - 1, height: 1, ..inside };
    let middle = Rect { y: inside.y + 1, height: inside.height - 2, ..inside };
    widgets::strip::draw(&mut canvas, header, &screen.header);
    match &screen.body {
        Body::List(list) => widgets::table::draw(&mut canvas, middle, Area::Main, list),
        Body::Rollout(page) => screens::rollout::draw(&mut canvas, middle, page),
        Body::Text(page) => widgets::pane::page(&mut canvas, middle, Area::Main, page),
        Body::Charts { title, charts, scroll } => screens::charts::draw(&mut canvas, middle, title, charts, *scroll),
        Body::History { revisions, diff } => screens::history::draw(&mut canvas, middle, revisions, diff),
    }
    widgets::strip::footer(&mut canvas, footer, &screen.footer);
    widgets::dialog::toasts(&mut canvas, inside, &screen.toasts);
    if let Some(dialog) = &screen.dialog {
        widgets::dialog::draw(&mut canvas, inside, dialog);
    }
    canvas.drawn
}

/// Draws the frame of a protected context and returns what is inside.
fn protected(canvas: &mut Canvas<'_>, area: Rect) -> Rect {
    let style = canvas.paint.role(Role::Protected);
    let block = Block::bordered().border_set(border::THICK).border_style(style).title(" protected ").title_style(style);
    let inside = block.inner(area);
    block.render(area, canvas.buf);
    inside
}

fn too_small(canvas: &mut Canvas<'_>, area: Rect) {
    let sentence = format!(
        "rolltop needs {} columns and {} rows; this terminal has {} and {}. Enlarge it, or press q to quit.",
        SMALLEST.0, SMALLEST.1, area.width, area.height
    );
    for (line, y) in wrap(&sentence, usize::from(area.width)).iter().zip(area.top()..area.bottom()) {
        canvas.buf.set_stringn(area.x, y, line, usize::from(area.width), canvas.paint.ground());
    }
}
