//! Creating and changing objects: server-set metadata, optimistic concurrency, generations, field owners.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::error::ApiError;
use super::fields::{self, Managed};
use super::object::{Meta, Object, Shared, timestamp};
use super::ownership::{after_apply, after_update, stated};
use super::resource::{DEPLOYMENTS, PODS, Resource, SERVICES};
use super::state::Store;
use super::{address, defaults, quota, validate};

/// Who writes, when, and whether it is only a try.
#[derive(Debug, Clone, Copy)]
pub struct Writer<'a> {
    /// Field manager, such as `kube-controller-manager`.
    pub manager: &'a str,
    /// Time of the write.
    pub now: Timestamp,
    /// Whether everything is checked and nothing stored.
    pub dry_run: bool,
}

impl<'a> Writer<'a> {
    /// Makes a writer whose writes count.
    pub fn new(manager: &'a str, now: Timestamp) -> Self {
        Self { manager, now, dry_run: false }
    }
}

/// The part of an object a write goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Everything but the status.
    Main,
    /// The status only.
    Status,
    /// The replica count, through the scale subresource.
    Scale,
    /// Spec and status at once, as of a kind without a status subresource.
    Whole,
}

impl Part {
    fn subresource(self) -> &'static str {
        match self {
            Self::Main | Self::Whole => "",
            Self::Status => "status",
            Self::Scale => "scale",
        }
    }
}

impl Store {
    /// Creates an object; fills in name (from `generateName`), uid, time and defaults.
    pub fn create(
        &mut self,
        resource: &'static Resource,
        object: Value,
        writer: &Writer<'_>,
    ) -> Result<Shared, ApiError> {
        let (mut value, name) = self.stamp(resource, object, writer)?;
        let namespace = value.namespace().to_owned();
        self.open_namespace(resource, &namespace, &name)?;
        if self.get(resource, &namespace, &name).is_some() {
            return Err(ApiError::already_exists(resource, &name));
        }
        defaults::fill(resource, &mut value);
        if *resource == SERVICES {
            address::allot(self, &mut value);
        }
        validate::check(resource, &value, None)?;
        quota::admit(self, resource, &value)?;
        let changes = fields::changes(&json!({}), &value);
        let managed = after_update(Vec::new(), &changes, "", &resource.api_version(), writer, &mut self.sets);
        if writer.dry_run {
            return Ok(Arc::new(Object::new(value, managed, 0)));
        }
        Ok(self.commit(resource, value, managed))
    }

