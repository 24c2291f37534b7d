//! Pods with init containers and sidecars, and a probe that begins to fail, in kubectl's words.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::kubectl::Kubectl;
use crate::{holds, ok};

/// A pod with two init containers of these images, the first with more to say.
fn manifest(name: &str, first: &str, more: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  initContainers:\n  - {{name: first, image: \"{first}\"{more}}}\n  \
         - {{name: second, image: \"shop/second:v1\"}}\n  containers:\n  - {{name: main, image: \"shop/main:v1\"}}\n"
    )
}

/// Applies a pod and returns the distinct rows `kubectl get -w` prints of it, READY and STATUS, up to a status.
fn life(kubectl: &Kubectl, name: &str, manifest: &str, until: &str) -> Vec<String> {
    let selector = format!("--field-selector=metadata.name={name}");
    let watch = ["get", "pods", "-w", "--no-headers", selector.as_str()];
    let mut child = kubectl.command(&watch).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let file = kubectl.file(&format!("{name}.yaml"), manifest);
    ok(kubectl, &["apply", "-f", &file]);
    let mut rows: Vec<String> = Vec::new();
    for line in lines.map_while(Result::ok) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let row = format!("{} {}", words[1], words[2]);
        if rows.last() != Some(&row) {
            rows.push(row);
        }
        if words[2] == until {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    rows
}

pub fn initialised(kubectl: &Kubectl) {
    let rows = life(kubectl, "two-steps", &manifest("two-steps", "shop/first:v1", ""), "Running");
    assert_eq!(rows, ["0/1 Pending", "0/1 Init:0/2", "0/1 Init:1/2", "0/1 PodInitializing", "1/1 Running"]);
    ok(kubectl, &["logs", "two-steps", "-c", "first"]);
    holds(
        &ok(kubectl, &["describe", "pod", "two-steps"]),
        &[
            "Init Containers:",
            "first:",
            "Terminated",
            "Completed",
            "second:",
            "Containers:",
            "main:",
            "Running",
            "Initialized",
            "True",
        ],
    );
    let rows = life(kubectl, "no-step", &manifest("no-step", "shop/first:v1-crash", ""), "Init:CrashLoopBackOff");
    holds(&rows.join("\n"), &["Pending", "Init:0/2", "Init:Error", "Init:CrashLoopBackOff"]);
    let rows = life(kubectl, "no-image", &manifest("no-image", "shop/first:v1-pull", ""), "Init:ImagePullBackOff");
    holds(&rows.join("\n"), &["Pending", "Init:0/2", "Init:ErrImagePull", "Init:ImagePullBackOff"]);
    let sidecar = manifest("escorted", "shop/first:v1", ", restartPolicy: Always");
    let rows = life(kubectl, "escorted", &sidecar, "Running");
    holds(&rows.join("\n"), &["0/2 Pending", "0/2 Init:0/2", "1/2 Init:1/2", "1/2 PodInitializing", "2/2 Running"]);
    ok(kubectl, &["delete", "pod", "two-steps", "no-step", "no-image", "escorted", "--wait=false"]);
}

pub fn unready(kubectl: &Kubectl) {
    let file = kubectl.file("unready.toml", "unready = \"search-service\"");
    ok(kubectl, &["create", "--raw", "/rolltop/control/inject", "-f", &file]);
    ok(kubectl, &["wait", "--for=condition=Ready=False", "pod", "-l", "app=search-service", "--timeout=30s"]);
    let addresses = |key: &str| {
        let path = format!("jsonpath={{.subsets[*].{key}[*].ip}}");
        ok(kubectl, &["get", "endpoints", "search-service", "-o", &path]).split_whitespace().count()
    };
    ok(
        kubectl,
        &["wait", "--for=jsonpath={.subsets[0].notReadyAddresses[2].ip}", "endpoints/search-service", "--timeout=20s"],
    );
    assert_eq!(addresses("addresses"), 0);
    let file = kubectl.file("heal.txt", "heal search-service");
    ok(kubectl, &["create", "--raw", "/rolltop/control/inject", "-f", &file]);
    ok(kubectl, &["wait", "--for=condition=Ready", "pod", "-l", "app=search-service", "--timeout=30s"]);
    ok(kubectl, &["wait", "--for=jsonpath={.subsets[0].addresses[2].ip}", "endpoints/search-service", "--timeout=20s"]);
    assert_eq!(addresses("notReadyAddresses"), 0);
}
