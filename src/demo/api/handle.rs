//! One request from its first byte to its answer: faults, who asks, may they, and who answers.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;

use super::chaos::{self, Fate};
use super::credentials::{AUTHENTICATED, User};
use super::proto::Schema;
use super::rbac::{self, Attributes};
use super::request::{Place, Query, Shape, Target, accepted, locate};
use super::respond::{self, Answer};
use super::server::Server;
use super::{control, discovery, metrics, openapi, resources, reviews};
use crate::demo::store::resource::ROLLOUTS;
use crate::demo::store::{ApiError, Store};

/// Requests larger than this are refused, as the API server does.
const MAX_BODY: usize = 3 << 20;

/// A request that has been read, and who sent it.
pub(super) struct Call {
    pub(super) server: Arc<Server>,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Query,
    pub(super) raw_query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) user: User,
}

impl Call {
    /// Returns the field manager of a write: as asked for, else the first word of the user agent.
    pub(super) fn manager(&self) -> String {
        let agent = || self.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or("unknown");
        let named = self.query.get("fieldManager").map(str::to_owned);
        named.unwrap_or_else(|| agent().split(['/', ' ']).next().unwrap_or("unknown").to_owned())
    }

    /// Returns a header as text, empty where absent.
    pub(super) fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Runs `work` on the store.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Store) -> T) -> T {
        self.server.store.with(work)
    }
}

/// Answers one request.
pub(super) async fn answer(server: Arc<Server>, request: Request<Incoming>) -> Answer {
    let target = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let is_control = request.uri().path().starts_with(control::PREFIX);
    let fate = if is_control { Fate::default() } else { server.chaos.fate(&target) };
    if !fate.delay.is_zero() {
        tokio::time::sleep(fate.delay).await;
    }
    if fate.stall {
        std::future::pending::<()>().await;
    }
    let clock = server.clock.clone();
    let schema = refused_in_protobuf(&server.proto, &request).then(|| Arc::clone(&server.proto));
    let mut answer = match fate.instead(schema.as_deref()) {
        Some(instead) => instead,
        None => true_answer(server, request).await.unwrap_or_else(|error| respond::error(&error, schema.as_deref())),
    };
    if let Ok(date) = HeaderValue::from_str(&clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()) {
        answer.headers_mut().insert(header::DATE, date);
    }
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    if fate.cut { chaos::cut(answer) } else { answer }
}

/// Tells whether a client reads refusals in protobuf: it asked for that before anything else the kind is served in.
fn refused_in_protobuf(schema: &Schema, request: &Request<Incoming>) -> bool {
    let known = match locate(request.uri().path()) {
        Place::Resource(Target { served, .. }) => schema.knows(&served.api_version(), served.resource.kind),
        Place::Unknown | Place::Other => false,
    };
    let first = |known| accepted(request.headers(), known);
    first(known).or_else(|| first(true)) == Some(Shape::Protobuf)
}

async fn true_answer(server: Arc<Server>, request: Request<Incoming>) -> Result<Answer, ApiError> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    if let Some(answer) = public(&path) {
        return Ok(answer);
    }
    let user = authenticate(&server, &path, &parts.headers)?;
    let body = Limited::new(body, MAX_BODY).collect().await.map_err(|_| {
        ApiError::new(413, "RequestEntityTooLarge", format!("Request entity too large: limit is {MAX_BODY}"))
    })?;
    let raw_query = parts.uri.query().unwrap_or_default().to_owned();
    let query = Query::parse(&raw_query);
    let call = Call {
        server,
        method: parts.method,
        path,
        query,
        raw_query,
        headers: parts.headers,
        body: body.to_bytes(),
        user,
    };
    dispatch(&call)
}

fn dispatch(call: &Call) -> Result<Answer, ApiError> {
    if call.path.starts_with(control::PREFIX) {
        return control::answer(call);
    }
    if let Some(review) = reviews::review(&call.path) {
        let wanted = Attributes {
            verb: "create".to_owned(),
            group: review.group.to_owned(),
            resource: review.plural.to_owned(),
            ..Attributes::default()
        };
        authorize(call, &wanted)?;
        return reviews::answer(call, review);
    }
    if let Some(metrics) = metrics::locate(&call.path) {
        return metrics::answer(call, &metrics);
    }
    match locate(&call.path) {
        Place::Resource(target) if !is_served(call, &target) => Err(nothing_there()),
        Place::Resource(target) => resources::answer(call, &target),
        Place::Unknown => Err(nothing_there()),
        Place::Other => {
            let verb = call.method.as_str().to_lowercase();
            authorize(call, &Attributes { verb, path: call.path.clone(), ..Attributes::default() })?;
            let found = discovery::answer(call).or_else(|| openapi::answer(call));
            Ok(found.unwrap_or_else(|| respond::text(404, "404 page not found\n")))
        }
    }
}

