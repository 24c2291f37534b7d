//! Rollouts and canaries: columns, descriptions, patches as Argo's plugin sends them, gates, and kinds that go away.

use rolltop::demo::company::PRODUCTION;

use crate::kubectl::Kubectl;
use crate::{holds, ok, refused};

pub fn rollouts_and_canaries(kubectl: &Kubectl) {
    let listed = ok(kubectl, &["get", "rollouts,canaries,httproutes"]);
    holds(&listed, &["DESIRED", "CURRENT", "UP-TO-DATE", "AVAILABLE", "rollout.argoproj.io/storefront"]);
    holds(&listed, &["STATUS", "WEIGHT", "canary.flagger.app/cart-service", "Succeeded"]);
    holds(&listed, &["httproute.gateway.networking.k8s.io/gateway-service"]);
    holds(&ok(kubectl, &["get", "crd"]), &["CREATED AT", "canaries.flagger.app", "rollouts.argoproj.io"]);
    let described = ok(kubectl, &["describe", "rollout", "storefront"]);
    holds(&described, &["Kind:         Rollout", "Active Service:", "Phase:"]);
    holds(
        &ok(kubectl, &["get", "ro", "gateway-service", "-o", "yaml"]),
        &["apiVersion: argoproj.io/v1alpha1", "stableRS:"],
    );
    refusals(kubectl);
    permissions(kubectl);
    blue_green(kubectl);
    gates(kubectl);
}

fn refusals(kubectl: &Kubectl) {
    let patch = r#"{"metadata":{"labels":{"a":"b"}}}"#;
    let strategic = refused(kubectl, &["patch", "rollout", "gateway-service", "--type=strategic", "-p", patch]);
    holds(&strategic, &["is not supported by argoproj.io/v1alpha1, Kind=Rollout", "application/merge-patch+json"]);
    ok(kubectl, &["patch", "rollout", "gateway-service", "--type=merge", "-p", patch]);
    let typo = kubectl.file(
        "typo.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: typo}\nspec: {replica: 1}\n",
    );
    holds(&refused(kubectl, &["create", "-f", &typo]), &["unknown field \"spec.replica\""]);
    let wrong = r#"{"spec":{"replicas":"many"}}"#;
    let told = refused(kubectl, &["patch", "rollout", "gateway-service", "--type=merge", "-p", wrong]);
    holds(&told, &["spec.replicas", "must be of type integer"]);
    let template = kubectl.file(
        "template.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: mine}\nspec:\n  metrics:\n  \
         - name: up\n    provider: {prometheus: {address: 'http://prometheus:9090', query: 'vector(1)'}}\n",
    );
    holds(&ok(kubectl, &["apply", "-f", &template]), &["analysistemplate.argoproj.io/mine created"]);
    holds(&ok(kubectl, &["apply", "-f", &template]), &["analysistemplate.argoproj.io/mine unchanged"]);
    ok(kubectl, &["delete", "analysistemplate", "mine"]);
}

/// Who may change Rollouts may not thereby change their status.
fn permissions(kubectl: &Kubectl) {
    ok(kubectl, &["create", "role", "releaser", "--verb=get,patch", "--resource=rollouts.argoproj.io"]);
    ok(kubectl, &["create", "rolebinding", "releaser", "--role=releaser", "--user=releaser"]);
    let patch = |more: &[&'static str]| {
        let mut words = vec!["patch", "rollout", "gateway-service", "--type=merge", "--as=releaser"];
        words.extend_from_slice(more);
        words
    };
    ok(kubectl, &patch(&["-p", r#"{"metadata":{"labels":{"a":"c"}}}"#]));
    let told = refused(kubectl, &patch(&["--subresource=status", "-p", r#"{"status":{"abort":true}}"#]));
    holds(&told, &["(Forbidden)", "rollouts/status"]);
}

/// storefront, promoted; then aborted and tried again, with the patches of Argo's plugin.
fn blue_green(kubectl: &Kubectl) {
    let release = |tag: &str| {
        let image = "/spec/template/spec/containers/0/image";
        let patch = format!(r#"[{{"op":"replace","path":"{image}","value":"mambogo/storefront:{tag}"}}]"#);
        ok(kubectl, &["patch", "rollout", "storefront", "--type=json", "-p", &patch]);
    };
    let wait = |phase: &str| {
        let holds = format!("--for=jsonpath={{.status.phase}}={phase}");
        ok(kubectl, &["wait", &holds, "rollout/storefront", "--timeout=120s"]);
    };
    let status = |patch: &str| {
        ok(kubectl, &["patch", "rollout", "storefront", "--type=merge", "--subresource=status", "-p", patch]);
    };
    release("v5.3.0");
    wait("Paused");
    status(r#"{"status":{"pauseConditions":null}}"#);
    wait("Healthy");
    let events = ok(kubectl, &["get", "events"]);
    holds(&events, &["RolloutCompleted"]);
    holds(&events, &["SwitchService"]);
    release("v5.3.1");
    wait("Paused");
    status(r#"{"status":{"abort":true}}"#);
    wait("Degraded");
    status(r#"{"status":{"abort":false}}"#);
    wait("Paused");
}

fn gates(kubectl: &Kubectl) {
    let body = kubectl.file("gate.json", &format!(r#"{{"name":"cart-service","namespace":"{PRODUCTION}"}}"#));
    let call = |path: &str| {
        let url = format!("/api/v1/namespaces/{PRODUCTION}/services/flagger-loadtester:80/proxy{path}");
        kubectl.run(&["create", "--raw", &url, "-f", &body])
    };
    assert_ne!(call("/gate/check").code, 0, "closed");
    assert_eq!(call("/gate/open").code, 0);
    assert_eq!(call("/gate/check").stdout, "Approved");
    assert_eq!(call("/gate/close").code, 0);
    assert_ne!(call("/gate/check").code, 0, "closed again");
}

/// What takes kinds from everybody: an older controller, groups that are not served, a definition that is deleted.
pub fn taken_away(kubectl: &Kubectl) {
    let set = |faults: &str| {
        let file = kubectl.file("faults.json", faults);
        ok(kubectl, &["replace", "--raw", "/rolltop/control/faults", "-f", &file]);
    };
    let patch = r#"{"status":{"abort":false}}"#;
    let by_status = ["patch", "rollout", "storefront", "--type=merge", "--subresource=status", "-p", patch];
    set(r#"{"old_rollouts": true}"#);
    holds(&refused(kubectl, &by_status), &["(NotFound)"]);
    ok(kubectl, &["patch", "rollout", "storefront", "--type=merge", "-p", patch]);
    set(r#"{"without_groups": ["flagger.app"]}"#);
    refused(kubectl, &["get", "canaries"]);
    ok(kubectl, &["get", "rollouts"]);
    set("{}");
    ok(kubectl, &["get", "canaries"]);
    ok(kubectl, &by_status);
    let definition = ok(kubectl, &["get", "crd", "alertproviders.flagger.app", "-o", "json"]);
    ok(kubectl, &["delete", "crd", "alertproviders.flagger.app"]);
    refused(kubectl, &["get", "alertproviders"]);
    let file = kubectl.file("definition.json", &definition);
    ok(kubectl, &["create", "-f", &file]);
    ok(kubectl, &["get", "alertproviders"]);
}
