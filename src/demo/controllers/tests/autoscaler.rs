//! The autoscaler at work: load comes and goes, and the count follows at the pace that is written.

use serde_json::{Value, json};

use super::{Kind, SPACE, Stage};
use crate::demo::controllers::cluster::Key;
use crate::demo::controllers::object::{condition, int, list, name, text};
use crate::demo::controllers::pods;

/// A Deployment under an autoscaler that wants half a core of each pod.
struct Scaled {
    stage: Stage,
}

impl Scaled {
    fn new(replicas: i64, behavior: &Value) -> Self {
        let mut stage = Stage::new();
        stage.deploy(replicas, &json!({"type": "RollingUpdate"}));
        stage.wait(60);
        stage.make(Kind::HorizontalPodAutoscaler, json!({
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web", "namespace": SPACE},
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
                "minReplicas": 2, "maxReplicas": 12, "behavior": behavior,
                "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}],
            },
        }));
        Self { stage }
    }

    fn replicas(&self) -> i64 {
        int(&self.stage.get(Kind::Deployment, "web"), &["spec", "replicas"])
    }

    /// Lets time pass under a load; returns each change of the count with its second.
    fn under(&mut self, load: f64, seconds: i64) -> Vec<(i64, i64)> {
        let mut changes = Vec::new();
        for second in 1..=seconds {
            self.use_cores(load);
            let before = self.replicas();
            self.stage.wait(1);
            if self.replicas() != before {
                changes.push((second, self.replicas()));
            }
        }
        changes
    }

    /// Spreads the load over the ready pods, as a scrape of the metrics server would find it.
    fn use_cores(&mut self, load: f64) {
        let cluster = self.stage.cluster();
        let ready: Vec<_> = cluster.list(Kind::Pod, Some(SPACE)).into_iter().filter(|pod| pods::ready(pod)).collect();
        let each = load / f64::from(u32::try_from(ready.len()).expect("a few").max(1));
        let first = cluster.usage.is_empty();
        cluster.usage = ready.iter().map(|pod| (Key::new(Kind::Pod, SPACE, name(pod)), (each, 64e6))).collect();
        if first {
            cluster.enqueue(Key::new(Kind::HorizontalPodAutoscaler, SPACE, "web"));
        }
    }

    fn reason(&self, kind: &str) -> String {
        let scaler = self.stage.get(Kind::HorizontalPodAutoscaler, "web");
        condition(&scaler, kind).map_or_else(String::new, |found| text(found, &["reason"]).to_owned())
    }

    fn messages(&self) -> Vec<String> {
        let events = self.stage.engine.cluster().list(Kind::Event, Some(SPACE));
        let about = events.iter().filter(|event| text(event, &["reason"]) == "SuccessfulRescale");
        about.map(|event| text(event, &["message"]).to_owned()).collect()
    }
}

/// The counts alone.
fn counts(changes: &[(i64, i64)]) -> Vec<i64> {
    changes.iter().map(|(_, count)| *count).collect()
}

/// Seconds between one change and the next.
fn pauses(changes: &[(i64, i64)]) -> Vec<i64> {
    changes.windows(2).map(|pair| pair[1].0 - pair[0].0).collect()
}

