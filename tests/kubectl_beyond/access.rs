//! Who may do what, and in which words it is refused.

use crate::kubectl::Kubectl;
use crate::{holds, ok, refused};

pub fn refused_and_granted(kubectl: &Kubectl) {
    let why = refused(kubectl, &["get", "pods", "--as=bob"]);
    holds(
        &why,
        &[
            "Error from server (Forbidden): pods is forbidden: User \"bob\" cannot list resource \"pods\" in API group \"\"",
        ],
    );
    assert_eq!(refused_answer(kubectl, &["auth", "can-i", "delete", "deployments", "--as=bob"]), "no\n");
    assert_eq!(ok(kubectl, &["auth", "can-i", "delete", "deployments"]), "yes\n");

    ok(kubectl, &["create", "role", "reader", "--verb=get,list", "--resource=pods,deployments.apps"]);
    ok(kubectl, &["create", "rolebinding", "readers", "--role=reader", "--user=bob", "--group=interns"]);
    ok(kubectl, &["get", "pods", "--as=bob"]);
    ok(kubectl, &["get", "pods", "--as=eve", "--as-group=interns"]);
    holds(&refused(kubectl, &["delete", "deployment", "order-service", "--as=bob"]), &["(Forbidden)", "cannot delete"]);
    holds(
        &refused(kubectl, &["-n", "default", "get", "pods", "--as=bob"]),
        &["(Forbidden)", "in the namespace \"default\""],
    );
    let list = ok(kubectl, &["auth", "can-i", "--list", "--as=bob"]);
    holds(&list, &["Resources", "Non-Resource URLs", "Resource Names", "Verbs", "[get list]"]);
    holds(&ok(kubectl, &["auth", "whoami", "--as=bob"]), &["Username", "bob", "system:authenticated"]);
    holds(&ok(kubectl, &["get", "rolebindings", "-o", "wide"]), &["readers", "Role/reader", "bob", "interns"]);
    holds(&refused(kubectl, &["exec", "redis-0", "--", "ls"]), &["(NotImplemented)", "have no processes"]);
    ok(kubectl, &["delete", "rolebinding", "readers"]);
    ok(kubectl, &["delete", "role", "reader"]);
}

fn refused_answer(kubectl: &Kubectl, arguments: &[&str]) -> String {
    let given = kubectl.run(arguments);
    assert_eq!(given.code, 1, "{}", given.stderr);
    given.stdout
}
