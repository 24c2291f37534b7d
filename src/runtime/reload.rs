//! The user's files, saved.

use std::{path::PathBuf, time::Duration};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

/// Editors write a file in several steps; they are waited for.
const SETTLED: Duration = Duration::from_millis(150);

/// Tells when files in some folders were saved.
pub struct Reload {
    saved: mpsc::Receiver<()>,
    due: bool,
    // Watching ends with it.
    _watcher: Option<RecommendedWatcher>,
}

impl Reload {
    /// Begins to watch folders; those that do not exist are passed over. Where the system cannot watch, nothing is
    /// ever reported, and the reason is logged.
    pub fn watch(folders: &[PathBuf]) -> Self {
        let (sender, saved) = mpsc::channel(1);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| matters(event.kind)) {
                // A full channel means that a reload is due already.
                let _ = sender.try_send(());
            }
        });
        let watcher = match watcher {
            Ok(mut watcher) => {
                for folder in folders.iter().filter(|folder| folder.is_dir()) {
                    if let Err(error) = watcher.watch(folder, RecursiveMode::NonRecursive) {
                        tracing::warn!(folder = %folder.display(), %error, "cannot watch");
                    }
                }
                Some(watcher)
            }
            Err(error) => {
                tracing::warn!(%error, "cannot watch files");
                None
            }
        };
        Self { saved, due: false, _watcher: watcher }
    }

    /// Waits until files were saved and nothing more has come for a moment. Dropping the wait loses nothing.
    pub async fn saved(&mut self) {
        if !self.due {
            match self.saved.recv().await {
                Some(()) => self.due = true,
                None => std::future::pending().await,
            }
        }
        while let Ok(Some(())) = tokio::time::timeout(SETTLED, self.saved.recv()).await {}
        self.due = false;
    }
}

/// Reading a file is an event too, and reloading reads.
fn matters(kind: EventKind) -> bool {
    matches!(kind, EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_saved_file_is_reported_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut reload = Reload::watch(&[folder.path().to_owned(), folder.path().join("absent")]);
        std::fs::write(folder.path().join("config.toml"), "theme = \"dark\"").unwrap();
        std::fs::write(folder.path().join("config.toml"), "theme = \"light\"").unwrap();
        reload.saved().await;
        assert!(reload.saved.try_recv().is_err());
    }
}