/// Tells whether a kind, and the subresource asked for, are served now: custom ones come and go.
fn is_served(call: &Call, target: &Target) -> bool {
    let resource = target.served.resource;
    let faults = call.server.chaos.faults();
    if *resource == ROLLOUTS && target.subresource == "status" && faults.old_rollouts {
        return false;
    }
    call.server.serves(resource)
}

/// The details are empty, but there: kubectl looks into them without asking.
fn nothing_there() -> ApiError {
    let details = Some(Box::new(serde_json::json!({})));
    ApiError { details, ..ApiError::new(404, "NotFound", "the server could not find the requested resource") }
}

/// What answers without a token.
fn public(path: &str) -> Option<Answer> {
    match path {
        "/version" | "/version/" => Some(respond::json(200, &discovery::version())),
        "/healthz" | "/livez" | "/readyz" => Some(respond::text(200, "ok")),
        _ => None,
    }
}

fn authenticate(server: &Server, path: &str, headers: &HeaderMap) -> Result<User, ApiError> {
    let unauthorized = || ApiError::new(401, "Unauthorized", "Unauthorized");
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let user = token.and_then(|token| server.credentials.user(token.trim())).ok_or_else(unauthorized)?;
    if server.chaos.faults().token_expired && !path.starts_with(control::PREFIX) {
        return Err(unauthorized());
    }
    impersonated(server, user, headers)
}

fn impersonated(server: &Server, user: User, headers: &HeaderMap) -> Result<User, ApiError> {
    let texts = |name: &str| {
        headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).map(str::to_owned).collect::<Vec<_>>()
    };
    let (name, mut groups) = (texts("impersonate-user").pop(), texts("impersonate-group"));
    let Some(name) = name else {
        if groups.is_empty() {
            return Ok(user);
        }
        return Err(ApiError::bad_request("requested impersonation of groups without impersonating a user"));
    };
    let whom = std::iter::once(("users", &name)).chain(groups.iter().map(|group| ("groups", group)));
    for (resource, name) in whom {
        let wanted = Attributes {
            verb: "impersonate".to_owned(),
            resource: resource.to_owned(),
            name: name.clone(),
            ..Attributes::default()
        };
        if !server.store.with(|store| rbac::allows(store, &user, &wanted)) {
            let message = format!("{resource} {name:?} is forbidden: {}", wanted.refusal(&user));
            return Err(ApiError::new(403, "Forbidden", message));
        }
    }
    if !groups.iter().any(|group| group == AUTHENTICATED) {
        groups.push(AUTHENTICATED.to_owned());
    }
    Ok(User { name, groups })
}

/// Refuses what the caller may not do.
pub(super) fn authorize(call: &Call, wanted: &Attributes) -> Result<(), ApiError> {
    let taken = call.server.chaos.faults().forbidden.contains(&wanted.resource) && !wanted.resource.is_empty();
    if !taken && call.with(|store| rbac::allows(store, &call.user, wanted)) {
        return Ok(());
    }
    let why = wanted.refusal(&call.user);
    if wanted.resource.is_empty() {
        return Err(ApiError::new(403, "Forbidden", format!("forbidden: {why}")));
    }
    let qualified = [wanted.resource.as_str(), wanted.group.as_str()]
        .iter()
        .filter(|part| !part.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join(".");
    let name = if wanted.name.is_empty() { String::new() } else { format!(" {:?}", wanted.name) };
    let mut error = ApiError::new(403, "Forbidden", format!("{qualified}{name} is forbidden: {why}"));
    let mut details = serde_json::json!({ "kind": wanted.resource });
    for (key, value) in [("name", &wanted.name), ("group", &wanted.group)] {
        if !value.is_empty() {
            details[key] = serde_json::json!(value);
        }
    }
    error.details = Some(Box::new(details));
    Err(error)
}
