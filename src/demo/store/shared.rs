//! A handle on the store that tasks clone, with a wake-up for whoever follows its changes.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::Store;

/// The store, shared between the API server and the controllers; every use is a short critical section.
#[derive(Debug, Clone)]
pub struct SharedStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Mutex<Store>,
    version: watch::Sender<u64>,
}

impl SharedStore {
    /// Wraps a store.
    pub fn new(store: Store) -> Self {
        let (version, _) = watch::channel(store.resource_version());
        Self { inner: Arc::new(Inner { store: Mutex::new(store), version }) }
    }

    /// Runs `work` on the store and wakes followers where it changed something; never await inside.
    pub fn with<T>(&self, work: impl FnOnce(&mut Store) -> T) -> T {
        let mut store = self.inner.store.lock().unwrap_or_else(PoisonError::into_inner);
        let result = work(&mut store);
        let version = store.resource_version();
        drop(store);
        self.inner.version.send_if_modified(|seen| {
            let newer = version > *seen;
            *seen = version.max(*seen);
            newer
        });
        result
    }

    /// Returns a receiver of the store's newest resource version.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.inner.version.subscribe()
    }
}
