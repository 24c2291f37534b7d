//! Deleting: grace for pods, finalizers, what follows its owner, and namespaces with all they hold.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::error::ApiError;
use super::object::{Meta, Object, Shared, timestamp};
use super::resource::{CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES, NODES, PODS, RESOURCES, Resource};
use super::state::{Address, Store};
use super::write::Writer;

/// What becomes of the objects an object owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Propagation {
    /// They are deleted once it is gone.
    #[default]
    Background,
    /// They are deleted first; it waits for those that block it.
    Foreground,
    /// They stay and lose their owner.
    Orphan,
}

/// How to delete.
#[derive(Debug, Clone, Default)]
pub struct DeleteOptions {
    /// Seconds a pod gets to stop; none for its own setting.
    pub grace_period: Option<i64>,
    /// What becomes of dependents.
    pub propagation: Propagation,
    /// Refuse unless this is the object's uid.
    pub uid: Option<String>,
    /// Refuse unless this is the object's resource version.
    pub resource_version: Option<String>,
}

impl DeleteOptions {
    /// Deletes at once, without grace.
    pub fn now() -> Self {
        Self { grace_period: Some(0), ..Self::default() }
    }
}

const FOREGROUND: &str = "foregroundDeletion";

impl Store {
    /// Deletes an object, or begins to: returns its last or its marked state, and whether it is gone.
    pub fn delete(
        &mut self,
        resource: &'static Resource,
        (namespace, name): (&str, &str),
        options: &DeleteOptions,
        writer: &Writer<'_>,
    ) -> Result<(Shared, bool), ApiError> {
        let current = Arc::clone(self.find(resource, namespace, name)?);
        check_preconditions(resource, &current, options)?;
        let grace = grace_of(resource, &current, options);
        let finalizers = finalizers_of(&current);
        let waits = !finalizers.is_empty() || options.propagation == Propagation::Foreground || *resource == NAMESPACES;
        if writer.dry_run {
            return Ok((Arc::clone(&current), !waits && grace == 0));
        }
        if options.propagation == Propagation::Orphan {
            self.orphan(current.uid(), writer)?;
        }
        if !waits && grace == 0 {
            let gone = self.remove(resource, namespace, name, writer)?;
            return Ok((gone.unwrap_or(current), true));
        }
        let marked = self.mark(resource, &current, grace, options.propagation, writer);
        if options.propagation == Propagation::Foreground {
            self.delete_dependents(marked.uid(), writer)?;
        }
        if *resource == NAMESPACES {
            self.empty(name, writer)?;
        }
        self.finish_if_released(resource, &marked, writer)?;
        let now = self.get(resource, namespace, name).filter(|now| now.uid() == marked.uid()).cloned();
        Ok(now.map_or((marked, true), |now| (now, false)))
    }

    fn mark(
        &mut self,
        resource: &'static Resource,
        current: &Object,
        grace: i64,
        propagation: Propagation,
        writer: &Writer<'_>,
    ) -> Shared {
        let mut value = current.value().clone();
        let left = current["metadata"]["deletionGracePeriodSeconds"].as_i64();
        if left.is_none_or(|left| grace < left) {
            let until = writer.now.saturating_add(SignedDuration::from_secs(grace)).unwrap_or(writer.now);
            value["metadata"]["deletionTimestamp"] = json!(timestamp(until));
            value["metadata"]["deletionGracePeriodSeconds"] = json!(grace);
        }
        if propagation == Propagation::Foreground && !finalizers_of(current).contains(&FOREGROUND) {
            let mut finalizers: Vec<&str> = finalizers_of(current);
            finalizers.push(FOREGROUND);
            value["metadata"]["finalizers"] = json!(finalizers);
        }
        if *resource == NAMESPACES {
            value["status"]["phase"] = json!("Terminating");
        }
        if resource.counts_generations && !current.is_terminating() {
            value["metadata"]["generation"] = json!(current["metadata"]["generation"].as_i64().unwrap_or(0) + 1);
        }
        self.commit(resource, value, current.managed().to_vec())
    }

