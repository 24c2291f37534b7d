//! Where requests go: the services' selectors, and the weights of the `HTTPRoute`.

use serde_json::{Value, json};

use super::super::cluster::{Kind, Object};
use super::super::object::{annotation, dig, int, label, list, name, namespace, put, text};
use super::sets::{asked, available};
use super::steps::Step;
use super::{HASH, MANAGER, Pass, is_promoted};

const MANAGED: &str = "argo-rollouts.argoproj.io/managed-by-rollouts";
/// The plugin that writes the weights of Gateway API routes.
const PLUGIN: &str = "argoproj-labs/gatewayAPI";

impl Pass<'_> {
    /// Returns the services the strategy names.
    pub(super) fn service_names(&self) -> Vec<String> {
        let keys = ["stableService", "canaryService", "activeService", "previewService"];
        keys.iter().map(|key| self.strategy_text(key)).filter(|name| !name.is_empty()).collect()
    }

    fn service(&self, service: &str) -> Option<Object> {
        self.cluster.get(Kind::Service, namespace(&self.rollout), service)
    }

    /// Returns the hash that a service selects; empty where it selects by none.
    pub(super) fn selected_hash(&self, service: &str) -> Option<String> {
        self.service(service).map(|service| text(&service, &["spec", "selector", HASH]).to_owned())
    }

    /// Points a service at the pods of one template.
    pub(super) fn point(&mut self, service: &str, hash: &str) {
        let Some(found) = self.service(service) else { return };
        let before = text(&found, &["spec", "selector", HASH]).to_owned();
        if before == hash && annotation(&found, MANAGED).is_some() {
            return;
        }
        let (space, owner) = (namespace(&self.rollout).to_owned(), name(&self.rollout).to_owned());
        self.cluster.modify(Kind::Service, &space, service, MANAGER, |service| {
            put(service, &["metadata", "annotations", MANAGED], json!(owner));
            put(service, &["spec", "selector", HASH], json!(hash));
        });
        let message = format!("Switched selector for service '{service}' from '{before}' to '{hash}'");
        self.event("Normal", "SwitchService", &message);
    }

    /// Points the services of stable and canary at their sets.
    pub(super) fn point_canary_services(&mut self) {
        let (stable_service, canary_service) =
            (self.strategy_text("stableService"), self.strategy_text("canaryService"));
        self.ensure_target(&stable_service, self.stable.clone(), true);
        let to = if self.is_aborted() && !self.has_routing() { self.stable.clone() } else { Some(self.new.clone()) };
        let aborted = self.is_aborted() && self.has_routing();
        if !aborted {
            self.ensure_target(&canary_service, to, true);
        }
    }

    fn ensure_target(&mut self, service: &str, set: Option<Object>, checks: bool) {
        let Some(set) = set.filter(|_| !service.is_empty()) else { return };
        let Some(found) = self.service(service) else { return };
        let hash = label(&set, HASH).to_owned();
        if text(&found, &["spec", "selector", HASH]) != hash && checks {
            let adopted = annotation(&found, MANAGED).is_some();
            let full = asked(&set) > 0 && available(&set) >= asked(&set);
            if (!adopted && !full) || available(&set) == 0 {
                return;
            }
        }
        self.point(service, &hash);
    }

    /// Gives canary and stable their weights.
    pub(super) fn route(&mut self) {
        if !self.has_routing() {
            super::super::object::remove(&mut self.next, &["canary", "weights"]);
            return;
        }
        let (weight, additional) = self.desired_weight();
        let most = self.most();
        let stable_share = (most - weight) * self.replicas() / most;
        if self.stable.as_ref().is_none_or(|stable| available(stable) < stable_share) {
            return;
        }
        if self.is_aborted() && !is_promoted(&self.rollout) && (weight == 0 || !self.scales_stable()) {
            let (canary_service, stable) = (self.strategy_text("canaryService"), self.stable.clone());
            self.ensure_target(&canary_service, stable, false);
        }
        let extra: i64 = additional.iter().map(|each| int(each, &["weight"])).sum();
        let side = |hash: &str, service: String, weight: i64| json!({"podTemplateHash": hash, "serviceName": service, "weight": weight});
        let stable_hash = self.stable.as_ref().map_or("", |stable| label(stable, HASH));
        let mut weights = json!({
            "canary": side(self.hash(), self.strategy_text("canaryService"), weight),
            "stable": side(stable_hash, self.strategy_text("stableService"), most - weight - extra),
        });
        if !additional.is_empty() {
            put(&mut weights, &["additional"], json!(additional));
        }
        self.write_route(&weights);
        let before = dig(&self.rollout, &["status", "canary", "weights"]).cloned();
        if before.as_ref() != Some(&weights) {
            let from = before.as_ref().map(|before| int(before, &["canary", "weight"]));
            let mut told = match from {
                None => format!("to {weight}"),
                Some(from) if from != weight => format!("from {from} to {weight}"),
                Some(_) => String::new(),
            };
            if before.as_ref().is_some_and(|before| before.get("additional") != weights.get("additional")) {
                let comma = if told.is_empty() { "" } else { ", " };
                let list = weights.get("additional").map_or_else(|| "[]".to_owned(), Value::to_string);
                told = format!("{told}{comma}additional: {list}");
            }
            self.event("Normal", "TrafficWeightUpdated", &format!("Traffic weight updated {told}"));
        }
        put(&mut self.next, &["canary", "weights"], weights);
    }

    /// Returns the canary's weight now, and what the pods of an experiment get beside it.
    fn desired_weight(&self) -> (i64, Vec<Value>) {
        let none = Vec::new();
        if is_promoted(&self.rollout) {
            return (0, none);
        }
        if self.is_aborted() {
            return (self.weight_on_abort(), none);
        }
        let weighs_nothing = self.stable.is_none();
        if available(&self.new) == 0 || weighs_nothing {
            return (0, self.trial_weights());
        }
        if self.promotes_full() {
            let kept = self.status(&["canary", "weights", "canary", "weight"]).and_then(Value::as_i64).unwrap_or(0);
            let grown = self.most() * available(&self.new) / self.replicas().max(1);
            return (if self.scales_stable() { grown } else { kept }, none);
        }
        let (step, index) = self.current_step();
        if !self.has_step_sizes(None) {
            let before = index.checked_sub(1).map_or(0, |before| self.weight_up_to(before));
            return (before, self.trial_weights());
        }
        if step.is_some() || self.steps().is_empty() {
            return (self.set_weight(), self.trial_weights());
        }
        (self.most(), none)
    }

    /// With a shrinking stable set traffic goes back only as fast as stable grows.
    fn weight_on_abort(&self) -> i64 {
        let Some(stable) = self.stable.as_ref().filter(|_| self.scales_stable()) else { return 0 };
        let most = self.most();
        let missing = most - most * available(stable) / self.replicas().max(1);
        let now = self.status(&["canary", "weights", "canary", "weight"]).and_then(Value::as_i64).unwrap_or(0);
        missing.clamp(0, now.max(0))
    }

    /// Returns the weights of the present step's experiment while it runs.
    fn trial_weights(&self) -> Vec<Value> {
        let (Some(Step::Experiment(step)), Some(trial)) = (self.current_step().0, &self.experiment) else {
            return Vec::new();
        };
        if text(trial, &["status", "phase"]) != "Running" {
            return Vec::new();
        }
        let of = |status: &Value| {
            let template = list(&step, &["templates"]).iter().find(|each| each["name"] == status["name"])?;
            let weight = template.get("weight").and_then(Value::as_i64)?;
            Some(json!({
                "podTemplateHash": status["podTemplateHash"], "serviceName": status["serviceName"], "weight": weight,
            }))
        };
        list(trial, &["status", "templateStatuses"]).iter().filter_map(of).collect()
    }

    /// Writes the weights into the `HTTPRoute` that the strategy names, where it names one.
    fn write_route(&mut self, weights: &Value) {
        let Some(plugin) = self.strategy("trafficRouting").and_then(|all| dig(all, &["plugins", PLUGIN])) else {
            return;
        };
        let route = text(plugin, &["httpRoute"]).to_owned();
        let space = match text(plugin, &["namespace"]) {
            "" => namespace(&self.rollout).to_owned(),
            space => space.to_owned(),
        };
        let main: Vec<(String, i64)> = ["canary", "stable"]
            .iter()
            .map(|side| (text(weights, &[side, "serviceName"]).to_owned(), int(weights, &[side, "weight"])))
            .collect();
        let extra: Vec<(String, i64)> = list(weights, &["additional"])
            .iter()
            .map(|each| (text(each, &["serviceName"]).to_owned(), int(each, &["weight"])))
            .collect();
        self.cluster.modify(Kind::HttpRoute, &space, &route, MANAGER, |route| {
            let rules = route.pointer_mut("/spec/rules").and_then(Value::as_array_mut);
            for rule in rules.into_iter().flatten() {
                weigh(rule, &main, &extra);
            }
        });
    }
}

/// Sets the weights of a rule that splits between exactly these services.
fn weigh(rule: &mut Value, main: &[(String, i64)], extra: &[(String, i64)]) {
    let Some(backends) = rule.get_mut("backendRefs").and_then(Value::as_array_mut) else { return };
    let has = |backends: &[Value], service: &str| backends.iter().any(|backend| text(backend, &["name"]) == service);
    if !main.iter().all(|(service, _)| has(backends, service)) {
        return;
    }
    let port = backends.first().and_then(|first| first.get("port").cloned()).unwrap_or_default();
    backends.retain(|backend| main.iter().chain(extra).any(|(service, _)| text(backend, &["name"]) == service));
    for (service, weight) in main.iter().chain(extra) {
        match backends.iter_mut().find(|backend| text(backend, &["name"]) == service) {
            Some(backend) => put(backend, &["weight"], json!(weight)),
            None => {
                backends.push(json!({"group": "", "kind": "Service", "name": service, "port": port, "weight": weight}));
            }
        }
    }
}
