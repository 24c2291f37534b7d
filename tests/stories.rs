//! Each shipped story as a person sees it: a named screen says what the story says, by its story time, and the
//! smooth release never says it.
//!
//! The company's clock is turned by hand, so no frame is missed and nothing is slept over: after each turn the client
//! (a real one, over HTTPS) is awaited until it knows what the company knows, and then every screen is drawn.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

#[path = "stories/audience.rs"]
mod audience;
#[path = "stories/play.rs"]
mod play;

use audience::Audience;
use play::Play;
use rolltop::demo::scenario::{self, Scenario, Sign};

/// The story in which nothing goes wrong.
const SMOOTH: &str = "smooth-release";
/// Story seconds between two frames.
const STEP: f64 = 5.0;
/// The same while nothing happens that could be missed.
const SMOOTH_STEP: f64 = 10.0;
/// How long the smooth story is looked at, in story seconds: far beyond its end.
const SMOOTH_LASTS: f64 = 900.0;
/// When somebody rolls back what a tool holds, in story seconds.
const ROLLED_BACK: f64 = 180.0;

fn story(name: &str) -> Scenario {
    scenario::shipped(name).unwrap().unwrap()
}

/// Plays a story until each of its signs was seen; none may be late, and none may be there before the first step.
async fn shows(name: &str) {
    let story = story(name);
    assert!(!story.signs.is_empty(), "{name} names no screen");
    let signs = story.signs.clone();
    let mut play = Play::open(story).await;
    let mut audience = Audience::all(&mut play, signs).await;
    for one in &mut audience {
        one.look(&mut play).await;
        let early: Vec<_> = one.awaited.iter().filter_map(|awaited| awaited.seen.as_ref()).collect();
        assert!(early.is_empty(), "{name}: said before anything happened: {early:?}");
    }
    while audience.iter().any(|one| one.missing().next().is_some()) {
        play.turn(STEP).await;
        for one in &mut audience {
            one.look(&mut play).await;
            let late = one.missing().find(|awaited| play.story() > awaited.sign.by.as_secs_f64());
            assert!(late.is_none(), "{name}: not said by its time: {:?}\n{}", late.unwrap().sign, one.frame(&play));
        }
        if name == "gitops-reverts" && (ROLLED_BACK..ROLLED_BACK + STEP).contains(&play.story()) {
            audience[0].rolls_back(&mut play).await;
        }
    }
    for awaited in audience.iter().flat_map(|one| &one.awaited) {
        println!("{name}: {} says {:?}", awaited.sign.screen.name(), awaited.seen.as_ref().unwrap());
    }
}

macro_rules! stories {
    ($($test:ident $name:literal;)*) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            shows($name).await;
        })*

        #[test]
        fn every_story_is_played() {
            let played: Vec<&str> = vec![$($name),*];
            assert_eq!(played, scenario::names().collect::<Vec<_>>());
        }
    };
}

stories! {
    a_good_release_beside_a_bad_one "good-and-bad-release";
    a_smooth_release "smooth-release";
    a_latency_regression "latency-regression";
    a_crash_loop "crash-loop";
    memory_that_runs_out "oom-under-load";
    an_image_that_does_not_exist "image-typo";
    a_pod_that_is_never_ready "readiness-never-true";
    a_start_slower_than_its_liveness_probe "slow-start";
    a_leak_of_connections "connection-leak";
    a_noisy_neighbour "noisy-neighbour";
    an_autoscaler_at_its_maximum "hpa-at-max";
    a_quota_without_room "quota-blocks-surge";
    a_node_that_is_lost "node-lost";
    a_change_of_configuration "config-change";
    a_slow_provider "slow-payment-provider";
    a_tool_that_takes_it_back "gitops-reverts";
    a_canary_that_is_fine "good-canary";
    a_canary_with_errors "canary-with-errors";
    a_canary_that_is_slow "canary-that-is-slow";
    a_canary_that_nobody_looks_at "canary-forgotten";
    a_canary_that_was_aborted "canary-aborted";
    a_switch_and_back "blue-green";
    a_gate_that_is_closed "gate-waits";
    a_canary_by_labels "canary-by-labels";
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_smooth_release_says_none_of_it() {
    let signs: Vec<Sign> =
        scenario::names().filter(|name| *name != SMOOTH).flat_map(|name| story(name).signs).collect();
    assert!(signs.len() > 15);
    let mut play = Play::open(story(SMOOTH)).await;
    let mut audience = Audience::all(&mut play, signs).await;
    while play.story() < SMOOTH_LASTS {
        play.turn(SMOOTH_STEP).await;
        for one in &mut audience {
            one.look(&mut play).await;
            let said: Vec<_> = one.awaited.iter().filter_map(|awaited| awaited.seen.as_ref()).collect();
            assert!(said.is_empty(), "{said:?}\n{}", one.frame(&play));
        }
    }
}
