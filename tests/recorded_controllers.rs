//! The simulated controllers against recordings of real ones: the same commands, in virtual time, must give
//! the same rollout-status lines, the same conditions, the same revisions, and never leave the bounds.
//!
//! `recorded/*.jsonl` are cut from recordings of a real API server and controllers (v1.20, simulated kubelets
//! without probes): the objects at the start, the commands, what `kubectl rollout status` said, the conditions
//! in the order of their first appearance, and the `ReplicaSets` at the end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

#[path = "recorded_controllers/lines.rs"]
mod lines;
#[path = "recorded_controllers/play.rs"]
mod play;
#[path = "recorded_controllers/recording.rs"]
mod recording;

use lines::{compare, is_final};
use play::Play;
use recording::{Entry, recording};
use rolltop::demo::kubelet::{Behaviour, Fate};

/// Plays a recording; `extra` are lines that ours may say beyond the recorded ones.
fn play(name: &str, behaviours: &[(&str, Behaviour)], extra: &[&str]) -> Play {
    let recording = recording(name);
    let mut play = Play::new(&recording, behaviours);
    let mut recorded: Vec<String> = Vec::new();
    for (at, entry) in &recording.script {
        match entry {
            Entry::Run(command) if command.starts_with("sleep") => {}
            Entry::Run(command) => {
                play.until(*at);
                play.run(command);
                recorded.clear();
            }
            Entry::Line(line) => recorded.push(line.clone()),
            Entry::Exit => {
                play.until(*at + 0.5);
                // Commands that follow at once must not find our rollout still under way.
                if play.said.iter().all(|line| !is_final(line)) {
                    play.until(*at + 3.0);
                }
                compare(name, &recorded, &play.said, extra);
                recorded.clear();
            }
        }
    }
    let end = recording.script.last().map_or(0.0, |(at, _)| *at) + 30.0;
    play.until(end);
    compare(name, &recorded, &play.said, extra);
    for condition in &recording.conditions {
        assert!(play.conditions.contains(condition), "{name}: {condition:?} is missing from {:?}", play.conditions);
    }
    let order =
        |all: &[[String; 4]], kind: &str| all.iter().filter(|each| each[1] == kind).cloned().collect::<Vec<_>>();
    for kind in ["Progressing", "ReplicaFailure"] {
        assert_eq!(
            order(&play.conditions, kind),
            order(&recording.conditions, kind),
            "{name}: conditions in their order"
        );
    }
    assert_eq!(play.sets(), recording.sets, "{name}: owner, image, revision, size of each ReplicaSet at the end");
    play
}

fn instant(pull: f64) -> Behaviour {
    Behaviour { pull, startup: 0.0, ..Behaviour::default() }
}

#[test]
fn a_rolling_update_goes_in_the_recorded_waves() {
    play("rolling-update-succeeds", &[], &[]).assert_bounds(7, 4);
}

#[test]
fn a_crash_loop_meets_the_deadline_and_an_undo_brings_the_old_revision_back() {
    play("crash-loop-deadline-then-undo", &[], &[]).assert_bounds(7, 4);
}

#[test]
fn an_image_that_cannot_be_pulled_never_takes_the_old_pods_away() {
    play("image-pull-fails", &[], &[]).assert_bounds(7, 4);
}

#[test]
fn pods_that_are_never_ready_meet_the_deadline() {
    play("readiness-never-true", &[], &[]).assert_bounds(7, 4);
}

#[test]
fn a_restart_is_a_rolling_update() {
    play("restart", &[], &[]).assert_bounds(7, 4);
}

#[test]
fn a_quota_holds_the_surge_up_until_it_is_gone() {
    play("quota-blocks-surge", &[], &[]).assert_bounds(4, 3);
}

#[test]
fn scaling_keeps_the_revision() {
    play("scale-up-and-down", &[], &[]).assert_bounds(8, 0);
}

#[test]
fn a_rollout_that_completes_may_die_of_memory_later() {
    let oom = Behaviour { fate: Some(Fate::OutOfMemory { after: 40.0 }), ..instant(2.0) };
    // There the old pods went one after another, and all new ones were ready before the last had gone.
    let extra = ["2 old replicas", "4 of 5 updated"];
    play("oom-killed-after-rollout", &[("mambogo/order-service:v1.3.0-oom", oom)], &extra).assert_bounds(7, 0);
}

#[test]
fn a_stateful_set_goes_from_the_highest_number_down() {
    play("statefulset-update", &[], &[]);
}

#[test]
fn a_daemon_set_goes_node_by_node() {
    play("daemonset-update", &[], &[]);
}
