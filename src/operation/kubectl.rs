//! The same change by hand.

use crate::domain::WorkloadKey;

use super::{Change, Facts, Operation, ScaleTo};

/// Writes the kubectl command that does the same, ready to be pasted into a shell.
pub(super) fn command(facts: &Facts, operation: &Operation, fields: &[Change]) -> String {
    let WorkloadKey { namespace, .. } = &facts.key;
    let mut parts = vec!["kubectl".to_owned()];
    if !facts.context.is_empty() && &*facts.context != "in-cluster" {
        parts.push(format!("--context {}", quoted(&facts.context)));
    }
    parts.push(format!("-n {}", quoted(namespace)));
    let before = parts.join(" ");
    let key = &facts.key;
    match operation {
        Operation::Pause => format!("{before} rollout pause {key}"),
        Operation::Resume => format!("{before} rollout resume {key}"),
        Operation::Restart => format!("{before} rollout restart {key}"),
        Operation::Undo { to: None } => format!("{before} rollout undo {key}"),
        Operation::Undo { to: Some(revision) } => format!("{before} rollout undo {key} --to-revision={revision}"),
        Operation::Scale(to) => format!("{before} scale {key} --replicas={}", replicas(*to, fields)),
        Operation::SetImage(images) => {
            let images: Vec<String> = images.iter().map(|(name, image)| quoted(&format!("{name}={image}"))).collect();
            format!("{before} set image {key} {}", images.join(" "))
        }
        Operation::Promote { .. }
        | Operation::Abort
        | Operation::Retry
        | Operation::SkipStep
        | Operation::Terminate { .. }
        | Operation::Gate { .. }
        | Operation::SetWeight(_) => String::new(),
        Operation::DeletePod { pod, uid } => {
            let body = format!(
                r#"{{"apiVersion":"policy/v1","kind":"Eviction","metadata":{{"name":"{pod}","namespace":"{namespace}"}},"deleteOptions":{{"preconditions":{{"uid":"{uid}"}}}}}}"#
            );
            let path = format!("/api/v1/namespaces/{namespace}/pods/{pod}/eviction");
            format!("echo '{body}' | {before} create --raw {path} -f -")
        }
    }
}

fn replicas(to: ScaleTo, fields: &[Change]) -> String {
    let planned = fields.iter().find(|field| field.pointer == "/spec/replicas").and_then(|field| field.after.as_ref());
    match (planned, to) {
        (Some(count), _) => count.to_string(),
        (None, ScaleTo::Exactly(count) | ScaleTo::By(count)) => count.to_string(),
    }
}

/// Quotes a word for a POSIX shell where it needs it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
