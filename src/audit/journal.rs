//! The file.

use std::{
    fs::{DirBuilder, File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use crate::operation::{Confirmed, Outcome, Plan};

use super::{Line, Result as Told};

/// Why a line could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the audit file {} cannot be written: {source}", path.display())]
pub struct Error {
    path: PathBuf,
    source: io::Error,
}

/// The audit file of this user; opened anew for each line, so that it may be rotated at any time.
#[derive(Clone, Debug)]
pub struct Journal {
    path: PathBuf,
    clock: fn() -> Timestamp,
}

/// An intent on file, waiting for its outcome.
#[derive(Debug)]
pub struct Ticket {
    id: String,
}

impl Journal {
    /// Makes a journal; nothing is opened before the first line.
    pub fn new(path: impl Into<PathBuf>, clock: fn() -> Timestamp) -> Self {
        Self { path: path.into(), clock }
    }

    /// Returns the file's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the time.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Writes an intent; it is on the disk when this returns.
    pub fn intend(&self, confirmed: &Confirmed<Plan>) -> Result<Ticket, Error> {
        let at = self.now();
        let id = format!("{:x}-{:04x}", at.as_microsecond(), fastrand::u16(..));
        self.append(&Line::intent(at, id.clone(), confirmed))?;
        Ok(Ticket { id })
    }

    /// Writes the outcome of an intent.
    pub fn conclude(&self, ticket: &Ticket, outcome: &Outcome) -> Result<(), Error> {
        self.append(&Line::outcome(self.now(), ticket.id.clone(), outcome))
    }

    /// Writes that an intent came to nothing, because the cluster could not be asked.
    pub fn fail(&self, ticket: &Ticket, message: String) -> Result<(), Error> {
        self.append(&Line::Outcome { at: self.now(), id: ticket.id.clone(), result: Told::Failed, message })
    }

    fn append(&self, line: &Line) -> Result<(), Error> {
        self.try_append(line).map_err(|source| Error { path: self.path.clone(), source })
    }

    fn try_append(&self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        let mut file = self.open()?;
        // One write, so that lines of two processes do not mix.
        file.write_all(&text)?;
        file.sync_data()
    }

    fn open(&self) -> io::Result<File> {
        if let Some(folder) = self.path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)?;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            file.set_permissions(Permissions::from_mode(0o600))?;
        }
        Ok(file)
    }
}
