//! Which rules an operation needs, as far as that can be told before anything is read.

use crate::{
    domain::{Kind, Permission},
    release::System,
};

use super::{ObjectKind, Operation};

/// Returns the rules an operation on a workload of this kind needs; the one that writes stands first, so that a key
/// that is dim names it. What two Deployments make of it depends on their system: see [`permissions_in`].
pub fn permissions_for(operation: &Operation, kind: Kind, namespace: &str) -> Vec<Permission> {
    let rules = Rules(namespace);
    let mut needed = match (kind, operation) {
        (Kind::Rollout, _) => return permissions_in(operation, System::Argo, namespace),
        (Kind::Canary, _) => return permissions_in(operation, System::Flagger, namespace),
        (_, Operation::Pause | Operation::Resume | Operation::Restart | Operation::SetImage(_)) => {
            vec![rules.patch(kind, "")]
        }
        (_, Operation::Scale(_)) => vec![rules.patch(kind, "/scale")],
        (_, Operation::Undo { .. }) => {
            let past = if kind == Kind::Deployment { "replicasets" } else { "controllerrevisions" };
            vec![rules.patch(kind, ""), rules.list("apps", past)]
        }
        (_, Operation::DeletePod { .. }) => rules.evict(),
        _ => Vec::new(),
    };
    needed.push(rules.of("get", kind, ""));
    needed
}

/// Returns the rules an operation on a release unit of this system needs; the one that writes stands first.
pub fn permissions_in(operation: &Operation, system: System, namespace: &str) -> Vec<Permission> {
    let rules = Rules(namespace);
    let (mut needed, kind) = match system {
        System::Argo => (rules.argo(operation), Kind::Rollout),
        System::Flagger => (rules.flagger(operation), Kind::Canary),
        System::Labels => (rules.labels(operation), Kind::Deployment),
        System::Switch => (rules.switch(operation), Kind::Deployment),
    };
    if let Some(plain) = needed.is_empty().then(|| permissions_for(operation, Kind::Deployment, namespace)) {
        return plain;
    }
    needed.push(rules.of("get", kind, ""));
    needed
}

/// Writes rules for one namespace.
struct Rules<'a>(&'a str);

impl Rules<'_> {
    fn rule(&self, verb: &str, group: &str, resource: &str) -> Permission {
        Permission { verb: verb.into(), group: group.into(), resource: resource.into(), namespace: self.0.into() }
    }

    fn of(&self, verb: &str, kind: Kind, sub: &str) -> Permission {
        self.rule(verb, kind.group(), &format!("{}{sub}", kind.plural()))
    }

    fn patch(&self, kind: Kind, sub: &str) -> Permission {
        self.of("patch", kind, sub)
    }

    fn list(&self, group: &str, resource: &str) -> Permission {
        self.rule("list", group, resource)
    }

    fn evict(&self) -> Vec<Permission> {
        vec![self.rule("create", "", "pods/eviction"), self.rule("get", "", "pods")]
    }

    /// The API server asks for the object and its status apart.
    fn argo(&self, operation: &Operation) -> Vec<Permission> {
        let patch = |sub| self.patch(Kind::Rollout, sub);
        match operation {
            Operation::Promote { .. } => vec![patch("/status"), patch("")],
            Operation::Abort | Operation::Retry | Operation::SkipStep => vec![patch("/status")],
            Operation::Scale(_) => vec![patch("/scale")],
            Operation::Undo { .. } => vec![patch(""), self.list("apps", "replicasets")],
            Operation::Terminate { kind, .. } => {
                let kind = ObjectKind::named(kind).unwrap_or(ObjectKind::AnalysisRun);
                vec![self.rule("patch", kind.group(), kind.plural()), self.rule("get", kind.group(), kind.plural())]
            }
            Operation::DeletePod { .. } => self.evict(),
            _ => vec![patch("")],
        }
    }

    fn flagger(&self, operation: &Operation) -> Vec<Permission> {
        let deployment = |sub| self.patch(Kind::Deployment, sub);
        match operation {
            Operation::Promote { full: false } | Operation::Abort | Operation::Gate { .. } => {
                vec![self.rule("create", "", "services/proxy")]
            }
            Operation::Restart | Operation::SetImage(_) | Operation::Retry => vec![deployment("")],
            Operation::Scale(_) => vec![deployment("/scale")],
            Operation::Undo { .. } => vec![deployment(""), self.list("apps", "replicasets")],
            Operation::DeletePod { .. } => self.evict(),
            _ => vec![self.patch(Kind::Canary, "")],
        }
    }

    /// Both Deployments and the Service are looked for among those of the namespace.
    fn pair(&self, write: Permission) -> Vec<Permission> {
        vec![write, self.list("apps", "deployments"), self.list("", "services")]
    }

    fn labels(&self, operation: &Operation) -> Vec<Permission> {
        match operation {
            Operation::Promote { .. } => self.pair(self.patch(Kind::Deployment, "")),
            Operation::Abort | Operation::SetWeight(_) | Operation::Finish => {
                self.pair(self.patch(Kind::Deployment, "/scale"))
            }
            _ => Vec::new(),
        }
    }

    fn switch(&self, operation: &Operation) -> Vec<Permission> {
        match operation {
            Operation::Promote { .. } | Operation::Abort => self.pair(self.rule("patch", "", "services")),
            _ => Vec::new(),
        }
    }
}
