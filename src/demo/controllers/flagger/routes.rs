//! The services of apex, primary and canary, and the `HTTPRoute` that splits between the last two.

use serde_json::{Value, json};

use super::super::cluster::Kind;
use super::super::object::{dig, int, list, namespace, owned_by, put, text};
use super::{Look, MANAGER, number};

impl Look<'_> {
    /// Returns the names of the services: apex, primary, canary.
    fn service_names(&self) -> [String; 3] {
        let apex = match text(&self.canary, &["spec", "service", "name"]) {
            "" => self.target_name(),
            name => name.to_owned(),
        };
        [apex.clone(), format!("{apex}-primary"), format!("{apex}-canary")]
    }

    /// Creates the services of primary and canary.
    pub(super) fn ensure_services(&mut self) {
        let Some((_, value)) = self.selector() else { return };
        let [_, primary, canary] = self.service_names();
        self.ensure_service(&canary, &value);
        self.ensure_service(&primary, &format!("{value}-primary"));
    }

    /// Points the service that everybody calls at the primary.
    pub(super) fn point_apex(&mut self) {
        let Some((_, value)) = self.selector() else { return };
        let [apex, ..] = self.service_names();
        self.ensure_service(&apex, &format!("{value}-primary"));
    }

    fn ensure_service(&mut self, service: &str, pods: &str) {
        let Some((key, _)) = self.selector() else { return };
        let (space, port) = (self.space(), number(&self.canary, &["spec", "service", "port"]));
        let target = match dig(&self.canary, &["spec", "service", "targetPort"]) {
            Some(port) if !port.is_null() => port.clone(),
            _ => json!(port),
        };
        let port_name = match text(&self.canary, &["spec", "service", "portName"]) {
            "" => "http",
            name => name,
        };
        let selector = json!({ key: pods });
        let ports = json!([{"name": port_name, "protocol": "TCP", "port": port, "targetPort": target}]);
        if let Some(found) = self.cluster.get(Kind::Service, &space, service) {
            if found["spec"]["selector"] != selector {
                self.cluster.modify(Kind::Service, &space, service, MANAGER, |object| {
                    put(object, &["spec", "selector"], selector);
                    put(object, &["spec", "ports"], ports);
                });
            }
            return;
        }
        let made = json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {
                "name": service, "namespace": space, "labels": {key: service}, "ownerReferences": owned_by(&self.canary),
            },
            "spec": {"type": "ClusterIP", "selector": selector, "ports": ports},
        });
        if let Err(why) = self.cluster.create(Kind::Service, made, MANAGER) {
            let message = format!("service {} create error: {why}", self.full(service));
            self.warn(&message);
        }
    }

    fn backends(&self, primary: i64, canary: i64) -> Value {
        let port = number(&self.canary, &["spec", "service", "port"]);
        let [_, primary_service, canary_service] = self.service_names();
        let backend = |service: String, weight: i64| json!({"group": "", "kind": "Service", "name": service, "port": port, "weight": weight});
        json!([backend(primary_service, primary), backend(canary_service, canary)])
    }

    /// Creates the route where it is missing.
    pub(super) fn ensure_route(&mut self) {
        let ([apex, ..], space) = (self.service_names(), self.space());
        if self.cluster.get(Kind::HttpRoute, &space, &apex).is_some() {
            return;
        }
        let parents = dig(&self.canary, &["spec", "service", "gatewayRefs"]).cloned().unwrap_or_else(|| json!([]));
        let route = json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
            "metadata": {"name": apex, "namespace": space, "ownerReferences": owned_by(&self.canary)},
            "spec": {
                "parentRefs": parents,
                "rules": [{
                    "matches": [{"path": {"type": "PathPrefix", "value": "/"}}], "backendRefs": self.backends(100, 0),
                }],
            },
        });
        if let Err(why) = self.cluster.create(Kind::HttpRoute, route, MANAGER) {
            let message = format!("HTTPRoute {} create error: {why}", self.full(&apex));
            self.warn(&message);
        }
    }

    /// Reads the weights of primary and canary off the route.
    pub(super) fn weights(&self) -> Result<(i64, i64), String> {
        let [apex, primary, canary] = self.service_names();
        let Some(route) = self.cluster.get(Kind::HttpRoute, namespace(&self.canary), &apex) else {
            return Err(format!(
                "HTTPRoute {} get error: httproutes.gateway.networking.k8s.io {apex:?} not found",
                self.full(&apex)
            ));
        };
        let backends: Vec<&Value> =
            list(&route, &["spec", "rules"]).iter().flat_map(|rule| list(rule, &["backendRefs"])).collect();
        let of = |service: &str| {
            backends.iter().find(|backend| name_of(backend) == service).map_or(0, |backend| int(backend, &["weight"]))
        };
        Ok((of(&primary), of(&canary)))
    }

    /// Splits the traffic.
    pub(super) fn set_weights(&mut self, primary: i64, canary: i64) {
        let ([apex, ..], space, backends) = (self.service_names(), self.space(), self.backends(primary, canary));
        self.cluster.modify(Kind::HttpRoute, &space, &apex, MANAGER, |route| {
            if let Some(rule) = route.pointer_mut("/spec/rules/0") {
                put(rule, &["backendRefs"], backends);
            }
        });
    }
}

fn name_of(backend: &Value) -> &str {
    text(backend, &["name"])
}
