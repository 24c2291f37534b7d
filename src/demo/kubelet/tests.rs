//! Pods through their lives, in virtual time.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::demo::controllers::object::{condition, name};
use crate::demo::engine::Engine;
use crate::demo::store::{SharedStore, Store};

const SPACE: &str = "default";
const READINESS: (i64, i64, i64) = (2, 5, 3);

/// An engine with one node and a service, at speed 1.
struct Bench {
    engine: Engine,
    now: Timestamp,
}

impl Bench {
    fn new() -> Self {
        let now = Timestamp::from_second(1_795_262_400).expect("in range");
        let mut engine = Engine::new(SharedStore::new(Store::new(1)), 1, 1.0, now);
        engine.step(now);
        let capacity = json!({"cpu": "8", "memory": "32Gi", "pods": "110"});
        let node = json!({
            "apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}, "spec": {},
            "status": {
                "capacity": capacity, "allocatable": capacity,
                "conditions": [{"type": "Ready", "status": "True"}],
                "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}],
            },
        });
        let cluster = engine.cluster_mut();
        let space = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}});
        cluster.create(Kind::Namespace, space, "test").expect("a namespace");
        cluster.create(Kind::Node, node, "test").expect("a node");
        let service = json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": SPACE},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
        });
        cluster.create(Kind::Service, service, "test").expect("a service");
        Self { engine, now }
    }

    fn pod(&mut self, init: &Value, container: &Value) {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": SPACE, "labels": {"app": "web"}},
            "spec": {"initContainers": init, "containers": [container]},
        });
        self.engine.cluster_mut().create(Kind::Pod, pod, "test").expect("a pod");
    }

    fn pass(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
        self.engine.step_until(self.now);
    }

    fn seen(&self) -> Value {
        self.engine.cluster().get(Kind::Pod, SPACE, "web").expect("the pod is there").value().clone()
    }

    fn ready(&self) -> bool {
        condition(&self.seen(), "Ready").is_some_and(|ready| ready["status"] == "True")
    }

    /// Addresses behind the service: ready and not ready.
    fn behind(&self) -> (usize, usize) {
        let endpoints = self.engine.cluster().get(Kind::Endpoints, SPACE, "web").expect("there are endpoints");
        let count = |key| list(&endpoints["subsets"][0], &[key]).len();
        (count("addresses"), count("notReadyAddresses"))
    }

    fn told(&self, reason: &str) -> usize {
        let events = self.engine.cluster().list(Kind::Event, Some(SPACE));
        let counts = events.iter().filter(|event| event["reason"] == reason);
        counts.map(|event| usize::try_from(event["count"].as_i64().unwrap_or(1)).unwrap_or(0)).sum()
    }
}

fn probed(image: &str) -> Value {
    let (delay, period, failures) = READINESS;
    json!({
        "name": "web", "image": image,
        "readinessProbe": {
            "httpGet": {"path": "/ready", "port": 8080}, "initialDelaySeconds": delay, "periodSeconds": period,
            "failureThreshold": failures, "successThreshold": 1,
        },
    })
}

#[test]
fn a_readiness_probe_that_begins_to_fail_takes_the_pod_out_of_its_service() {
    let mut bench = Bench::new();
    let image = "shop/web:v1";
    let sour = Behaviour { unready_after: Some(120.0), ..Behaviour::default() };
    bench.engine.kubelets_mut().set_behaviour(image, sour);
    bench.pod(&json!([]), &probed(image));
    bench.pass(60);
    assert!(bench.ready());
    assert_eq!(bench.behind(), (1, 0));
    let before = bench.told("Unhealthy");
    // It asks every 5 s and gives up at the third no: not at the first, and no later than the third.
    let mut lost = None;
    for second in 61..200 {
        bench.pass(1);
        let failures = bench.told("Unhealthy") - before;
        assert_eq!(bench.ready(), failures < 3, "after {failures} failures, at {second} s");
        lost = lost.or((!bench.ready()).then_some(second));
    }
    // Pulled in 12 s, started, sour after 120 s, three probes: at this speed within 15 %.
    assert!(lost.is_some_and(|at| (130..=170).contains(&at)), "{lost:?}");
    assert_eq!(bench.behind(), (0, 1));
    let pod = bench.seen();
    assert_eq!(pod["status"]["containerStatuses"][0]["restartCount"], 0, "nobody kills it for that");
    assert_eq!(condition(&pod, "Ready").expect("it has one")["reason"], "ContainersNotReady");
}

