//! Where traffic goes: Services, and the weights of routes.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Meta, Text};

/// A Service as last seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Service {
    /// Metadata.
    pub meta: Meta,
    /// Labels of the pods it reaches; empty where it has no selector.
    pub selector: BTreeMap<Text, Text>,
    /// When that was last written, where the server says so.
    pub selected: Option<Timestamp>,
}

/// A route that splits traffic between Services: a Gateway API HTTPRoute, an Istio VirtualService, or an nginx canary
/// Ingress.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Route {
    /// Kind as in a manifest.
    pub kind: Text,
    /// Metadata.
    pub meta: Meta,
    /// Services and their weights, of the first rule that splits; percent where they sum to 100. What goes elsewhere
    /// than to a named Service has an empty name.
    pub backends: Vec<(Text, i32)>,
}

impl Route {
    /// Returns the share of the traffic a Service gets, 0 to 100; `None` where the route does not name it.
    pub fn share(&self, service: &str) -> Option<f64> {
        let total: i32 = self.backends.iter().map(|(_, weight)| *weight).sum();
        let of = self.backends.iter().find(|(name, _)| &**name == service)?.1;
        (total > 0).then(|| f64::from(of) * 100.0 / f64::from(total))
    }
}
