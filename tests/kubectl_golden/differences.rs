//! Where the simulated cluster and the recorded one differ on purpose.

/// Command, beginning of the difference, reason.
pub const REASONS: &[(&str, &str, &str)] = &[
    (
        "version -o json",
        "stderr: recorded \"WARNING: version difference",
        "the recorded server named no version; ours says 1.32",
    ),
    (
        "api-versions",
        "text: ",
        "the recorded server was a 1.20 with its beta groups; ours serves the stable ones of 1.32",
    ),
    (
        "get ns golden -o yaml",
        "keys: missing [], unexpected [\".metadata.labels",
        "servers since 1.21 label a namespace with its name",
    ),
    (
        "get pods -l app=kafka -o json",
        "keys: missing [], unexpected [\".items[].metadata.labels.apps.kubernetes.io/pod-index",
        "servers since 1.28 label the pods of a StatefulSet with their index and give pods hostIPs",
    ),
    ("get pods --show-labels -l app=kafka", "rows: ", "the same label"),
    (
        "get events",
        "rows: ",
        "the recorded kubelets had every image and newer controllers say what they scale from; which node a pod gets is open",
    ),
    (
        "describe hpa payment-service-hpa",
        "titles: ",
        "kubectl describes a v2 autoscaler, which the recorded server did not have, with a list of metrics",
    ),
    ("top pods -l app=kafka", "rows: ", "the recorded metrics server was a stand-in that ignored selectors"),
    ("auth can-i --list", "rows: missing [], unexpected", "servers since 1.28 let everybody ask who they are"),
];

/// Commands whose rows show a moment of something that is changing.
pub const PASSING: &[(&str, &str)] = &[
    ("get deploy payment-service", "the autoscaler takes the fourth pod away again, sooner or later"),
    ("get pods -l app=order-service", "a pod in a crash loop is Running now and then"),
    ("get pods -w --request-timeout=2s", "the pods of a deleted deployment end sooner or later"),
    ("get pods -l app=fresh", "the pods of a deleted deployment end sooner or later"),
];
