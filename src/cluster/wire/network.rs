//! Services, and the routes that split traffic between them.

use jiff::Timestamp;
use serde::Deserialize;

use super::{
    intern::Interner,
    loose::{List, Loose, Map, Num, Present, Str, Time},
    meta::{RawMeta, ReadManagers, Unread},
};
use crate::domain::{Manager, Route, RouteKind, Service, Text};

/// nginx' canary annotations of an Ingress.
const NGINX: &str = "nginx.ingress.kubernetes.io/canary";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawService<'a> {
    #[serde(borrow)]
    metadata: Loose<RawMeta<'a, SelectorWriters>>,
    #[serde(borrow)]
    spec: Loose<RawServiceSpec<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawServiceSpec<'a> {
    #[serde(borrow)]
    selector: Map<'a, Str<'a>>,
}

/// managedFields of Services: when the selector was written.
pub(super) type SelectorWriters = List<Loose<RawWriter>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawWriter {
    time: Time,
    #[serde(rename = "fieldsV1")]
    fields: Loose<Fields>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fields {
    #[serde(rename = "f:spec")]
    spec: Loose<SpecFields>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SpecFields {
    #[serde(rename = "f:selector")]
    selector: Present,
}

impl ReadManagers for SelectorWriters {
    fn managers(&self, _: &mut Interner) -> Vec<Manager> {
        Vec::new()
    }
}

impl RawService<'_> {
    /// Makes the domain's Service of it.
    pub(super) fn service(&self, intern: &mut Interner) -> Service {
        let writers = self.metadata.0.managed_fields.0.iter().map(|Loose(writer)| writer);
        let selected: Option<Timestamp> =
            writers.filter(|writer| writer.fields.0.spec.0.selector.0).filter_map(|writer| writer.time.0).max();
        Service { meta: self.metadata.0.meta(intern), selector: intern.map(&self.spec.0.selector), selected }
    }
}

/// An HTTPRoute, a VirtualService or an Ingress: each fills its own part.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawRoute<'a> {
    #[serde(borrow)]
    metadata: Loose<RawMeta<'a, Unread>>,
    #[serde(borrow)]
    spec: Loose<RawRouteSpec<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawRouteSpec<'a> {
    /// Rules of an HTTPRoute or an Ingress.
    #[serde(borrow)]
    rules: List<Loose<RawRule<'a>>>,
    /// Rules of a VirtualService.
    #[serde(borrow)]
    http: List<Loose<RawHttp<'a>>>,
    /// An Ingress without rules.
    #[serde(borrow)]
    default_backend: Loose<RawBackend<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawRule<'a> {
    #[serde(borrow)]
    backend_refs: List<Loose<RawBackendRef<'a>>>,
    #[serde(borrow)]
    http: Loose<RawPaths<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawBackendRef<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    weight: Num,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawPaths<'a> {
    #[serde(borrow)]
    paths: List<Loose<RawPath<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawPath<'a> {
    #[serde(borrow)]
    backend: Loose<RawBackend<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawBackend<'a> {
    #[serde(borrow)]
    service: Loose<RawNamed<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawNamed<'a> {
    #[serde(borrow)]
    name: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawHttp<'a> {
    #[serde(borrow)]
    route: List<Loose<RawDestinations<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawDestinations<'a> {
    #[serde(borrow)]
    destination: Loose<RawDestination<'a>>,
    weight: Num,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawDestination<'a> {
    #[serde(borrow)]
    host: Str<'a>,
}

impl RawRoute<'_> {
    /// Makes the domain's route of it.
    pub(super) fn route(&self, kind: RouteKind, intern: &mut Interner) -> Route {
        let backends = match kind {
            RouteKind::HttpRoute => self.http_route(intern),
            RouteKind::VirtualService => self.virtual_service(intern),
            RouteKind::Ingress => self.ingress(intern),
        };
        let kind = match kind {
            RouteKind::HttpRoute => "HTTPRoute",
            RouteKind::VirtualService => "VirtualService",
            RouteKind::Ingress => "Ingress",
        };
        Route { kind: intern.shared(kind), meta: self.metadata.0.meta(intern), backends }
    }

    fn http_route(&self, intern: &mut Interner) -> Vec<(Text, i32)> {
        let rules = self.spec.0.rules.0.iter().map(|Loose(rule)| &rule.backend_refs.0);
        let weighed = |Loose(raw): &Loose<RawBackendRef<'_>>| (intern.text(&raw.name), raw.weight.count().unwrap_or(1));
        first_split(rules).iter().map(weighed).collect()
    }

    fn virtual_service(&self, intern: &mut Interner) -> Vec<(Text, i32)> {
        let rules = first_split(self.spec.0.http.0.iter().map(|Loose(rule)| &rule.route.0));
        // A single destination needs no weight: it gets all.
        let unsaid = if rules.len() == 1 { 100 } else { 0 };
        rules
            .iter()
            .map(|Loose(raw)| {
                // A host may be written with its namespace and domain.
                let host = raw.destination.0.host.as_str().split('.').next().unwrap_or_default();
                (intern.shared(host), raw.weight.count().unwrap_or(unsaid))
            })
            .collect()
    }

    /// nginx sends the stated share to the canary's Ingress; the rest goes wherever the ordinary one says.
    fn ingress(&self, intern: &mut Interner) -> Vec<(Text, i32)> {
        let annotation = |name: &str| self.metadata.0.annotation(&format!("{NGINX}{name}"));
        let number = |name: &str| annotation(name).and_then(|text| text.trim().parse::<i32>().ok());
        if annotation("") != Some("true") {
            return Vec::new();
        }
        let spec = &self.spec.0;
        let paths = spec.rules.0.iter().flat_map(|Loose(rule)| &rule.http.0.paths.0);
        let first = paths.map(|Loose(path)| &path.backend.0).find(|backend| !backend.service.0.name.is_empty());
        let backend = first.unwrap_or(&spec.default_backend.0);
        let total = number("-weight-total").filter(|total| *total > 0).unwrap_or(100);
        let weight = number("-weight").unwrap_or_default().clamp(0, total);
        vec![(intern.text(&backend.service.0.name), weight), (Text::default(), total - weight)]
    }
}

/// Returns the first rule with several targets, else the first with any.
fn first_split<'r, T>(rules: impl Iterator<Item = &'r Vec<T>>) -> &'r [T] {
    let rules: Vec<&Vec<T>> = rules.filter(|rule| !rule.is_empty()).collect();
    let found = rules.iter().find(|rule| rule.len() > 1).or_else(|| rules.first());
    found.map(|rule| rule.as_slice()).unwrap_or_default()
}