    /// Takes out an object whose deletion waited for finalizers that are gone now.
    pub(super) fn finish_if_released(
        &mut self,
        resource: &'static Resource,
        object: &Object,
        writer: &Writer<'_>,
    ) -> Result<(), ApiError> {
        if !object.is_terminating() {
            return Ok(());
        }
        let (namespace, name) = (object.namespace().to_owned(), object.name().to_owned());
        let Some(current) = self.get(resource, &namespace, &name).cloned() else {
            return Ok(());
        };
        if finalizers_of(&current) == [FOREGROUND] && !self.is_blocked(current.uid()) {
            return self.remove(resource, &namespace, &name, writer).map(drop);
        }
        let graceful = current["metadata"]["deletionGracePeriodSeconds"].as_i64().unwrap_or(0) > 0;
        let occupied = *resource == NAMESPACES && !self.is_empty(&name);
        if finalizers_of(&current).is_empty() && !graceful && !occupied {
            self.remove(resource, &namespace, &name, writer)?;
        }
        Ok(())
    }

    fn is_blocked(&self, uid: &str) -> bool {
        self.owned_by(uid).any(|dependent| {
            let owners = dependent["metadata"]["ownerReferences"].as_array();
            owners
                .into_iter()
                .flatten()
                .any(|owner| owner["uid"] == uid && owner["blockOwnerDeletion"] == Value::Bool(true))
        })
    }

    /// Takes an object out, then lets everything that waited for that go on.
    fn remove(
        &mut self,
        resource: &'static Resource,
        namespace: &str,
        name: &str,
        writer: &Writer<'_>,
    ) -> Result<Option<Shared>, ApiError> {
        let Some(gone) = self.take(resource, namespace, name) else {
            return Ok(None);
        };
        self.delete_dependents(gone.uid(), writer)?;
        if *resource == CUSTOM_RESOURCE_DEFINITIONS {
            self.delete_instances(name, writer)?;
        }
        let owners: Vec<String> = gone["metadata"]["ownerReferences"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|owner| owner["uid"].as_str().map(str::to_owned))
            .collect();
        for owner in gone["metadata"]["ownerReferences"].as_array().into_iter().flatten() {
            let Some(kind) = super::resource::by_kind(
                owner["apiVersion"].as_str().unwrap_or_default(),
                owner["kind"].as_str().unwrap_or_default(),
            ) else {
                continue;
            };
            let space = if kind.namespaced { namespace } else { "" };
            let waiting = self.get(kind, space, owner["name"].as_str().unwrap_or_default()).cloned();
            if let Some(waiting) = waiting.filter(|waiting| owners.iter().any(|uid| uid == waiting.uid())) {
                self.finish_if_released(kind, &waiting, writer)?;
            }
        }
        if let Some(space) = self.get(&NAMESPACES, "", namespace).cloned() {
            self.finish_if_released(&NAMESPACES, &space, writer)?;
        }
        Ok(Some(gone))
    }

    /// With its definition a custom kind loses all of its objects.
    fn delete_instances(&mut self, qualified: &str, writer: &Writer<'_>) -> Result<(), ApiError> {
        let Some(kind) = RESOURCES.iter().copied().find(|kind| kind.is_custom() && kind.qualified == qualified) else {
            return Ok(());
        };
        let all: Vec<Shared> = self.list(kind, None).cloned().collect();
        for object in all {
            let at = (object.namespace(), object.name());
            ignore_absent(self.delete(kind, at, &DeleteOptions::default(), writer))?;
        }
        Ok(())
    }

