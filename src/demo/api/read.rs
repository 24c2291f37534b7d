//! get and list: whole objects, pages of them, rows of a table, or metadata only.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::{BufMut, Bytes, BytesMut};
use serde_json::{Value, json};

use super::convert::{Form, Served};
use super::handle::Call;
use super::request::{Selectors, Shape, Target, accepted};
use super::respond::{self, Answer};
use super::{fieldpaths, proto, table};
use crate::demo::store::{ApiError, Meta, Shared, Store};

/// Answers with one object.
pub(super) fn get(call: &Call, target: &Target) -> Result<Answer, ApiError> {
    let name = target.name.as_deref().unwrap_or_default();
    let object = call.with(|store| store.find(target.served.resource, &target.namespace, name).cloned())?;
    one(call, target.served, 200, &object)
}

/// Answers with one object in the shape the client asked for.
pub(super) fn one(call: &Call, served: Served, status: u16, object: &Shared) -> Result<Answer, ApiError> {
    Ok(match shape(call, served)? {
        Shape::Protobuf => respond::bytes(status, proto::MEDIA, packed(&call.server.proto, served, object, true)),
        Shape::Table => {
            let rows = [table::row(served, object, call)];
            respond::json(
                status,
                &table::table(served, &json!({"resourceVersion": object.meta("resourceVersion")}), rows.into(), true),
            )
        }
        Shape::Metadata => respond::json(status, &metadata_only(object)),
        Shape::Json => respond::json_bytes(status, encode(served, object)),
    })
}

/// Returns the shape asked for, or refuses.
pub(super) fn shape(call: &Call, served: Served) -> Result<Shape, ApiError> {
    let refused = || {
        let message = "only the following media types are accepted: application/json, application/json;as=Table;v=v1;g=meta.k8s.io, \
             application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
        ApiError::new(406, "NotAcceptable", message)
    };
    let packs = call.server.proto.knows(&served.api_version(), served.resource.kind);
    accepted(&call.headers, packs).ok_or_else(refused)
}

/// Returns an object's JSON in its served version; shared bytes where that is the stored one.
pub(super) fn encode(served: Served, object: &Shared) -> Bytes {
    if served.form == Form::Stored {
        return object.json();
    }
    serde_json::to_vec(&served.outward(object.with_managed_fields())).unwrap_or_default().into()
}

/// Returns an object's protobuf form, with or without its envelope.
pub(super) fn packed(schema: &proto::Schema, served: Served, object: &Shared, enveloped: bool) -> Bytes {
    let (api_version, kind) = (served.api_version(), served.resource.kind);
    let pack = |value: Value| schema.bare(&api_version, kind, &value).unwrap_or_default();
    let bare = match served.form {
        Form::Stored => object.packed(pack),
        _ => pack(served.outward(object.with_managed_fields())).into(),
    };
    if enveloped { proto::envelope(&api_version, kind, &bare).into() } else { bare }
}

/// Returns an object reduced to its metadata.
pub(super) fn metadata_only(object: &Shared) -> Value {
    let metadata = object.with_managed_fields()["metadata"].take();
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata})
}

/// Where a page ended: the version of the first page, and the last object given.
struct Continue {
    version: u64,
    after: (String, String),
}

impl Continue {
    fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(json!({"v": "meta.k8s.io/v1", "rv": self.version, "start": self.after}).to_string())
    }

    fn decode(text: &str) -> Result<Self, ApiError> {
        let read = || {
            let value: Value =
                serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?).ok()?;
            let part = |index: usize| value["start"][index].as_str().map(str::to_owned);
            Some(Self { version: value["rv"].as_u64()?, after: (part(0)?, part(1)?) })
        };
        read()
            .ok_or_else(|| ApiError::bad_request("continue key is not valid: illegal base64 data or an unknown format"))
    }
}

struct Page {
    objects: Vec<Shared>,
    version: u64,
    next: Option<Continue>,
    remaining: usize,
}