    fn stamp(&mut self, resource: &Resource, object: Value, writer: &Writer<'_>) -> Result<(Value, String), ApiError> {
        let Value::Object(mut given) = object else {
            return Err(ApiError::bad_request("the body is not an object"));
        };
        let mut metadata = match given.remove("metadata") {
            Some(Value::Object(metadata)) => metadata,
            _ => Map::new(),
        };
        if metadata.get("resourceVersion").and_then(Value::as_str).is_some_and(|version| !version.is_empty()) {
            return Err(ApiError::bad_request("resourceVersion should not be set on objects to be created"));
        }
        let text = |key: &str, metadata: &Map<String, Value>| {
            metadata.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let mut name = text("name", &metadata);
        let prefix = text("generateName", &metadata);
        if name.is_empty() && !prefix.is_empty() {
            let kept: String = prefix.chars().take(58).collect();
            name = format!("{kept}{}", self.suffix(5));
        }
        for key in [
            "uid",
            "selfLink",
            "managedFields",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "resourceVersion",
            "generation",
        ] {
            metadata.shift_remove(key);
        }
        if !resource.namespaced {
            metadata.shift_remove("namespace");
        }
        let mut stamped = Map::with_capacity(metadata.len() + 4);
        stamped.insert("name".to_owned(), json!(name));
        for key in ["generateName", "namespace"] {
            if let Some(value) = metadata.remove(key) {
                stamped.insert(key.to_owned(), value);
            }
        }
        stamped.insert("uid".to_owned(), json!(self.new_uid()));
        if !writer.dry_run {
            stamped.insert("resourceVersion".to_owned(), json!("0"));
        }
        if resource.counts_generations {
            stamped.insert("generation".to_owned(), json!(1));
        }
        stamped.insert("creationTimestamp".to_owned(), json!(timestamp(writer.now)));
        stamped.extend(
            metadata.into_iter().filter(|(key, value)| key != "name" && key != "creationTimestamp" && !value.is_null()),
        );
        Ok((headed(resource, stamped, given), name))
    }

    /// Changes everything but the status; the object's own resource version, where present, must be the newest.
    pub fn update(
        &mut self,
        resource: &'static Resource,
        object: Value,
        writer: &Writer<'_>,
    ) -> Result<Shared, ApiError> {
        self.write(resource, object, Part::Main, writer)
    }

    /// Changes the status only.
    pub fn update_status(
        &mut self,
        resource: &'static Resource,
        object: Value,
        writer: &Writer<'_>,
    ) -> Result<Shared, ApiError> {
        self.write(resource, object, Part::Status, writer)
    }

    /// Reads, lets `change` edit, and writes back one part of an object.
    pub fn modify(
        &mut self,
        resource: &'static Resource,
        (namespace, name): (&str, &str),
        part: Part,
        writer: &Writer<'_>,
        change: impl FnOnce(&mut Value),
    ) -> Result<Shared, ApiError> {
        let mut value = self.find(resource, namespace, name)?.value().clone();
        change(&mut value);
        self.write(resource, value, part, writer)
    }

    /// Gives an unscheduled pod its node, as the binding subresource does.
    pub fn bind(&mut self, namespace: &str, pod: &str, node: &str, writer: &Writer<'_>) -> Result<Shared, ApiError> {
        let current = self.find(&PODS, namespace, pod)?;
        if let Some(taken) = current["spec"]["nodeName"].as_str() {
            return Err(ApiError::conflict(&PODS, pod, &format!("pod {pod} is already assigned to node {taken:?}")));
        }
        let (before, managed) = (Arc::clone(current), current.managed().to_vec());
        let mut value = before.value().clone();
        value["spec"]["nodeName"] = json!(node);
        let mut conditions = value["status"]["conditions"].as_array().cloned().unwrap_or_default();
        conditions.retain(|condition| condition["type"] != "PodScheduled");
        conditions.push(json!({ "lastProbeTime": null, "lastTransitionTime": timestamp(writer.now), "status": "True", "type": "PodScheduled" }));
        value["status"]["conditions"] = Value::Array(conditions);
        if writer.dry_run {
            return Ok(Arc::new(Object::new(value, managed, 0)));
        }
        Ok(self.commit(&PODS, value, managed))
    }

    /// Writes one part of an existing object; unchanged content keeps its resource version.
    pub fn write(
        &mut self,
        resource: &'static Resource,
        object: Value,
        part: Part,
        writer: &Writer<'_>,
    ) -> Result<Shared, ApiError> {
        let before = Arc::clone(self.find(resource, object.namespace(), object.name())?);
        let owners = stated(&object, &mut self.sets).unwrap_or_else(|| before.managed().to_vec());
        let value = prepare(resource, &before, object, part)?;
        let changes = fields::changes(before.value(), &value);
        if value == *before.value() && owners == before.managed() {
            return Ok(before);
        }
        let managed =
            after_update(owners, &changes, part.subresource(), &resource.api_version(), writer, &mut self.sets);
        self.settle(resource, value, managed, writer)
    }

    /// Stores what a server-side apply computed; `applied` is the set of fields the applier now owns.
    pub fn write_applied(
        &mut self,
        resource: &'static Resource,
        object: Value,
        applied: &Map<String, Value>,
        writer: &Writer<'_>,
    ) -> Result<Shared, ApiError> {
        let before = Arc::clone(self.find(resource, object.namespace(), object.name())?);
        let value = prepare(resource, &before, object, Part::Main)?;
        let changes = fields::changes(before.value(), &value);
        let managed =
            after_apply(before.managed().to_vec(), &changes, applied, &resource.api_version(), writer, &mut self.sets);
        if value == *before.value() && managed == before.managed() {
            return Ok(before);
        }
        self.settle(resource, value, managed, writer)
    }

    /// Replaces the field owners of an object just created by server-side apply.
    pub fn adopt(
        &mut self,
        created: &Shared,
        resource: &'static Resource,
        applied: &Map<String, Value>,
        writer: &Writer<'_>,
    ) -> Shared {
        let none = fields::Changes::default();
        let managed = after_apply(Vec::new(), &none, applied, &resource.api_version(), writer, &mut self.sets);
        let value = created.value().clone();
        if writer.dry_run { Arc::new(Object::new(value, managed, 0)) } else { self.commit(resource, value, managed) }
    }

    fn settle(
        &mut self,
        resource: &'static Resource,
        value: Value,
        managed: Vec<Managed>,
        writer: &Writer<'_>,
    ) -> Result<Shared, ApiError> {
        if writer.dry_run {
            return Ok(Arc::new(Object::new(value, managed, 0)));
        }
        let object = self.commit(resource, value, managed);
        self.finish_if_released(resource, &object, writer)?;
        Ok(object)
    }
}

/// Puts `kind`, `apiVersion` and `metadata` first: served bytes of list items skip the first two by length.
fn headed(resource: &Resource, metadata: Map<String, Value>, rest: Map<String, Value>) -> Value {
    let mut object = Map::with_capacity(rest.len() + 3);
    object.insert("kind".to_owned(), json!(resource.kind));
    object.insert("apiVersion".to_owned(), json!(resource.api_version()));
    object.insert("metadata".to_owned(), Value::Object(metadata));
    object.extend(rest.into_iter().filter(|(key, _)| key != "kind" && key != "apiVersion"));
    Value::Object(object)
}

const KEPT: &[&str] = &[
    "name",
    "generateName",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

fn prepare(resource: &'static Resource, before: &Object, object: Value, part: Part) -> Result<Value, ApiError> {
    let name = before.name();
    let sent = object.uid();
    if !sent.is_empty() && sent != before.uid() {
        let why = format!("Precondition failed: UID in precondition: {sent}, UID in object meta: {}", before.uid());
        return Err(ApiError::conflict(resource, name, &why));
    }
    let version = object.meta("resourceVersion");
    if !version.is_empty() && version != before.meta("resourceVersion") {
        return Err(ApiError::modified(resource, name));
    }
    let Value::Object(mut given) = object else {
        return Err(ApiError::bad_request("the body is not an object"));
    };
    if part == Part::Status {
        let mut value = before.value().clone();
        value["status"] = given.remove("status").unwrap_or_else(|| json!({}));
        // As in the real API, a Deployment's revision annotation travels with its status and is no new generation.
        if *resource == DEPLOYMENTS
            && let Some(annotations) = given.get("metadata").and_then(|metadata| metadata.get("annotations"))
        {
            value["metadata"]["annotations"] = annotations.clone();
        }
        validate::check(resource, &value, Some(before.value()))?;
        return Ok(value);
    }
    let metadata = metadata_of(before, given.shift_remove("metadata"));
    let keeps_status = resource.has_status() && part != Part::Whole;
    if keeps_status {
        given.shift_remove("status");
    }
    let mut value = headed(resource, metadata, given);
    if keeps_status && let Some(status) = before.get("status") {
        value["status"] = status.clone();
    }
    defaults::fill(resource, &mut value);
    if *resource == SERVICES {
        address::keep(before, &mut value);
    }
    validate::check(resource, &value, Some(before.value()))?;
    let annotated =
        *resource == DEPLOYMENTS && value["metadata"].get("annotations") != before["metadata"].get("annotations");
    let without_subresource = resource.is_custom() && !resource.has_status();
    let changed =
        value.get("spec") != before.get("spec") || (without_subresource && value.get("status") != before.get("status"));
    if resource.counts_generations && (changed || annotated) {
        value["metadata"]["generation"] = json!(before["metadata"]["generation"].as_i64().unwrap_or(0) + 1);
    }
    Ok(value)
}

/// What the server set stays; the rest of the metadata is the writer's.
fn metadata_of(before: &Object, given: Option<Value>) -> Map<String, Value> {
    let empty = Map::new();
    let old = before["metadata"].as_object().unwrap_or(&empty);
    let mut metadata: Map<String, Value> = old
        .iter()
        .filter(|(key, _)| KEPT.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if let Some(Value::Object(given)) = given {
        let free = |key: &str| !KEPT.contains(&key) && key != "managedFields" && key != "selfLink";
        let vacant = |value: &Value| {
            value.is_null()
                || value.as_object().is_some_and(Map::is_empty)
                || value.as_array().is_some_and(Vec::is_empty)
        };
        metadata.extend(given.into_iter().filter(|(key, value)| free(key) && !vacant(value)));
    }
    metadata
}
