//! The target Deployment and its primary: hashes, readiness, promotion, and how many pods the target has.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::super::cluster::{Kind, Object};
use super::super::hash;
use super::super::object::{condition, dig, int, int_or, name, namespace, owned_by, put, remove, text, time};
use super::{Look, MANAGER, number};

/// The labels by which a Deployment may select its pods, in the order Flagger looks for them.
const SELECTORS: [&str; 3] = ["app", "name", "app.kubernetes.io/name"];

/// Why a Deployment is not ready, and whether it may yet become so.
pub(super) struct Readiness {
    pub(super) message: String,
    pub(super) retriable: bool,
}

impl Look<'_> {
    pub(super) fn target(&self) -> Option<Object> {
        self.cluster.get(Kind::Deployment, namespace(&self.canary), &self.target_name())
    }

    /// Returns the label by which the target selects its pods, and its value.
    pub(super) fn selector(&self) -> Option<(&'static str, String)> {
        let target = self.target()?;
        let labels = dig(&target, &["spec", "selector", "matchLabels"])?;
        SELECTORS.iter().find_map(|key| Some((*key, labels.get(key)?.as_str()?.to_owned())))
    }

    pub(super) fn target_hash(&self) -> String {
        self.target()
            .and_then(|target| dig(&target, &["spec", "template"]).map(|template| hash::of(template, 0)))
            .unwrap_or_default()
    }

    /// Says whether the target's template is neither the last one taken up nor the one that was promoted.
    pub(super) fn target_changed(&self) -> bool {
        let status = |key| text(&self.canary, &["status", key]);
        let hash = self.target_hash();
        let applied = status("lastAppliedSpec");
        applied.is_empty() || (status("lastPromotedSpec") != hash && applied != hash)
    }

    /// Creates the primary where it is missing; says whether it can be gone on with.
    pub(super) fn ensure_primary(&mut self) -> bool {
        let primary = self.primary_name();
        if self.cluster.get(Kind::Deployment, &self.space(), &primary).is_none() {
            self.create_primary();
        }
        if matches!(self.phase(), "" | "Initializing")
            && !self.skips_analysis()
            && let Err(trouble) = self.readiness(&primary)
        {
            self.warn(&trouble.message);
            return false;
        }
        true
    }

    fn create_primary(&mut self) {
        let (Some(target), Some((key, value))) = (self.target(), self.selector()) else { return };
        let label = format!("{value}-primary");
        let mut spec = dig(&target, &["spec"]).cloned().unwrap_or_default();
        put(&mut spec, &["selector"], json!({"matchLabels": {key: label}}));
        put(&mut spec, &["replicas"], json!(int_or(&target, &["spec", "replicas"], 1).max(1)));
        let template = self.primary_template(&target, key, &label);
        put(&mut spec, &["template"], template);
        let mut annotations = dig(&target, &["metadata", "annotations"]).cloned().unwrap_or_else(|| json!({}));
        for own in ["kubectl.kubernetes.io/last-applied-configuration", "deployment.kubernetes.io/revision"] {
            remove(&mut annotations, &[own]);
        }
        let primary = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {
                "name": self.primary_name(), "namespace": self.space(), "labels": {key: label}, "annotations": annotations,
                "ownerReferences": owned_by(&self.canary),
            },
            "spec": spec,
        });
        if let Err(why) = self.cluster.create(Kind::Deployment, primary, MANAGER) {
            let message = format!("creating deployment {} failed: {why}", self.full(&self.primary_name()));
            self.warn(&message);
        }
    }

    /// The target's template as the primary runs it: with its own label, and an id that makes every promotion a change.
    fn primary_template(&mut self, target: &Value, key: &str, label: &str) -> Value {
        let mut template = dig(target, &["spec", "template"]).cloned().unwrap_or_default();
        put(&mut template, &["metadata", "labels", key], json!(label));
        let rng = self.cluster.rng();
        let digits = format!("{:032x}", u128::from(rng.u64(..)) << 64 | u128::from(rng.u64(..)));
        let id = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-");
        put(&mut template, &["metadata", "annotations", "flagger-id"], json!(id));
        template
    }

    /// Gives the primary the target's template, and whatever of its spec a promotion takes along.
    pub(super) fn promote_template(&mut self) {
        let (Some(target), Some((key, value))) = (self.target(), self.selector()) else { return };
        let template = self.primary_template(&target, key, &format!("{value}-primary"));
        let space = self.space();
        self.cluster.modify(Kind::Deployment, &space, &self.primary_name(), MANAGER, |primary| {
            for part in ["progressDeadlineSeconds", "minReadySeconds", "revisionHistoryLimit", "strategy", "replicas"] {
                match dig(&target, &["spec", part]) {
                    Some(value) => put(primary, &["spec", part], value.clone()),
                    None => remove(primary, &["spec", part]),
                }
            }
            put(primary, &["spec", "template"], template);
        });
    }

    pub(super) fn scale_target(&mut self, replicas: i64) {
        let (space, target) = (self.space(), self.target_name());
        self.cluster.modify(Kind::Deployment, &space, &target, MANAGER, |target| {
            put(target, &["spec", "replicas"], json!(replicas));
        });
    }

    /// Gives a target without pods as many as the primary has.
    pub(super) fn scale_target_up(&mut self) {
        let of = |name: &str| {
            let found = self.cluster.get(Kind::Deployment, namespace(&self.canary), name);
            found.map_or(0, |found| int(&found, &["spec", "replicas"]))
        };
        let (own, primary) = (of(&self.target_name()), of(&self.primary_name()));
        let replicas = if own > 0 { own } else { primary.max(1) };
        self.scale_target(replicas);
    }

    /// Says why a Deployment is not ready.
    pub(super) fn readiness(&self, deployment: &str) -> Result<(), Readiness> {
        let Some(found) = self.cluster.get(Kind::Deployment, namespace(&self.canary), deployment) else {
            let message = format!(
                "deployment {} get query error: deployments.apps {deployment:?} not found",
                self.full(deployment)
            );
            return Err(Readiness { message, retriable: true });
        };
        let role = if deployment == self.target_name() { "canary deployment " } else { "" };
        self.unready(&found).map_or(Ok(()), |(why, retriable)| {
            Err(Readiness { message: format!("{role}{} not ready: {why}", self.full(deployment)), retriable })
        })
    }

    fn unready(&self, deployment: &Object) -> Option<(String, bool)> {
        let status = |key: &str| int(deployment, &["status", key]);
        if int(deployment, &["metadata", "generation"]) > status("observedGeneration") {
            let why = "waiting for rollout to finish: observed deployment generation less than desired generation";
            return Some((why.to_owned(), true));
        }
        let deadline = match number(&self.canary, &["spec", "progressDeadlineSeconds"]) {
            0 => 600,
            seconds => seconds,
        };
        let starved = condition(deployment, "Available").filter(|each| {
            text(each, &["status"]) == "False" && text(each, &["reason"]) == "MinimumReplicasUnavailable"
        });
        let since = starved.and_then(|each| time(each, &["lastUpdateTime"]));
        let retriable = since.is_none_or(|since| since + SignedDuration::from_secs(deadline) >= self.now);
        if condition(deployment, "Progressing")
            .is_some_and(|each| text(each, &["reason"]) == "ProgressDeadlineExceeded")
        {
            return Some((format!("deployment {:?} exceeded its progress deadline", name(deployment)), false));
        }
        let (replicas, updated) = (int_or(deployment, &["spec", "replicas"], 1), status("updatedReplicas"));
        let waiting = "waiting for rollout to finish:";
        if updated < replicas {
            return Some((format!("{waiting} {updated} out of {replicas} new replicas have been updated"), retriable));
        }
        if status("replicas") > updated {
            let old = status("replicas") - updated;
            return Some((format!("{waiting} {old} old replicas are pending termination"), retriable));
        }
        let role =
            if name(deployment) == self.target_name() { "canaryReadyThreshold" } else { "primaryReadyThreshold" };
        let share = match number(&self.canary, &["spec", "analysis", role]) {
            0 => 100,
            share => share,
        };
        let wanted = updated * share / 100;
        let available = status("availableReplicas");
        (available < wanted).then(|| {
            let why =
                format!("{waiting} {available} of {wanted} (readyThreshold {share}%) updated replicas are available");
            (why, retriable)
        })
    }
}
