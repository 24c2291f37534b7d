//! Which of a cluster's services is Prometheus.

use std::collections::BTreeMap;

use crate::domain::Text;

/// A service of a cluster, as far as a guess needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// Namespace.
    pub namespace: Text,
    /// Name.
    pub name: Text,
    /// Labels.
    pub labels: BTreeMap<Text, Text>,
    /// Ports: name (may be empty) and number.
    pub ports: Vec<(Text, u16)>,
}

/// A service that may be Prometheus, and the port to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Namespace.
    pub namespace: Text,
    /// Service.
    pub service: Text,
    /// Port name, or number where it has no name.
    pub port: Text,
}

impl Candidate {
    /// Returns the API server's path to it, to be followed by a path of Prometheus.
    pub fn proxy_path(&self) -> String {
        format!("/api/v1/namespaces/{}/services/{}:{}/proxy", self.namespace, self.service, self.port)
    }

    /// Returns where it is, in words for people.
    pub fn place(&self) -> String {
        format!("service {}/{}", self.namespace, self.service)
    }
}

/// Chooses the services that may be Prometheus, the likeliest first.
///
/// Known are kube-prometheus-stack, the operator's governing service, kube-prometheus, the prometheus chart, and,
/// after them, what else speaks the query API: Thanos' querier and a single `VictoriaMetrics`.
pub fn rank(services: &[Service]) -> Vec<Candidate> {
    let mut found: Vec<(u8, &Service, Candidate)> = services
        .iter()
        .filter_map(|service| {
            let rank = likelihood(service)?;
            let port = port(service)?;
            let candidate = Candidate { namespace: service.namespace.clone(), service: service.name.clone(), port };
            Some((rank, service, candidate))
        })
        .collect();
    found.sort_by(|one, two| (one.0, &one.1.namespace, &one.1.name).cmp(&(two.0, &two.1.namespace, &two.1.name)));
    found.into_iter().map(|(_, _, candidate)| candidate).collect()
}

/// Returns where Prometheus usually is, for users who may not list services.
pub fn well_known() -> Vec<Candidate> {
    let places = [
        ("monitoring", "prometheus-operated", "web"),
        ("monitoring", "prometheus-k8s", "web"),
        ("monitoring", "kube-prometheus-stack-prometheus", "http-web"),
        ("monitoring", "prometheus-kube-prometheus-prometheus", "http-web"),
        ("monitoring", "prometheus-server", "http"),
        ("prometheus", "prometheus-server", "http"),
        ("openshift-monitoring", "prometheus-operated", "web"),
    ];
    let candidate = |(namespace, service, port): (&str, &str, &str)| Candidate {
        namespace: namespace.into(),
        service: service.into(),
        port: port.into(),
    };
    places.into_iter().map(candidate).collect()
}

/// 0 is the surest; `None` is no Prometheus.
fn likelihood(service: &Service) -> Option<u8> {
    let name = &*service.name;
    let label = |key: &str| service.labels.get(key).map_or("", AsRef::as_ref);
    let (app, part) = (label("app.kubernetes.io/name"), label("app.kubernetes.io/component"));
    let others = [
        "alertmanager",
        "node-exporter",
        "pushgateway",
        "operator",
        "state-metrics",
        "adapter",
        "grafana",
        "kubelet",
        "blackbox",
        "sidecar",
    ];
    if others.iter().any(|other| name.contains(other)) {
        return None;
    }
    match name {
        _ if label("app") == "kube-prometheus-stack-prometheus" => Some(0),
        _ if name.ends_with("kube-prometheus-stack-prometheus") || name.ends_with("kube-prometheus-prometheus") => {
            Some(0)
        }
        "prometheus-operated" | "prometheus-k8s" => Some(1),
        _ if app == "prometheus" && matches!(part, "server" | "prometheus") => Some(2),
        _ if name.ends_with("prometheus-server") || name == "prometheus" => Some(2),
        _ if app == "prometheus" => Some(3),
        _ if app == "thanos" && part.starts_with("query") || name.ends_with("thanos-query") => Some(4),
        _ if matches!(app, "victoria-metrics-single" | "vmsingle") || name.starts_with("vmsingle") => Some(5),
        _ => None,
    }
}

/// The port that serves the API, by name, then by number.
fn port(service: &Service) -> Option<Text> {
    let named = ["web", "http-web", "http", "prometheus"];
    let by_name = named.iter().find_map(|name| service.ports.iter().find(|(port, _)| &**port == *name));
    let numbers = [9090, 80, 8428, 10902];
    let by_number = || numbers.iter().find_map(|number| service.ports.iter().find(|(_, port)| port == number));
    let (name, number) = by_name.or_else(by_number).or_else(|| service.ports.first())?;
    Some(if name.is_empty() { number.to_string().into() } else { name.clone() })
}
