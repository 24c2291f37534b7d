//! kubectl and rolltop, pointed at the same simulated company, say the same and understand each other's changes.
//!
//! Needs `kubectl` on the path; says so and passes where there is none.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

use std::process::Command;

use serde_json::Value;
use simulated::Simulated;

#[path = "support/simulated.rs"]
mod simulated;

#[test]
fn a_rollout_an_undo_a_pause_and_a_scale() {
    if Command::new("kubectl").arg("version").arg("--client").output().is_err() {
        eprintln!("SKIPPED: kubectl is not installed");
        return;
    }
    let company = Company(Simulated::start());
    rollout(&company);
    undo(&company);
    pause(&company);
    scale(&company);
}

/// kubectl rolls out, rolltop reads it.
fn rollout(company: &Company) {
    company.rolltop(&["status", "deploy/product-service", "--wait=60s"]);
    let before = company.rolltop_status("product");
    assert_eq!(before["state"], "stable", "{before}");
    company.kubectl(&["set", "image", "deployment/product-service", "*=mambogo/product-service:v9.9.9"]);
    company.kubectl(&["rollout", "status", "deployment/product-service", "--timeout=90s"]);
    company.rolltop(&["status", "deploy/product-service", "--wait=30s"]);
    let after = company.rolltop_status("product");
    assert_eq!(after["state"], "stable", "{after}");
    assert_eq!(after["version"]["to"], "v9.9.9", "{after}");
    for (ours, path) in [
        ("desired", "{.spec.replicas}"),
        ("updated", "{.status.updatedReplicas}"),
        ("ready", "{.status.readyReplicas}"),
        ("available", "{.status.availableReplicas}"),
    ] {
        assert_eq!(after[ours].to_string(), company.field("product-service", path), "{ours}");
    }
    assert_eq!(company.rolltop_revisions("product-service"), company.kubectl_revisions("product-service"));
}

/// rolltop undoes, kubectl reads it; kubectl undoes, rolltop reads it.
fn undo(company: &Company) {
    let image = "{.spec.template.spec.containers[0].image}";
    let new = company.field("product-service", image);
    company.rolltop(&["undo", "deploy/product-service", "--yes", "--wait=90s"]);
    let old = company.field("product-service", image);
    assert_ne!(old, new);
    company.kubectl(&["rollout", "status", "deployment/product-service", "--timeout=60s"]);
    assert_eq!(company.rolltop_revisions("product-service"), company.kubectl_revisions("product-service"));
    company.kubectl(&["rollout", "undo", "deployment/product-service"]);
    company.rolltop(&["status", "deploy/product-service", "--wait=90s"]);
    assert_eq!(company.field("product-service", image), new);
    assert_eq!(company.rolltop_status("product")["version"]["to"], "v9.9.9");
}

/// Each pauses and the other resumes.
fn pause(company: &Company) {
    company.rolltop(&["pause", "deploy/product-service", "--yes"]);
    assert_eq!(company.field("product-service", "{.spec.paused}"), "true");
    assert_eq!(company.rolltop_status("product")["state"], "paused");
    company.kubectl(&["rollout", "resume", "deployment/product-service"]);
    company.rolltop(&["status", "deploy/product-service", "--wait=60s"]);
    company.kubectl(&["rollout", "pause", "deployment/product-service"]);
    assert_eq!(company.rolltop_status("product")["paused"], true);
    company.rolltop(&["resume", "deploy/product-service", "--yes", "--wait=60s"]);
    assert_eq!(company.field("product-service", "{.spec.paused}"), "");
}

/// Each scales and the other sees it.
fn scale(company: &Company) {
    let before: i64 = company.field("product-service", "{.spec.replicas}").parse().unwrap();
    company.rolltop(&["scale", "deploy/product-service", "+2", "--yes", "--wait=90s"]);
    assert_eq!(company.field("product-service", "{.status.availableReplicas}"), (before + 2).to_string());
    company.kubectl(&["scale", "deployment/product-service", "--replicas", &before.to_string()]);
    company.rolltop(&["status", "deploy/product-service", "--wait=90s"]);
    assert_eq!(company.rolltop_status("product")["desired"], before);
}

/// A healthy company, and two clients of it.
struct Company(Simulated);

impl Company {
    fn kubectl(&self, args: &[&str]) -> String {
        self.0.must("kubectl", args)
    }

    fn rolltop(&self, args: &[&str]) -> String {
        self.0.must(env!("CARGO_BIN_EXE_rolltop"), args)
    }

    fn field(&self, deployment: &str, path: &str) -> String {
        self.kubectl(&["get", "deployment", deployment, "-o", &format!("jsonpath={path}")])
    }

    fn rolltop_status(&self, app: &str) -> Value {
        let json = self.rolltop(&["status", &format!("deploy/{app}-service"), "-o", "json"]);
        serde_json::from_str::<Value>(&json).unwrap()[0].clone()
    }

    fn rolltop_revisions(&self, deployment: &str) -> Vec<i64> {
        let json = self.rolltop(&["history", &format!("deploy/{deployment}"), "-o", "json"]);
        let rows: Value = serde_json::from_str(&json).unwrap();
        let mut revisions: Vec<i64> =
            rows.as_array().unwrap().iter().map(|row| row["revision"].as_i64().unwrap()).collect();
        revisions.sort_unstable();
        revisions
    }

    fn kubectl_revisions(&self, deployment: &str) -> Vec<i64> {
        let table = self.kubectl(&["rollout", "history", &format!("deployment/{deployment}")]);
        let mut revisions: Vec<i64> =
            table.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect();
        revisions.sort_unstable();
        revisions
    }
}
