//! Terminal events to messages.

use std::io;

use crossterm::event::{Event, MouseButton, MouseEvent, MouseEventKind};
use futures::{FutureExt, StreamExt};

use crate::{
    app::{Area, Message, Spot},
    keymap::Key,
};

use super::desk::Desk;

/// Lines one step of the wheel moves.
const WHEEL: i32 = 3;

/// Whether an event is ctrl-c.
pub(super) fn is_interrupt(event: &Event) -> bool {
    matches!(event, Event::Key(key) if Key::from_event(key) == Some(Key::INTERRUPT))
}

impl Desk {
    /// Takes an event of the terminal.
    pub(super) fn take_event(&mut self, event: Event) -> io::Result<()> {
        let message = match event {
            Event::Key(key) => Key::from_event(&key).map(Message::Key),
            Event::Paste(text) => Some(Message::Paste(text)),
            Event::Mouse(mouse) => self.mouse(mouse),
            Event::Resize(columns, rows) => {
                self.setting.size = (columns, rows);
                // Back at the old size the terminal may have lost what it showed in between.
                self.terminal.redraw()?;
                (self.dirty, self.urgent) = (true, true);
                None
            }
            Event::FocusGained | Event::FocusLost => None,
        };
        let Some(message) = message else { return Ok(()) };
        (self.dirty, self.urgent) = (true, true);
        self.update(message)
    }

    /// Takes all events that are there, so that a held key does not queue frames; stops as soon as a question
    /// is to be shown.
    pub(super) fn take_ready_events(&mut self) -> io::Result<()> {
        while self.end.is_none() && self.app.dialog.is_none() {
            let Some(Some(Ok(event))) = self.input.next().now_or_never() else { break };
            self.take_event(event)?;
        }
        Ok(())
    }

    fn mouse(&self, mouse: MouseEvent) -> Option<Message> {
        let spot = self.drawn.at(mouse.column, mouse.row)?;
        match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => Some(Message::Click(spot)),
            MouseEventKind::ScrollUp => Some(Message::Wheel(area(spot), -WHEEL)),
            MouseEventKind::ScrollDown => Some(Message::Wheel(area(spot), WHEEL)),
            _ => None,
        }
    }
}

fn area(spot: Spot) -> Area {
    match spot {
        Spot::Row(area, _) | Spot::Wheel(area) => area,
        Spot::Pane(pane) => pane.area(),
        Spot::Do(_) => Area::Main,
    }
}
