//! From what is asked for to what would be sent.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::domain::{Permission, Text, WorkloadKey};

use super::{
    Change, Facts, Operation, Policy, Refusal, Warning, diff, evict, image, kubectl, permissions_for, rolling, scale,
    undo, warning,
};

/// Everything about one change, before it is made.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Connection it was made on.
    pub connection: u64,
    /// Context name.
    pub context: Text,
    /// The kube user.
    pub user: Text,
    /// Which workload.
    pub target: WorkloadKey,
    /// The target's UID when it was planned.
    pub uid: Text,
    /// What was asked for, as it was asked.
    pub operation: Operation,
    /// When it was planned.
    pub at: Timestamp,
    /// What will happen, in words: `scale deployment/order-service from 3 to 5`.
    pub summary: String,
    /// What is sent.
    pub write: Write,
    /// The fields it changes with the values seen; if one changes before the write, the person is asked again.
    pub fields: Vec<Change>,
    /// What another actor will do about it; never blocks.
    pub warnings: Vec<Warning>,
    /// How to take it back.
    pub undo: String,
    /// The same change with kubectl.
    pub kubectl: String,
    /// The rules it needs.
    pub permissions: Vec<Permission>,
    /// The workload's name must be typed (protected context).
    pub typed_name: bool,
}

/// What is sent to the API server.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// A patch of the workload.
    Patch {
        /// `scale`, or the object itself.
        subresource: Option<&'static str>,
        /// Notation of the body.
        kind: PatchKind,
        /// The body, without its guard.
        body: Value,
    },
    /// An eviction of a pod, bound to its UID.
    Evict {
        /// Its name.
        pod: Text,
        /// Its UID.
        uid: Text,
    },
}

/// Notation of a patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchKind {
    /// RFC 7396.
    Merge,
    /// Kubernetes' own: lists merge by name.
    Strategic,
    /// RFC 6902.
    Json,
}

impl PatchKind {
    /// Returns the content type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Merge => "application/merge-patch+json",
            Self::Strategic => "application/strategic-merge-patch+json",
            Self::Json => "application/json-patch+json",
        }
    }

    /// Returns a body that the server refuses with a conflict unless the object still has this resourceVersion.
    pub fn guarded(self, body: &Value, resource_version: &str) -> Value {
        let mut body = body.clone();
        match (self, &mut body) {
            (Self::Json, Value::Array(ops)) => {
                ops.insert(0, json!({"op": "replace", "path": "/metadata/resourceVersion", "value": resource_version}));
            }
            (_, Value::Object(map)) => {
                let meta = map.entry("metadata").or_insert_with(|| json!({}));
                if let Some(meta) = meta.as_object_mut() {
                    meta.insert("resourceVersion".to_owned(), resource_version.into());
                }
            }
            _ => {}
        }
        body
    }
}

/// What one family of operations contributes to a plan.
pub(super) struct Draft {
    /// What will happen, without the target.
    pub summary: String,
    /// What is sent.
    pub write: Write,
    /// The target as it should be afterwards; equal to the target where no field of it changes.
    pub wanted: Value,
    /// How to take it back.
    pub undo: String,
    /// Warnings that only this family knows of.
    pub warnings: Vec<Warning>,
}

/// Plans an operation, or says why not. Pure: the same facts and `now` give the same plan.
///
/// # Errors
/// A policy, a missing rule, or a state in which the operation makes no sense.
pub fn plan(facts: &Facts, operation: &Operation, policy: &Policy, now: Timestamp) -> Result<Plan, Refusal> {
    let permissions = permissions_for(operation, facts.key.kind, &facts.key.namespace);
    policy.allows(&permissions)?;
    if facts.target.pointer("/metadata/deletionTimestamp").is_some_and(|at| !at.is_null()) {
        return Err(Refusal::new(format!("{} is being deleted", facts.key)));
    }
    let draft = match operation {
        Operation::Pause => rolling::pause(facts)?,
        Operation::Resume => rolling::resume(facts)?,
        Operation::Restart => rolling::restart(facts, now)?,
        Operation::Scale(to) => scale::scale(facts, *to)?,
        Operation::Undo { to } => undo::undo(facts, *to)?,
        Operation::SetImage(images) => image::set_image(facts, images)?,
        Operation::DeletePod { pod, uid } => evict::delete_pod(facts, pod, uid)?,
        Operation::Promote { .. }
        | Operation::Abort
        | Operation::Retry
        | Operation::SkipStep
        | Operation::Terminate { .. }
        | Operation::Gate { .. }
        | Operation::SetWeight(_) => {
            return Err(Refusal::new(format!("{} is not delivered progressively", facts.key)));
        }
    };
    let fields = planned_fields(facts, operation, &draft);
    let mut warnings = warning::of(facts, operation);
    warnings.extend(draft.warnings);
    Ok(Plan {
        connection: facts.connection,
        context: facts.context.clone(),
        user: facts.user.clone(),
        target: facts.key.clone(),
        uid: facts.uid().into(),
        operation: operation.clone(),
        at: now,
        summary: draft.summary,
        kubectl: kubectl::command(facts, operation, &fields),
        write: draft.write,
        fields,
        warnings,
        undo: draft.undo,
        permissions,
        typed_name: policy.protected,
    })
}

impl Plan {
    /// Tells whether an object, read after the write was sent, shows all planned values; `None` where the
    /// write leaves no trace in the workload.
    pub fn shown_by(&self, target: &Value) -> Option<bool> {
        if self.fields.is_empty() || matches!(self.write, Write::Evict { .. }) {
            return None;
        }
        Some(self.fields.iter().all(|field| {
            let now = target.pointer(&field.pointer).filter(|value| !value.is_null());
            now == field.after.as_ref()
        }))
    }
}

/// The fields a person agrees to, without the controller's own bookkeeping, which moves by itself.
fn planned_fields(facts: &Facts, operation: &Operation, draft: &Draft) -> Vec<Change> {
    if let Operation::DeletePod { pod, uid } = operation {
        let pointer = "/metadata/uid".to_owned();
        let label = format!("pod {pod}");
        return vec![Change { pointer, label, before: Some((**uid).into()), after: None }];
    }
    let mut fields = diff(&facts.target, &draft.wanted);
    fields.retain(|field| !field.pointer.starts_with("/metadata/annotations/deployment.kubernetes.io~1"));
    fields
}
