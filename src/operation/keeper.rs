//! The tool that keeps an object as it stands in a repository or chart.

/// A tool that applies manifests by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// Argo CD.
    ArgoCd,
    /// Flux.
    Flux,
    /// Helm.
    Helm,
}

impl Tool {
    /// Returns the word programs read.
    pub fn word(self) -> &'static str {
        match self {
            Self::ArgoCd => "argocd",
            Self::Flux => "flux",
            Self::Helm => "helm",
        }
    }
}

/// Who keeps an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeper<'a> {
    /// The tool.
    pub tool: Tool,
    /// Its name for what the object belongs to: an application, a kustomization, a release.
    pub name: Option<&'a str>,
}

impl<'a> Keeper<'a> {
    /// Finds the keeper by the marks the tools leave: a label, an annotation, or else a field manager.
    pub fn find(
        label: impl Fn(&str) -> Option<&'a str>,
        annotation: impl Fn(&str) -> Option<&'a str>,
        managed_by: impl Fn(&str) -> bool,
    ) -> Option<Self> {
        let tracking = annotation("argocd.argoproj.io/tracking-id").map(|id| id.split(':').next().unwrap_or(id));
        let application = tracking.or_else(|| label("argocd.argoproj.io/instance"));
        let flux = label("kustomize.toolkit.fluxcd.io/name").or_else(|| label("helm.toolkit.fluxcd.io/name"));
        let release = annotation("meta.helm.sh/release-name");
        let by_helm = label("app.kubernetes.io/managed-by") == Some("Helm");
        [
            (Tool::ArgoCd, application, &["argocd-controller", "argocd-application-controller"][..], false),
            (Tool::Flux, flux, &["kustomize-controller", "helm-controller"], false),
            (Tool::Helm, release, &["helm"], by_helm),
        ]
        .into_iter()
        .find(|(_, name, managers, marked)| name.is_some() || *marked || managers.iter().any(|name| managed_by(name)))
        .map(|(tool, name, ..)| Self { tool, name })
    }
}
