//! Kubernetes' protobuf form of objects, by a table of messages instead of generated code.
//!
//! `messages.txt` holds the field numbers, JSON names and types that the `protobuf` and `json` tags of the Kubernetes
//! API's types declare, one message a line: `number name type`, where `*` is a list, `{` a map of strings, `@` a
//! message around a list, `!` a field whose zero means something, and the name `~` an embedded struct. `custom.txt` holds
//! the fields of the custom kinds in the same form; their numbers mean nothing, for they are never sent as protobuf.

mod decode;
mod describe;
mod encode;
mod schema;
mod structural;
mod unknown;
mod wire;

#[cfg(test)]
mod tests;

pub(super) use encode::{envelope, frame};
pub(super) use schema::Schema;

/// What every protobuf answer and body begins with.
const MAGIC: &[u8] = b"k8s\0";
/// The media type.
pub(super) const MEDIA: &str = "application/vnd.kubernetes.protobuf";

/// Returns the table's name of a kind, custom ones included: those have types, and no protobuf form.
fn type_name(api_version: &str, kind: &str) -> Option<String> {
    let package = match api_version {
        "argoproj.io/v1alpha1" => "argo",
        "flagger.app/v1beta1" => "flagger",
        "gateway.networking.k8s.io/v1" => "gateway",
        _ => return message_name(api_version, kind),
    };
    Some(format!("{package}.{kind}"))
}

/// Returns the table's name of a kind with a protobuf form.
fn message_name(api_version: &str, kind: &str) -> Option<String> {
    let package = match api_version {
        "v1" | "meta.k8s.io/v1" if matches!(kind, "Status" | "DeleteOptions") => "meta",
        "v1" => "core",
        "apps/v1" => "apps",
        "autoscaling/v1" => "as1",
        "autoscaling/v2" => "as2",
        "policy/v1" => "policy",
        "batch/v1" => "batch",
        "authorization.k8s.io/v1" => "authz",
        "authentication.k8s.io/v1" => "authn",
        "rbac.authorization.k8s.io/v1" => "rbac",
        "coordination.k8s.io/v1" => "coordination",
        "discovery.k8s.io/v1" => "discovery",
        "events.k8s.io/v1" => "events",
        "networking.k8s.io/v1" => "networking",
        "scheduling.k8s.io/v1" => "scheduling",
        "storage.k8s.io/v1" => "storage",
        _ => return None,
    };
    Some(format!("{package}.{kind}"))
}
