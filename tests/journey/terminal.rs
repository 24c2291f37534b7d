//! A terminal with the program in it.

use std::{
    io::{Read, Write},
    num::NonZero,
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

/// Far more than anything takes; only a hanging test meets it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A terminal of 120 columns and 35 rows, and what has come to it.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    input: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    child: Box<dyn Child + Send + Sync>,
    parser: vt100::Parser,
    raw: Vec<u8>,
    // Files of the person who sits there: none.
    _home: tempfile::TempDir,
}

impl Terminal {
    /// Starts the program in a home of its own.
    pub fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let pair = native_pty_system().openpty(size(120, 35)).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_rolltop"));
        command.args(arguments);
        command.env_clear();
        command.env("HOME", home.path());
        command.env("PATH", std::env::var_os("PATH").unwrap());
        command.env("TERM", "xterm-256color");
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let input = pair.master.take_writer().unwrap();
        let parser = vt100::Parser::new(cells(35), cells(120), 0);
        Self { master: pair.master, input, output, child, parser, raw: Vec::new(), _home: home }
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) {
        self.input.write_all(keys.as_bytes()).unwrap();
        self.input.flush().unwrap();
    }

    /// Types the same key again and again until the screen is as wanted.
    pub fn keys_until(&mut self, keys: &str, what: &str, wanted: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !wanted(&self.parser.screen().contents()) {
            assert!(Instant::now() < deadline, "never seen: {what}\n{}", self.parser.screen().contents());
            self.keys(keys);
            while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(200)) {
                self.take(&bytes);
            }
        }
    }

    /// Waits until the screen shows a text.
    pub fn sees(&mut self, text: &str) {
        self.until(text, |screen| screen.contains(text));
    }

    /// Waits until the screen is as wanted.
    pub fn until(&mut self, what: &str, wanted: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !wanted(&self.parser.screen().contents()) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(why) => panic!("never seen: {what} ({why})\n{}", self.parser.screen().contents()),
            }
        }
    }

    /// Changes the size of the window.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.parser.screen_mut().set_size(cells(rows), cells(columns));
        self.master.resize(size(columns, rows)).unwrap();
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.process_id().unwrap()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
    }

    /// Tells whether a colour was ever set.
    pub fn coloured(&self) -> bool {
        let text = String::from_utf8_lossy(&self.raw);
        let sets = text.split("\x1b[").skip(1).filter_map(|rest| rest.split_once(|c: char| c.is_ascii_alphabetic()));
        let mut codes =
            sets.zip(text.split("\x1b[").skip(1)).filter(|((codes, _), rest)| rest[codes.len()..].starts_with('m'));
        codes.any(|((codes, _), _)| {
            codes.split(';').any(|code| matches!(code.parse(), Ok(30..=38 | 40..=48 | 90..=97 | 100..=107)))
        })
    }

    /// Waits for the end: the exit code, and the terminal as it was.
    pub fn ends_with(mut self, code: u32) {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            match self.output.recv_timeout(Duration::from_millis(50)) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Timeout) if Instant::now() < deadline => {}
                Err(RecvTimeoutError::Timeout) => panic!("it does not end\n{}", self.parser.screen().contents()),
                Err(RecvTimeoutError::Disconnected) => thread::yield_now(),
            }
        };
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(200)) {
            self.take(&bytes);
        }
        let screen = self.parser.screen();
        assert_eq!(status.exit_code(), code, "{}", screen.contents());
        assert!(!screen.alternate_screen(), "the alternate screen stays");
        assert!(!screen.hide_cursor(), "the cursor stays hidden");
        assert!(!screen.bracketed_paste(), "bracketed paste stays on");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert!(!screen.contents().contains("panicked"), "{}", screen.contents());
    }

    fn take(&mut self, bytes: &[u8]) {
        self.raw.extend(bytes);
        self.parser.process(bytes);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A failed test leaves nothing running; one that ended is gone already.
        let _ = self.child.kill();
    }
}

/// The arguments of a simulated company that hurries.
pub fn fast_demo<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&["demo", "--speed", "40"], arguments].concat()
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap()
}
