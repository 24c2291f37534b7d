//! Reviews: what may I do, who am I.

use serde_json::{Map, Value, json};

use super::credentials::User;
use super::decode;
use super::handle::Call;
use super::rbac::{self, Attributes};
use super::respond::{self, Answer};
use crate::demo::store::ApiError;

/// One kind of review.
#[derive(Debug)]
pub(super) struct Review {
    pub(super) group: &'static str,
    pub(super) plural: &'static str,
    pub(super) kind: &'static str,
}

/// Every kind of review served.
pub(super) static REVIEWS: &[Review] = &[
    Review { group: "authentication.k8s.io", plural: "selfsubjectreviews", kind: "SelfSubjectReview" },
    Review { group: "authorization.k8s.io", plural: "selfsubjectaccessreviews", kind: "SelfSubjectAccessReview" },
    Review { group: "authorization.k8s.io", plural: "selfsubjectrulesreviews", kind: "SelfSubjectRulesReview" },
    Review { group: "authorization.k8s.io", plural: "subjectaccessreviews", kind: "SubjectAccessReview" },
];

/// Returns the review a path names.
pub(super) fn review(path: &str) -> Option<&'static Review> {
    let (group, rest) = path.strip_prefix("/apis/")?.split_once('/')?;
    let plural = rest.strip_prefix("v1/")?;
    REVIEWS.iter().find(|review| review.group == group && review.plural == plural)
}

/// Answers a review.
pub(super) fn answer(call: &Call, review: &Review) -> Result<Answer, ApiError> {
    let body = decode::body(call)?;
    let spec = &body["spec"];
    let status = match review.kind {
        "SelfSubjectReview" => json!({"userInfo": {"username": call.user.name, "groups": call.user.groups}}),
        "SelfSubjectRulesReview" => rules(call, spec["namespace"].as_str().unwrap_or_default()),
        "SubjectAccessReview" => {
            let groups =
                spec["groups"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
            access(call, &User { name: spec["user"].as_str().unwrap_or_default().to_owned(), groups }, spec)
        }
        _ => access(call, &call.user, spec),
    };
    let answer = json!({
        "kind": review.kind, "apiVersion": format!("{}/v1", review.group), "metadata": {"creationTimestamp": null},
        "spec": if spec.is_null() { json!({}) } else { spec.clone() }, "status": status,
    });
    Ok(respond::json(201, &answer))
}

fn access(call: &Call, user: &User, spec: &Value) -> Value {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let attributes = &spec["resourceAttributes"];
    let wanted = if attributes.is_object() {
        let (resource, inline) = attributes["resource"].as_str().unwrap_or_default().split_once('/').map_or_else(
            || (text(&attributes["resource"]), String::new()),
            |(resource, subresource)| (resource.to_owned(), subresource.to_owned()),
        );
        let subresource = Some(text(&attributes["subresource"])).filter(|name| !name.is_empty()).unwrap_or(inline);
        Attributes {
            verb: text(&attributes["verb"]),
            group: text(&attributes["group"]),
            resource,
            subresource,
            namespace: text(&attributes["namespace"]),
            name: text(&attributes["name"]),
            path: String::new(),
        }
    } else {
        let path = &spec["nonResourceAttributes"];
        Attributes { verb: text(&path["verb"]), path: text(&path["path"]), ..Attributes::default() }
    };
    let forbidden = call.server.chaos.faults().forbidden.contains(&wanted.resource) && !wanted.resource.is_empty();
    if !forbidden && call.with(|store| rbac::allows(store, user, &wanted)) {
        json!({"allowed": true, "reason": "RBAC: allowed"})
    } else {
        json!({"allowed": false})
    }
}

fn rules(call: &Call, namespace: &str) -> Value {
    let (mut resources, mut paths) = (Vec::new(), Vec::new());
    for rule in call.with(|store| rbac::rules(store, &call.user, namespace)) {
        let mut shown = Map::new();
        for key in ["verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs"] {
            if let Some(value) = rule.get(key) {
                shown.insert(key.to_owned(), value.clone());
            }
        }
        if rule.get("nonResourceURLs").is_some() {
            paths.push(Value::Object(shown));
        } else {
            resources.push(Value::Object(shown));
        }
    }
    json!({"resourceRules": resources, "nonResourceRules": paths, "incomplete": false})
}
