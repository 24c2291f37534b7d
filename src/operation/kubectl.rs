//! The same change by hand.

use crate::domain::{Kind, Text};

use super::{Facts, Operation, Patch, Post, ScaleTo, Send, Write};

/// Writes the kubectl command that does the same, ready to be pasted into a shell.
pub(super) fn command(facts: &Facts, operation: &Operation, writes: &[Write]) -> String {
    let key = &facts.key;
    let before = prefix(&facts.context, &key.namespace);
    match key.kind {
        Kind::Rollout => return plugin(facts, operation).unwrap_or_else(|| by_hand(&facts.context, writes)),
        Kind::Canary => return by_hand(&facts.context, writes),
        Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet => {}
    }
    match operation {
        Operation::Pause => format!("{before} rollout pause {key}"),
        Operation::Resume => format!("{before} rollout resume {key}"),
        Operation::Restart => format!("{before} rollout restart {key}"),
        Operation::Undo { to: None } => format!("{before} rollout undo {key}"),
        Operation::Undo { to: Some(revision) } => format!("{before} rollout undo {key} --to-revision={revision}"),
        Operation::Scale(to) => format!("{before} scale {key} --replicas={}", replicas(*to, writes)),
        Operation::SetImage(images) => {
            format!("{before} set image {key} {}", assignments(images))
        }
        _ => by_hand(&facts.context, writes),
    }
}

/// Writes the command of the Argo Rollouts plugin, where it has one; its flags stand behind its name.
fn plugin(facts: &Facts, operation: &Operation) -> Option<String> {
    let name = &facts.key.name;
    let what = match operation {
        Operation::Pause => format!("pause {name}"),
        Operation::Restart => format!("restart {name}"),
        Operation::Undo { to: None } => format!("undo {name}"),
        Operation::Undo { to: Some(revision) } => format!("undo {name} --to-revision={revision}"),
        Operation::SetImage(images) => format!("set image {name} {}", assignments(images)),
        Operation::Promote { full: false } => format!("promote {name}"),
        Operation::Promote { full: true } => format!("promote {name} --full"),
        Operation::SkipStep => format!("promote {name} --skip-current-step"),
        Operation::Abort => format!("abort {name}"),
        Operation::Retry => format!("retry rollout {name}"),
        _ => return None,
    };
    let cluster = prefix(&facts.context, &facts.key.namespace);
    Some(format!("kubectl argo rollouts {what}{}", cluster.trim_start_matches("kubectl")))
}

fn assignments(images: &[(Text, Text)]) -> String {
    images.iter().map(|(name, image)| quoted(&format!("{name}={image}"))).collect::<Vec<_>>().join(" ")
}

/// Writes the commands that send these writes as they are, one after the other.
pub(super) fn by_hand(context: &str, writes: &[Write]) -> String {
    writes.iter().map(|write| one(context, write)).collect::<Vec<_>>().join(" && ")
}

fn one(context: &str, write: &Write) -> String {
    let object = &write.object;
    let before = prefix(context, &object.namespace);
    match &write.send {
        Send::Patch(Patch { subresource, kind, body, .. }) => {
            let sub = subresource.map(|name| format!(" --subresource={name}")).unwrap_or_default();
            let body = quoted(&body.to_string());
            format!("{before} patch {object}{sub} --type={} -p {body}", kind.word())
        }
        Send::Evict => {
            let (namespace, pod) = (&object.namespace, &object.name);
            let body = format!(
                r#"{{"apiVersion":"policy/v1","kind":"Eviction","metadata":{{"name":"{pod}","namespace":"{namespace}"}},"deleteOptions":{{"preconditions":{{"uid":"{}"}}}}}}"#,
                write.uid
            );
            let path = format!("/api/v1/namespaces/{namespace}/pods/{pod}/eviction");
            format!("echo '{body}' | {before} create --raw {path} -f -")
        }
        Send::Post(Post { endpoint, path, body }) => {
            let path = format!("/api/v1/namespaces/{}/services/{endpoint}/proxy{path}", object.namespace);
            format!("echo {} | {before} create --raw {path} -f -", quoted(&body.to_string()))
        }
    }
}

fn prefix(context: &str, namespace: &str) -> String {
    let mut parts = vec!["kubectl".to_owned()];
    if !context.is_empty() && context != "in-cluster" {
        parts.push(format!("--context {}", quoted(context)));
    }
    parts.push(format!("-n {}", quoted(namespace)));
    parts.join(" ")
}

fn replicas(to: ScaleTo, writes: &[Write]) -> String {
    let mut fields = writes.iter().flat_map(|write| &write.fields);
    let planned = fields.find(|field| field.pointer == "/spec/replicas").and_then(|field| field.after.as_ref());
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
