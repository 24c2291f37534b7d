//! The program's own log: a rolling file, never the terminal.

use std::{fs, io, path::Path};

use tracing_appender::{
    non_blocking::{NonBlockingBuilder, WorkerGuard},
    rolling::{Builder, Rotation},
};
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, registry, util::SubscriberInitExt};

/// Files kept, one a day.
const KEPT: usize = 7;

/// Lines that may wait to be written; room for them is taken at the start.
const WAITING: usize = 4096;

/// Starts to log into a folder, which is made if need be. The log ends when the guard is dropped.
///
/// Levels are `off`, `error`, `warn`, `info`, `debug` and `trace`; they hold for rolltop, libraries stay one step
/// quieter: at `debug` and below an HTTP library may log headers, and with them tokens.
///
/// # Errors
/// The folder cannot be made or written.
pub fn start(folder: &Path, level: &str) -> io::Result<Option<WorkerGuard>> {
    if level == "off" {
        return Ok(None);
    }
    fs::create_dir_all(folder)?;
    let file = Builder::new()
        .rotation(Rotation::DAILY)
        .filename_prefix("rolltop")
        .filename_suffix("log")
        .max_log_files(KEPT)
        .build(folder)
        .map_err(io::Error::other)?;
    let (writer, guard) = NonBlockingBuilder::default().buffered_lines_limit(WAITING).finish(file);
    let filter = EnvFilter::try_new(filter(level)).map_err(io::Error::other)?;
    let lines = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false);
    // A second start in one process keeps the first log.
    let _ = registry().with(filter).with(lines).try_init();
    Ok(Some(guard))
}

fn filter(level: &str) -> String {
    let libraries = if level == "error" { "error" } else { "warn" };
    format!("{libraries},rolltop={level}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_never_log_what_they_send() {
        for level in ["error", "warn", "info", "debug", "trace"] {
            let filter = filter(level);
            assert!(!filter.starts_with("debug") && !filter.starts_with("trace"), "{filter}");
            assert!(EnvFilter::try_new(&filter).is_ok(), "{filter}");
        }
    }

    #[test]
    fn a_log_that_is_off_makes_no_file() {
        let folder = tempfile::tempdir().unwrap();
        assert!(start(&folder.path().join("log"), "off").unwrap().is_none());
        assert!(!folder.path().join("log").exists());
    }
}
