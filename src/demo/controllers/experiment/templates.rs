//! The templates of an experiment: a `ReplicaSet` and perhaps a Service for each, and how they fare.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{MANAGER, NAME, TEMPLATE, Trial, entry, set_entry};
use crate::demo::controllers::cluster::{Kind, Object};
use crate::demo::controllers::hash;
use crate::demo::controllers::object::{
    annotation, dig, int, int_or, label, list, name, namespace, owned_by, put, remove, seconds, stamp, text, time, uid,
};
use crate::demo::controllers::rollout::HASH;

const DEADLINE: &str = "scale-down-deadline";

impl Trial<'_> {
    pub(super) fn set_of(&self, template: &str) -> Option<Object> {
        let owned = self.cluster.owned(uid(&self.experiment), Kind::ReplicaSet);
        owned.into_iter().find(|set| annotation(set, TEMPLATE) == Some(template))
    }

    fn wanted(&self, template: &Value) -> i64 {
        let done = entry(&self.experiment["status"], "templateStatuses", text(template, &["name"]))
            .is_some_and(|each| matches!(text(each, &["status"]), "Successful" | "Failed" | "Error"));
        if self.is_ending() || done { 0 } else { int_or(template, &["replicas"], 1) }
    }

    pub(super) fn reconcile_template(&mut self, status: &mut Value, template: &Value) {
        let template_name = text(template, &["name"]).to_owned();
        let before = entry(status, "templateStatuses", &template_name).cloned();
        let mut entry = before.clone().unwrap_or_else(|| json!({"name": template_name}));
        let wanted = self.wanted(template);
        let mut set = self.set_of(&template_name);
        match &set {
            None if wanted > 0 => set = self.create_set(&mut entry, template, wanted),
            None => {}
            Some(found) => {
                let found = found.clone();
                self.reconcile_service(&mut entry, template, &found, wanted);
                self.scale(&found, wanted);
                set = self.set_of(&template_name);
            }
        }
        let counted = |key: &str| set.as_ref().map_or(0, |set| int(set, &["status", key]));
        for (key, count) in [
            ("replicas", counted("replicas")),
            ("updatedReplicas", counted("replicas")),
            ("readyReplicas", counted("readyReplicas")),
            ("availableReplicas", counted("availableReplicas")),
        ] {
            let was = before.as_ref().and_then(|before| before.get(key).and_then(Value::as_i64));
            put(&mut entry, &[key], json!(count));
            if was != Some(count) {
                put(&mut entry, &["lastTransitionTime"], stamp(self.now));
            }
        }
        self.judge_template(&mut entry, wanted);
        let (was, is) =
            (before.as_ref().map_or("", |before| text(before, &["status"])), text(&entry, &["status"]).to_owned());
        if was != is {
            let mut message = format!("Template '{template_name}' transitioned from {was} -> {is}");
            if !text(&entry, &["message"]).is_empty() {
                message = format!("{message}: {}", text(&entry, &["message"]));
            }
            let kind = if matches!(is.as_str(), "Failed" | "Error") { "Warning" } else { "Normal" };
            self.event(kind, &format!("Template{is}"), &message);
        }
        set_entry(status, "templateStatuses", entry);
    }

    fn judge_template(&self, entry: &mut Value, wanted: i64) {
        if matches!(text(entry, &["status"]), "Successful" | "Failed" | "Error") {
            return;
        }
        let arrived = int(entry, &["availableReplicas"]) == wanted;
        let limit = int_or(&self.experiment, &["spec", "progressDeadlineSeconds"], 600);
        let since = time(entry, &["lastTransitionTime"]).unwrap_or(self.now);
        let word = if arrived {
            if self.is_over() || self.is_ending() { "Successful" } else { "Running" }
        } else if self.now > since + SignedDuration::from_secs(limit) {
            let message =
                format!("Template '{}' exceeded its progressDeadlineSeconds ({limit})", text(entry, &["name"]));
            put(entry, &["message"], json!(message));
            "Failed"
        } else if self.is_ending() {
            "Successful"
        } else {
            "Progressing"
        };
        put(entry, &["status"], json!(word));
    }

    fn create_set(&mut self, entry: &mut Value, template: &Value, wanted: i64) -> Option<Object> {
        let mut pods = dig(template, &["template"]).cloned().unwrap_or_default();
        remove(&mut pods, &["metadata", "labels", HASH]);
        let template_hash = hash::of(&pods, int(entry, &["collisionCount"]));
        put(&mut pods, &["metadata", "labels", HASH], json!(template_hash));
        let mut selector = dig(template, &["selector"]).cloned().unwrap_or_default();
        put(&mut selector, &["matchLabels", HASH], json!(template_hash));
        let mut labels = dig(&pods, &["metadata", "labels"]).cloned().unwrap_or_else(|| json!({}));
        let template_name = text(template, &["name"]);
        put(&mut labels, &[NAME], json!(name(&self.experiment)));
        put(&mut labels, &[TEMPLATE], json!(template_name));
        let set_name = format!("{}-{template_name}", name(&self.experiment));
        let set = json!({
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {
                "name": set_name, "namespace": namespace(&self.experiment), "labels": labels,
                "annotations": {NAME: name(&self.experiment), TEMPLATE: template_name},
                "ownerReferences": owned_by(&self.experiment),
            },
            "spec": {"replicas": wanted, "selector": selector, "template": pods},
        });
        match self.cluster.create(Kind::ReplicaSet, set, MANAGER) {
            Ok(created) => {
                let message = format!("Created new replica set \"{set_name}\" with size {wanted}");
                self.event("Normal", "NewReplicaSetCreated", &message);
                Some(created)
            }
            Err(why) => {
                put(entry, &["status"], json!("Error"));
                let message = format!("Failed to create ReplicaSet for template '{template_name}': {why}");
                put(entry, &["message"], json!(message));
                None
            }
        }
    }

    /// Gives a template a service of its own while it runs, where it asks for one.
    fn reconcile_service(&mut self, entry: &mut Value, template: &Value, set: &Object, wanted: i64) {
        let Some(asked) = template.get("service").filter(|service| !service.is_null()) else { return };
        let service = match text(asked, &["name"]) {
            "" => name(set).to_owned(),
            name => name.to_owned(),
        };
        let space = namespace(&self.experiment).to_owned();
        if wanted == 0 {
            if int(set, &["status", "availableReplicas"]) == 0 {
                self.cluster.delete(Kind::Service, &space, &service);
                remove(entry, &["serviceName"]);
                remove(entry, &["podTemplateHash"]);
            }
            return;
        }
        if self.cluster.get(Kind::Service, &space, &service).is_none() {
            let containers = list(set, &["spec", "template", "spec", "containers"]).iter();
            let ports: Vec<Value> = containers
                .flat_map(|container| list(container, &["ports"]))
                .map(|port| {
                    json!({
                        "name": port["name"], "port": port["containerPort"], "targetPort": port["containerPort"], "protocol": "TCP",
                    })
                })
                .collect();
            let made = json!({
                "apiVersion": "v1", "kind": "Service",
                "metadata": {
                    "name": service, "namespace": space, "annotations": {NAME: name(&self.experiment), TEMPLATE: template["name"]},
                    "ownerReferences": owned_by(&self.experiment),
                },
                "spec": {"selector": dig(set, &["spec", "selector", "matchLabels"]), "ports": ports},
            });
            if let Err(why) = self.cluster.create(Kind::Service, made, MANAGER) {
                put(entry, &["status"], json!("Error"));
                let message =
                    format!("Failed to create Service {service} for template '{}': {why}", text(template, &["name"]));
                put(entry, &["message"], json!(message));
            }
        }
        put(entry, &["serviceName"], json!(service));
        put(entry, &["podTemplateHash"], json!(label(set, HASH)));
    }

    /// Sizes a template's set; before it goes it stays for `scaleDownDelaySeconds`.
    fn scale(&mut self, set: &Object, wanted: i64) {
        let asked = int_or(set, &["spec", "replicas"], 1);
        if asked == wanted {
            return;
        }
        if wanted == 0 {
            let delay = int_or(&self.experiment, &["spec", "scaleDownDelaySeconds"], 30);
            let known: Option<Timestamp> = annotation(set, DEADLINE).and_then(|at| at.parse().ok());
            let at = known.unwrap_or_else(|| seconds(self.now) + SignedDuration::from_secs(delay));
            if known.is_none() && delay > 0 {
                self.cluster.modify(Kind::ReplicaSet, namespace(set), name(set), MANAGER, |set| {
                    put(set, &["metadata", "annotations", DEADLINE], json!(at.to_string()));
                });
            }
            if delay > 0 && at > self.now {
                self.wake_at(at);
                return;
            }
        }
        self.cluster.modify(Kind::ReplicaSet, namespace(set), name(set), MANAGER, |set| {
            put(set, &["spec", "replicas"], json!(wanted));
        });
        let way = if wanted > asked { "up" } else { "down" };
        let message = format!("Scaled {way} ReplicaSet {} from {asked} to {wanted}", name(set));
        self.event("Normal", "ScalingReplicaSet", &message);
    }

    pub(super) fn assess_templates(status: &Value) -> (&'static str, String) {
        const WORST_FIRST: [(&str, &str); 4] =
            [("Error", "Error"), ("Failed", "Failed"), ("Progressing", "Pending"), ("Running", "Running")];
        let all = list(status, &["templateStatuses"]);
        for (code, phase) in WORST_FIRST {
            if let Some(found) = all.iter().find(|each| text(each, &["status"]) == code) {
                return (phase, text(found, &["message"]).to_owned());
            }
        }
        ("Successful", String::new())
    }
}
