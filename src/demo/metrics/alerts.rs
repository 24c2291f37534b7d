//! The company's alerts.

use super::super::prometheus::Rules;
use super::super::prometheus::rules::{Group, Rule};

/// Seconds an alert waits before it fires.
const PENDING: f64 = 300.0;

/// Shortest window in seconds that still holds a few scrapes.
const SHORTEST_WINDOW: f64 = 60.0;

/// The alerts of a company whose clock runs `speed` times as fast, evaluated every `interval` seconds.
pub fn rules(speed: f64, interval: f64) -> Rules {
    let pending = PENDING / speed;
    let window = format!("{:.0}s", pending.max(SHORTEST_WINDOW).max(interval * 4.0));
    let requests = |status: &str| {
        format!("sum by (namespace, app) (rate(http_server_requests_seconds_count{{{status}}}[{window}]))")
    };
    let errors = format!("{} / {} > 0.05", requests("status=~\"5..\""), requests(""));
    let memory = "max by (namespace, pod, container) (container_memory_working_set_bytes{container!=\"\"}) \
                  / on (namespace, pod, container) \
                  max by (namespace, pod, container) (kube_pod_container_resource_limits{resource=\"memory\"}) > 0.8";
    let crashes = format!(
        "max_over_time(kube_pod_container_status_waiting_reason{{reason=\"CrashLoopBackOff\"}}[{window}]) >= 1"
    );
    let rules = vec![
        Rule::alert(
            "HighErrorRate",
            errors,
            pending,
            "critical",
            &[
                ("summary", "{{ $labels.app }} answers {{ $value | humanizePercentage }} of its requests with 5xx"),
                ("runbook_url", "https://runbooks.mambogo.example/high-error-rate"),
            ],
        ),
        Rule::alert(
            "HighMemoryUsage",
            memory.to_owned(),
            pending,
            "warning",
            &[
                ("summary", "{{ $labels.pod }} uses {{ $value | humanizePercentage }} of its memory limit"),
                ("runbook_url", "https://runbooks.mambogo.example/high-memory-usage"),
            ],
        ),
        Rule::alert(
            "PodCrashLooping",
            crashes,
            pending,
            "critical",
            &[
                ("summary", "container {{ $labels.container }} of {{ $labels.pod }} keeps crashing"),
                ("runbook_url", "https://runbooks.mambogo.example/pod-crash-looping"),
            ],
        ),
    ];
    let group = Group {
        name: "mambogo".to_owned(),
        file: "/etc/prometheus/rules/mambogo.yaml".to_owned(),
        interval,
        rules,
        evaluated: None,
    };
    Rules { groups: vec![group] }
}
