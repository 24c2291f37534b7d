//! When and how a frame is drawn: at once for a person, at most every 33 ms for data, never for nothing.

use std::{
    io,
    time::{Duration, Instant},
};

use jiff::Timestamp;

use crate::{
    app::{Dialog, Message},
    session::PrometheusState,
    ui, view,
};

use super::desk::Desk;

impl Desk {
    /// Draws a frame if one is due.
    pub(super) async fn draw_when_due(&mut self) -> io::Result<()> {
        let since = self.last_frame.map_or(Duration::MAX, |at| at.elapsed());
        if self.dirty && (self.urgent || since >= self.settings.options.frame()) {
            let unseen = matches!(&self.app.dialog, Some(Dialog::Confirm(confirming)) if !confirming.shown);
            let seen = self.draw()?;
            if unseen {
                self.drop_typed_ahead().await;
            }
            self.update(seen)?;
        }
        Ok(())
    }

    /// How long to wait for the next frame if nothing happens; `None` is for ever.
    pub(super) fn pause(&self) -> Option<Duration> {
        if self.dirty {
            let since = self.last_frame.map_or(Duration::MAX, |at| at.elapsed());
            return Some(self.settings.options.frame().saturating_sub(since));
        }
        let left = self.due?.duration_since(Timestamp::now());
        Some(Duration::try_from(left).unwrap_or_default() + Duration::from_millis(1))
    }

    /// Draws a frame and remembers what was drawn where; returns what the app is to be told of it.
    pub(super) fn draw(&mut self) -> io::Result<Message> {
        self.setting.prometheus = self.prometheus_word();
        let (screen, due) = view::build(self.sight(), &self.app, &self.setting);
        let (mut drawn, styles) = (ui::Drawn::default(), &self.styles);
        self.terminal.draw(|frame| {
            drawn = ui::draw(&screen, styles, frame.buffer_mut());
            if let Some(cursor) = drawn.cursor {
                frame.set_cursor_position(cursor);
            }
        })?;
        self.due = due;
        (self.dirty, self.urgent) = (false, false);
        self.last_frame = Some(Instant::now());
        let (extents, dialog) = (drawn.extents.clone(), drawn.dialog);
        self.drawn = drawn;
        Ok(Message::Seen { extents, dialog })
    }

    fn prometheus_word(&self) -> Option<Result<crate::domain::Text, crate::domain::Text>> {
        let state = self.live.as_ref()?.session.prometheus();
        let state = state.borrow();
        match &*state {
            PrometheusState::Searching => None,
            PrometheusState::Ready(client) => Some(Ok(client.place().into())),
            PrometheusState::Absent(why) | PrometheusState::Failing(_, why) => Some(Err(why.as_str().into())),
        }
    }
}
