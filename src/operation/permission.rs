//! Which rules an operation needs.

use crate::domain::{Kind, Permission};

use super::Operation;

/// Returns the rules an operation needs; the one that writes stands first, so that a key that is dim names it.
pub fn permissions_for(operation: &Operation, kind: Kind, namespace: &str) -> Vec<Permission> {
    let rule = |verb: &str, group: &str, resource: String| Permission {
        verb: verb.into(),
        group: group.into(),
        resource: resource.into(),
        namespace: namespace.into(),
    };
    let workload = |verb, sub: &str| rule(verb, kind.group(), format!("{}{sub}", kind.plural()));
    let mut needed = match operation {
        Operation::Pause
        | Operation::Resume
        | Operation::Restart
        | Operation::SetImage(_)
        | Operation::Promote { .. }
        | Operation::Abort
        | Operation::Retry
        | Operation::SkipStep
        | Operation::Terminate { .. }
        | Operation::Gate { .. }
        | Operation::SetWeight(_)
        | Operation::Finish => {
            vec![workload("patch", "")]
        }
        Operation::Scale(_) => vec![workload("patch", "/scale")],
        Operation::Undo { .. } => {
            let past = if kind == Kind::Deployment { "replicasets" } else { "controllerrevisions" };
            vec![workload("patch", ""), rule("list", "apps", past.to_owned())]
        }
        Operation::DeletePod { .. } => {
            vec![rule("create", "", "pods/eviction".to_owned()), rule("get", "", "pods".to_owned())]
        }
    };
    needed.push(workload("get", ""));
    needed
}
