//! The series of kube-state-metrics.

use super::super::prometheus::Tsdb;
use super::super::prometheus::tsdb::SeriesId;
use super::kube::{ContainerState, KubeState, PodState, WorkloadKind, WorkloadState};

/// A series with its value now.
type Reading = (SeriesId, f64);

/// Collects readings.
struct Writer<'a> {
    db: &'a mut Tsdb,
    readings: Vec<Reading>,
}

/// Every series with its value; series are made where they are new.
pub(super) fn readings(db: &mut Tsdb, state: &KubeState) -> Vec<Reading> {
    let mut writer = Writer { db, readings: Vec::new() };
    writer.nodes(state);
    for pod in &state.pods {
        writer.pod(pod);
    }
    for workload in &state.workloads {
        writer.workload(workload);
    }
    writer.replica_sets(state);
    writer.autoscalers(state);
    writer.readings
}

/// 1 for true.
fn number(truth: bool) -> f64 {
    if truth { 1.0 } else { 0.0 }
}

impl Writer<'_> {
    fn put(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let mut all = Vec::with_capacity(labels.len() + 1);
        all.push(("job", "kube-state-metrics"));
        all.extend_from_slice(labels);
        self.readings.push((self.db.series(name, &all), value));
    }

    fn nodes(&mut self, state: &KubeState) {
        for node in &state.nodes {
            let node_label = ("node", node.name.as_str());
            self.put("kube_node_info", &[node_label], 1.0);
            for (status, value) in [("true", node.ready), ("false", !node.ready)] {
                let labels = [node_label, ("condition", "Ready"), ("status", status)];
                self.put("kube_node_status_condition", &labels, number(value));
            }
            for (resource, unit, value) in [("cpu", "core", node.cpu), ("memory", "byte", node.memory)] {
                let labels = [node_label, ("resource", resource), ("unit", unit)];
                self.put("kube_node_status_allocatable", &labels, value);
            }
        }
    }

    fn pod(&mut self, pod: &PodState) {
        let own = [("namespace", pod.namespace.as_str()), ("pod", pod.name.as_str())];
        let with = |more: &[(&'static str, &str)]| -> Vec<(String, String)> {
            own.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let info = with(&[
            ("node", &pod.node),
            ("uid", &pod.uid),
            ("created_by_kind", &pod.owner_kind),
            ("created_by_name", &pod.owner_name),
        ]);
        self.put_owned("kube_pod_info", &info, 1.0);
        let owner =
            with(&[("owner_kind", &pod.owner_kind), ("owner_name", &pod.owner_name), ("owner_is_controller", "true")]);
        self.put_owned("kube_pod_owner", &owner, 1.0);
        let mut labels = with(&[]);
        labels.extend(pod.labels.iter().map(|(name, value)| (format!("label_{}", sanitised(name)), value.clone())));
        self.put_owned("kube_pod_labels", &labels, 1.0);
        if let Some(created) = pod.created {
            #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit")]
            self.put("kube_pod_created", &own, created.as_second() as f64);
        }
        for phase in ["Pending", "Running", "Succeeded", "Failed", "Unknown"] {
            let labels = [own[0], own[1], ("phase", phase)];
            self.put("kube_pod_status_phase", &labels, number(pod.phase == phase));
        }
        for (condition, value) in [("true", pod.ready), ("false", !pod.ready)] {
            let labels = [own[0], own[1], ("condition", condition)];
            self.put("kube_pod_status_ready", &labels, number(value));
        }
        for container in &pod.containers {
            self.container(own, pod, container);
        }
    }

    fn container(&mut self, own: [(&str, &str); 2], pod: &PodState, container: &ContainerState) {
        let own = [own[0], own[1], ("container", container.name.as_str())];
        self.put("kube_pod_container_info", &[own[0], own[1], own[2], ("image", &container.image)], 1.0);
        self.put("kube_pod_container_status_restarts_total", &own, f64::from(container.restarts));
        self.put("kube_pod_container_status_ready", &own, number(container.ready));
        self.put("kube_pod_container_status_running", &own, number(container.running));
        let reasons = [
            ("kube_pod_container_status_waiting_reason", &container.waiting_reason),
            ("kube_pod_container_status_last_terminated_reason", &container.last_terminated_reason),
        ];
        for (name, reason) in reasons {
            if let Some(reason) = reason {
                self.put(name, &[own[0], own[1], own[2], ("reason", reason)], 1.0);
            }
        }
        let resources = [
            ("kube_pod_container_resource_requests", "cpu", "core", container.cpu_request),
            ("kube_pod_container_resource_limits", "cpu", "core", container.cpu_limit),
            ("kube_pod_container_resource_requests", "memory", "byte", container.memory_request),
            ("kube_pod_container_resource_limits", "memory", "byte", container.memory_limit),
        ];
        for (name, resource, unit, value) in resources {
            if let Some(value) = value {
                let labels =
                    [own[0], own[1], own[2], ("node", pod.node.as_str()), ("resource", resource), ("unit", unit)];
                self.put(name, &labels, value);
            }
        }
    }

    fn workload(&mut self, workload: &WorkloadState) {
        let namespace = ("namespace", workload.namespace.as_str());
        let count = f64::from;
        let unavailable = workload.desired.saturating_sub(workload.available);
        #[expect(clippy::cast_precision_loss, reason = "generations are small")]
        let generations = (workload.generation as f64, workload.observed_generation as f64);
        let (label, readings): (_, Vec<(&str, f64)>) = match workload.kind {
            WorkloadKind::Deployment => (
                "deployment",
                vec![
                    ("kube_deployment_spec_replicas", count(workload.desired)),
                    ("kube_deployment_spec_paused", number(workload.paused)),
                    ("kube_deployment_status_replicas", count(workload.current)),
                    ("kube_deployment_status_replicas_updated", count(workload.updated)),
                    ("kube_deployment_status_replicas_ready", count(workload.ready)),
                    ("kube_deployment_status_replicas_available", count(workload.available)),
                    ("kube_deployment_status_replicas_unavailable", count(unavailable)),
                    ("kube_deployment_metadata_generation", generations.0),
                    ("kube_deployment_status_observed_generation", generations.1),
                ],
            ),
            WorkloadKind::StatefulSet => (
                "statefulset",
                vec![
                    ("kube_statefulset_replicas", count(workload.desired)),
                    ("kube_statefulset_status_replicas", count(workload.current)),
                    ("kube_statefulset_status_replicas_updated", count(workload.updated)),
                    ("kube_statefulset_status_replicas_ready", count(workload.ready)),
                    ("kube_statefulset_status_replicas_available", count(workload.available)),
                    ("kube_statefulset_metadata_generation", generations.0),
                    ("kube_statefulset_status_observed_generation", generations.1),
                ],
            ),
            WorkloadKind::DaemonSet => (
                "daemonset",
                vec![
                    ("kube_daemonset_status_desired_number_scheduled", count(workload.desired)),
                    ("kube_daemonset_status_current_number_scheduled", count(workload.current)),
                    ("kube_daemonset_status_updated_number_scheduled", count(workload.updated)),
                    ("kube_daemonset_status_number_ready", count(workload.ready)),
                    ("kube_daemonset_status_number_available", count(workload.available)),
                    ("kube_daemonset_status_number_unavailable", count(unavailable)),
                    ("kube_daemonset_metadata_generation", generations.0),
                    ("kube_daemonset_status_observed_generation", generations.1),
                ],
            ),
        };
        for (name, value) in readings {
            self.put(name, &[namespace, (label, &workload.name)], value);
        }
    }

    fn replica_sets(&mut self, state: &KubeState) {
        for set in &state.replica_sets {
            let own = [("namespace", set.namespace.as_str()), ("replicaset", set.name.as_str())];
            let owner = [own[0], own[1], ("owner_kind", "Deployment"), ("owner_name", &set.deployment)];
            if !set.deployment.is_empty() {
                self.put("kube_replicaset_owner", &owner, 1.0);
            }
            self.put("kube_replicaset_spec_replicas", &own, f64::from(set.desired));
            self.put("kube_replicaset_status_ready_replicas", &own, f64::from(set.ready));
        }
    }

    fn autoscalers(&mut self, state: &KubeState) {
        for autoscaler in &state.autoscalers {
            let own =
                [("namespace", autoscaler.namespace.as_str()), ("horizontalpodautoscaler", autoscaler.name.as_str())];
            let readings = [
                ("kube_horizontalpodautoscaler_spec_min_replicas", autoscaler.min),
                ("kube_horizontalpodautoscaler_spec_max_replicas", autoscaler.max),
                ("kube_horizontalpodautoscaler_status_current_replicas", autoscaler.current),
                ("kube_horizontalpodautoscaler_status_desired_replicas", autoscaler.desired),
            ];
            for (name, value) in readings {
                self.put(name, &own, f64::from(value));
            }
        }
    }

    fn put_owned(&mut self, name: &str, labels: &[(String, String)], value: f64) {
        let borrowed: Vec<(&str, &str)> = labels.iter().map(|(name, value)| (&**name, &**value)).collect();
        self.put(name, &borrowed, value);
    }
}

/// A label of Kubernetes as a label of Prometheus.
fn sanitised(name: &str) -> String {
    name.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '_' }).collect()
}
