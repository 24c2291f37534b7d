//! A change of the count in the middle of a rollout: every `ReplicaSet` gets its share.

use serde_json::{Value, json};

use super::{Kind, Stage};
use crate::demo::controllers::object::int;

fn rolling() -> Value {
    json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 3, "maxUnavailable": 2}})
}

impl Stage {
    fn settled(&mut self) {
        self.wait(90);
        assert_eq!(int(&self.get(Kind::Deployment, "web"), &["status", "availableReplicas"]), 10);
    }
}

fn sizes(expected: &[(&str, i64)]) -> Vec<(String, i64)> {
    expected.iter().map(|(tag, size)| (format!("shop/web:{tag}"), *size)).collect()
}

/// The example of the Kubernetes documentation, "Proportional scaling": ten become fifteen while the new image cannot
/// be pulled; three of the five go to the old pods, two to the new ones.
#[test]
fn the_documented_example_comes_out_as_documented() {
    let mut stage = Stage::new();
    stage.deploy(10, &rolling());
    stage.settled();
    stage.set_image("v2-pull");
    stage.wait(60);
    assert_eq!(stage.sizes(), sizes(&[("v1", 8), ("v2-pull", 5)]));
    stage.scale(15);
    stage.wait(60);
    assert_eq!(stage.sizes(), sizes(&[("v1", 11), ("v2-pull", 7)]));
    let status = stage.get(Kind::Deployment, "web");
    let count = |key: &str| int(&status, &["status", key]);
    assert_eq!([count("replicas"), count("updatedReplicas"), count("availableReplicas")], [18, 7, 11]);
    stage.scale(10);
    stage.wait(60);
    assert_eq!(stage.sizes(), sizes(&[("v1", 8), ("v2-pull", 5)]), "and back");
}

/// Three sets at once: the shares are those of their sizes, and nothing is lost or won.
#[test]
fn three_sets_share_a_change_by_their_sizes() {
    let mut stage = Stage::new();
    stage.deploy(10, &rolling());
    stage.settled();
    stage.set_image("v2");
    // The first wave of v2 is ready, and the old ones make way for it, when a third version comes.
    stage.wait(12);
    stage.set_image("v3-pull");
    stage.wait(1);
    stage.change(Kind::Deployment, "web", |web| web["spec"]["paused"] = json!(true));
    stage.wait(60);
    let before = stage.sizes();
    assert_eq!(before.len(), 3, "{before:?}");
    let all: i64 = before.iter().map(|(_, size)| size).sum();
    assert_eq!(all, 13, "ten and the surge: {before:?}");
    stage.scale(30);
    stage.wait(1);
    let after = stage.sizes();
    assert_eq!(after.iter().map(|(_, size)| size).sum::<i64>(), 33, "thirty and the surge: {after:?}");
    for ((image, was), (_, is)) in before.iter().zip(&after) {
        // was × 33 / 13, to the nearest whole number; the last to be asked gets what is left.
        let share = (was * 33 * 2 + 13) / 26;
        assert!((is - share).abs() <= 1, "{image}: {was} became {is}, its share is {share}");
    }
}
