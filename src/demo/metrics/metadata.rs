//! Types and helps of the metrics.

use super::super::prometheus::Metadata;

const fn of(name: &'static str, kind: &'static str, help: &'static str) -> Metadata {
    Metadata { name, kind, help }
}

/// What is known of each metric.
pub const METADATA: &[Metadata] = &[
    of("container_cpu_cfs_periods_total", "counter", "Number of elapsed enforcement period intervals."),
    of("container_cpu_cfs_throttled_periods_total", "counter", "Number of throttled period intervals."),
    of("container_cpu_cfs_throttled_seconds_total", "counter", "Total time duration the container has been throttled."),
    of("container_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed in seconds."),
    of("container_memory_rss", "gauge", "Size of RSS in bytes."),
    of("container_memory_working_set_bytes", "gauge", "Current working set in bytes."),
    of("container_spec_memory_limit_bytes", "gauge", "Memory limit for the container."),
    of("executor_queued_tasks", "gauge", "Tasks that wait for a thread."),
    of("hikaricp_connections", "gauge", "Total connections."),
    of("hikaricp_connections_active", "gauge", "Active connections."),
    of("hikaricp_connections_idle", "gauge", "Idle connections."),
    of("hikaricp_connections_max", "gauge", "Max connections."),
    of("hikaricp_connections_pending", "gauge", "Pending threads."),
    of("hikaricp_connections_timeout_total", "counter", "Connection timeouts."),
    of("http_server_requests_seconds", "histogram", "Duration of HTTP server request handling."),
    of("http_server_requests_seconds_max", "gauge", "Longest duration of late."),
    of("jvm_memory_max_bytes", "gauge", "Most memory that can be used."),
    of("jvm_memory_used_bytes", "gauge", "Memory in use."),
    of("kube_daemonset_status_number_ready", "gauge", "Nodes that run a ready pod of the daemon."),
    of("kube_deployment_spec_replicas", "gauge", "Desired pods of a deployment."),
    of("kube_deployment_status_replicas", "gauge", "Pods of a deployment."),
    of("kube_deployment_status_replicas_available", "gauge", "Available pods of a deployment."),
    of("kube_deployment_status_replicas_updated", "gauge", "Pods of a deployment's newest template."),
    of("kube_horizontalpodautoscaler_status_desired_replicas", "gauge", "Pods the autoscaler wants."),
    of("kube_pod_container_resource_limits", "gauge", "Limits of a container."),
    of("kube_pod_container_resource_requests", "gauge", "Requests of a container."),
    of("kube_pod_container_status_last_terminated_reason", "gauge", "Why the last run of a container ended."),
    of("kube_pod_container_status_restarts_total", "counter", "Restarts of a container."),
    of("kube_pod_container_status_waiting_reason", "gauge", "Why a container waits."),
    of("kube_pod_info", "gauge", "Where a pod is and who made it."),
    of("kube_pod_labels", "gauge", "Labels of a pod."),
    of("kube_pod_owner", "gauge", "Controller of a pod."),
    of("kube_pod_status_phase", "gauge", "Phase of a pod."),
    of("kube_pod_status_ready", "gauge", "Whether a pod is ready."),
    of("kube_replicaset_owner", "gauge", "Controller of a replica set."),
    of("kube_statefulset_replicas", "gauge", "Desired pods of a stateful set."),
    of("process_uptime_seconds", "gauge", "Seconds since the process started."),
    of("up", "gauge", "Whether the last scrape succeeded."),
];
