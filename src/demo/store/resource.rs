//! The kinds of object this cluster serves: one static table, as API discovery tells it.

/// One served kind: names, scope and what a client may do with it.
#[derive(Debug)]
pub struct Resource {
    /// API group, empty for the core group.
    pub group: &'static str,
    /// Version inside the group.
    pub version: &'static str,
    /// Plural name, as in the URL.
    pub plural: &'static str,
    /// Singular name.
    pub singular: &'static str,
    /// Kind, as in objects.
    pub kind: &'static str,
    /// Name in messages: `deployments.apps`; plain `pods` in the core group. It is also the key of the store.
    pub qualified: &'static str,
    /// Abbreviations kubectl accepts.
    pub short: &'static [&'static str],
    /// Whether objects live in a namespace.
    pub namespaced: bool,
    /// Subresources served beside the object itself.
    pub subresources: &'static [&'static str],
    /// Categories such as `all`.
    pub categories: &'static [&'static str],
    /// Whether `metadata.generation` counts changes of the spec.
    pub counts_generations: bool,
}

impl Resource {
    /// Returns `v1` or `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Tells whether the kind is served only where its custom resource definition is.
    pub fn is_custom(&self) -> bool {
        CUSTOM_GROUPS.contains(&self.group)
    }

    /// Tells whether the object has a status written apart from its spec.
    pub fn has_status(&self) -> bool {
        self.subresources.contains(&"status")
    }
}

impl PartialEq for Resource {
    fn eq(&self, other: &Self) -> bool {
        self.qualified == other.qualified
    }
}

impl Eq for Resource {}

/// The groups whose kinds come with custom resource definitions.
pub const CUSTOM_GROUPS: &[&str] = &["argoproj.io", "flagger.app", "gateway.networking.k8s.io"];

const ALL: &[&str] = &["all"];
const NONE: &[&str] = &[];
const STATUS: &[&str] = &["status"];
const SCALED: &[&str] = &["scale", "status"];

macro_rules! resources {
    ($($name:ident: $group:literal $version:literal $kind:literal $plural:literal $singular:literal $qualified:literal
        $short:expr, $namespaced:literal, $subresources:expr, $categories:expr, $generation:literal;)*) => {
        $(
            #[doc = concat!("`", $kind, "`, `", $qualified, "` in the URL and in messages, version `", $version, "`.")]
            pub static $name: Resource = Resource {
                group: $group,
                version: $version,
                plural: $plural,
                singular: $singular,
                kind: $kind,
                qualified: $qualified,
                short: $short,
                namespaced: $namespaced,
                subresources: $subresources,
                categories: $categories,
                counts_generations: $generation,
            };
        )*
        /// Every kind the cluster stores, in the order of discovery.
        pub static RESOURCES: &[&Resource] = &[$(&$name),*];
    };
}

