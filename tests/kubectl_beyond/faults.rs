//! Faults thrown in over the control endpoint, and how kubectl words them.

use crate::kubectl::Kubectl;
use crate::{holds, ok, refused};

/// The commands of the page on the simulated company, as they stand there.
pub fn documented(kubectl: &Kubectl) {
    let page = include_str!("../../docs/simulated-company.md");
    let control = page.split("## The control endpoint").nth(1).unwrap();
    let commands = control.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(commands.lines().filter(|line| line.starts_with("kubectl ")).count() > 6, "{commands}");
    let script = kubectl.file(
        "documented.sh",
        &format!("set -e\nkubectl() {{ command kubectl --kubeconfig config \"$@\"; }}\n{commands}"),
    );
    let folder = std::path::Path::new(&script).parent().unwrap();
    let output = std::process::Command::new("sh").arg(&script).current_dir(folder).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    holds(&out, &["\"status\":429"]);
    ok(kubectl, &["wait", "--for=condition=Ready=Unknown", "node/worker-3", "--timeout=20s"]);
    let crashes = "jsonpath={.status.unavailableReplicas}=1";
    ok(kubectl, &["wait", "--for", crashes, "deployment/payment-service", "--timeout=20s"]);
}

pub fn thrown_in(kubectl: &Kubectl) {
    let set = |faults: &str| {
        let file = kubectl.file("faults.json", faults);
        ok(kubectl, &["replace", "--raw", "/rolltop/control/faults", "-f", &file]);
    };
    set(r#"{"without_metrics": true}"#);
    holds(&refused(kubectl, &["top", "nodes"]), &["error: Metrics API not available"]);
    set(r#"{"failing_metrics": true}"#);
    holds(&refused(kubectl, &["top", "nodes"]), &["(ServiceUnavailable)", "currently unable to handle the request"]);
    set("{}");
    ok(kubectl, &["top", "nodes"]);

    let inject = |step: &str| {
        let file = kubectl.file("step.toml", step);
        kubectl.run(&["create", "--raw", "/rolltop/control/inject", "-f", &file])
    };
    assert_eq!(inject("lose_node = \"worker-5\"").code, 0);
    ok(kubectl, &["wait", "--for=condition=Ready=Unknown", "node/worker-5", "--timeout=20s"]);
    holds(&ok(kubectl, &["get", "node", "worker-5"]), &["NotReady"]);
    assert_eq!(inject("find_node = \"worker-5\"").code, 0);
    ok(kubectl, &["wait", "--for=condition=Ready=True", "node/worker-5", "--timeout=20s"]);
    let wrong = inject("loose_node = \"worker-5\"");
    assert_eq!(wrong.code, 1);
    holds(&wrong.stderr, &["(BadRequest)"]);
}
