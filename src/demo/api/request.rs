//! What a request asks for: which object or collection, in which form, with which parameters.

use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;

use super::convert::{self, Served};
use crate::demo::store::{ApiError, FieldSelector, LabelSelector};

/// Decoded query parameters, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a query string; a stray leading `&` is fine.
    pub(super) fn parse(text: &str) -> Self {
        let decode = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
        let pair = |part: &str| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(key), decode(value))
        };
        Self(text.split('&').filter(|part| !part.is_empty()).map(pair).collect())
    }

    /// Returns the first value of a parameter that is not empty.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, value)| name == key && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Tells whether a parameter is `true` or `1`.
    pub(super) fn flag(&self, key: &str) -> bool {
        matches!(self.get(key), Some("true" | "1"))
    }

    /// Returns a parameter as a number; refuses what is none.
    pub(super) fn number(&self, key: &str) -> Result<Option<i64>, ApiError> {
        let wrong = |text: &str| {
            ApiError::bad_request(format!(
                "invalid value for {key}: strconv.ParseInt: parsing {text:?}: invalid syntax"
            ))
        };
        self.get(key).map(|text| text.parse().map_err(|_| wrong(text))).transpose()
    }

    /// Tells whether the write is only a try; refuses values other than `All`.
    pub(super) fn dry_run(&self) -> Result<bool, ApiError> {
        let mut values = self.0.iter().filter(|(key, _)| key == "dryRun").map(|(_, value)| value.as_str());
        match values.next() {
            None => Ok(false),
            Some("All") => Ok(true),
            Some(other) => {
                Err(ApiError::bad_request(format!("invalid dry run value {other:?}: supported values: \"All\"")))
            }
        }
    }

    /// Reads the label and field selectors.
    pub(super) fn selectors(&self) -> Result<Selectors, ApiError> {
        let labels = LabelSelector::parse(self.get("labelSelector").unwrap_or_default())?;
        let fields = FieldSelector::parse(self.get("fieldSelector").unwrap_or_default())?;
        Ok(Selectors { labels, fields })
    }
}

/// Which objects of a collection are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Selectors {
    pub(super) labels: LabelSelector,
    pub(super) fields: FieldSelector,
}

impl Selectors {
    /// Tells whether an object is selected.
    pub(super) fn matches(&self, object: &serde_json::Value) -> bool {
        self.labels.matches(&object["metadata"]["labels"]) && self.fields.matches(object)
    }

    /// Tells whether everything is selected.
    pub(super) fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.paths().next().is_none()
    }
}

/// The object or collection a resource path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) served: Served,
    /// Empty for cluster-wide kinds and for collections over all namespaces.
    pub(super) namespace: String,
    pub(super) name: Option<String>,
    pub(super) subresource: String,
    /// What follows a proxy subresource.
    pub(super) rest: String,
}

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// An object, a collection or a subresource.
    Resource(Target),
    /// Something under `/api/v1` or `/apis/G/V` that is not served.
    Unknown,
    /// A path outside the resources.
    Other,
}

/// Finds what a path names.
pub(super) fn locate(path: &str) -> Place {
    let decoded: Vec<String> =
        path.split('/').skip(1).map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned()).collect();
    let parts: Vec<&str> = decoded.iter().map(String::as_str).collect();
    let (group, version, rest) = match parts.as_slice() {
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return Place::Other,
    };
    if rest.iter().all(|part| part.is_empty()) {
        return Place::Other;
    }
    let found = match rest {
        ["namespaces", name] => target(group, version, "namespaces", "", &[name]),
        ["namespaces", name, sub @ ("status" | "finalize")] => target(group, version, "namespaces", "", &[name, sub]),
        ["namespaces", namespace, plural, rest @ ..] => target(group, version, plural, namespace, rest),
        [plural, rest @ ..] => target(group, version, plural, "", rest),
        [] => None,
    };
    found.map_or(Place::Unknown, Place::Resource)
}

fn target(group: &str, version: &str, plural: &str, namespace: &str, rest: &[&str]) -> Option<Target> {
    let served = convert::served(group, version, plural)?;
    if !served.resource.namespaced && !namespace.is_empty() {
        return None;
    }
    let part = |index: usize| rest.get(index).copied().unwrap_or_default();
    let name = Some(part(0)).filter(|name| !name.is_empty()).map(str::to_owned);
    let subresource = part(1).to_owned();
    let more = rest.get(2..).unwrap_or_default().join("/");
    if !subresource.is_empty() && !served.resource.subresources.contains(&subresource.as_str()) {
        return None;
    }
    Some(Target { served, namespace: namespace.to_owned(), name, subresource, rest: more })
}

