//! Which share of a service's requests each pod gets: by the service's endpoints, or by the weights of its `HTTPRoute`.

use std::collections::HashMap;

use serde_json::Value;

use crate::demo::controllers::cluster::{Cluster, Kind};
use crate::demo::controllers::object::{int_or, label, list, name, namespace, text};
use crate::demo::traffic;

/// Shares of pods by namespace, app and name.
#[derive(Debug, Default)]
pub(super) struct Shares(HashMap<String, HashMap<String, HashMap<String, f64>>>);

impl Shares {
    /// Returns a pod's share; none where no service of its app's name leads to its app.
    pub(super) fn of(&self, pod: &Value) -> Option<f64> {
        let app = self.0.get(namespace(pod))?.get(label(pod, "app"))?;
        Some(app.get(name(pod)).copied().unwrap_or(0.0))
    }
}

/// Reads the shares of all services that carry the name of an app the traffic model knows.
pub(super) fn shares(cluster: &Cluster) -> Shares {
    let mut shares = Shares::default();
    for service in cluster.list(Kind::Service, None) {
        let (space, app) = (namespace(&service), name(&service));
        if traffic::is_known(app) {
            let known = shares.0.entry(space.to_owned()).or_default();
            known.insert(app.to_owned(), of_service(cluster, space, app));
        }
    }
    shares
}

fn of_service(cluster: &Cluster, space: &str, service: &str) -> HashMap<String, f64> {
    let routes = cluster.list(Kind::HttpRoute, Some(space));
    let leads_here = |route: &Value| {
        let parents = list(route, &["spec", "parentRefs"]).iter();
        parents.filter(|parent| text(parent, &["kind"]) == "Service").any(|parent| text(parent, &["name"]) == service)
    };
    let backends: Vec<(String, i64)> = routes
        .iter()
        .filter(|route| leads_here(route))
        .flat_map(|route| list(route, &["spec", "rules"]).iter().take(1))
        .flat_map(|rule| list(rule, &["backendRefs"]))
        .map(|backend| (text(backend, &["name"]).to_owned(), int_or(backend, &["weight"], 1)))
        .collect();
    let all: i64 = backends.iter().map(|(_, weight)| weight).sum();
    let mut shares = HashMap::new();
    if all <= 0 {
        add(cluster, space, service, 1.0, &mut shares);
    }
    for (backend, weight) in backends.into_iter().filter(|_| all > 0) {
        #[expect(clippy::cast_precision_loss, reason = "weights are small")]
        add(cluster, space, &backend, weight as f64 / all as f64, &mut shares);
    }
    shares
}

/// Spreads a share evenly over the ready endpoints of a service.
fn add(cluster: &Cluster, space: &str, service: &str, share: f64, shares: &mut HashMap<String, f64>) {
    let Some(endpoints) = cluster.get(Kind::Endpoints, space, service) else { return };
    let ready = list(&endpoints, &["subsets"]).iter().flat_map(|subset| list(subset, &["addresses"]));
    let pods: Vec<&str> = ready.map(|address| text(address, &["targetRef", "name"])).collect();
    #[expect(clippy::cast_precision_loss, reason = "a number of pods")]
    let each = share / pods.len().max(1) as f64;
    for pod in pods {
        *shares.entry(pod.to_owned()).or_insert(0.0) += each;
    }
}