#[test]
fn policies_set_the_pace_both_ways_and_a_window_holds_the_way_down() {
    let mut scaled = Scaled::new(
        2,
        &json!({
            "scaleUp": {"policies": [{"type": "Pods", "value": 2, "periodSeconds": 60}]},
            "scaleDown": {
                "stabilizationWindowSeconds": 120, "policies": [{"type": "Percent", "value": 50, "periodSeconds": 60}],
            },
        }),
    );
    assert_eq!(scaled.under(1.0, 60), [], "two pods at half a core each are as wanted");
    assert_eq!(scaled.reason("ScalingLimited"), "DesiredWithinRange");

    let mut up = scaled.under(5.0, 20);
    assert_eq!(scaled.reason("ScalingLimited"), "ScaleUpLimit");
    up.extend(scaled.under(5.0, 280).into_iter().map(|(at, count)| (at + 20, count)));
    assert_eq!(counts(&up), [4, 6, 8, 10]);
    assert_eq!(pauses(&up), [60, 60, 60]);
    assert_eq!(scaled.reason("ScalingLimited"), "DesiredWithinRange");

    let mut down = scaled.under(1.0, 60);
    assert_eq!((down.len(), scaled.reason("AbleToScale")), (0, "ScaleDownStabilized".to_owned()));
    down.extend(scaled.under(1.0, 240).into_iter().map(|(at, count)| (at + 60, count)));
    assert_eq!(counts(&down), [5, 2]);
    assert!((105..=135).contains(&down[0].0), "two minutes after the last look under load: {down:?}");
    assert_eq!(pauses(&down), [60]);
    let said = scaled.messages();
    assert!(
        said.contains(&"New size: 4; reason: cpu resource utilization (percentage of request) above target".into()),
        "{said:?}"
    );
    assert!(said.contains(&"New size: 5; reason: All metrics below target".into()), "{said:?}");
}

#[test]
fn the_strictest_policy_may_be_chosen_and_a_direction_forbidden() {
    let mut scaled = Scaled::new(
        2,
        &json!({
            "scaleUp": {"selectPolicy": "Min", "policies": [
                {"type": "Percent", "value": 100, "periodSeconds": 30}, {"type": "Pods", "value": 1, "periodSeconds": 30},
            ]},
            "scaleDown": {"selectPolicy": "Disabled", "stabilizationWindowSeconds": 0},
        }),
    );
    assert_eq!(scaled.under(1.0, 30), []);
    let up = scaled.under(3.0, 180);
    assert_eq!((counts(&up), pauses(&up)), (vec![3, 4, 5, 6], vec![30, 30, 30]));
    assert_eq!(scaled.under(0.1, 600), [], "it never shrinks");
    assert_eq!(scaled.reason("ScalingLimited"), "ScaleDownLimit");
}

#[test]
fn a_rise_must_last_as_long_as_its_window() {
    let mut scaled = Scaled::new(2, &json!({"scaleUp": {"stabilizationWindowSeconds": 90}}));
    assert_eq!(scaled.under(1.0, 120), []);
    assert_eq!(scaled.under(4.0, 60), [], "a peak of a minute is passed over");
    assert_eq!(scaled.under(1.0, 120), []);
    let up = scaled.under(4.0, 180);
    assert_eq!(up.last().map(|(_, count)| *count), Some(8), "{up:?}");
    assert!(up[0].0 >= 75, "{up:?}");
}

#[test]
fn without_a_word_about_it_growing_is_fast_and_shrinking_takes_five_minutes() {
    let mut scaled = Scaled::new(6, &Value::Null);
    let down = scaled.under(1.0, 400);
    assert_eq!(counts(&down), [2]);
    assert!((300..=316).contains(&down[0].0), "what it found at first counts as recommended: {down:?}");
    let up = scaled.under(6.0, 60);
    assert_eq!(counts(&up), [6, 12], "four more or twice as many, whichever is more, every 15 seconds");
    assert_eq!(pauses(&up), [15]);
    assert_eq!(list(&scaled.stage.get(Kind::HorizontalPodAutoscaler, "web"), &["status", "currentMetrics"]).len(), 1);
}

#[test]
fn a_count_that_somebody_set_beyond_the_bounds_is_brought_back() {
    let mut scaled = Scaled::new(4, &Value::Null);
    assert_eq!(scaled.under(2.0, 30), []);
    for (set, back, reason) in [
        (20, 12, "New size: 12; reason: Current number of replicas above Spec.MaxReplicas"),
        (1, 2, "New size: 2; reason: Current number of replicas below Spec.MinReplicas"),
    ] {
        scaled.stage.change(Kind::Deployment, "web", |web| web["spec"]["replicas"] = json!(set));
        let changes = scaled.under(2.0, 16);
        assert_eq!(changes.first().map(|(_, count)| *count), Some(back), "{changes:?}");
        assert!(scaled.messages().contains(&reason.to_owned()), "{:?}", scaled.messages());
    }
}