    fn delete_dependents(&mut self, uid: &str, writer: &Writer<'_>) -> Result<(), ApiError> {
        for address in self.dependents_of(uid) {
            let Some((resource, dependent)) = self.at(&address) else {
                continue;
            };
            let owners = dependent["metadata"]["ownerReferences"].as_array().cloned().unwrap_or_default();
            let others_live = owners.iter().any(|owner| owner["uid"] != uid && self.owner_lives(owner, &address.1));
            if others_live || dependent.is_terminating() {
                continue;
            }
            let has_dependents = self.owned_by(dependent.uid()).next().is_some();
            let in_foreground = self.owner_waits(&owners, &address.1) && has_dependents;
            let propagation = if in_foreground { Propagation::Foreground } else { Propagation::Background };
            let options = DeleteOptions { propagation, ..DeleteOptions::default() };
            ignore_absent(self.delete(resource, (&address.1, &address.2), &options, writer))?;
        }
        Ok(())
    }

    fn owner(&self, owner: &Value, namespace: &str) -> Option<&Shared> {
        let kind = super::resource::by_kind(owner["apiVersion"].as_str()?, owner["kind"].as_str()?)?;
        let space = if kind.namespaced { namespace } else { "" };
        self.get(kind, space, owner["name"].as_str()?).filter(|object| owner["uid"] == object.uid())
    }

    fn owner_lives(&self, owner: &Value, namespace: &str) -> bool {
        self.owner(owner, namespace).is_some_and(|object| !object.is_terminating())
    }

    fn owner_waits(&self, owners: &[Value], namespace: &str) -> bool {
        owners
            .iter()
            .any(|owner| self.owner(owner, namespace).is_some_and(|object| finalizers_of(object).contains(&FOREGROUND)))
    }

    fn orphan(&mut self, uid: &str, writer: &Writer<'_>) -> Result<(), ApiError> {
        for address in self.dependents_of(uid) {
            let Some((resource, dependent)) = self.at(&address) else {
                continue;
            };
            let mut value = dependent.value().clone();
            if let Some(owners) = value["metadata"]["ownerReferences"].as_array_mut() {
                owners.retain(|owner| owner["uid"] != uid);
            }
            self.update(resource, value, writer)?;
        }
        Ok(())
    }

    fn empty(&mut self, namespace: &str, writer: &Writer<'_>) -> Result<(), ApiError> {
        for address in self.everything_in(namespace) {
            if let Some((resource, _)) = self.at(&address) {
                ignore_absent(self.delete(resource, (&address.1, &address.2), &DeleteOptions::default(), writer))?;
            }
        }
        Ok(())
    }

    fn at(&self, (kind, namespace, name): &Address) -> Option<(&'static Resource, Shared)> {
        let resource = RESOURCES.iter().copied().find(|resource| resource.qualified == *kind)?;
        Some((resource, Arc::clone(self.get(resource, namespace, name)?)))
    }
}

fn ignore_absent<T>(result: Result<T, ApiError>) -> Result<(), ApiError> {
    match result {
        Err(error) if error.code != 404 => Err(error),
        _ => Ok(()),
    }
}

fn finalizers_of(object: &Value) -> Vec<&str> {
    object["metadata"]["finalizers"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn check_preconditions(resource: &Resource, current: &Object, options: &DeleteOptions) -> Result<(), ApiError> {
    let checks = [
        ("UID", &options.uid, current.uid()),
        ("ResourceVersion", &options.resource_version, current.meta("resourceVersion")),
    ];
    for (what, wanted, found) in checks {
        if let Some(wanted) = wanted.as_deref().filter(|wanted| *wanted != found) {
            let why = format!("Precondition failed: {what} in precondition: {wanted}, {what} in object meta: {found}");
            return Err(ApiError::conflict(resource, current.name(), &why));
        }
    }
    Ok(())
}

/// Only a pod on a node that still answers for it gets time to stop.
fn grace_of(resource: &Resource, current: &Object, options: &DeleteOptions) -> i64 {
    let phase = current["status"]["phase"].as_str().unwrap_or_default();
    let unscheduled = current["spec"]["nodeName"].as_str().unwrap_or_default().is_empty();
    if *resource == NODES || *resource != PODS || unscheduled || matches!(phase, "Succeeded" | "Failed") {
        return 0;
    }
    options.grace_period.or_else(|| current["spec"]["terminationGracePeriodSeconds"].as_i64()).unwrap_or(30).max(0)
}
