//! A terminal with the program in it.

use std::{
    ffi::OsStr,
    io::{Read, Write},
    num::NonZero,
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

/// Far more than anything takes; only a hanging test meets it.
const PATIENCE: Duration = Duration::from_secs(90);

/// The home of the person who sits at a terminal.
pub struct Home(tempfile::TempDir);

impl Home {
    /// A home without a file in it.
    pub fn empty() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Saves a file of rolltop's configuration, as an editor does: beside it first, then in its place.
    pub fn save(&self, name: &str, text: &str) {
        let path = self.0.path().join(".config/rolltop").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let beside = path.with_extension("new");
        std::fs::write(&beside, text).unwrap();
        std::fs::rename(beside, path).unwrap();
    }
}

/// A terminal of 120 columns and 35 rows, and what has come to it.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    input: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    child: Box<dyn Child + Send + Sync>,
    parser: vt100::Parser,
    raw: Vec<u8>,
    home: Home,
}

impl Terminal {
    /// Starts the program in a home of its own.
    pub fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::start_at(Home::empty(), arguments, variables)
    }

    /// Starts the program in a home.
    pub fn start_at(home: Home, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::open(home, env!("CARGO_BIN_EXE_rolltop").as_ref(), arguments, variables)
    }

    /// Starts any program.
    pub fn open(home: Home, program: &OsStr, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let pair = native_pty_system().openpty(size(120, 35)).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        command.env("HOME", home.0.path());
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
        Self { master: pair.master, input, output, child, parser, raw: Vec::new(), home }
    }

    /// The home of the person who sits there.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// What is on screen, cell by cell.
    pub fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// Where a text begins on screen: column and row, both from 0.
    pub fn place(&self, text: &str) -> (u16, u16) {
        let columns = self.parser.screen().size().1;
        let found = self.parser.screen().rows(0, columns.into()).zip(0..).find_map(|(line, row)| {
            let column = line[..line.find(text)?].chars().count();
            Some((u16::try_from(column).unwrap(), row))
        });
        found.unwrap_or_else(|| panic!("{text} is not on screen\n{}", self.parser.screen().contents()))
    }

    /// Presses the left button on a text and lets it go.
    pub fn click(&mut self, text: &str) {
        self.sees(text);
        let (column, row) = self.place(text);
        self.mouse(0, column, row, 'M');
        self.mouse(0, column, row, 'm');
    }

    /// Turns the wheel by one step over a text.
    pub fn wheel(&mut self, text: &str, down: bool) {
        let (column, row) = self.place(text);
        self.mouse(if down { 65 } else { 64 }, column, row, 'M');
    }

    fn mouse(&mut self, button: u8, column: u16, row: u16, end: char) {
        self.keys(&format!("\x1b[<{button};{};{}{end}", column + 1, row + 1));
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) {
        self.input.write_all(keys.as_bytes()).unwrap();
        self.input.flush().unwrap();
    }

    /// Types the same key again and again until the screen is as wanted; each time it is given two seconds to work, as
    /// a key too many goes to whatever is shown next.
    pub fn keys_until(&mut self, keys: &str, what: &str, wanted: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        let mut again = Instant::now();
        while !(self.is_whole() && wanted(&self.parser.screen().contents())) {
            assert!(Instant::now() < deadline, "never seen: {what}\n{}", self.parser.screen().contents());
            if again <= Instant::now() {
                self.keys(keys);
                again = Instant::now() + Duration::from_secs(2);
            }
            if let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(200)) {
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
        self.until_it_looks(what, |screen| wanted(&screen.contents()));
    }

    /// Waits until these bytes have come, which may never be seen on screen.
    pub fn hears(&mut self, bytes: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !String::from_utf8_lossy(&self.raw).contains(bytes) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(why) => panic!("never sent: {bytes:?} ({why})\n{}", self.parser.screen().contents()),
            }
        }
    }

    /// Everything that has come so far.
    pub fn heard(&self) -> String {
        String::from_utf8_lossy(&self.raw).into_owned()
    }

    /// Waits until the screen, and how it looks, is as wanted.
    pub fn until_it_looks(&mut self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !(self.is_whole() && wanted(self.parser.screen())) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(why) => panic!("never seen: {what} ({why})\n{}", self.parser.screen().contents()),
            }
        }
    }

    /// Tells whether the last frame came to its end, so that a person would be shown it.
    fn is_whole(&self) -> bool {
        let last = |sequence: &[u8]| self.raw.windows(sequence.len()).rposition(|bytes| bytes == sequence);
        last(b"\x1b[?2026h") <= last(b"\x1b[?2026l")
    }

    /// Waits until the program is stopped, as by ctrl-z.
    pub fn until_stopped(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        let id = self.child.process_id().unwrap().to_string();
        loop {
            let state = std::process::Command::new("ps").args(["-o", "stat=", "-p", &id]).output().unwrap().stdout;
            if state.trim_ascii_start().starts_with(b"T") {
                break;
            }
            assert!(Instant::now() < deadline, "it does not stop");
            while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(50)) {
                self.take(&bytes);
            }
        }
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(200)) {
            self.take(&bytes);
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
    pub fn ends_with(self, code: u32) {
        let screen = self.leaves(code);
        assert!(!screen.contains("panicked"), "{screen}");
    }

    /// Waits for the end: the exit code, the terminal as it was; returns what it shows then.
    pub fn leaves(mut self, code: u32) -> String {
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
        assert_eq!(status.exit_code(), code, "{}", self.parser.screen().contents());
        self.is_given_back();
        self.parser.screen().contents()
    }

    /// The terminal is as it was before the program came.
    pub fn is_given_back(&self) {
        let screen = self.parser.screen();
        assert!(!screen.alternate_screen(), "the alternate screen stays");
        assert!(!screen.hide_cursor(), "the cursor stays hidden");
        assert!(!screen.bracketed_paste(), "bracketed paste stays on");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
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
