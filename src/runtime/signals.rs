//! Signals, as a shell, a session manager or a closing window sends them.

use std::io;

use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// End, with this exit code (128 + the signal's number, as shells count).
    End {
        /// The exit code.
        code: u8,
    },
    /// Stop until continued; answer with [`stop_self`] once the terminal is given back.
    Stop,
    /// Running again after a stop that was not asked for first.
    Continued,
}

/// The signals the program heeds.
pub struct Signals {
    interrupt: Stream,
    terminate: Stream,
    hang_up: Stream,
    stop: Stream,
    continued: Stream,
}

impl Signals {
    /// Begins to listen; from now on these signals do not end the process by themselves.
    ///
    /// # Errors
    /// The system does not allow it.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            stop: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
            continued: signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
        })
    }

    /// Waits for the next signal. Dropping the wait loses none.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            biased;
            _ = self.hang_up.recv() => Signal::End { code: 129 },
            _ = self.interrupt.recv() => Signal::End { code: 130 },
            _ = self.terminate.recv() => Signal::End { code: 143 },
            _ = self.stop.recv() => Signal::Stop,
            _ = self.continued.recv() => Signal::Continued,
        }
    }
}

/// Stops the whole process until it is continued.
///
/// # Errors
/// The system does not allow it.
pub fn stop_self() -> io::Result<()> {
    // STOP, not TSTP: that one is heeded above, and would come back here.
    Ok(rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP)?)
}
