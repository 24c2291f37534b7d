//! From what is asked for to what would be sent.

use jiff::Timestamp;

use crate::domain::{Kind, Permission, Text, WorkloadKey};

use super::{
    Facts, Operation, Policy, Refusal, Request, Warning, Write, argo, evict, flagger, image, kubectl, pair,
    permissions_for, rolling, scale, undo, warning,
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
    /// Which workload, or release unit.
    pub target: WorkloadKey,
    /// The target's UID when it was planned.
    pub uid: Text,
    /// What was asked for, as it was asked.
    pub operation: Operation,
    /// What speaks against it, in words; the name must be typed then.
    pub against: Option<String>,
    /// When it was planned.
    pub at: Timestamp,
    /// What will happen, in words: `scale deployment/order-service from 3 to 5`.
    pub summary: String,
    /// What is sent, in this order; never empty.
    pub writes: Vec<Write>,
    /// What follows later as a step of its own, in words: `when it is ready: scale the canary to 0`. It is a
    /// [`Operation::Finish`] of the same target, agreed to with this plan.
    pub then: Option<String>,
    /// What another actor will do about it, and what people get wrong about it; never blocks.
    pub warnings: Vec<Warning>,
    /// How to take it back.
    pub undo: String,
    /// The same change with kubectl.
    pub kubectl: String,
    /// The rules it needs.
    pub permissions: Vec<Permission>,
    /// The target's name must be typed: the context is protected, or something speaks against it.
    pub typed_name: bool,
}

/// What one family of operations contributes to a plan.
pub(super) struct Draft {
    /// What will happen, without the target.
    pub summary: String,
    /// What is sent, in this order.
    pub writes: Vec<Write>,
    /// What follows later as a step of its own.
    pub then: Option<String>,
    /// How to take it back.
    pub undo: String,
    /// Warnings that only this family knows of.
    pub warnings: Vec<Warning>,
}

/// Plans an operation, or says why not. Pure: the same facts and `now` give the same plan.
///
/// # Errors
/// A policy, a missing rule, or a state in which the operation makes no sense.
pub fn plan(facts: &Facts, request: &Request, policy: &Policy, now: Timestamp) -> Result<Plan, Refusal> {
    let operation = &request.operation;
    policy.writes()?;
    if facts.target.pointer("/metadata/deletionTimestamp").is_some_and(|at| !at.is_null()) {
        return Err(Refusal::new(format!("{} is being deleted", facts.key)));
    }
    let draft = draft(facts, operation, now)?;
    let permissions = permissions(facts, operation, &draft);
    policy.allows(&permissions)?;
    let mut warnings = warning::of(facts, operation, &draft.writes);
    warnings.extend(draft.warnings);
    Ok(Plan {
        connection: facts.connection,
        context: facts.context.clone(),
        user: facts.user.clone(),
        target: facts.key.clone(),
        uid: facts.uid().into(),
        operation: operation.clone(),
        against: request.against.clone(),
        at: now,
        summary: draft.summary,
        kubectl: kubectl::command(facts, operation, &draft.writes),
        writes: draft.writes,
        then: draft.then,
        warnings,
        undo: draft.undo,
        permissions,
        typed_name: policy.protected || request.against.is_some(),
    })
}

fn draft(facts: &Facts, operation: &Operation, now: Timestamp) -> Result<Draft, Refusal> {
    match facts.key.kind {
        Kind::Rollout => return argo::draft(facts, operation, now),
        Kind::Canary => return flagger::draft(facts, operation, now),
        Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet => {}
    }
    match operation {
        Operation::Pause => rolling::pause(facts),
        Operation::Resume => rolling::resume(facts),
        Operation::Restart => rolling::restart(facts, now),
        Operation::Scale(to) => scale::scale(facts, *to),
        Operation::Undo { to } if facts.key.kind == Kind::Deployment => pair::undo(facts, *to),
        Operation::Undo { to } => undo::undo(facts, *to),
        Operation::SetImage(images) if facts.key.kind == Kind::Deployment => pair::set_image(facts, images),
        Operation::SetImage(images) => image::set_image(facts, images),
        Operation::DeletePod { pod, uid } => evict::delete_pod(facts, pod, uid),
        _ if operation.is_delivery() && facts.key.kind == Kind::Deployment => pair::draft(facts, operation),
        _ => Err(Refusal::new(format!("{} is not delivered progressively", facts.key))),
    }
}

/// The rules of what is written, and then of what is read for it.
fn permissions(facts: &Facts, operation: &Operation, draft: &Draft) -> Vec<Permission> {
    let mut needed: Vec<Permission> = draft.writes.iter().map(Write::permission).collect();
    let all = permissions_for(operation, facts.key.kind, &facts.key.namespace);
    needed.extend(all.into_iter().filter(|rule| matches!(&*rule.verb, "get" | "list")));
    let mut once: Vec<Permission> = Vec::new();
    for rule in needed {
        if !once.contains(&rule) {
            once.push(rule);
        }
    }
    once
}

impl Plan {
    /// Returns what was asked for.
    pub fn request(&self) -> Request {
        Request { target: self.target.clone(), operation: self.operation.clone(), against: self.against.clone() }
    }

    /// Writes the kubectl commands that do some of its writes, one after the other.
    pub fn by_hand(&self, writes: &[Write]) -> String {
        kubectl::by_hand(&self.context, writes)
    }
}
