//! From what is known and what the person does to plain view models: everything a frame says, without a terminal.
//!
//! ```text
//! World, Assessments ─┐                     models: screen (the whole frame) · table · chart · text (lines, pieces)
//!               App  ─┼─▶ build() ─▶ Screen
//!      Setting, clock ─┘                     pages:  fleet rollout delivery why pods facts events history logs document charts
//!                                            around: header footer dialogs confirm help
//! ```
//! Ages and the clock go through [`Clock`], which notes when the first of them will read differently: that
//! is when an otherwise idle screen is drawn again, and not before.

mod age;
mod cells;
mod chart;
mod charts;
mod confirm;
mod delivery;
mod dialogs;
mod document;
mod events;
mod facts;
mod fleet;
mod footer;
mod header;
mod help;
mod history;
mod logs;
mod pods;
mod rollout;
mod screen;
mod table;
mod text;
mod why;
mod width;

pub use age::{Clock, human};
pub use chart::{Chart, Plot};
pub use screen::{Body, Delivery, Dialog, Footer, Hint, Input, Remark, Rollout, Screen, Strip, TextPage};
pub use table::{Align, Column, Table};
pub use text::{Bar, Line, Piece, Span};
pub use width::{ELLIPSIS, cut, cut_middle, width, wrap};

use std::sync::Arc;

use jiff::{Timestamp, tz::TimeZone};

pub use crate::app::{Area, Extent, Pane, Spot};
use crate::{
    app::{App, Level, Page, Sight},
    domain::{LogLine, Text, WorkloadKey},
    panel::Panel,
    theme::Role,
};

/// What a frame needs beside the state: size, zone, and facts about sources the world does not hold.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Columns and rows.
    pub size: (u16, u16),
    /// The person's time zone.
    pub zone: TimeZone,
    /// Where Prometheus was found, or why it was not; `None` while unknown.
    pub prometheus: Option<Result<Text, Text>>,
    /// The panels, in their order.
    pub panels: Arc<[Panel]>,
    /// The last lines of a crashed container on screen, with whose they are.
    pub last_words: Option<(WorkloadKey, Text, Vec<LogLine>)>,
}

/// What every part of a frame looks at.
#[derive(Clone, Copy)]
struct Scene<'a> {
    sight: Sight<'a>,
    app: &'a App,
    setting: &'a Setting,
    clock: &'a Clock,
}

/// Builds a frame, and says when it would next look different although nothing happens.
pub fn build(sight: Sight<'_>, app: &App, setting: &Setting) -> (Screen, Option<Timestamp>) {
    let clock = Clock::new(sight.now, setting.zone.clone());
    let scene = Scene { sight, app, setting, clock: &clock };
    let body = match app.page() {
        Page::Fleet => Body::List(fleet::table(scene)),
        Page::Rollout(page) => Body::Rollout(Box::new(rollout::page(scene, page))),
        Page::Logs(page) => Body::Text(logs::page(scene, page)),
        Page::Text(page) => Body::Text(document::page(scene, page)),
        Page::Metrics(page) => charts::page(scene, page),
        Page::Events(page) => Body::List(events::table(scene, &page.key, page.cursor, true)),
        Page::History(page) => history::page(scene, page),
    };
    let screen = Screen {
        header: header::strip(scene),
        body,
        footer: footer::footer(scene),
        dialog: app.dialog.as_ref().map(|dialog| dialogs::dialog(scene, dialog)),
        toasts: toasts(scene),
        protected: app.protected,
    };
    (screen, clock.next())
}

/// Lines a message takes on screen; all of it is in the list of messages.
const TOAST: usize = 7;

/// Short messages on screen; the instants they leave count as changes. The lines of one message are of one width, so
/// that a place that was marked in a file stays below what it marks.
fn toasts(scene: Scene<'_>) -> Vec<Line> {
    let mut all = Vec::new();
    for notice in scene.app.notices.current(scene.sight.now) {
        scene.clock.expect(notice.until());
        let role = level_role(notice.level);
        let lines = notice.text.lines().take(TOAST);
        let wide = lines.clone().map(width).max().unwrap_or(0);
        for (at, line) in lines.enumerate() {
            let line = format!(" {line}{}", " ".repeat(wide.saturating_sub(width(line))));
            let mark = if at == 0 { Line::default().with(Piece::Glyph(role)) } else { Line::plain(" ") };
            all.push(mark.then(line, role));
        }
    }
    all
}

fn level_role(level: Level) -> Role {
    match level {
        Level::Info => Role::Info,
        Level::Good => Role::Ok,
        Level::Warning => Role::Warn,
        Level::Error => Role::Error,
    }
}

/// Columns from which a workload's page has two halves.
pub const WIDE: u16 = 150;

/// Rows below which a page says less.
const LOW: u16 = 30;

/// Rows of text a page of text has, below its title and above its status.
fn text_rows(scene: Scene<'_>) -> usize {
    let frame = if scene.app.protected { 2 } else { 0 };
    usize::from(scene.setting.size.1).saturating_sub(4 + frame)
}

/// Columns a page of text has, beside its scrollbar.
fn text_columns(scene: Scene<'_>) -> usize {
    let frame = if scene.app.protected { 2 } else { 0 };
    usize::from(scene.setting.size.0).saturating_sub(1 + frame)
}
