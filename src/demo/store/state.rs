//! The store itself: what is there, what changed, and who owns whom.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::{Value, json};

use super::error::ApiError;
use super::fields::{Interner, Managed};
use super::log::{Change, Event, Log};
use super::object::{Meta, Object, Shared};
use super::resource::{NAMESPACES, Resource};

/// Where an object is: kind, namespace (empty for cluster-wide kinds), name.
pub(super) type Address = (&'static str, String, String);

/// All objects of the cluster and the history of their changes.
#[derive(Debug)]
pub struct Store {
    objects: HashMap<&'static str, BTreeMap<String, BTreeMap<String, Shared>>>,
    dependents: HashMap<String, BTreeSet<Address>>,
    version: u64,
    log: Log,
    pub(super) sets: Interner,
    random: fastrand::Rng,
}

/// Changes kept for watches that come back; older ones answer 410 Gone.
const HISTORY: usize = 8192;

impl Store {
    /// Makes an empty store; equal seeds give equal names and uids.
    pub fn new(seed: u64) -> Self {
        Self {
            objects: HashMap::new(),
            dependents: HashMap::new(),
            version: 1,
            log: Log::new(HISTORY),
            sets: Interner::default(),
            random: fastrand::Rng::with_seed(seed),
        }
    }

    /// Returns the newest resource version of the whole store.
    pub fn resource_version(&self) -> u64 {
        self.version
    }

    /// Returns an object; `namespace` is empty for cluster-wide kinds.
    pub fn get(&self, resource: &Resource, namespace: &str, name: &str) -> Option<&Shared> {
        self.objects.get(resource.qualified)?.get(namespace)?.get(name)
    }

    /// Returns an object or the API's `NotFound`.
    pub fn find(&self, resource: &Resource, namespace: &str, name: &str) -> Result<&Shared, ApiError> {
        self.get(resource, namespace, name).ok_or_else(|| ApiError::not_found(resource, name))
    }

    /// Returns the objects of a kind, ordered by namespace and name; of one namespace where it is given.
    pub fn list(&self, resource: &Resource, namespace: Option<&str>) -> impl Iterator<Item = &Shared> {
        let spaces = self.objects.get(resource.qualified);
        let one = namespace.map(|namespace| spaces.and_then(|spaces| spaces.get(namespace)));
        let some = one.into_iter().flatten();
        let every = spaces.filter(|_| namespace.is_none()).into_iter().flat_map(BTreeMap::values);
        some.chain(every).flat_map(BTreeMap::values)
    }

    /// Returns the objects whose owner references name `uid`.
    pub fn owned_by(&self, uid: &str) -> impl Iterator<Item = &Shared> {
        let addresses = self.dependents.get(uid);
        addresses
            .into_iter()
            .flatten()
            .filter_map(|(kind, namespace, name)| self.objects.get(kind)?.get(namespace)?.get(name))
    }

    /// Returns the changes after `version`, oldest first, or none where the log no longer reaches back so far.
    pub fn changed_since(&self, version: u64) -> Option<impl Iterator<Item = &Event>> {
        self.log.since(version)
    }

    /// Forgets the history up to now, so that watches from an older version answer 410 Gone.
    pub fn compact(&mut self) {
        self.log.compact(self.version);
    }

    /// Returns the newest version whose changes are forgotten.
    pub fn compacted(&self) -> u64 {
        self.log.compacted()
    }

    /// Returns a suffix for a generated name, from the alphabet of Kubernetes (no vowels, no look-alikes).
    pub fn suffix(&mut self, length: usize) -> String {
        const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        (0..length).map(|_| char::from(ALPHABET[self.random.usize(..ALPHABET.len())])).collect()
    }

    pub(super) fn new_uid(&mut self) -> String {
        let (high, low) = (self.random.u64(..), self.random.u64(..));
        let random = (u128::from(high) << 64 | u128::from(low)) & !(0xf << 76 | 0x3 << 62) | (0x4 << 76 | 0x2 << 62);
        let digits = format!("{random:032x}");
        [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
    }

    /// Stores an object under a new resource version and logs the change.
    pub(super) fn commit(&mut self, resource: &'static Resource, mut value: Value, managed: Vec<Managed>) -> Shared {
        self.version += 1;
        value["metadata"]["resourceVersion"] = json!(self.version.to_string());
        let object = Arc::new(Object::new(value, managed, self.version));
        let (namespace, name) = (object.namespace().to_owned(), object.name().to_owned());
        let space = self.objects.entry(resource.qualified).or_default().entry(namespace).or_default();
        let before = space.insert(name, Arc::clone(&object));
        if let Some(before) = &before {
            self.unlink(resource, before);
        }
        self.link(resource, &object);
        let change = if before.is_some() { Change::Modified } else { Change::Added };
        self.log.push(Event { version: self.version, change, resource, object: Arc::clone(&object), before });
        object
    }

    /// Takes an object out and logs its last state under a new resource version.
    pub(super) fn take(&mut self, resource: &'static Resource, namespace: &str, name: &str) -> Option<Shared> {
        let spaces = self.objects.get_mut(resource.qualified)?;
        let space = spaces.get_mut(namespace)?;
        let before = space.remove(name)?;
        if space.is_empty() {
            spaces.remove(namespace);
        }
        self.unlink(resource, &before);
        self.version += 1;
        let mut value = before.value().clone();
        value["metadata"]["resourceVersion"] = json!(self.version.to_string());
        let object = Arc::new(Object::new(value, before.managed().to_vec(), self.version));
        let event = Event {
            version: self.version,
            change: Change::Deleted,
            resource,
            object: Arc::clone(&object),
            before: Some(before),
        };
        self.log.push(event);
        Some(object)
    }

    fn link(&mut self, resource: &'static Resource, object: &Object) {
        for owner in owners(object) {
            let address = (resource.qualified, object.namespace().to_owned(), object.name().to_owned());
            self.dependents.entry(owner.to_owned()).or_default().insert(address);
        }
    }

    fn unlink(&mut self, resource: &'static Resource, object: &Object) {
        for owner in owners(object) {
            if let Some(dependents) = self.dependents.get_mut(owner) {
                dependents.remove(&(resource.qualified, object.namespace().to_owned(), object.name().to_owned()));
                if dependents.is_empty() {
                    self.dependents.remove(owner);
                }
            }
        }
    }

    /// Returns where the dependents of `uid` are.
    pub(super) fn dependents_of(&self, uid: &str) -> Vec<Address> {
        self.dependents.get(uid).into_iter().flatten().cloned().collect()
    }

    /// Returns where every object of a namespace is.
    pub(super) fn everything_in(&self, namespace: &str) -> Vec<Address> {
        let mut found = Vec::new();
        for (kind, spaces) in &self.objects {
            for name in spaces.get(namespace).into_iter().flat_map(BTreeMap::keys) {
                found.push((*kind, namespace.to_owned(), name.clone()));
            }
        }
        found.sort();
        found
    }

    /// Tells whether a namespace holds objects.
    pub(super) fn is_empty(&self, namespace: &str) -> bool {
        self.objects.values().all(|spaces| spaces.get(namespace).is_none_or(BTreeMap::is_empty))
    }

    /// Refuses new objects in a namespace that is absent or going away.
    pub(super) fn open_namespace(&self, resource: &Resource, namespace: &str, name: &str) -> Result<(), ApiError> {
        if !resource.namespaced {
            return Ok(());
        }
        let space = self.find(&NAMESPACES, "", namespace)?;
        if space.is_terminating() {
            let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
            return Err(ApiError::forbidden(resource, name, &why));
        }
        Ok(())
    }
}

fn owners(object: &Object) -> impl Iterator<Item = &str> {
    object["metadata"]["ownerReferences"].as_array().into_iter().flatten().filter_map(|owner| owner["uid"].as_str())
}