#[test]
fn probes_made_to_fail_pass_again_when_they_are_let() {
    let mut bench = Bench::new();
    bench.pod(&json!([]), &probed("shop/web:v1"));
    bench.pass(60);
    for (unready, ready) in [(true, false), (false, true)] {
        let now = bench.now;
        let mut kubelets = std::mem::take(bench.engine.kubelets_mut());
        kubelets.set_unready(bench.engine.cluster_mut(), (SPACE, "web"), unready, now);
        *bench.engine.kubelets_mut() = kubelets;
        bench.pass(READINESS.1 * READINESS.2 + 1);
        assert_eq!(bench.ready(), ready);
        assert_eq!(bench.behind(), if ready { (1, 0) } else { (0, 1) });
    }
}

/// What the init containers do: running or waiting for what, how they ended.
fn states(pod: &Value, list_name: &str) -> Vec<String> {
    let all = list(pod, &["status", list_name]).iter();
    all.map(|status| {
        let state = &status["state"];
        let reason = ["waiting", "terminated"].iter().find_map(|key| state[*key]["reason"].as_str());
        reason.unwrap_or(if state["running"].is_object() { "running" } else { "?" }).to_owned()
    })
    .collect()
}

#[test]
fn init_containers_run_one_after_another_before_the_others_start() {
    let mut bench = Bench::new();
    let init = json!([{"name": "migrate", "image": "shop/migrate:v1"}, {"name": "warm", "image": "shop/warm:v1"}]);
    bench.pod(&init, &json!({"name": "web", "image": "shop/web:v1"}));
    let mut seen: Vec<(Vec<String>, Vec<String>)> = Vec::new();
    for _ in 0..80 {
        bench.pass(1);
        let pod = bench.seen();
        let now = (states(&pod, "initContainerStatuses"), states(&pod, "containerStatuses"));
        let (busy, initialized) = (now.0 != ["Completed", "Completed"], condition(&pod, "Initialized"));
        assert_eq!(initialized.expect("it has one")["status"], if busy { "False" } else { "True" }, "{now:?}");
        assert_eq!(pod["status"]["phase"] == "Pending", now.1 != ["running"], "{now:?}");
        if seen.last() != Some(&now) {
            seen.push(now);
        }
    }
    let step = |init: [&str; 2], main: &str| (init.map(str::to_owned).to_vec(), vec![main.to_owned()]);
    let waits = "PodInitializing";
    let expected = [
        step([waits, waits], waits),
        step(["running", waits], waits),
        step(["Completed", waits], waits),
        step(["Completed", "running"], waits),
        step(["Completed", "Completed"], waits),
        step(["Completed", "Completed"], "running"),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn an_init_container_that_fails_is_tried_again_and_holds_everything_up() {
    let mut bench = Bench::new();
    let init = json!([{"name": "migrate", "image": "shop/migrate:v1-crash"}]);
    bench.pod(&init, &json!({"name": "web", "image": "shop/web:v1"}));
    let mut seen = Vec::new();
    for _ in 0..200 {
        bench.pass(1);
        let now = states(&bench.seen(), "initContainerStatuses").remove(0);
        assert_eq!(states(&bench.seen(), "containerStatuses"), ["PodInitializing"]);
        if seen.last() != Some(&now) {
            seen.push(now);
        }
    }
    assert_eq!(seen[..6], ["PodInitializing", "running", "Error", "running", "Error", "CrashLoopBackOff"]);
    assert!(bench.told("BackOff") > 0);
}

#[test]
fn a_sidecar_runs_beside_what_comes_after_it() {
    let mut bench = Bench::new();
    let init = json!([
        {"name": "mesh", "image": "shop/mesh:v1", "restartPolicy": "Always"}, {"name": "migrate", "image": "shop/migrate:v1"},
    ]);
    bench.pod(&init, &json!({"name": "web", "image": "shop/web:v1"}));
    bench.pass(100);
    let pod = bench.seen();
    assert_eq!(states(&pod, "initContainerStatuses"), ["running", "Completed"]);
    assert_eq!(states(&pod, "containerStatuses"), ["running"]);
    assert_eq!(name(&pod), "web");
    bench.engine.cluster_mut().delete(Kind::Pod, SPACE, "web");
    bench.pass(1);
    let told = bench.told("Killing");
    assert_eq!(told, 2, "both are stopped");
    bench.pass(60);
    assert!(bench.engine.cluster().get(Kind::Pod, SPACE, "web").is_none());
}

#[test]
fn a_crash_loop_waits_ten_seconds_and_then_twice_as_long_each_time_up_to_five_minutes() {
    let mut bench = Bench::new();
    let dies =
        Behaviour { pull: 0.0, startup: 0.0, fate: Some(Fate::Crash { after: 2.0, code: 3 }), ..Behaviour::default() };
    bench.engine.kubelets_mut().set_behaviour("shop/web:v1", dies);
    bench.pod(&json!([]), &json!({"name": "web", "image": "shop/web:v1"}));
    let (mut phases, mut waits): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for _ in 0..1800 {
        bench.pass(1);
        let pod = bench.seen();
        let state = &pod["status"]["containerStatuses"][0]["state"];
        let word = state.as_object().and_then(|state| state.keys().next()).cloned().unwrap_or_default();
        let waiting = state["waiting"]["reason"] == "CrashLoopBackOff";
        let word = if waiting { "CrashLoopBackOff".to_owned() } else { word };
        if phases.last() != Some(&word) {
            if let (true, Some(message)) = (waiting, state["waiting"]["message"].as_str()) {
                waits.push(message.split(' ').nth(1).unwrap_or_default().to_owned());
            }
            if word == "terminated" {
                assert_eq!((&state[&word]["exitCode"], &state[&word]["reason"]), (&json!(3), &json!("Error")));
            }
            phases.push(word);
        }
    }
    let first: Vec<&str> = phases.iter().map(String::as_str).skip_while(|word| *word == "waiting").take(7).collect();
    let around = ["running", "terminated", "running", "terminated", "CrashLoopBackOff", "running", "terminated"];
    assert_eq!(first, around, "the first crash is followed by a start at once");
    assert_eq!(waits[..7], ["10s", "20s", "40s", "1m20s", "2m40s", "5m0s", "5m0s"]);
    let pod = bench.seen();
    let status = &pod["status"]["containerStatuses"][0];
    assert_eq!(status["lastState"]["terminated"]["exitCode"], 3);
    assert!(status["restartCount"].as_i64() >= Some(7) && bench.told("BackOff") > 0, "{status}");
}

#[test]
fn an_image_that_is_not_there_alternates_between_its_two_words() {
    let mut bench = Bench::new();
    bench.pod(&json!([]), &json!({"name": "web", "image": "shop/web:v1-pull"}));
    let mut reasons: Vec<String> = Vec::new();
    for _ in 0..400 {
        bench.pass(1);
        let pod = bench.seen();
        let reason = &pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"];
        let reason = reason.as_str().unwrap_or_default().to_owned();
        if reasons.last() != Some(&reason) {
            reasons.push(reason);
        }
    }
    let words: Vec<&str> = reasons.iter().map(String::as_str).skip_while(|word| *word == "ContainerCreating").collect();
    assert!(words.len() >= 6, "{words:?}");
    for pair in words.chunks_exact(2) {
        assert_eq!(pair, ["ErrImagePull", "ImagePullBackOff"], "{words:?}");
    }
    assert!(bench.told("Failed") > 0 && bench.told("BackOff") > 0 && bench.told("Pulling") > 2);
    assert_eq!(bench.seen()["status"]["phase"], "Pending");
}

#[test]
fn a_pod_that_is_deleted_has_its_time_to_end_and_stops_getting_traffic_at_once() {
    let mut bench = Bench::new();
    bench.pod(&json!([]), &probed("shop/web:v1"));
    bench.pass(60);
    assert_eq!((bench.ready(), bench.behind()), (true, (1, 0)));
    bench.engine.cluster_mut().delete(Kind::Pod, SPACE, "web");
    bench.pass(1);
    let pod = bench.seen();
    assert!(pod["metadata"]["deletionTimestamp"].is_string() && pod["metadata"]["deletionGracePeriodSeconds"] == 30);
    assert_eq!(bench.behind().0, 0, "no request is sent to it any more");
    assert_eq!(bench.told("Killing"), 1);
    bench.pass(15);
    assert!(bench.engine.cluster().get(Kind::Pod, SPACE, "web").is_none(), "it ends by itself within its grace period");
}

#[test]
fn a_container_killed_for_memory_says_so() {
    let mut bench = Bench::new();
    let grows =
        Behaviour { pull: 0.0, startup: 1.0, fate: Some(Fate::OutOfMemory { after: 30.0 }), ..Behaviour::default() };
    bench.engine.kubelets_mut().set_behaviour("shop/web:v1", grows);
    bench.pod(&json!([]), &json!({"name": "web", "image": "shop/web:v1"}));
    bench.pass(60);
    let pod = bench.seen();
    let last = &pod["status"]["containerStatuses"][0]["lastState"]["terminated"];
    assert_eq!((&last["exitCode"], &last["reason"]), (&json!(137), &json!("OOMKilled")));
    assert_eq!(pod["status"]["containerStatuses"][0]["restartCount"], 1);
}
