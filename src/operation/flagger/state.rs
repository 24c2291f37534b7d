//! What a Canary says of itself, and its two Deployments.

use serde_json::{Value, json};

use crate::{
    domain::{Kind, WorkloadKey},
    operation::{
        Facts, Patch, Refusal, Send, Write,
        json::{at, list, text},
    },
};

/// A Canary as read.
#[derive(Clone, Copy)]
pub(super) struct Canary<'a> {
    pub(super) facts: &'a Facts,
}

impl<'a> Canary<'a> {
    pub(super) fn of(facts: &'a Facts) -> Self {
        Self { facts }
    }

    pub(super) fn phase(self) -> &'a str {
        text(&self.facts.target, "/status/phase")
    }

    /// Its phase for people.
    pub(super) fn said(self) -> &'a str {
        if self.phase().is_empty() { "not looked at yet" } else { self.phase() }
    }

    /// A new version is being tested, or waits at a gate.
    pub(super) fn testing(self) -> bool {
        ["Progressing", "Waiting", "WaitingPromotion", "Promoting", "Finalising"].contains(&self.phase())
    }

    fn flag(self, pointer: &str) -> bool {
        at(&self.facts.target, pointer).and_then(Value::as_bool).unwrap_or(false)
    }

    pub(super) fn suspended(self) -> bool {
        self.flag("/spec/suspend")
    }

    pub(super) fn skips(self) -> bool {
        self.flag("/spec/skipAnalysis")
    }

    /// Its webhooks; the second place is that of old manifests.
    pub(super) fn webhooks(self) -> &'a [Value] {
        let new = list(&self.facts.target, "/spec/analysis/webhooks");
        if new.is_empty() { list(&self.facts.target, "/spec/canaryAnalysis/webhooks") } else { new }
    }

    /// Failed checks so far, and how many make it roll back.
    pub(super) fn checks(self) -> (i64, i64) {
        let number = |pointer, default| at(&self.facts.target, pointer).and_then(Value::as_i64).unwrap_or(default);
        (number("/status/failedChecks", 0), number("/spec/analysis/threshold", 1))
    }

    /// A merge patch of its spec.
    pub(super) fn spec(self, words: String, spec: &Value) -> Write {
        Write::merge(self.facts.object(), &self.facts.target, words, None, json!({"spec": spec}))
    }

    /// The Deployment people edit.
    pub(super) fn target(self) -> Result<Facts, Refusal> {
        self.member("")
    }

    /// The Deployment that serves.
    pub(super) fn primary(self) -> Result<Facts, Refusal> {
        self.member("-primary")
    }

    fn member(self, ending: &str) -> Result<Facts, Refusal> {
        let refers = |word: &str| text(&self.facts.target, &format!("/spec/targetRef/{word}"));
        let key = &self.facts.key;
        if refers("kind") != Kind::Deployment.name() {
            return Err(Refusal::new(format!(
                "the target of {key} is a {}, which is not changed here",
                refers("kind")
            )));
        }
        let name = format!("{}{ending}", refers("name"));
        self.facts
            .member(&WorkloadKey::new(Kind::Deployment, key.namespace.clone(), name.as_str()))
            .ok_or_else(|| Refusal::new(format!("deployment/{name}, which belongs to {key}, is not there")))
    }
}

/// The images of a template by container name.
pub(super) fn images(workload: &Value) -> Vec<(String, String)> {
    let mut images: Vec<(String, String)> = list(workload, "/spec/template/spec/containers")
        .iter()
        .map(|container| (text(container, "/name").to_owned(), text(container, "/image").to_owned()))
        .collect();
    images.sort();
    images
}

/// The images a Deployment has after a write to it.
pub(super) fn images_after(facts: &Facts, write: &Write) -> Vec<(String, String)> {
    let mut after = facts.target.clone();
    if let Send::Patch(Patch { .. }) = &write.send {
        for field in &write.fields {
            if let Some(slot) = after.pointer_mut(&field.pointer) {
                *slot = field.after.clone().unwrap_or(Value::Null);
            }
        }
    }
    images(&after)
}
