//! How the built-in types' lists merge: which are keyed maps, which are sets, which are replaced whole.
//!
//! The names are those of the Kubernetes API's `patchMergeKey` and `x-kubernetes-list-map-keys` markers.

/// How a list merges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKind {
    /// Replaced as a whole.
    Atomic,
    /// Items are found by these fields; the first is the strategic merge key.
    Map(&'static [&'static str]),
    /// Plain values, each once.
    Set,
}

/// Returns how the list called `field` inside the object called `parent` merges (`parent` is empty at the top).
pub fn list_kind(parent: &str, field: &str) -> ListKind {
    match field {
        "containers" | "initContainers" | "ephemeralContainers" | "volumes" | "imagePullSecrets" | "env" => {
            ListKind::Map(&["name"])
        }
        "secrets" if parent.is_empty() => ListKind::Map(&["name"]),
        "volumeMounts" => ListKind::Map(&["mountPath"]),
        "volumeDevices" => ListKind::Map(&["devicePath"]),
        "ports" if parent == "spec" => ListKind::Map(&["port", "protocol"]),
        "ports" => ListKind::Map(&["containerPort", "protocol"]),
        "conditions" | "addresses" if parent == "status" => ListKind::Map(&["type"]),
        "ownerReferences" => ListKind::Map(&["uid"]),
        "finalizers" => ListKind::Set,
        "hostAliases" => ListKind::Map(&["ip"]),
        "topologySpreadConstraints" => ListKind::Map(&["topologyKey", "whenUnsatisfiable"]),
        // Also the addresses of a pod: keyed by address, no two pods could share a field set.
        _ => ListKind::Atomic,
    }
}

/// Returns the value the API gives a list key that an item leaves out.
pub fn default_key(field: &str) -> Option<&'static str> {
    (field == "protocol").then_some("TCP")
}
