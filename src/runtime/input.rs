//! Terminal events to messages.

use std::{future::poll_fn, io, task::Poll};

use crossterm::event::{Event, EventStream, MouseButton, MouseEvent, MouseEventKind};
use futures::{Stream, StreamExt};

use crate::{
    app::{Area, Message, Spot},
    keymap::Key,
};

use super::desk::Desk;

/// Lines one step of the wheel moves.
const WHEEL: i32 = 3;

/// Whether an event is ctrl-c.
fn is_interrupt(event: &Event) -> bool {
    matches!(event, Event::Key(key) if Key::from_event(key) == Some(Key::INTERRUPT))
}

/// The terminal's events.
#[derive(Default)]
pub(super) struct Input<S = EventStream>(S);

impl<S: Stream<Item = io::Result<Event>> + Unpin> Input<S> {
    /// Waits for the next event; `None` when the terminal is gone.
    pub(super) async fn next(&mut self) -> Option<io::Result<Event>> {
        self.0.next().await
    }

    /// Returns an event that is there already.
    ///
    /// The stream wakes whoever asked it first since the last event; so this asks as the loop itself. Asked
    /// without a waker (`now_or_never`), it would wake nobody, and the next key would wait for other news.
    pub(super) async fn ready(&mut self) -> Option<Event> {
        poll_fn(|context| match self.0.poll_next_unpin(context) {
            Poll::Ready(Some(Ok(event))) => Poll::Ready(Some(event)),
            _ => Poll::Ready(None),
        })
        .await
    }
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
    pub(super) async fn take_ready_events(&mut self) -> io::Result<()> {
        while self.end.is_none() && self.app.dialog.is_none() {
            let Some(event) = self.input.ready().await else { break };
            self.take_event(event)?;
        }
        Ok(())
    }

    /// Drops keys that were typed before a question came on screen: they were meant for something else.
    pub(super) async fn drop_typed_ahead(&mut self) {
        while let Some(event) = self.input.ready().await {
            if is_interrupt(&event) {
                self.end = Some(130);
            }
        }
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

#[cfg(test)]
mod tests {
    use std::{
        pin::{Pin, pin},
        sync::{
            Arc,
            atomic::{AtomicU32, Ordering},
        },
        task::{Context, Wake, Waker},
    };

    use super::*;

    /// Wakes whoever asked it first, and nobody else: as crossterm's stream does.
    #[derive(Default)]
    struct Quiet(Option<Waker>);

    impl Stream for Quiet {
        type Item = io::Result<Event>;

        fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            self.0.get_or_insert_with(|| context.waker().clone());
            Poll::Pending
        }
    }

    #[derive(Default)]
    struct Bell(AtomicU32);

    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_look_at_what_is_there_does_not_make_the_next_key_go_unheard() {
        let bell = Arc::<Bell>::default();
        let waker = Waker::from(bell.clone());
        let mut context = Context::from_waker(&waker);
        let mut input = Input(Quiet::default());
        assert!(matches!(pin!(input.ready()).poll(&mut context), Poll::Ready(None)));
        assert!(pin!(input.next()).poll(&mut context).is_pending());
        input.0.0.take().unwrap().wake();
        assert_eq!(bell.0.load(Ordering::Relaxed), 1, "the loop must hear of the key");
    }
}