/// Answers with a collection, or a page of one.
pub(super) fn list(call: &Call, target: &Target) -> Result<Answer, ApiError> {
    let selectors = selectors(call, target)?;
    let shape = shape(call, target.served)?;
    let limit = call.query.number("limit")?.filter(|limit| *limit > 0).and_then(|limit| usize::try_from(limit).ok());
    let from = call.query.get("continue").map(Continue::decode).transpose()?;
    let page = call.with(|store| {
        check_version(call, store, from.as_ref())?;
        Ok::<_, ApiError>(page(store, target, &selectors, limit, from))
    })?;
    let mut metadata = json!({"resourceVersion": page.version.to_string()});
    if let Some(next) = &page.next {
        metadata["continue"] = json!(next.encode());
        if selectors.is_empty() {
            metadata["remainingItemCount"] = json!(page.remaining);
        }
    }
    let served = target.served;
    let body = match shape {
        Shape::Table => {
            let rows = page.objects.iter().map(|object| table::row(served, object, call)).collect();
            serde_json::to_vec(&table::table(served, &metadata, rows, true)).unwrap_or_default().into()
        }
        Shape::Metadata => {
            let items: Vec<Value> = page.objects.iter().map(metadata_only).collect();
            let list = json!({"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "items": items});
            serde_json::to_vec(&list).unwrap_or_default().into()
        }
        Shape::Json => encode_list(served, &metadata, &page.objects),
        Shape::Protobuf => {
            let schema = &call.server.proto;
            let items: Vec<Bytes> = page.objects.iter().map(|object| packed(schema, served, object, false)).collect();
            schema.list(&served.api_version(), served.resource.kind, &metadata, &items).into()
        }
    };
    let media = if shape == Shape::Protobuf { proto::MEDIA } else { "application/json" };
    Ok(respond::compress(body, &call.headers, |body| respond::bytes(200, media, body)))
}

/// Reads the selectors of a request; a field the kind cannot be selected by is refused.
pub(super) fn selectors(call: &Call, target: &Target) -> Result<Selectors, ApiError> {
    let selectors = call.query.selectors()?;
    for path in selectors.fields.paths() {
        if !fieldpaths::selectable(target.served.resource, path) {
            return Err(ApiError::bad_request(format!("field label not supported: {path}")));
        }
    }
    Ok(selectors)
}

fn page(store: &Store, target: &Target, selectors: &Selectors, limit: Option<usize>, from: Option<Continue>) -> Page {
    let namespace = Some(target.namespace.as_str()).filter(|namespace| !namespace.is_empty());
    let (version, after) = from.map_or((store.resource_version(), None), |from| (from.version, Some(from.after)));
    let is_next = |object: &Shared| {
        after.as_ref().is_none_or(|(space, name)| (object.namespace(), object.name()) > (space.as_str(), name.as_str()))
    };
    let mut matching =
        store.list(target.served.resource, namespace).filter(|object| is_next(object) && selectors.matches(object));
    let objects: Vec<Shared> = matching.by_ref().take(limit.unwrap_or(usize::MAX)).cloned().collect();
    let remaining = matching.count();
    let last = objects.last().filter(|_| remaining > 0);
    let next = last.map(|last| Continue { version, after: (last.namespace().to_owned(), last.name().to_owned()) });
    Page { objects, version, next, remaining }
}

/// Refuses versions that are gone or yet to come.
fn check_version(call: &Call, store: &Store, from: Option<&Continue>) -> Result<(), ApiError> {
    let matching = call.query.get("resourceVersionMatch");
    let wanted = call.query.number("resourceVersion")?;
    if let Some(from) = from {
        if wanted.is_some_and(|wanted| wanted != 0) {
            return Err(ApiError::bad_request("specifying resource version is not allowed when using continue"));
        }
        if from.version < store.compacted() {
            let mut error = ApiError::expired(
                "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, \
                 or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an \
                 inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
            );
            error.continue_with =
                Some(Continue { version: store.resource_version(), after: from.after.clone() }.encode());
            return Err(error);
        }
        return Ok(());
    }
    let newest = i64::try_from(store.resource_version()).unwrap_or(i64::MAX);
    match (matching, wanted) {
        (Some(_), None) => {
            Err(invalid_match("Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"))
        }
        (Some("Exact"), Some(0)) => {
            Err(invalid_match("Forbidden: resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\""))
        }
        (Some("Exact"), Some(wanted)) if wanted < newest => {
            Err(ApiError::expired("The resourceVersion for the provided list is too old."))
        }
        (Some(other), _) if other != "Exact" && other != "NotOlderThan" => {
            Err(invalid_match(&format!("Unsupported value: {other:?}")))
        }
        (_, Some(wanted)) if wanted > newest => Err(too_new(wanted, newest)),
        _ => Ok(()),
    }
}

fn invalid_match(why: &str) -> ApiError {
    ApiError::new(422, "Invalid", format!("ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: {why}"))
}

/// The refusal of a version the store has not reached.
pub(super) fn too_new(wanted: i64, newest: i64) -> ApiError {
    ApiError {
        retry_after: Some(1),
        ..ApiError::new(504, "Timeout", format!("Too large resource version: {wanted}, current: {newest}"))
    }
}

fn encode_list(served: Served, metadata: &Value, objects: &[Shared]) -> Bytes {
    let head = format!(
        "{{\"kind\":\"{}List\",\"apiVersion\":\"{}\",\"metadata\":{metadata},\"items\":[",
        served.resource.kind,
        served.api_version()
    );
    // Items of a list do not repeat their kind and version, which every object's bytes begin with.
    let skipped = format!("{{\"kind\":\"{}\",\"apiVersion\":\"{}\",", served.resource.kind, served.api_version()).len();
    let encoded: Vec<Bytes> = objects.iter().map(|object| encode(served, object)).collect();
    let mut body = BytesMut::with_capacity(head.len() + 2 + encoded.iter().map(Bytes::len).sum::<usize>());
    body.put_slice(head.as_bytes());
    for (index, object) in encoded.iter().enumerate() {
        body.put_slice(if index == 0 { b"{" } else { b",{" });
        body.put_slice(object.get(skipped..).unwrap_or(b"}"));
    }
    body.put_slice(b"]}");
    body.freeze()
}
