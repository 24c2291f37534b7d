//! Role-based access control over the cluster's own role and binding objects.

use serde_json::{Value, json};

use super::credentials::User;
use crate::demo::store::Store;
use crate::demo::store::resource::{CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES};

/// What somebody wants to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Attributes {
    pub(super) verb: String,
    pub(super) group: String,
    /// Empty for a path outside the resources.
    pub(super) resource: String,
    pub(super) subresource: String,
    pub(super) namespace: String,
    pub(super) name: String,
    /// The path of a request outside the resources.
    pub(super) path: String,
}

impl Attributes {
    /// Returns the sentence of a refusal.
    pub(super) fn refusal(&self, user: &User) -> String {
        if self.resource.is_empty() {
            return format!("User {:?} cannot {} path {:?}", user.name, self.verb, self.path);
        }
        let place = if self.namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace {:?}", self.namespace)
        };
        let resource = [self.resource.as_str(), self.subresource.as_str()]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join("/");
        format!("User {:?} cannot {} resource {resource:?} in API group {:?} {place}", user.name, self.verb, self.group)
    }
}

/// Tells whether a user may do something.
pub(super) fn allows(store: &Store, user: &User, wanted: &Attributes) -> bool {
    rules(store, user, &wanted.namespace).iter().any(|rule| permits(rule, wanted))
}

/// Returns the rules that hold for a user in a namespace (cluster-wide ones where it is empty).
pub(super) fn rules(store: &Store, user: &User, namespace: &str) -> Vec<Value> {
    let mut rules = Vec::new();
    for binding in store.list(&CLUSTER_ROLE_BINDINGS, None).filter(|binding| binds(binding, user)) {
        collect(store, binding, "", &mut rules);
    }
    if !namespace.is_empty() {
        for binding in store.list(&ROLE_BINDINGS, Some(namespace)).filter(|binding| binds(binding, user)) {
            collect(store, binding, namespace, &mut rules);
        }
    }
    rules
}

fn binds(binding: &Value, user: &User) -> bool {
    binding["subjects"].as_array().into_iter().flatten().any(|subject| {
        let name = subject["name"].as_str().unwrap_or_default();
        match subject["kind"].as_str() {
            Some("User") => user.name == name,
            Some("Group") => user.groups.iter().any(|group| group == name),
            Some("ServiceAccount") => {
                user.name
                    == format!("system:serviceaccount:{}:{name}", subject["namespace"].as_str().unwrap_or_default())
            }
            _ => false,
        }
    })
}

fn collect(store: &Store, binding: &Value, namespace: &str, rules: &mut Vec<Value>) {
    let name = binding["roleRef"]["name"].as_str().unwrap_or_default();
    let role = if binding["roleRef"]["kind"] == "Role" {
        store.get(&ROLES, namespace, name)
    } else {
        store.get(&CLUSTER_ROLES, "", name)
    };
    rules.extend(role.and_then(|role| role["rules"].as_array()).into_iter().flatten().cloned());
}

fn permits(rule: &Value, wanted: &Attributes) -> bool {
    let list = |key: &str| rule[key].as_array().into_iter().flatten().filter_map(Value::as_str);
    let has = |key: &str, value: &str| list(key).any(|entry| entry == "*" || entry == value);
    if !has("verbs", &wanted.verb) {
        return false;
    }
    if wanted.resource.is_empty() {
        return list("nonResourceURLs").any(|url| match url.strip_suffix('*') {
            Some(prefix) => wanted.path.starts_with(prefix),
            None => wanted.path == url,
        });
    }
    let named = list("resourceNames").next().is_none() || list("resourceNames").any(|name| name == wanted.name);
    let resource = if wanted.subresource.is_empty() {
        has("resources", &wanted.resource)
    } else {
        let (whole, any) = (format!("{}/{}", wanted.resource, wanted.subresource), format!("*/{}", wanted.subresource));
        list("resources").any(|entry| entry == "*" || entry == whole || entry == any)
    };
    has("apiGroups", &wanted.group) && resource && named
}

