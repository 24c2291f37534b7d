//! What another actor will do about a change. A warning never blocks.

use serde_json::Value;

use super::{
    Facts, Keeper, Operation, Tool,
    json::{annotation, label, list, text},
};

/// What a warning is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarningKind {
    /// An autoscaler owns the replica count.
    Autoscaler,
    /// Argo CD, Flux or Helm owns the object.
    GitOps,
    /// The next `kubectl apply` brings the old value back.
    LastApplied,
    /// A disruption budget, or the only replica.
    Disruption,
    /// The change does not reach pods by itself.
    Idle,
    /// Something could not be read, so less can be foreseen.
    Unseen,
}

/// One thing a person should know before saying yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What it is about.
    pub kind: WarningKind,
    /// One sentence without a full stop.
    pub sentence: String,
}

/// Returns the warnings every family shares: who else claims the fields that change.
pub(super) fn of(facts: &Facts, operation: &Operation) -> Vec<Warning> {
    let unseen = facts.objects.unseen.iter().cloned();
    let unseen = unseen.map(|sentence| Warning { kind: WarningKind::Unseen, sentence });
    // Nobody's manifest holds a restart's time stamp, and a pod is nobody's field.
    let claimed: &[&str] = match operation {
        Operation::Pause | Operation::Resume => &["/spec/paused"],
        Operation::Scale(_) => &["/spec/replicas"],
        Operation::Undo { .. } | Operation::SetImage(_) => &["/spec/template"],
        _ => return unseen.collect(),
    };
    let owner = gitops(&facts.target).map(|sentence| Warning { kind: WarningKind::GitOps, sentence });
    owner.into_iter().chain(last_applied(&facts.target, claimed)).chain(unseen).collect()
}

/// Says what the tool that keeps the object as it stands in a repository or chart will do.
fn gitops(target: &Value) -> Option<String> {
    let managers = list(target, "/metadata/managedFields");
    let keeper = Keeper::find(
        |name| label(target, name),
        |name| annotation(target, name),
        |name| managers.iter().any(|entry| text(entry, "/manager") == name),
    )?;
    let named = keeper.name.map_or_else(String::new, |name| format!(" ({name})"));
    Some(match keeper.tool {
        Tool::ArgoCd => format!("Argo CD{named} owns it: with self-heal on it will undo this"),
        Tool::Flux => format!("Flux{named} owns it and will undo this at its next reconciliation"),
        Tool::Helm => format!("Helm{named} owns it: its next upgrade may undo this"),
    })
}

/// Says that an applied manifest still holds the value that is about to change.
fn last_applied(target: &Value, claimed: &[&str]) -> Option<Warning> {
    let applied = annotation(target, "kubectl.kubernetes.io/last-applied-configuration")?;
    let applied: Value = serde_json::from_str(applied).ok()?;
    claimed.iter().any(|pointer| applied.pointer(pointer).is_some()).then(|| Warning {
        kind: WarningKind::LastApplied,
        sentence: "it was made with kubectl apply: the next apply of the same file brings the old value back"
            .to_owned(),
    })
}
