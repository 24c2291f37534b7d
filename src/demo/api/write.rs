//! create, update, patch, delete: read the body, check it fits the URL, write through the store.

use serde_json::{Value, json};

use super::decode;
use super::handle::Call;
use super::patch::{self, PatchKind};
use super::read;
use super::request::Target;
use super::respond::{self, Answer};
use super::validation;
use crate::demo::store::resource::ROLLOUTS;
use crate::demo::store::{ApiError, DeleteOptions, Meta, Part, Propagation, Shared, Writer};

/// Returns the part of the object a request writes.
fn part(call: &Call, target: &Target) -> Part {
    match target.subresource.as_str() {
        "status" => Part::Status,
        _ if *target.served.resource == ROLLOUTS && call.server.chaos.faults().old_rollouts => Part::Whole,
        _ => Part::Main,
    }
}

/// Makes a writer for a request; `manager` must outlive it.
pub(super) fn writer<'a>(call: &Call, manager: &'a str) -> Result<Writer<'a>, ApiError> {
    Ok(Writer { manager, now: call.server.clock.now(), dry_run: call.query.dry_run()? })
}

/// Creates an object in a collection.
pub(super) fn create(call: &Call, target: &Target) -> Result<Answer, ApiError> {
    let mut object = decode::object(call, target, None)?;
    let dropped = validation::sent(call, target.served, &mut object)?;
    let resource = target.served.resource;
    // A status is what controllers say of an object; only nodes bring their own.
    if resource.has_status()
        && resource.qualified != "nodes"
        && let Some(map) = object.as_object_mut()
    {
        map.shift_remove("status");
    }
    let manager = call.manager();
    let writer = writer(call, &manager)?;
    let object = target.served.inward(object);
    let created = call.with(|store| store.create(resource, object, &writer))?;
    Ok(dropped.warn(read::one(call, target.served, 201, &created)?))
}

/// Replaces an object, or its status.
pub(super) fn update(call: &Call, target: &Target) -> Result<Answer, ApiError> {
    let mut object = decode::object(call, target, target.name.as_deref())?;
    let dropped = validation::sent(call, target.served, &mut object)?;
    let manager = call.manager();
    let writer = writer(call, &manager)?;
    let object = target.served.inward(object);
    let updated = call.with(|store| store.write(target.served.resource, object, part(call, target), &writer))?;
    Ok(dropped.warn(read::one(call, target.served, 200, &updated)?))
}

/// Patches an object, or its status.
pub(super) fn patch(call: &Call, target: &Target) -> Result<Answer, ApiError> {
    let kind = PatchKind::of(call.header(http::header::CONTENT_TYPE), target.served.resource)?;
    let name = target.name.as_deref().unwrap_or_default();
    let manager = call.manager();
    let writer = writer(call, &manager)?;
    if kind == PatchKind::Apply {
        let (object, created) = super::apply::apply(call, target, name, &writer)?;
        return read::one(call, target.served, if created { 201 } else { 200 }, &object);
    }
    let (patched, dropped) = call.with(|store| {
        let resource = target.served.resource;
        let current = store.find(resource, &target.namespace, name)?;
        let shown = target.served.outward(current.with_managed_fields());
        let mut changed = patch::patched(kind, shown, &call.body, resource)?;
        decode::check_types(call, target.served, &changed)?;
        decode::check_names(target, &changed, Some(name))?;
        let dropped = validation::patched(call, target.served, &mut changed)?;
        let written = store.write(resource, target.served.inward(changed), part(call, target), &writer)?;
        Ok::<_, ApiError>((written, dropped))
    })?;
    Ok(dropped.warn(read::one(call, target.served, 200, &patched)?))
}

/// Deletes one object.
pub(super) fn delete(call: &Call, target: &Target) -> Result<Answer, ApiError> {
    let name = target.name.as_deref().unwrap_or_default();
    let (options, dry_run) = options(call, &delete_body(call)?)?;
    let manager = call.manager();
    let writer = Writer { dry_run, ..writer(call, &manager)? };
    let resource = target.served.resource;
    let (object, gone) = call.with(|store| store.delete(resource, (&target.namespace, name), &options, &writer))?;
    if !gone {
        return read::one(call, target.served, 200, &object);
    }
    Ok(respond::json(200, &deleted(resource, &object)))
}

fn deleted(resource: &crate::demo::store::Resource, object: &Shared) -> Value {
    let mut details = json!({"name": object.name(), "kind": resource.plural, "uid": object.uid()});
    if !resource.group.is_empty() {
        details["group"] = json!(resource.group);
    }
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})
}

/// Deletes every object a request selects.
pub(super) fn delete_collection(call: &Call, target: &Target) -> Result<Answer, ApiError> {
    let selectors = read::selectors(call, target)?;
    let (options, dry_run) = options(call, &delete_body(call)?)?;
    let manager = call.manager();
    let writer = Writer { dry_run, ..writer(call, &manager)? };
    let resource = target.served.resource;
    let objects = call.with(|store| {
        let namespace = Some(target.namespace.as_str()).filter(|namespace| !namespace.is_empty());
        let chosen: Vec<Shared> =
            store.list(resource, namespace).filter(|object| selectors.matches(object)).cloned().collect();
        for object in &chosen {
            match store.delete(resource, (object.namespace(), object.name()), &options, &writer) {
                Err(error) if error.code != 404 => return Err(error),
                _ => {}
            }
        }
        Ok(chosen)
    })?;
    let items: Vec<Value> = objects.iter().map(|object| target.served.outward(object.with_managed_fields())).collect();
    let kind = format!("{}List", resource.kind);
    Ok(respond::json(
        200,
        &json!({"kind": kind, "apiVersion": target.served.api_version(), "metadata": {}, "items": items}),
    ))
}

fn delete_body(call: &Call) -> Result<Value, ApiError> {
    if call.body.is_empty() { Ok(Value::Null) } else { decode::body(call) }
}

/// Reads delete options from body and query; returns them and whether it is a dry run.
pub(super) fn options(call: &Call, body: &Value) -> Result<(DeleteOptions, bool), ApiError> {
    let query = &call.query;
    let mut options = DeleteOptions {
        grace_period: body["gracePeriodSeconds"].as_i64().or(query.number("gracePeriodSeconds")?),
        uid: body["preconditions"]["uid"].as_str().map(str::to_owned),
        resource_version: body["preconditions"]["resourceVersion"].as_str().map(str::to_owned),
        ..DeleteOptions::default()
    };
    let asked = body["propagationPolicy"].as_str().or(query.get("propagationPolicy"));
    options.propagation = match asked {
        Some("Foreground") => Propagation::Foreground,
        Some("Orphan") => Propagation::Orphan,
        Some("Background") => Propagation::Background,
        Some(other) => {
            let message = format!(
                "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: {other:?}: supported values: \
                 \"Background\", \"Foreground\", \"Orphan\""
            );
            return Err(ApiError::new(422, "Invalid", message));
        }
        None if body["orphanDependents"] == Value::Bool(true) => Propagation::Orphan,
        None => Propagation::Background,
    };
    let dry_run =
        query.dry_run()? || body["dryRun"].as_array().is_some_and(|values| values.iter().any(|value| value == "All"));
    Ok((options, dry_run))
}
