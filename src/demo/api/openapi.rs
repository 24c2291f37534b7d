//! The part of OpenAPI that kubectl asks for: which kinds there are, and that writes take `fieldValidation` and `dryRun`.
//!
//! Schemas name fields and types. Patches declare no body, so kubectl merges by its own built-in types, and leaves checking to
//! the server.

use serde_json::{Map, Value, json};

use super::convert::{self, EXTRA, Served};
use super::handle::Call;
use super::proto::Schema;
use super::respond::{self, Answer};
use crate::demo::store::resource::RESOURCES;

/// Answers an OpenAPI request; none where the path is another.
pub(super) fn answer(call: &Call) -> Option<Answer> {
    let path = call.path.trim_end_matches('/');
    match path {
        "/openapi/v3" => {
            let mut paths = Map::new();
            for (group, version) in group_versions(call) {
                let key = if group.is_empty() { format!("api/{version}") } else { format!("apis/{group}/{version}") };
                paths.insert(key.clone(), json!({"serverRelativeURL": format!("/openapi/v3/{key}?hash=rolltop")}));
            }
            Some(respond::json(200, &json!({"paths": paths})))
        }
        "/openapi/v2" => Some(respond::json(
            200,
            &json!({
                "swagger": "2.0", "info": {"title": "Kubernetes", "version": "v1.32.0"}, "paths": {}, "definitions": {},
            }),
        )),
        _ => {
            let rest = path.strip_prefix("/openapi/v3/")?;
            let (group, version) = rest
                .strip_prefix("apis/")
                .map_or_else(|| rest.strip_prefix("api/").map(|version| ("", version)), |rest| rest.split_once('/'))?;
            let found = group_versions(call).into_iter().any(|known| known == (group, version));
            found.then(|| respond::json(200, &document(&call.server.proto, group, version)))
        }
    }
}

fn group_versions(call: &Call) -> Vec<(&'static str, &'static str)> {
    let served = RESOURCES.iter().filter(|resource| call.server.serves(resource));
    let mut all: Vec<_> = served.map(|resource| (resource.group, resource.version)).collect();
    all.extend(EXTRA.iter().map(|(group, version, ..)| (*group, *version)));
    all.dedup();
    all
}

fn document(types: &Schema, group: &str, version: &str) -> Value {
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    let root = if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
    for resource in RESOURCES {
        let Some(Served { resource, .. }) = convert::served(group, version, resource.plural) else { continue };
        let kind = json!({"group": group, "version": version, "kind": resource.kind});
        types.describe(root.trim_start_matches("/apis/").trim_start_matches("/api/"), resource.kind, &mut schemas);
        let write = |action: &str| {
            json!({
                "operationId": format!("{action}{}", resource.kind), "responses": {"200": {"description": "OK"}},
                "parameters": [parameter("dryRun"), parameter("fieldManager"), parameter("fieldValidation")],
                "x-kubernetes-action": action, "x-kubernetes-group-version-kind": kind,
            })
        };
        let space = if resource.namespaced { "/namespaces/{namespace}" } else { "" };
        paths.insert(format!("{root}{space}/{}", resource.plural), json!({"post": write("post")}));
        paths.insert(
            format!("{root}{space}/{}/{{name}}", resource.plural),
            json!({"put": write("put"), "patch": write("patch")}),
        );
    }
    json!({"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1.32.0"}, "paths": paths, "components": {"schemas": schemas}})
}

fn parameter(name: &str) -> Value {
    json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}})
}
