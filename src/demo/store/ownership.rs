//! Keeps `managedFields` true after each write: the writer gains what it changed, everybody else loses it.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::Writer;
use super::fields::{Changes, Interner, Managed, contains, intersects, subtract, union};

/// Reads the owners a writer states in `managedFields`, as kubectl does when it moves from client-side to server-side
/// apply; none where it states none, or nothing readable: then they stay as they are.
pub(super) fn stated(object: &Value, sets: &mut Interner) -> Option<Vec<Managed>> {
    let entries = object.pointer("/metadata/managedFields")?.as_array().filter(|entries| !entries.is_empty())?;
    if entries.iter().all(|entry| entry.as_object().is_some_and(Map::is_empty)) {
        return Some(Vec::new());
    }
    let read = |entry: &Value| {
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        Some(Managed {
            manager: Arc::from(text("manager")?),
            applied: text("operation")? == "Apply",
            subresource: match text("subresource").unwrap_or_default() {
                "" => "",
                "status" => "status",
                "scale" => "scale",
                _ => return None,
            },
            api_version: Arc::from(text("apiVersion")?),
            time: Arc::from(text("time").unwrap_or_default()),
            fields: sets.share(entry.get("fieldsV1")?.clone()),
        })
    };
    entries.iter().map(read).collect()
}

/// Returns the entries after `writer` made `changes` through `subresource`.
pub(super) fn after_update(
    mut managed: Vec<Managed>,
    changes: &Changes,
    subresource: &'static str,
    api_version: &str,
    writer: &Writer<'_>,
    sets: &mut Interner,
) -> Vec<Managed> {
    let own = |entry: &Managed| {
        !entry.applied
            && &*entry.manager == writer.manager
            && entry.subresource == subresource
            && &*entry.api_version == api_version
    };
    if !managed.iter().any(own) && !changes.touched.is_empty() {
        managed.push(Managed {
            manager: Arc::from(writer.manager),
            applied: false,
            subresource,
            api_version: Arc::from(api_version),
            time: Arc::from(""),
            fields: sets.share(Value::Object(Map::new())),
        });
    }
    for entry in &mut managed {
        let mine = own(entry);
        let gains = mine && !contains(&entry.fields, &changes.touched);
        let loses =
            intersects(&entry.fields, &changes.removed) || (!mine && intersects(&entry.fields, &changes.touched));
        if mine && !changes.is_empty() {
            entry.time = Arc::from(super::object::timestamp(writer.now));
        }
        if !gains && !loses {
            continue;
        }
        let mut fields = entry.fields.as_object().cloned().unwrap_or_default();
        subtract(&mut fields, &changes.removed);
        if mine {
            union(&mut fields, &changes.touched);
        } else {
            subtract(&mut fields, &changes.touched);
        }
        entry.fields = sets.share(Value::Object(fields));
    }
    managed.retain(|entry| entry.fields.as_object().is_some_and(|fields| !fields.is_empty()));
    managed
}

/// Returns the entries after `writer` applied `applied` (server-side apply), having changed `changes`.
pub(super) fn after_apply(
    managed: Vec<Managed>,
    changes: &Changes,
    applied: &Map<String, Value>,
    api_version: &str,
    writer: &Writer<'_>,
    sets: &mut Interner,
) -> Vec<Managed> {
    let mut rest = Vec::with_capacity(managed.len() + 1);
    let mut time = Arc::from(super::object::timestamp(writer.now));
    for mut entry in managed {
        if entry.applied && &*entry.manager == writer.manager {
            if changes.is_empty() && entry.fields.as_object() == Some(applied) {
                time = entry.time;
            }
            continue;
        }
        if intersects(&entry.fields, &changes.touched) || intersects(&entry.fields, &changes.removed) {
            let mut fields = entry.fields.as_object().cloned().unwrap_or_default();
            subtract(&mut fields, &changes.touched);
            subtract(&mut fields, &changes.removed);
            entry.fields = sets.share(Value::Object(fields));
        }
        if entry.fields.as_object().is_some_and(|fields| !fields.is_empty()) {
            rest.push(entry);
        }
    }
    rest.insert(
        0,
        Managed {
            manager: Arc::from(writer.manager),
            applied: true,
            subresource: "",
            api_version: Arc::from(api_version),
            time,
            fields: sets.share(Value::Object(applied.clone())),
        },
    );
    rest
}
