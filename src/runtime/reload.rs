//! The user's files, saved.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::{sync::mpsc, time::Instant};

/// Editors write a file in several steps; they are waited for.
const SETTLED: Duration = Duration::from_millis(150);

/// Tells when files in some folders, or some files, were saved.
pub struct Reload {
    happened: mpsc::Receiver<()>,
    watcher: Option<RecommendedWatcher>,
    places: Vec<PathBuf>,
    /// The folders watched: places that exist, and of the others the nearest one above.
    watched: BTreeSet<PathBuf>,
    /// What the places held when they were looked at last.
    seen: Vec<Stamp>,
    /// When what happened is taken for over.
    due: Option<Instant>,
}

/// A file, when it was written last, and how long it is; behind a link, the file it leads to.
type Stamp = (PathBuf, Option<std::time::SystemTime>, u64);

impl Reload {
    /// Begins to watch folders and files, and for those that do not exist yet to be made. Editors replace a file rather
    /// than write it, so it is the folder around a file that is watched. Where the system cannot watch,
    /// nothing is ever reported, and the reason is logged.
    pub fn watch(places: Vec<PathBuf>) -> Self {
        let (sender, happened) = mpsc::channel(1);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| matters(event.kind)) {
                // A full channel means that a look is due already.
                let _ = sender.try_send(());
            }
        });
        let watcher = watcher.inspect_err(|error| tracing::warn!(%error, "cannot watch files")).ok();
        let seen = stamps(&places);
        let mut reload = Self { happened, watcher, places, watched: BTreeSet::new(), seen, due: None };
        reload.arm();
        reload
    }

    /// Waits until files were saved and nothing more has come for a moment. Dropping the wait loses nothing.
    pub async fn saved(&mut self) {
        loop {
            self.settled().await;
            self.arm();
            let now = stamps(&self.places);
            // Other files in a folder above, or beside a configuration that was named, are none of ours.
            if now != self.seen {
                self.seen = now;
                return;
            }
        }
    }

    /// Waits until something happened and then nothing more for a moment. The moment's end is kept, for a wait may be
    /// dropped and begun anew many times before it.
    async fn settled(&mut self) {
        loop {
            let due = self.due;
            tokio::select! {
                happened = self.happened.recv() => match happened {
                    Some(()) => self.due = Some(Instant::now() + SETTLED),
                    None => std::future::pending().await,
                },
                () = until(due) => {
                    self.due = None;
                    return;
                }
            }
        }
    }

    /// Watches every folder that exists by now, where its files really are, and the nearest one above the others.
    fn arm(&mut self) {
        let Some(watcher) = &mut self.watcher else { return };
        let mut wanted: BTreeSet<PathBuf> = self.places.iter().filter_map(|place| existing(place)).collect();
        let links =
            files(&self.places).into_iter().filter_map(|file| Some(file.canonicalize().ok()?.parent()?.to_owned()));
        wanted.extend(links);
        for folder in wanted.difference(&self.watched) {
            if let Err(error) = watcher.watch(folder, RecursiveMode::NonRecursive) {
                tracing::warn!(folder = %folder.display(), %error, "cannot watch");
            }
        }
        for folder in self.watched.difference(&wanted) {
            // One that was removed is watched no longer anyway.
            let _ = watcher.unwatch(folder);
        }
        self.watched = wanted;
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// The place if it is a folder, else the nearest one above it that exists; links are resolved, so that none is watched
/// twice.
fn existing(place: &Path) -> Option<PathBuf> {
    place.ancestors().find(|folder| folder.is_dir())?.canonicalize().ok()
}

/// The files among the places, and the TOML files of the folders among them.
fn files(places: &[PathBuf]) -> Vec<PathBuf> {
    let entries = places.iter().filter_map(|place| std::fs::read_dir(place).ok()).flatten();
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let own = paths.filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
    own.chain(places.iter().filter(|place| place.is_file()).cloned()).collect()
}

fn stamps(places: &[PathBuf]) -> Vec<Stamp> {
    let mut stamps: Vec<Stamp> = files(places)
        .into_iter()
        .filter_map(|path| {
            let about = std::fs::metadata(&path).ok()?;
            Some((path, about.modified().ok(), about.len()))
        })
        .collect();
    stamps.sort();
    stamps
}

/// Reading a file is an event too, and reloading reads.
fn matters(kind: EventKind) -> bool {
    matches!(kind, EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Far more than any step takes; only a hanging test meets it.
    const PATIENCE: Duration = Duration::from_secs(20);

    async fn saved(reload: &mut Reload) {
        tokio::time::timeout(PATIENCE, reload.saved()).await.expect("a saved file is reported");
    }

    #[tokio::test]
    async fn a_saved_file_is_reported_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut reload = Reload::watch(vec![folder.path().to_owned(), folder.path().join("absent")]);
        std::fs::write(folder.path().join("config.toml"), "theme = \"dark\"").unwrap();
        std::fs::write(folder.path().join("config.toml"), "theme = \"light\"").unwrap();
        saved(&mut reload).await;
        assert!(reload.happened.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_wait_that_is_dropped_again_and_again_ends_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let mut reload = Reload::watch(vec![folder.path().to_owned()]);
        std::fs::write(folder.path().join("config.toml"), "theme = \"dark\"").unwrap();
        let often = async {
            // As a screen does that is drawn for data meanwhile.
            while tokio::time::timeout(Duration::from_millis(20), reload.saved()).await.is_err() {}
        };
        tokio::time::timeout(PATIENCE, often).await.expect("a saved file is reported");
    }

    #[tokio::test]
    async fn folders_that_are_made_later_and_files_behind_links_are_seen() {
        let home = tempfile::tempdir().unwrap();
        let (own, dotfiles) = (home.path().join("config/rolltop"), home.path().join("dotfiles"));
        std::fs::create_dir(&dotfiles).unwrap();
        let mut reload = Reload::watch(vec![own.clone(), own.join("themes")]);
        // Not ours, though the folder is watched.
        std::fs::write(home.path().join("shopping.toml"), "milk = 1").unwrap();
        std::fs::create_dir_all(own.join("themes")).unwrap();
        std::fs::write(own.join("themes/mine.toml"), "inherits = \"dark\"").unwrap();
        saved(&mut reload).await;
        std::fs::write(dotfiles.join("real.toml"), "theme = \"mine\"").unwrap();
        std::os::unix::fs::symlink(dotfiles.join("real.toml"), own.join("config.toml")).unwrap();
        saved(&mut reload).await;
        std::fs::write(dotfiles.join("real.toml"), "theme = \"light\"").unwrap();
        saved(&mut reload).await;
    }
}
