//! What another actor will do about a change. A warning never blocks.

use serde_json::Value;

use super::{
    Facts, Keeper, Operation, Tool, Write,
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
    /// What the change means, where people get it wrong.
    Meaning,
}

/// One thing a person should know before saying yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What it is about.
    pub kind: WarningKind,
    /// One sentence without a full stop.
    pub sentence: String,
}

impl Warning {
    /// Says what people get wrong.
    pub(super) fn meaning(sentence: impl Into<String>) -> Self {
        Self { kind: WarningKind::Meaning, sentence: sentence.into() }
    }
}

/// Fields people keep in a repository.
const CLAIMED: [&str; 7] = [
    "/spec/paused",
    "/spec/replicas",
    "/spec/template",
    "/spec/suspend",
    "/spec/skipAnalysis",
    "/spec/selector",
    "/template",
];

/// Returns the warnings every family shares: who else claims the fields that change.
pub(super) fn of(facts: &Facts, operation: &Operation, writes: &[Write]) -> Vec<Warning> {
    let mut found: Vec<Warning> = Vec::new();
    for write in writes {
        let Some(object) = facts.find(&write.object) else { continue };
        let claimed: Vec<&str> = CLAIMED
            .into_iter()
            .filter(|claim| write.fields.iter().any(|field| field.pointer.starts_with(claim)))
            .collect();
        // Nobody's manifest holds a time stamp that makes pods anew.
        if claimed.is_empty() || matches!(operation, Operation::Restart | Operation::Retry) {
            continue;
        }
        let name = if write.object == facts.object() { "it".to_owned() } else { write.object.to_string() };
        let owner = gitops(object, &name).map(|sentence| Warning { kind: WarningKind::GitOps, sentence });
        for warning in owner.into_iter().chain(last_applied(object, &name, &claimed)) {
            if !found.contains(&warning) {
                found.push(warning);
            }
        }
    }
    let unseen = facts.objects.unseen.iter().cloned();
    found.extend(unseen.map(|sentence| Warning { kind: WarningKind::Unseen, sentence }));
    found
}

/// Says what the tool that keeps the object as it stands in a repository or chart will do.
fn gitops(target: &Value, it: &str) -> Option<String> {
    let managers = list(target, "/metadata/managedFields");
    let keeper = Keeper::find(
        |name| label(target, name),
        |name| annotation(target, name),
        |name| managers.iter().any(|entry| text(entry, "/manager") == name),
    )?;
    let named = keeper.name.map_or_else(String::new, |name| format!(" ({name})"));
    Some(match keeper.tool {
        Tool::ArgoCd => format!("Argo CD{named} owns {it}: with self-heal on it will undo this"),
        Tool::Flux => format!("Flux{named} owns {it} and will undo this at its next reconciliation"),
        Tool::Helm => format!("Helm{named} owns {it}: its next upgrade may undo this"),
    })
}

/// Says that an applied manifest still holds the value that is about to change.
fn last_applied(target: &Value, it: &str, claimed: &[&str]) -> Option<Warning> {
    let applied = annotation(target, "kubectl.kubernetes.io/last-applied-configuration")?;
    let applied: Value = serde_json::from_str(applied).ok()?;
    claimed.iter().any(|pointer| applied.pointer(pointer).is_some()).then(|| Warning {
        kind: WarningKind::LastApplied,
        sentence: format!(
            "{it} was made with kubectl apply: the next apply of the same file brings the old value back"
        ),
    })
}
