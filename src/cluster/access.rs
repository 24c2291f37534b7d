//! Who one is and what one may do, as the API server says.

use serde::Deserialize;
use serde_json::json;

use super::{
    client::{Client, PATIENCE},
    failure::{Failure, FailureKind},
};
use crate::domain::{Permission, Text, Verdict, text::clean};

#[derive(Deserialize)]
struct Review<S> {
    status: S,
}

#[derive(Deserialize)]
struct AccessStatus {
    #[serde(default)]
    allowed: bool,
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SelfStatus {
    user_info: UserInfo,
}

#[derive(Deserialize)]
struct UserInfo {
    username: String,
}

#[derive(Deserialize)]
struct Names {
    items: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    metadata: NameOnly,
}

#[derive(Deserialize)]
struct NameOnly {
    name: String,
}

/// Asks whether one may do something (SelfSubjectAccessReview); a question that cannot be asked is `Unknown`.
pub async fn ask(client: &Client, permission: &Permission) -> Verdict {
    let (resource, sub) = permission.resource.split_once('/').unwrap_or((&permission.resource, ""));
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {
            "verb": &*permission.verb, "group": &*permission.group, "resource": resource, "subresource": sub,
            "namespace": &*permission.namespace,
        }},
    });
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let what = "ask for permissions";
    let answer = client.post(path, what, &review).await;
    let read = answer
        .and_then(|answer| client.parse(&answer, what, |body| serde_json::from_slice::<Review<AccessStatus>>(body)));
    match read {
        Ok(review) if review.status.allowed => Verdict::Allowed,
        Ok(review) => Verdict::Denied(clean(&review.status.reason, false).into()),
        Err(failure) => Verdict::Unknown(failure.sentence.into()),
    }
}

/// Asks who one is (SelfSubjectReview, since 1.28); `None` where the server does not say.
///
/// # Errors
/// No answer, or credentials that are not accepted.
pub async fn who_am_i(client: &Client) -> Result<Option<Text>, Failure> {
    let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
    let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    let what = "ask who you are";
    match client.post(path, what, &review).await {
        Ok(answer) => {
            let read = serde_json::from_slice::<Review<SelfStatus>>(&answer.body);
            Ok(read.ok().map(|review| clean(&review.status.user_info.username, false).into()))
        }
        Err(failure)
            if matches!(failure.kind, FailureKind::NotFound | FailureKind::Forbidden | FailureKind::Invalid) =>
        {
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}

/// Lists the namespaces.
///
/// # Errors
/// No answer; often 403, where only the namespaces already known can be offered.
pub async fn namespaces(client: &Client) -> Result<Vec<Text>, Failure> {
    let list: Names = client.json("/api/v1/namespaces", "list namespaces").await?;
    Ok(list.items.into_iter().map(|item| clean(&item.metadata.name, false).into()).collect())
}

/// Asks whether the server answers at all.
///
/// # Errors
/// No answer.
pub async fn ping(client: &Client, patience: std::time::Duration) -> Result<(), Failure> {
    match client.get("/version", "answer", patience.min(PATIENCE)).await {
        // A server that says no is there.
        Err(failure) if matches!(failure.kind, FailureKind::Forbidden | FailureKind::NotFound) => Ok(()),
        answer => answer.map(|_| ()),
    }
}
