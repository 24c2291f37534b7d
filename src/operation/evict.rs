//! Deleting one pod by eviction, which honours PodDisruptionBudgets.

use serde_json::Value;

use crate::domain::Text;

use super::{
    Change, Facts, Object, ObjectKind, Refusal, Send, Warning, WarningKind, Write,
    json::{at, controlled_by, list, text},
    plan::Draft,
};

/// Plans the eviction of one pod of the workload.
pub(super) fn delete_pod(facts: &Facts, name: &Text, uid: &Text) -> Result<Draft, Refusal> {
    let Some(pod) = &facts.objects.pod else {
        return Err(Refusal::new(format!("pod {name} is gone already")));
    };
    if text(pod, "/metadata/uid") != &**uid {
        return Err(Refusal::new(format!("pod {name} was replaced by a new one of the same name"))
            .hint("look at the new one before deleting it"));
    }
    if at(pod, "/metadata/deletionTimestamp").is_some() {
        return Err(Refusal::new(format!("pod {name} is being deleted already")));
    }
    let sets = facts.owned(&facts.objects.replica_sets);
    let own = controlled_by(pod, facts.uid()) || sets.iter().any(|set| controlled_by(pod, text(set, "/metadata/uid")));
    if !own {
        return Err(Refusal::new(format!("pod {name} does not belong to {}", facts.key)));
    }
    let words = format!("evict pod {name} of {}: its controller starts another", facts.key);
    let gone = Change {
        pointer: "/metadata/uid".to_owned(),
        label: format!("pod {name}"),
        before: Some((**uid).into()),
        after: None,
    };
    let object = Object::new(ObjectKind::Pod, facts.key.namespace.clone(), name.clone());
    Ok(Draft {
        summary: words.clone(),
        writes: vec![Write::of(object, pod, words, Send::Evict, vec![gone])],
        then: None,
        undo: "a deleted pod does not come back; its controller starts another".to_owned(),
        warnings: budget(facts, pod).into_iter().chain(alone(facts)).collect(),
    })
}

/// Says that a budget leaves no room; the server has the last word.
fn budget(facts: &Facts, pod: &Value) -> Option<Warning> {
    let tight = facts.objects.budgets.iter().find(|budget| {
        selects(budget, pod) && at(budget, "/status/disruptionsAllowed").and_then(Value::as_i64) == Some(0)
    })?;
    let name = text(tight, "/metadata/name");
    Some(Warning {
        kind: WarningKind::Disruption,
        sentence: format!("the disruption budget {name} allows no disruption now; the server will refuse"),
    })
}

fn alone(facts: &Facts) -> Option<Warning> {
    (facts.target.pointer("/spec/replicas").and_then(Value::as_i64) == Some(1)).then(|| Warning {
        kind: WarningKind::Disruption,
        sentence: "it is the only replica: nothing serves until the next one is ready".to_owned(),
    })
}

/// Tells whether a budget's selector finds a pod; set-based requirements are left to the server.
fn selects(budget: &Value, pod: &Value) -> bool {
    let labels = budget.pointer("/spec/selector/matchLabels").and_then(Value::as_object);
    list(budget, "/spec/selector/matchExpressions").is_empty()
        && labels.is_some_and(|labels| {
            labels
                .iter()
                .all(|(name, value)| pod.pointer("/metadata/labels").and_then(|own| own.get(name)) == Some(value))
        })
}
