//! Applying, editing, replacing, comparing, deleting.

use crate::kubectl::Kubectl;
use crate::{holds, ok, refused};

fn manifest(name: &str, replicas: u32, image: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, labels: {{app: {name}}}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: main, image: \"{image}\", ports: [{{containerPort: 80}}]}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{selector: {{app: {name}}}, ports: [{{port: 80}}]}}
"
    )
}

pub fn applied_and_owned(kubectl: &Kubectl) {
    let two = kubectl.file("applied-2.yaml", &manifest("applied", 2, "shop/web:v1"));
    let three = kubectl.file("applied-3.yaml", &manifest("applied", 3, "shop/web:v1"));
    let created = ["deployment.apps/applied created", "service/applied created"];
    holds(&ok(kubectl, &["apply", "-f", &two, "--dry-run=server"]), &["created (server dry run)"]);
    holds(&ok(kubectl, &["apply", "-f", &two]), &created);
    holds(&ok(kubectl, &["apply", "-f", &two]), &["applied unchanged", "applied unchanged"]);

    // From client-side to server-side: kubectl takes its own fields along, and says nothing about it.
    for file in [&two, &three] {
        let given = kubectl.run(&["apply", "--server-side", "-f", file]);
        assert_eq!((given.code, given.stderr.as_str()), (0, ""), "{}", given.stdout);
    }
    ok(kubectl, &["scale", "deployment/applied", "--replicas=4"]);
    let conflict = refused(kubectl, &["apply", "--server-side", "-f", &three]);
    holds(
        &conflict,
        &["Apply failed with 1 conflict: conflict with \"kubectl\"", ".spec.replicas", "--force-conflicts"],
    );
    holds(
        &ok(kubectl, &["apply", "--server-side", "--force-conflicts", "-f", &three]),
        &["deployment.apps/applied serverside-applied"],
    );
    assert_eq!(ok(kubectl, &["get", "deployment", "applied", "-o", "jsonpath={.spec.replicas}"]), "3");
    let owners = ok(kubectl, &["get", "deployment", "applied", "-o", "yaml", "--show-managed-fields"]);
    holds(&owners, &["manager: kubectl\n", "operation: Apply"]);
    assert!(!owners.contains("kubectl-client-side-apply"), "{owners}");

    let misspelt =
        kubectl.file("misspelt.yaml", &manifest("misspelt", 1, "shop/web:v1").replace("replicas:", "replcias:"));
    let unknown = "unknown field \"spec.replcias\"";
    holds(&refused(kubectl, &["apply", "--validate=strict", "-f", &misspelt]), &["(BadRequest)", unknown]);
    let warned = kubectl.run(&["apply", "--validate=warn", "-f", &misspelt]);
    holds(&warned.stderr, &["Warning: ", unknown]);
    for name in ["applied", "misspelt"] {
        ok(kubectl, &["delete", "deployment,service", name]);
    }
}

pub fn edited_replaced_and_compared(kubectl: &Kubectl) {
    let first = kubectl.file("edited.yaml", &manifest("edited", 1, "shop/web:v1"));
    let second = kubectl.file("edited-2.yaml", &manifest("edited", 2, "shop/web:v1"));
    holds(&ok(kubectl, &["create", "-f", &first]), &["created", "created"]);
    holds(&refused(kubectl, &["create", "-f", &first]), &["(AlreadyExists)", "\"edited\" already exists"]);

    let compared = kubectl.run(&["diff", "-f", &second]);
    assert_eq!(compared.code, 1, "{}", compared.stderr);
    holds(&compared.stdout, &["-  replicas: 1", "+  replicas: 2"]);

    let editor = kubectl.file("editor.sh", "#!/bin/sh\nsed -i 's|shop/web:v1|shop/web:v2|' \"$1\"\n");
    let edited = kubectl
        .command(&["edit", "deployment", "edited"])
        .env("KUBE_EDITOR", format!("/bin/sh {editor}"))
        .output()
        .unwrap();
    holds(&String::from_utf8_lossy(&edited.stdout), &["deployment.apps/edited edited"]);
    let image = "jsonpath={.spec.template.spec.containers[0].image}";
    assert_eq!(ok(kubectl, &["get", "deployment", "edited", "-o", image]), "shop/web:v2");

    let address = ok(kubectl, &["get", "service", "edited", "-o", "jsonpath={.spec.clusterIP}"]);
    assert!(address.starts_with("10.96."), "{address}");
    holds(&ok(kubectl, &["replace", "-f", &second]), &["deployment.apps/edited replaced", "service/edited replaced"]);
    assert_eq!(ok(kubectl, &["get", "deployment", "edited", "-o", image]), "shop/web:v1");
    let after = ok(kubectl, &["get", "service", "edited", "-o", "jsonpath={.spec.clusterIP}"]);
    assert_eq!(after, address, "a service keeps its address");

    let stale = ok(kubectl, &["get", "deployment", "edited", "-o", "json"]);
    ok(kubectl, &["annotate", "deployment", "edited", "note=newer"]);
    let stale = kubectl.file("stale.json", &stale);
    holds(&refused(kubectl, &["replace", "-f", &stale]), &["(Conflict)", "the object has been modified"]);
    ok(kubectl, &["delete", "-f", &second]);
    holds(&refused(kubectl, &["delete", "-f", &second]), &["(NotFound)"]);
}

pub fn deleted_with_and_without_dependents(kubectl: &Kubectl) {
    ok(kubectl, &["create", "deployment", "parent", "--image=shop/parent:v1", "--replicas=2"]);
    ok(kubectl, &["rollout", "status", "deployment/parent", "--timeout=20s"]);
    ok(kubectl, &["delete", "deployment", "parent", "--cascade=orphan"]);
    let sets =
        ok(kubectl, &["get", "replicasets", "-l", "app=parent", "-o", "jsonpath={.items[*].metadata.ownerReferences}"]);
    assert_eq!(sets, "", "orphans have no owner");
    assert_eq!(ok(kubectl, &["get", "pods", "-l", "app=parent", "-o", "name"]).lines().count(), 2);
    // Foreground: the set goes after its pods.
    ok(kubectl, &["delete", "replicaset", "-l", "app=parent", "--cascade=foreground", "--timeout=20s"]);
    assert_eq!(ok(kubectl, &["get", "pods", "-l", "app=parent", "-o", "name"]), "");

    ok(kubectl, &["create", "deployment", "parent", "--image=shop/parent:v1", "--replicas=1"]);
    ok(kubectl, &["rollout", "status", "deployment/parent", "--timeout=20s"]);
    ok(kubectl, &["delete", "deployment", "parent", "--cascade=background"]);
    ok(kubectl, &["wait", "--for=delete", "pod", "-l", "app=parent", "--timeout=20s"]);

    ok(kubectl, &["create", "namespace", "passing"]);
    ok(kubectl, &["-n", "passing", "run", "alone", "--image=shop/alone:v1"]);
    ok(kubectl, &["delete", "namespace", "passing", "--timeout=20s"]);
    holds(&refused(kubectl, &["get", "namespace", "passing"]), &["(NotFound)"]);
    assert_eq!(ok(kubectl, &["-n", "passing", "get", "pods", "-o", "name"]), "");
}
