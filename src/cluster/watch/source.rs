//! What is asked for a family: paths, words, permissions.

use crate::{
    cluster::client::encoded,
    domain::{Family, Kind, Permission, RouteKind, Text},
};

/// Where a family's objects are served, the preferred version first.
const fn versions(family: Family) -> &'static [&'static str] {
    match family {
        Family::Workloads(Kind::Rollout) | Family::AnalysisRuns | Family::Experiments => {
            &["/apis/argoproj.io/v1alpha1"]
        }
        Family::Workloads(Kind::Canary) => &["/apis/flagger.app/v1beta1"],
        Family::Workloads(_) | Family::ReplicaSets | Family::ControllerRevisions => &["/apis/apps/v1"],
        Family::Pods | Family::Services => &["/api/v1"],
        Family::Routes(RouteKind::HttpRoute) => {
            &["/apis/gateway.networking.k8s.io/v1", "/apis/gateway.networking.k8s.io/v1beta1"]
        }
        Family::Routes(RouteKind::VirtualService) => {
            &["/apis/networking.istio.io/v1", "/apis/networking.istio.io/v1beta1"]
        }
        Family::Routes(RouteKind::Ingress) => &["/apis/networking.k8s.io/v1"],
        Family::Autoscalers => &["/apis/autoscaling/v2", "/apis/autoscaling/v1"],
        Family::Events => &["/api/v1", "/apis/events.k8s.io/v1"],
        Family::PodUsage | Family::NodeUsage => &["/apis/metrics.k8s.io/v1beta1"],
    }
}

fn plural(family: Family) -> &'static str {
    match family {
        Family::Workloads(kind) => kind.plural(),
        Family::ReplicaSets => "replicasets",
        Family::ControllerRevisions => "controllerrevisions",
        Family::Pods | Family::PodUsage => "pods",
        Family::Autoscalers => "horizontalpodautoscalers",
        Family::Events => "events",
        Family::Services => "services",
        Family::AnalysisRuns => "analysisruns",
        Family::Experiments => "experiments",
        Family::Routes(RouteKind::HttpRoute) => "httproutes",
        Family::Routes(RouteKind::VirtualService) => "virtualservices",
        Family::Routes(RouteKind::Ingress) => "ingresses",
        Family::NodeUsage => "nodes",
    }
}

/// A family in one namespace or in all, in the version the server has.
#[derive(Clone, Debug)]
pub(in crate::cluster) struct Asked {
    pub(in crate::cluster) family: Family,
    pub(in crate::cluster) namespace: Option<Text>,
    version: usize,
}

impl Asked {
    pub(in crate::cluster) fn new(family: Family, namespace: Option<Text>) -> Self {
        Self { family, namespace, version: 0 }
    }

    /// Returns the versions a family is spoken in, the preferred one first: `argoproj.io/v1alpha1`.
    pub(in crate::cluster) fn versions(family: Family) -> Vec<&'static str> {
        versions(family).iter().map(|base| base.trim_start_matches("/apis/").trim_start_matches("/api/")).collect()
    }

    /// Returns the group a family is of.
    pub(in crate::cluster) fn group(family: Family) -> &'static str {
        Self::versions(family).first().and_then(|version| version.split('/').next()).unwrap_or_default()
    }

    /// Returns the name of a family in discovery.
    pub(in crate::cluster) fn resource(family: Family) -> &'static str {
        plural(family)
    }

    fn base(&self) -> &'static str {
        versions(self.family).get(self.version).copied().unwrap_or_default()
    }

    /// Returns the path of the list, without a query.
    pub(in crate::cluster) fn path(&self) -> String {
        match self.namespace.as_deref().filter(|_| self.family != Family::NodeUsage) {
            Some(namespace) => format!("{}/namespaces/{}/{}", self.base(), encoded(namespace), plural(self.family)),
            None => format!("{}/{}", self.base(), plural(self.family)),
        }
    }

    /// Takes the next older version, where there is one.
    pub(in crate::cluster) fn older(&mut self) -> bool {
        let more = self.version + 1 < versions(self.family).len();
        self.version += usize::from(more);
        more
    }

    /// Starts over at the newest version: the cluster may have been upgraded.
    pub(in crate::cluster) fn newest(&mut self) {
        self.version = 0;
    }

    /// Returns the API's name, as `kubectl api-versions` writes it.
    pub(in crate::cluster) fn api(&self) -> Text {
        self.base().trim_start_matches("/apis/").trim_start_matches("/api/").into()
    }

    /// Returns the permission a verb on it needs.
    pub(in crate::cluster) fn permission(&self, verb: &str) -> Permission {
        let group = self.base().strip_prefix("/apis/").and_then(|rest| rest.split('/').next()).unwrap_or_default();
        Permission {
            verb: verb.into(),
            group: group.into(),
            resource: plural(self.family).into(),
            namespace: self.namespace.clone().unwrap_or_default(),
        }
    }

    /// Words a request: `list pods in shop`.
    pub(in crate::cluster) fn words(&self, verb: &str) -> String {
        let mut words = self.permission(verb).to_string();
        if self.namespace.is_none() && self.family != Family::NodeUsage {
            words.push_str(" in all namespaces");
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_words_are_kubernetes_own() {
        let mut hpa = Asked::new(Family::Autoscalers, Some("shop".into()));
        assert_eq!(hpa.path(), "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers");
        assert_eq!(hpa.words("list"), "list horizontalpodautoscalers.autoscaling in shop");
        assert!(hpa.older());
        assert_eq!((&*hpa.api(), hpa.older()), ("autoscaling/v1", false));
        let all = Asked::new(Family::Workloads(Kind::Deployment), None);
        assert_eq!(all.path(), "/apis/apps/v1/deployments");
        assert_eq!(all.words("watch"), "watch deployments.apps in all namespaces");
        assert_eq!(Asked::new(Family::NodeUsage, None).words("list"), "list nodes.metrics.k8s.io");
        assert_eq!(&*Asked::new(Family::Pods, None).api(), "v1");
    }
}