resources! {
    CONFIG_MAPS: "" "v1" "ConfigMap" "configmaps" "configmap" "configmaps" &["cm"], true, NONE, NONE, false;
    ENDPOINTS: "" "v1" "Endpoints" "endpoints" "endpoints" "endpoints" &["ep"], true, NONE, NONE, false;
    EVENTS: "" "v1" "Event" "events" "event" "events" &["ev"], true, NONE, NONE, false;
    LIMIT_RANGES: "" "v1" "LimitRange" "limitranges" "limitrange" "limitranges" &["limits"], true, NONE, NONE, false;
    NAMESPACES: "" "v1" "Namespace" "namespaces" "namespace" "namespaces" &["ns"], false, &["finalize", "status"], NONE, false;
    NODES: "" "v1" "Node" "nodes" "node" "nodes" &["no"], false, &["proxy", "status"], NONE, false;
    PERSISTENT_VOLUME_CLAIMS: "" "v1" "PersistentVolumeClaim" "persistentvolumeclaims" "persistentvolumeclaim" "persistentvolumeclaims"
        &["pvc"], true, STATUS, NONE, false;
    PERSISTENT_VOLUMES: "" "v1" "PersistentVolume" "persistentvolumes" "persistentvolume" "persistentvolumes" &["pv"], false, STATUS, NONE, false;
    PODS: "" "v1" "Pod" "pods" "pod" "pods" &["po"], true,
        &["attach", "binding", "eviction", "exec", "log", "portforward", "proxy", "status"], ALL, false;
    POD_TEMPLATES: "" "v1" "PodTemplate" "podtemplates" "podtemplate" "podtemplates" NONE, true, NONE, NONE, false;
    REPLICATION_CONTROLLERS: "" "v1" "ReplicationController" "replicationcontrollers" "replicationcontroller" "replicationcontrollers"
        &["rc"], true, SCALED, ALL, true;
    RESOURCE_QUOTAS: "" "v1" "ResourceQuota" "resourcequotas" "resourcequota" "resourcequotas" &["quota"], true, STATUS, NONE, false;
    SECRETS: "" "v1" "Secret" "secrets" "secret" "secrets" NONE, true, NONE, NONE, false;
    SERVICE_ACCOUNTS: "" "v1" "ServiceAccount" "serviceaccounts" "serviceaccount" "serviceaccounts" &["sa"], true, NONE, NONE, false;
    SERVICES: "" "v1" "Service" "services" "service" "services" &["svc"], true, &["proxy", "status"], ALL, false;
    CONTROLLER_REVISIONS: "apps" "v1" "ControllerRevision" "controllerrevisions" "controllerrevision" "controllerrevisions.apps"
        NONE, true, NONE, NONE, false;
    DAEMON_SETS: "apps" "v1" "DaemonSet" "daemonsets" "daemonset" "daemonsets.apps" &["ds"], true, STATUS, ALL, true;
    DEPLOYMENTS: "apps" "v1" "Deployment" "deployments" "deployment" "deployments.apps" &["deploy"], true, SCALED, ALL, true;
    REPLICA_SETS: "apps" "v1" "ReplicaSet" "replicasets" "replicaset" "replicasets.apps" &["rs"], true, SCALED, ALL, true;
    STATEFUL_SETS: "apps" "v1" "StatefulSet" "statefulsets" "statefulset" "statefulsets.apps" &["sts"], true, SCALED, ALL, true;
    HORIZONTAL_POD_AUTOSCALERS: "autoscaling" "v2" "HorizontalPodAutoscaler" "horizontalpodautoscalers" "horizontalpodautoscaler"
        "horizontalpodautoscalers.autoscaling" &["hpa"], true, STATUS, ALL, false;
    CUSTOM_RESOURCE_DEFINITIONS: "apiextensions.k8s.io" "v1" "CustomResourceDefinition" "customresourcedefinitions"
        "customresourcedefinition" "customresourcedefinitions.apiextensions.k8s.io" &["crd", "crds"], false, STATUS, &["api-extensions"], true;
    CRON_JOBS: "batch" "v1" "CronJob" "cronjobs" "cronjob" "cronjobs.batch" &["cj"], true, STATUS, ALL, true;
    JOBS: "batch" "v1" "Job" "jobs" "job" "jobs.batch" NONE, true, STATUS, ALL, true;
    LEASES: "coordination.k8s.io" "v1" "Lease" "leases" "lease" "leases.coordination.k8s.io" NONE, true, NONE, NONE, false;
    ENDPOINT_SLICES: "discovery.k8s.io" "v1" "EndpointSlice" "endpointslices" "endpointslice" "endpointslices.discovery.k8s.io"
        NONE, true, NONE, NONE, true;
    INGRESSES: "networking.k8s.io" "v1" "Ingress" "ingresses" "ingress" "ingresses.networking.k8s.io" &["ing"], true, STATUS, NONE, true;
    NETWORK_POLICIES: "networking.k8s.io" "v1" "NetworkPolicy" "networkpolicies" "networkpolicy" "networkpolicies.networking.k8s.io"
        &["netpol"], true, NONE, NONE, true;
    POD_DISRUPTION_BUDGETS: "policy" "v1" "PodDisruptionBudget" "poddisruptionbudgets" "poddisruptionbudget" "poddisruptionbudgets.policy"
        &["pdb"], true, STATUS, NONE, true;
    CLUSTER_ROLE_BINDINGS: "rbac.authorization.k8s.io" "v1" "ClusterRoleBinding" "clusterrolebindings" "clusterrolebinding"
        "clusterrolebindings.rbac.authorization.k8s.io" NONE, false, NONE, NONE, false;
    CLUSTER_ROLES: "rbac.authorization.k8s.io" "v1" "ClusterRole" "clusterroles" "clusterrole"
        "clusterroles.rbac.authorization.k8s.io" NONE, false, NONE, NONE, false;
    ROLE_BINDINGS: "rbac.authorization.k8s.io" "v1" "RoleBinding" "rolebindings" "rolebinding"
        "rolebindings.rbac.authorization.k8s.io" NONE, true, NONE, NONE, false;
    ROLES: "rbac.authorization.k8s.io" "v1" "Role" "roles" "role" "roles.rbac.authorization.k8s.io" NONE, true, NONE, NONE, false;
    PRIORITY_CLASSES: "scheduling.k8s.io" "v1" "PriorityClass" "priorityclasses" "priorityclass" "priorityclasses.scheduling.k8s.io"
        &["pc"], false, NONE, NONE, true;
    STORAGE_CLASSES: "storage.k8s.io" "v1" "StorageClass" "storageclasses" "storageclass" "storageclasses.storage.k8s.io"
        &["sc"], false, NONE, NONE, false;
    ANALYSIS_RUNS: "argoproj.io" "v1alpha1" "AnalysisRun" "analysisruns" "analysisrun" "analysisruns.argoproj.io" &["ar"], true, NONE, NONE, true;
    ANALYSIS_TEMPLATES: "argoproj.io" "v1alpha1" "AnalysisTemplate" "analysistemplates" "analysistemplate" "analysistemplates.argoproj.io"
        &["at"], true, NONE, NONE, true;
    CLUSTER_ANALYSIS_TEMPLATES: "argoproj.io" "v1alpha1" "ClusterAnalysisTemplate" "clusteranalysistemplates" "clusteranalysistemplate"
        "clusteranalysistemplates.argoproj.io" &["cat"], false, NONE, NONE, true;
    EXPERIMENTS: "argoproj.io" "v1alpha1" "Experiment" "experiments" "experiment" "experiments.argoproj.io" &["exp"], true, NONE, NONE, true;
    ROLLOUTS: "argoproj.io" "v1alpha1" "Rollout" "rollouts" "rollout" "rollouts.argoproj.io" &["ro"], true, SCALED, NONE, true;
    ALERT_PROVIDERS: "flagger.app" "v1beta1" "AlertProvider" "alertproviders" "alertprovider" "alertproviders.flagger.app"
        NONE, true, STATUS, ALL, true;
    CANARIES: "flagger.app" "v1beta1" "Canary" "canaries" "canary" "canaries.flagger.app" NONE, true, STATUS, ALL, true;
    METRIC_TEMPLATES: "flagger.app" "v1beta1" "MetricTemplate" "metrictemplates" "metrictemplate" "metrictemplates.flagger.app"
        NONE, true, STATUS, ALL, true;
    HTTP_ROUTES: "gateway.networking.k8s.io" "v1" "HTTPRoute" "httproutes" "httproute" "httproutes.gateway.networking.k8s.io"
        NONE, true, STATUS, &["gateway-api"], true;
}

/// Returns the kind stored under this group and plural, whatever the version.
pub fn by_plural(group: &str, plural: &str) -> Option<&'static Resource> {
    RESOURCES.iter().copied().find(|resource| resource.group == group && resource.plural == plural)
}

/// Returns the kind an `apiVersion` and `kind` pair names; the version itself is not compared.
pub fn by_kind(api_version: &str, kind: &str) -> Option<&'static Resource> {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    RESOURCES.iter().copied().find(|resource| resource.group == group && resource.kind == kind)
}
