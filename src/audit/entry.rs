//! What one line says.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::operation::{Change, Confirmed, Operation, Outcome, Plan, Preview, Write};

/// One line of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Line {
    /// Before a write.
    Intent(Box<Intent>),
    /// After it.
    Outcome {
        /// When.
        at: Timestamp,
        /// That of the intent.
        id: String,
        /// What became of it.
        result: Result,
        /// In words.
        message: String,
    },
}

/// What is about to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// When.
    pub at: Timestamp,
    /// Pairs intent and outcome.
    pub id: String,
    /// The kube user.
    pub user: String,
    /// Context of the kubeconfig.
    pub context: String,
    /// Namespace.
    pub namespace: String,
    /// `deployment/name`.
    pub workload: String,
    /// UID of the workload.
    pub uid: String,
    /// `pause`, `scale`, `undo` …
    pub operation: String,
    /// What is about to happen, in words.
    pub summary: String,
    /// The fields that change, as the server's dry-run said.
    pub diff: Vec<Field>,
    /// How the person said yes.
    pub consent: String,
    /// What was to follow later as a step of its own; absent where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<String>,
    /// What spoke against it; absent where nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<String>,
    /// How to take it back.
    pub undo: String,
    /// The same change with kubectl.
    pub kubectl: String,
}

/// One field that changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Its name, dotted.
    pub label: String,
    /// Value before; null when it is added.
    pub before: Option<Value>,
    /// Value after; null when it is removed.
    pub after: Option<Value>,
}

/// What became of an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Result {
    /// The API server accepted it.
    Applied,
    /// Some of its writes were done and others not.
    Partly,
    /// It was not done.
    Refused,
    /// It was not done, because what was confirmed no longer held.
    Changed,
    /// It was sent and no clear answer came.
    Unknown,
    /// It was not sent: the cluster could not be asked.
    Failed,
}

impl Line {
    /// Words an intent.
    pub fn intent(at: Timestamp, id: String, confirmed: &Confirmed<Plan>) -> Self {
        let plan = confirmed.what();
        let planned = |write: &Write| write.fields.iter().map(field).collect::<Vec<_>>();
        let diff = match confirmed.seen() {
            Preview::DryRun(changes) => changes.iter().map(field).collect(),
            Preview::Described(_) => plan.writes.iter().flat_map(planned).collect(),
        };
        Self::Intent(Box::new(Intent {
            at,
            id,
            user: plan.user.to_string(),
            context: plan.context.to_string(),
            namespace: plan.target.namespace.to_string(),
            workload: plan.target.to_string(),
            uid: plan.uid.to_string(),
            operation: word(&plan.operation).to_owned(),
            summary: plan.summary.clone(),
            diff,
            consent: confirmed.consent().to_string(),
            then: plan.then.clone(),
            against: plan.against.clone(),
            undo: plan.undo.clone(),
            kubectl: plan.kubectl.clone(),
        }))
    }

    /// Words an outcome.
    pub fn outcome(at: Timestamp, id: String, outcome: &Outcome) -> Self {
        let (result, message) = match outcome {
            Outcome::Applied { sentence, .. } => (Result::Applied, sentence.clone()),
            Outcome::Partly { sentence, hint } => (Result::Partly, format!("{sentence}; {hint}")),
            Outcome::Refused(refusal) => (Result::Refused, refusal.to_string()),
            Outcome::Changed(_) => (Result::Changed, "the workload changed since the preview; asked again".to_owned()),
            Outcome::Unknown { sentence, .. } => (Result::Unknown, sentence.clone()),
        };
        Self::Outcome { at, id, result, message }
    }
}

fn word(operation: &Operation) -> &'static str {
    match operation {
        Operation::Pause => "pause",
        Operation::Resume => "resume",
        Operation::Scale(_) => "scale",
        Operation::Restart => "restart",
        Operation::Undo { .. } => "undo",
        Operation::SetImage(_) => "set-image",
        Operation::DeletePod { .. } => "delete-pod",
        Operation::Promote { full: false } => "promote",
        Operation::Promote { full: true } => "promote-full",
        Operation::Abort => "abort",
        Operation::Retry => "retry",
        Operation::SkipStep => "skip-step",
        Operation::Terminate { .. } => "terminate",
        Operation::Gate { open: true, .. } => "open-gate",
        Operation::Gate { open: false, .. } => "close-gate",
        Operation::SetWeight(_) => "set-weight",
        Operation::Finish => "finish",
    }
}

fn field(change: &Change) -> Field {
    let secret =
        change.label.contains(".env[") || change.label.ends_with("[kubectl.kubernetes.io/last-applied-configuration]");
    let told = |value: &Option<Value>| value.as_ref().map(|value| if secret { hidden() } else { redacted(value) });
    Field { label: change.label.clone(), before: told(&change.before), after: told(&change.after) }
}

fn hidden() -> Value {
    "(not recorded)".into()
}

/// Leaves out the values of environment variables, where people put what they should not.
fn redacted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| {
                let told = if key == "env" { hidden() } else { redacted(value) };
                (key.clone(), told)
            };
            Value::Object(map.iter().map(entry).collect())
        }
        Value::Array(items) => items.iter().map(redacted).collect(),
        plain => plain.clone(),
    }
}
