//! The terminal: taken, drawn on, given back, whatever happens.

use std::{
    env,
    io::{self, BufWriter, Stdout, Write},
    panic,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use crossterm::{
    cursor::Show,
    event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture},
    execute, queue,
    terminal::{self, BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen},
};
use ratatui::{Frame, backend::CrosstermBackend, layout::Rect};
use tokio::sync::Notify;

/// A frame goes out in one write; a large screen takes some 30 KiB of sequences.
const BUFFER: usize = 64 << 10;

/// How a person is called to the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// The terminal's bell.
    Bell,
    /// A notification of the desktop (OSC 9).
    Osc9,
}

/// The terminal while the program has it.
pub struct Terminal {
    screen: ratatui::Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    mouse: bool,
    taken: Taken,
}

/// Whether the terminal is taken; gives it back at most once per taking, from any thread.
#[derive(Clone, Default)]
struct Taken {
    taken: Arc<AtomicBool>,
    /// Told when a panic gave it back.
    lost: Arc<Notify>,
}

impl Taken {
    fn give_back(&self) {
        if self.taken.swap(false, Ordering::SeqCst) {
            // Nothing better can be done about a terminal that is gone.
            let _ = terminal::disable_raw_mode();
            let _ = execute!(
                io::stdout(),
                EndSynchronizedUpdate,
                DisableMouseCapture,
                DisableBracketedPaste,
                LeaveAlternateScreen,
                Show
            );
        }
    }
}

impl Terminal {
    /// Takes the terminal: raw, alternate screen, bracketed paste, the mouse if wanted. A panic anywhere gives it
    /// back before it is reported.
    ///
    /// # Errors
    /// Standard output is no terminal, or it cannot be set.
    pub fn enter(mouse: bool) -> io::Result<Self> {
        let screen = ratatui::Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(BUFFER, io::stdout())))?;
        let mut terminal = Self { screen, mouse, taken: Taken::default() };
        let taken = terminal.taken.clone();
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            taken.give_back();
            report(info);
            // A task's panic ends the task only; without a terminal there is nothing left to go on with.
            taken.lost.notify_one();
        }));
        terminal.resume()?;
        Ok(terminal)
    }

    /// Gives the terminal back; once is enough, twice does no harm.
    pub fn leave(&mut self) {
        let _ = self.screen.backend_mut().flush();
        self.taken.give_back();
    }

    /// Waits until a panic, of whatever thread, has given the terminal back.
    pub async fn lost(&self) {
        self.taken.lost.notified().await;
    }

    /// Takes the terminal again after [`Terminal::leave`], or after the shell had it; the next frame is drawn whole.
    ///
    /// # Errors
    /// The terminal cannot be set.
    pub fn resume(&mut self) -> io::Result<()> {
        self.taken.taken.store(true, Ordering::SeqCst);
        terminal::enable_raw_mode()?;
        execute!(self.screen.backend_mut(), EnterAlternateScreen, EnableBracketedPaste)?;
        let mouse = self.mouse;
        self.set_mouse(mouse)?;
        self.screen.hide_cursor()?;
        self.redraw()
    }

    /// Draws a frame inside a synchronized update, so that the terminal never shows half of one.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        queue!(self.screen.backend_mut(), BeginSynchronizedUpdate)?;
        let drawn = self.screen.draw(draw).map(|_| ());
        execute!(self.screen.backend_mut(), EndSynchronizedUpdate)?;
        drawn
    }

    /// Forgets what is on screen; the next frame is drawn whole.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn redraw(&mut self) -> io::Result<()> {
        // Not `clear`: that asks the terminal where its cursor is, and waits for an answer that may never come.
        let size = self.screen.size()?;
        self.screen.resize(Rect::new(0, 0, size.width, size.height))
    }

    /// Listens to the mouse, or leaves it to the terminal.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn set_mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        let out = self.screen.backend_mut();
        if on { execute!(out, EnableMouseCapture) } else { execute!(out, DisableMouseCapture) }
    }

    /// Puts text on the clipboard of the terminal the person sits at (OSC 52), through tmux and screen too.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let sequence = format!("\x1b]52;c;{}\x07", BASE64.encode(text));
        self.send(&wrapped(&sequence, Multiplexer::around()))
    }

    /// Calls the person; control characters in the text are dropped.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn call(&mut self, call: Call, text: &str) -> io::Result<()> {
        match call {
            Call::Bell => self.send("\x07"),
            Call::Osc9 => {
                let text: String = text.chars().filter(|c| !c.is_control()).collect();
                self.send(&wrapped(&format!("\x1b]9;{text}\x07"), Multiplexer::around()))
            }
        }
    }

    fn send(&mut self, sequence: &str) -> io::Result<()> {
        let out = self.screen.backend_mut();
        out.write_all(sequence.as_bytes())?;
        Write::flush(out)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.leave();
    }
}

/// What stands between the program and the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Multiplexer {
    None,
    Tmux,
    Screen,
}

impl Multiplexer {
    fn around() -> Self {
        match (env::var_os("TMUX"), env::var_os("STY")) {
            (Some(_), _) => Self::Tmux,
            (None, Some(_)) => Self::Screen,
            (None, None) => Self::None,
        }
    }
}

/// Wraps a sequence so that a multiplexer hands it on. tmux gets it plain as well: which of the two it heeds depends
/// on its options `set-clipboard` and `allow-passthrough`.
fn wrapped(sequence: &str, around: Multiplexer) -> String {
    match around {
        Multiplexer::None => sequence.to_owned(),
        Multiplexer::Tmux => {
            format!("{sequence}\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"))
        }
        // screen takes at most 768 bytes a string; it joins what follows.
        Multiplexer::Screen => {
            let pieces: Vec<String> = sequence
                .as_bytes()
                .chunks(256)
                .map(|piece| format!("\x1bP{}\x1b\\", String::from_utf8_lossy(piece)))
                .collect();
            pieces.concat()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_wrapped_for_what_stands_between() {
        let copy = "\x1b]52;c;YQ==\x07";
        assert_eq!(wrapped(copy, Multiplexer::None), copy);
        assert_eq!(wrapped(copy, Multiplexer::Tmux), "\x1b]52;c;YQ==\x07\x1bPtmux;\x1b\x1b]52;c;YQ==\x07\x1b\\");
        assert_eq!(wrapped(copy, Multiplexer::Screen), "\x1bP\x1b]52;c;YQ==\x07\x1b\\");
        let long = wrapped(&"x".repeat(600), Multiplexer::Screen);
        assert_eq!(long.matches("\x1bP").count(), 3);
        assert_eq!(long.matches('x').count(), 600);
    }
}
