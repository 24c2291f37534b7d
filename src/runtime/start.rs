//! From a command line to a screen.

use std::io;

use crate::{
    demo::start::Director,
    domain::{Kind, Selector},
    session::ConnectOptions,
    settings::{self, Overrides},
};

use super::{desk::Desk, logging};

/// What the command line asks of the screen.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// What it says about settings.
    pub overrides: Overrides,
    /// Which cluster, as whom, what of it.
    pub connect: ConnectOptions,
    /// A workload to open as soon as it is seen: its kind, if given, and its name.
    pub workload: Option<(Option<Kind>, String)>,
    /// Which workloads are shown; the default is all.
    pub selector: Selector,
    /// Who lets faults happen in the simulated company that is shown; none for a real cluster.
    pub director: Option<Director>,
    /// Writes go ahead even when the audit file cannot be written.
    pub no_audit: bool,
}

/// Runs the screen until the person leaves; returns the exit code.
///
/// # Errors
/// Standard output is no terminal, or it went away.
pub fn run(start: Start) -> io::Result<u8> {
    let (settings, problems) = settings::load(&start.overrides);
    let log = logging::start(&settings.options.log_dir.value, &settings.options.log_level.value);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let code = runtime.block_on(async {
        let mut desk = Desk::open(start, settings)?;
        for problem in problems {
            desk.complain(&problem.to_string());
        }
        if let Err(error) = &log {
            desk.complain(&format!("rolltop's own log cannot be written: {error}"));
        }
        desk.run().await
    });
    // Whatever is still being asked has nobody left to be told.
    runtime.shutdown_background();
    code
}
