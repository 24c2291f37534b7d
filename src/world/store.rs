//! Objects of one family, by namespace and name and by one index.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::Hash,
};

use crate::domain::{
    AnalysisRun, Autoscaler, ControllerRevision, Delta, Event, Experiment, Meta, ObjectRef, Pod, ReplicaSet, Route,
    Service, Text, Workload,
};

/// An object a [`Store`] can keep.
pub(super) trait Indexed: PartialEq {
    /// What it is looked up by beside its name.
    type Key: Hash + Eq;
    fn meta(&self) -> &Meta;
    fn key(&self) -> Option<Self::Key>;
}

/// An object that came, changed or went; what it is now stands in the store.
pub(super) struct Change<T> {
    pub(super) namespace: Text,
    pub(super) name: Text,
    pub(super) old: Option<T>,
}

/// Objects of one family.
pub(super) struct Store<T: Indexed> {
    items: BTreeMap<Text, BTreeMap<Text, T>>,
    index: HashMap<T::Key, BTreeSet<(Text, Text)>>,
    count: usize,
}

impl<T: Indexed> Default for Store<T> {
    fn default() -> Self {
        Self { items: BTreeMap::new(), index: HashMap::new(), count: 0 }
    }
}

impl<T: Indexed> Store<T> {
    /// Folds a delta in; returns only what differs from before.
    pub(super) fn apply(&mut self, delta: Delta<T>) -> Vec<Change<T>> {
        match delta {
            Delta::Reset { namespace, items } => self.reset(namespace.as_ref(), items),
            Delta::Applied(item) => self.put(item).into_iter().collect(),
            Delta::Deleted { namespace, name, uid } => {
                let newer = self.get(&namespace, &name).is_none_or(|item| item.meta().uid != uid && !uid.is_empty());
                if newer { Vec::new() } else { self.take(&namespace, &name).into_iter().collect() }
            }
        }
    }

    fn reset(&mut self, namespace: Option<&Text>, items: Vec<T>) -> Vec<Change<T>> {
        let listed: BTreeSet<(Text, Text)> =
            items.iter().map(|item| (item.meta().namespace.clone(), item.meta().name.clone())).collect();
        let gone: Vec<(Text, Text)> = self
            .items
            .iter()
            .filter(|(name, _)| namespace.is_none_or(|only| only == *name))
            .flat_map(|(space, items)| items.keys().map(|name| (space.clone(), name.clone())))
            .filter(|id| !listed.contains(id))
            .collect();
        let mut changes: Vec<_> = gone.iter().filter_map(|(namespace, name)| self.take(namespace, name)).collect();
        changes.extend(items.into_iter().filter_map(|item| self.put(item)));
        changes
    }

    fn put(&mut self, item: T) -> Option<Change<T>> {
        let (namespace, name) = (item.meta().namespace.clone(), item.meta().name.clone());
        let old = self.get(&namespace, &name);
        if old == Some(&item) {
            return None;
        }
        let (before, after) = (old.and_then(T::key), item.key());
        if before != after {
            self.unlink(before, &namespace, &name);
            if let Some(key) = after {
                self.index.entry(key).or_default().insert((namespace.clone(), name.clone()));
            }
        }
        let old = self.items.entry(namespace.clone()).or_default().insert(name.clone(), item);
        self.count += usize::from(old.is_none());
        Some(Change { namespace, name, old })
    }

    /// Removes an object.
    pub(super) fn take(&mut self, namespace: &str, name: &str) -> Option<Change<T>> {
        let names = self.items.get_mut(namespace)?;
        let (name, old) = names.remove_entry(name)?;
        if names.is_empty() {
            self.items.remove(namespace);
        }
        self.count -= 1;
        self.unlink(old.key(), &old.meta().namespace, &name);
        Some(Change { namespace: old.meta().namespace.clone(), name, old: Some(old) })
    }

    fn unlink(&mut self, key: Option<T::Key>, namespace: &Text, name: &Text) {
        let Some(key) = key else { return };
        if let Some(names) = self.index.get_mut(&key) {
            names.remove(&(namespace.clone(), name.clone()));
            if names.is_empty() {
                self.index.remove(&key);
            }
        }
    }

    /// Returns an object by name.
    pub(super) fn get(&self, namespace: &str, name: &str) -> Option<&T> {
        self.items.get(namespace)?.get(name)
    }

    /// Returns the objects of an index key, by namespace and name.
    pub(super) fn of<'a>(&'a self, key: &T::Key) -> impl Iterator<Item = &'a T> + use<'a, T> {
        self.index.get(key).into_iter().flatten().filter_map(|(namespace, name)| self.get(namespace, name))
    }

    /// Returns all objects, by namespace and name.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.values().flat_map(BTreeMap::values)
    }

    /// Returns the objects of a namespace, by name.
    pub(super) fn within(&self, namespace: &str) -> impl Iterator<Item = &T> {
        self.items.get(namespace).into_iter().flat_map(BTreeMap::values)
    }

    /// Returns how many there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }
}

/// The UID of the controlling owner.
fn owner(meta: &Meta) -> Option<Text> {
    meta.owner.as_ref().map(|owner| owner.uid.clone())
}

macro_rules! indexed {
    ($($kind:ty: $key:ty = $by:expr;)*) => {$(
        impl Indexed for $kind {
            type Key = $key;
            fn meta(&self) -> &Meta {
                &self.meta
            }
            fn key(&self) -> Option<Self::Key> {
                let by: fn(&Self) -> Option<$key> = $by;
                by(self)
            }
        }
    )*};
}

indexed! {
    Workload: Text = |workload| Some(workload.meta.uid.clone());
    ReplicaSet: Text = |set| owner(&set.meta);
    ControllerRevision: Text = |revision| owner(&revision.meta);
    Pod: Text = |pod| owner(&pod.meta);
    Autoscaler: ObjectRef = |autoscaler| Some(autoscaler.target.clone());
    Event: ObjectRef = |event| Some(event.about.clone());
    AnalysisRun: Text = |run| owner(&run.meta);
    Experiment: Text = |experiment| owner(&experiment.meta);
    Service: Text = |_| None;
    Route: Text = |_| None;
}