/// The roles and bindings every cluster starts with, and those of this one's two tokens.
pub(super) fn bootstrap() -> Vec<(&'static crate::demo::store::Resource, Value)> {
    let read = json!(["get", "list", "watch"]);
    let everything = json!([
        {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
        {"verbs": ["*"], "nonResourceURLs": ["*"]},
    ]);
    let paths = [
        "/api",
        "/api/*",
        "/apis",
        "/apis/*",
        "/healthz",
        "/livez",
        "/openapi",
        "/openapi/*",
        "/readyz",
        "/version",
        "/version/",
    ];
    let discovery = json!([{"verbs": ["get"], "nonResourceURLs": paths}]);
    let reviews = json!([
        {"verbs": ["create"], "apiGroups": ["authorization.k8s.io"], "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]},
        {"verbs": ["create"], "apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"]},
    ]);
    let core = [
        "bindings",
        "configmaps",
        "endpoints",
        "events",
        "limitranges",
        "namespaces",
        "persistentvolumeclaims",
        "pods",
        "pods/log",
        "pods/status",
        "replicationcontrollers",
        "replicationcontrollers/scale",
        "resourcequotas",
        "serviceaccounts",
        "services",
    ];
    let groups = ["apps", "autoscaling", "batch", "discovery.k8s.io", "events.k8s.io", "networking.k8s.io", "policy"];
    // As Argo Rollouts' and Flagger's own view roles: what they aggregate into `view` has no status subresources.
    let rollouts =
        ["analysisruns", "analysistemplates", "clusteranalysistemplates", "experiments", "rollouts", "rollouts/scale"];
    let canaries = ["alertproviders", "canaries", "metrictemplates"];
    let looked_at = [
        json!({"verbs": read, "apiGroups": ["argoproj.io"], "resources": rollouts}),
        json!({"verbs": read, "apiGroups": ["flagger.app"], "resources": canaries}),
        json!({"verbs": read, "apiGroups": ["gateway.networking.k8s.io"], "resources": ["httproutes"]}),
    ];
    let view = json!([
        {"verbs": read, "apiGroups": [""], "resources": core},
        {"verbs": read, "apiGroups": groups, "resources": ["*"]},
        looked_at[0], looked_at[1], looked_at[2],
    ]);
    let looks = json!([
        {"verbs": read, "apiGroups": [""], "resources": core},
        {"verbs": read, "apiGroups": [""], "resources": ["nodes", "persistentvolumes"]},
        {"verbs": read, "apiGroups": groups, "resources": ["*"]},
        {"verbs": read, "apiGroups": ["metrics.k8s.io"], "resources": ["pods", "nodes"]},
        {"verbs": ["get"], "apiGroups": [""], "resources": ["services/proxy"]},
        looked_at[0], looked_at[1], looked_at[2],
    ]);
    // Two halves of what a delivery takes: the API server asks for an object and for its status apart.
    let half = |resource: &str| {
        let mut rules = looks.as_array().cloned().unwrap_or_default();
        rules.push(json!({"verbs": ["patch"], "apiGroups": ["argoproj.io"], "resources": [resource]}));
        Value::from(rules)
    };
    let (of_objects, of_statuses) = (half("rollouts"), half("rollouts/status"));
    let role = |name: &str, rules: Value| (&CLUSTER_ROLES, json!({"metadata": {"name": name}, "rules": rules}));
    let bind = |name: &str, role: &str, group: &str| {
        let api = "rbac.authorization.k8s.io";
        let subject = json!({"kind": "Group", "apiGroup": api, "name": group});
        let reference = json!({"kind": "ClusterRole", "apiGroup": api, "name": role});
        (&CLUSTER_ROLE_BINDINGS, json!({"metadata": {"name": name}, "roleRef": reference, "subjects": [subject]}))
    };
    vec![
        role("cluster-admin", everything),
        role("system:discovery", discovery),
        role("system:basic-user", reviews),
        role("view", view),
        role("rolltop-viewer", looks),
        role("rolltop-rollouts-only", of_objects),
        role("rolltop-status-only", of_statuses),
        bind("cluster-admin", "cluster-admin", "system:masters"),
        bind("system:discovery", "system:discovery", super::credentials::AUTHENTICATED),
        bind("system:basic-user", "system:basic-user", super::credentials::AUTHENTICATED),
        bind("rolltop-viewer", "rolltop-viewer", "rolltop:viewers"),
        bind("rolltop-rollouts-only", "rolltop-rollouts-only", "rolltop:rollouts-only"),
        bind("rolltop-status-only", "rolltop-status-only", "rolltop:status-only"),
    ]
}
