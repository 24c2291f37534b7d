//! Faults thrown in over the control endpoint, and how kubectl words them.

use crate::kubectl::Kubectl;
use crate::{holds, ok, refused};

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
