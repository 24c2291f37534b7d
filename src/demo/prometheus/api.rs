//! The query API: method, path and parameters to a reply, as Prometheus 2.42 gives it.

mod json;
mod lookup;
mod params;
mod state;

use jiff::Timestamp;

use super::Prometheus;
use super::eval::{self, QueryError};
use json::Json;
use params::Params;

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// An HTTP reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Value of the header `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

/// Why a request gets no data.
#[derive(Debug)]
struct Refusal {
    status: u16,
    kind: &'static str,
    text: String,
}

impl Refusal {
    /// The request is wrong in itself.
    fn bad_data(text: impl Into<String>) -> Self {
        Self { status: 400, kind: "bad_data", text: text.into() }
    }

    /// A parameter is wrong.
    fn parameter(name: &str, text: impl std::fmt::Display) -> Self {
        Self::bad_data(format!("invalid parameter {name:?}: {text}"))
    }
}

impl From<QueryError> for Refusal {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::BadData(text) => Self::bad_data(text),
            QueryError::Execution(text) => Self { status: 422, kind: "execution", text },
        }
    }
}

/// Answers a request. `query` is what stands after `?` in the address, `form` the body of a POST.
pub(super) fn handle(
    server: &Prometheus,
    now: Timestamp,
    (method, path): (&str, &str),
    (query, form): (&str, &str),
) -> Reply {
    match path {
        "/-/healthy" => return text(200, "Prometheus Server is Healthy.\n"),
        "/-/ready" => return text(200, "Prometheus Server is Ready.\n"),
        _ => {}
    }
    let Some(endpoint) = path.strip_prefix("/api/v1/") else {
        return text(404, "404 page not found\n");
    };
    let posts = matches!(endpoint, "query" | "query_range" | "series" | "labels" | "query_exemplars");
    if !(method == "GET" || method == "HEAD" || method == "POST" && posts) {
        return text(405, "Method Not Allowed\n");
    }
    let params = Params::parse(query, form);
    let answer = match endpoint {
        "query" => instant(server, now, &params),
        "query_range" => range(server, &params),
        "query_exemplars" => Ok("[]".to_owned()),
        "series" => lookup::series(server, now, &params),
        "labels" => lookup::names(server, now, &params),
        "metadata" => Ok(state::metadata(server, &params)),
        "rules" => Ok(state::rules(server, &params)),
        "alerts" => Ok(state::alerts(server)),
        "targets" => Ok(state::targets(server, &params)),
        "alertmanagers" => Ok(r#"{"activeAlertmanagers":[],"droppedAlertmanagers":[]}"#.to_owned()),
        "status/buildinfo" => Ok(state::build_info()),
        "status/config" => Ok(state::config(server)),
        "status/flags" => Ok(state::flags()),
        "status/runtimeinfo" => Ok(state::runtime_info(server)),
        other => match label_of(other) {
            Some(label) => lookup::values(server, now, label, &params),
            None => return text(404, "404 page not found\n"),
        },
    };
    match answer {
        Ok(data) => Reply { status: 200, content_type: JSON, body: format!(r#"{{"status":"success","data":{data}}}"#) },
        Err(refusal) => {
            let mut json = Json::default();
            json.raw(r#"{"status":"error","errorType":"#).string(refusal.kind);
            json.raw(r#","error":"#).string(&refusal.text).raw("}");
            Reply { status: refusal.status, content_type: JSON, body: json.finish() }
        }
    }
}

fn text(status: u16, body: &str) -> Reply {
    Reply { status, content_type: TEXT, body: body.to_owned() }
}

/// The label in `label/NAME/values`.
fn label_of(endpoint: &str) -> Option<&str> {
    endpoint.strip_prefix("label/")?.strip_suffix("/values")
}

fn instant(server: &Prometheus, now: Timestamp, params: &Params) -> Result<String, Refusal> {
    let at = params.time("time")?.unwrap_or(now.as_millisecond());
    let answer = eval::instant(&server.db, server.options, params.get("query"), at);
    let answer = answer.map_err(|error| match error {
        // Only this endpoint says which parameter it speaks of.
        QueryError::BadData(text) => Refusal::parameter("query", text),
        failed @ QueryError::Execution(_) => failed.into(),
    })?;
    Ok(json::answer(&answer, at))
}

fn range(server: &Prometheus, params: &Params) -> Result<String, Refusal> {
    let required =
        |name| params.time(name)?.ok_or_else(|| Refusal::parameter(name, "cannot parse \"\" to a valid timestamp"));
    let (start, end) = (required("start")?, required("end")?);
    if end < start {
        return Err(Refusal::parameter("end", "end timestamp must not be before start time"));
    }
    let step = params.duration("step")?;
    if step <= 0 {
        let text = "zero or negative query resolution step widths are not accepted. Try a positive integer";
        return Err(Refusal::parameter("step", text));
    }
    let answer = eval::range(&server.db, server.options, params.get("query"), (start, end, step))?;
    Ok(json::answer(&answer, end))
}

#[cfg(test)]
mod tests;
