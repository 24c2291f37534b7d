//! Which object: kinds as kubectl writes them, and keys.

use std::fmt;

use super::Text;

/// A workload kind rolltop understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `apps/v1` Deployment.
    Deployment,
    /// `apps/v1` StatefulSet.
    StatefulSet,
    /// `apps/v1` DaemonSet.
    DaemonSet,
    /// `argoproj.io/v1alpha1` Rollout of Argo Rollouts.
    Rollout,
    /// `flagger.app/v1beta1` Canary of Flagger.
    Canary,
}

impl Kind {
    /// Every kind, in the order they are listed to people.
    pub const ALL: [Self; 5] = [Self::Deployment, Self::StatefulSet, Self::DaemonSet, Self::Rollout, Self::Canary];
    /// The kinds every cluster serves.
    pub const BUILT_IN: [Self; 3] = [Self::Deployment, Self::StatefulSet, Self::DaemonSet];

    /// Returns the kind as it stands in a manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::Rollout => "Rollout",
            Self::Canary => "Canary",
        }
    }

    /// Returns the API's plural, as it stands in paths and rules.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Deployment => "deployments",
            Self::StatefulSet => "statefulsets",
            Self::DaemonSet => "daemonsets",
            Self::Rollout => "rollouts",
            Self::Canary => "canaries",
        }
    }

    /// Returns the API group.
    pub fn group(self) -> &'static str {
        match self {
            Self::Deployment | Self::StatefulSet | Self::DaemonSet => "apps",
            Self::Rollout => "argoproj.io",
            Self::Canary => "flagger.app",
        }
    }

    /// Returns the version of the group this program speaks.
    pub fn version(self) -> &'static str {
        match self {
            Self::Deployment | Self::StatefulSet | Self::DaemonSet => "v1",
            Self::Rollout => "v1alpha1",
            Self::Canary => "v1beta1",
        }
    }

    /// Returns where its objects are served: `/apis/apps/v1`.
    pub fn base(self) -> &'static str {
        match self {
            Self::Deployment | Self::StatefulSet | Self::DaemonSet => "/apis/apps/v1",
            Self::Rollout => "/apis/argoproj.io/v1alpha1",
            Self::Canary => "/apis/flagger.app/v1beta1",
        }
    }

    /// Returns the short name kubectl, or the kind's own tools, take.
    pub fn short(self) -> &'static str {
        match self {
            Self::Deployment => "deploy",
            Self::StatefulSet => "sts",
            Self::DaemonSet => "ds",
            Self::Rollout => "ro",
            Self::Canary => "canary",
        }
    }

    /// Parses what people type before the slash: singular, plural, short name, with or without the group.
    pub fn parse(word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase();
        let word = word.split('.').next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|kind| word == kind.short() || word == kind.plural() || word == kind.name().to_ascii_lowercase())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Names one workload of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkloadKey {
    /// The namespace.
    pub namespace: Text,
    /// The name within namespace and kind.
    pub name: Text,
    /// The kind.
    pub kind: Kind,
}

impl WorkloadKey {
    /// Makes a key.
    pub fn new(kind: Kind, namespace: impl Into<Text>, name: impl Into<Text>) -> Self {
        Self { namespace: namespace.into(), name: name.into(), kind }
    }
}

impl fmt::Display for WorkloadKey {
    /// Writes `deployment/name`, as kubectl does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.name().to_ascii_lowercase(), self.name)
    }
}

/// Refers to any object, of kinds rolltop does not model too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectRef {
    /// Kind as in a manifest.
    pub kind: Text,
    /// Namespace; empty for cluster-scoped objects.
    pub namespace: Text,
    /// Name.
    pub name: Text,
}

impl From<&WorkloadKey> for ObjectRef {
    fn from(key: &WorkloadKey) -> Self {
        Self { kind: key.kind.name().into(), namespace: key.namespace.clone(), name: key.name.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_parse_as_kubectl_takes_them() {
        for (word, kind) in [
            ("deploy", Kind::Deployment),
            ("Deployment", Kind::Deployment),
            ("deployments.apps", Kind::Deployment),
            ("deployments.v1.apps", Kind::Deployment),
            ("sts", Kind::StatefulSet),
            ("ds", Kind::DaemonSet),
            ("rollout", Kind::Rollout),
            ("ro", Kind::Rollout),
            ("rollouts.argoproj.io", Kind::Rollout),
            ("canary", Kind::Canary),
            ("canaries.flagger.app", Kind::Canary),
        ] {
            assert_eq!(Kind::parse(word), Some(kind), "{word}");
        }
        assert_eq!(Kind::parse("pod"), None);
    }
}