impl Target {
    /// Returns the RBAC verb of a request.
    pub(super) fn verb(&self, method: &Method, query: &Query) -> &'static str {
        let one = self.name.is_some();
        match *method {
            Method::GET | Method::HEAD if query.flag("watch") && self.subresource.is_empty() => "watch",
            Method::GET | Method::HEAD if one => "get",
            Method::GET | Method::HEAD => "list",
            Method::POST => "create",
            Method::PUT => "update",
            Method::PATCH => "patch",
            Method::DELETE if one => "delete",
            Method::DELETE => "deletecollection",
            _ => "unknown",
        }
    }
}

/// The shape in which a client wants objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// The objects themselves.
    Json,
    /// Rows and columns, as kubectl prints them.
    Table,
    /// Only `metadata`.
    Metadata,
    /// The objects, in protobuf.
    Protobuf,
}

/// Chooses the first shape of an `Accept` header that can be served; none where no entry can.
pub(super) fn accepted(headers: &HeaderMap, protobuf: bool) -> Option<Shape> {
    let Some(accept) = headers.get(http::header::ACCEPT).and_then(|value| value.to_str().ok()) else {
        return Some(Shape::Json);
    };
    accept.split(',').find_map(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        let form = parts.find_map(|part| part.strip_prefix("as="));
        match (media, form) {
            ("application/json" | "*/*" | "application/*", None) => Some(Shape::Json),
            ("application/json", Some("Table")) => Some(Shape::Table),
            ("application/json", Some("PartialObjectMetadata" | "PartialObjectMetadataList")) => Some(Shape::Metadata),
            ("application/vnd.kubernetes.protobuf", None) if protobuf => Some(Shape::Protobuf),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_objects_collections_and_subresources() {
        let find = |path: &str| match locate(path) {
            Place::Resource(target) => format!(
                "{} ns={} name={} sub={} rest={}",
                target.served.resource.qualified,
                target.namespace,
                target.name.unwrap_or_default(),
                target.subresource,
                target.rest
            ),
            other => format!("{other:?}"),
        };
        let cases = [
            ("/api/v1/pods", "pods ns= name= sub= rest="),
            ("/api/v1/namespaces/shop", "namespaces ns= name=shop sub= rest="),
            ("/api/v1/namespaces/shop/pods/a/log", "pods ns=shop name=a sub=log rest="),
            ("/apis/apps/v1/namespaces/shop/deployments/a/scale", "deployments.apps ns=shop name=a sub=scale rest="),
            (
                "/api/v1/namespaces/m/services/http:prom:9090/proxy/api/v1/query",
                "services ns=m name=http:prom:9090 sub=proxy rest=api/v1/query",
            ),
            ("/apis/apps/v1/namespaces/shop/nonsense", "Unknown"),
            ("/apis/apps/v1/namespaces/shop/deployments/a/nonsense", "Unknown"),
            ("/apis/apps/v1", "Other"),
            ("/version", "Other"),
        ];
        for (path, expected) in cases {
            assert_eq!(find(path), expected, "{path}");
        }
    }

    #[test]
    fn queries_decode_and_refuse_nonsense() {
        let query = Query::parse("&limit=500&labelSelector=a+in+%28b%29&dryRun=Some");
        assert_eq!(query.number("limit").unwrap(), Some(500));
        assert_eq!(query.get("labelSelector"), Some("a in (b)"));
        assert_eq!(query.dry_run().unwrap_err().code, 400);
        assert_eq!(Query::parse("limit=x").number("limit").unwrap_err().code, 400);
    }

    #[test]
    fn the_first_shape_that_can_be_served_wins() {
        let shape = |accept: &str, protobuf| {
            let mut headers = HeaderMap::new();
            headers.insert(http::header::ACCEPT, accept.parse().unwrap());
            accepted(&headers, protobuf)
        };
        assert_eq!(shape("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", false), Some(Shape::Table));
        assert_eq!(shape("application/vnd.kubernetes.protobuf,application/json", false), Some(Shape::Json));
        assert_eq!(shape("application/vnd.kubernetes.protobuf,application/json", true), Some(Shape::Protobuf));
        assert_eq!(shape("text/html", true), None);
    }
}
