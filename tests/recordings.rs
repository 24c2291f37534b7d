//! What a real API server said during ten releases, replayed, and compared with what kubectl concluded of them.
//!
//! A recording holds JSON lines: `{"t": seconds, "from": collection, "type": LIST|ADDED|MODIFIED|DELETED, "object"}`,
//! `{"t", "run": command}`, and `{"t", "kubectl_rollout_status": line}`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

use std::{fs::File, io::Read, path::Path};

use flate2::read::GzDecoder;
use jiff::{SignedDuration, Timestamp};
use rolltop::{
    cluster::wire::{self, Interner, Object},
    domain::{Family, Kind, WorkloadKey},
    release::{Assessment, Assessments, Revision, State, Verdict, Who, assess, progress::verdict, revisions},
    world::{Changed, World},
};
use serde_json::Value;

/// How far apart kubectl and rolltop may be, in seconds.
const TOLERANCE: f64 = 0.5;

/// What stood on screen from one instant to the next.
struct Frame {
    from: f64,
    until: f64,
    verdict: Verdict,
    assessment: Assessment,
}

struct Replay {
    world: World,
    key: WorkloadKey,
    start: Timestamp,
    frames: Vec<Frame>,
    kubectl: Vec<(f64, String)>,
}

impl Replay {
    /// Plays a recording up to a second.
    fn new(name: &str, kind: Kind, workload: &str, until: f64) -> Self {
        let lines = read(name);
        let mut replay = Self {
            world: World::new(),
            key: WorkloadKey::new(kind, "rec", workload),
            start: start(&lines),
            frames: Vec::new(),
            kubectl: Vec::new(),
        };
        let (mut assessments, mut intern) = (Assessments::new(), Interner::default());
        let mut at = 0;
        while at < lines.len() && time(&lines[at]) <= until {
            let line = &lines[at];
            if let Some(said) = line["kubectl_rollout_status"].as_str() {
                replay.kubectl.push((time(line), said.to_owned()));
            }
            let same = |other: &&Value| other["from"] == line["from"] && other["type"] == "LIST";
            let listed = if line["type"] == "LIST" { lines[at..].iter().take_while(same).count() } else { 0 };
            let changed = replay.apply(line, &lines[at..at + listed], &mut intern);
            replay.judge(&mut assessments, &changed, time(line));
            at += listed.max(1);
        }
        replay
    }

    /// The instant of a second of the recording.
    fn at(&self, second: f64) -> Timestamp {
        self.start + SignedDuration::from_secs_f64(second)
    }

    fn apply(&mut self, line: &Value, listed: &[Value], intern: &mut Interner) -> Changed {
        let Some(family) = line["from"].as_str().and_then(family) else { return Changed::default() };
        let now = self.at(time(line));
        let mut decode = |line: &Value| wire::decode_value(family, &line["object"], intern).unwrap();
        let observation = match line["type"].as_str().unwrap() {
            "LIST" => Some(wire::reset(family, Some("rec".into()), listed.iter().map(decode).collect())),
            "ADDED" | "MODIFIED" => Object::applied(decode(line)),
            "DELETED" => Object::deleted(decode(line)),
            _ => None,
        };
        observation.map(|observation| self.world.apply(observation, now)).unwrap_or_default()
    }

    /// Judges as the owner loop does: what is due first, then what changed.
    fn judge(&mut self, assessments: &mut Assessments, changed: &Changed, second: f64) {
        let now = self.at(second);
        while let Some(due) = assessments.next_deadline().filter(|due| *due < now) {
            assessments.refresh(&self.world, &Changed::default(), due);
            self.keep(assessments, due.duration_since(self.start).as_secs_f64());
        }
        assessments.refresh(&self.world, changed, now);
        self.keep(assessments, second);
    }

    fn keep(&mut self, assessments: &Assessments, second: f64) {
        let Some((assessment, workload)) = assessments.get(&self.key).zip(self.world.workload(&self.key)) else {
            return;
        };
        let progress = assessment.progress;
        for count in [progress.desired, progress.updated, progress.ready, progress.available, progress.old] {
            assert!(count >= 0, "{progress:?}");
        }
        assert_eq!(assessment.message, verdict(workload).to_string());
        if let Some(last) = self.frames.last_mut() {
            last.until = second;
        }
        if self.frames.last().is_none_or(|last| last.assessment != *assessment) {
            let verdict = verdict(workload);
            self.frames.push(Frame { from: second, until: second, verdict, assessment: assessment.clone() });
        }
    }

    /// States in order, each once until it changes.
    fn states(&self) -> Vec<&'static str> {
        let mut states: Vec<_> = self.frames.iter().map(|frame| frame.assessment.state.word()).collect();
        states.dedup();
        states
    }

    fn first(&self, state: State) -> &Frame {
        let mut found = self.frames.iter().filter(|frame| frame.assessment.state == state);
        found.next().unwrap_or_else(|| panic!("never {state:?}: {:?}", self.states()))
    }

    fn first_verdict(&self, verdict: Verdict) -> Option<f64> {
        self.frames.iter().find(|frame| frame.verdict == verdict).map(|frame| frame.from)
    }

    /// Every distinct line of kubectl is found in order and in time; returns how many there were.
    fn agrees_with_kubectl(&self) -> usize {
        let mut said = self.kubectl.clone();
        said.dedup_by(|later, earlier| later.1 == earlier.1);
        let mut next = 0;
        for (second, line) in &said {
            let expected = meant(line);
            let found = self.frames[next..].iter().position(|frame| {
                frame.verdict == expected && frame.from <= second + TOLERANCE && frame.until >= second - TOLERANCE
            });
            let near: Vec<_> = self.frames.iter().map(|frame| (frame.from, frame.until, frame.verdict)).collect();
            next += found.unwrap_or_else(|| panic!("{second} s: `{line}`, after frame {next} of {near:#?}"));
        }
        said.len()
    }
}

fn read(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings").join(format!("{name}.jsonl.gz"));
    let mut text = String::new();
    GzDecoder::new(File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn time(line: &Value) -> f64 {
    line["t"].as_f64().unwrap()
}

/// The wall clock at second 0: no pod was seen before it was created.
fn start(lines: &[Value]) -> Timestamp {
    let added = lines.iter().filter(|line| line["from"] == "pods" && line["type"] == "ADDED");
    let zero = added.map(|line| {
        let created: Timestamp = line["object"]["metadata"]["creationTimestamp"].as_str().unwrap().parse().unwrap();
        created - SignedDuration::from_secs_f64(time(line))
    });
    zero.max().unwrap()
}

fn family(collection: &str) -> Option<Family> {
    Some(match collection {
        "deployments" => Family::Workloads(Kind::Deployment),
        "statefulsets" => Family::Workloads(Kind::StatefulSet),
        "daemonsets" => Family::Workloads(Kind::DaemonSet),
        "replicasets" => Family::ReplicaSets,
        "pods" => Family::Pods,
        "horizontalpodautoscalers" => Family::Autoscalers,
        "events" => Family::Events,
        _ => return None,
    })
}

/// Reads a line of `kubectl rollout status`.
fn meant(line: &str) -> Verdict {
    // A name may hold digits; the numbers stand after it, or where there is no name.
    let tail = line.rsplit(['"', ':']).next().unwrap();
    let numbers: Vec<i32> = tail.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    match (line, &*numbers) {
        (line, []) if line.contains("spec update to be observed") => Verdict::Unobserved,
        (line, []) if line.contains("exceeded its progress deadline") => Verdict::DeadlineExceeded,
        (line, []) if line.ends_with("successfully rolled out") => Verdict::Done,
        (line, [n, m]) if line.contains("partitioned") => Verdict::Partition { updated: *n, wanted: *m },
        (line, [n, m]) if line.contains("have been updated") => Verdict::Updating { updated: *n, desired: *m },
        (line, [n, m]) if line.contains("are available") => Verdict::Arriving { available: *n, of: *m },
        (line, [n]) if line.contains("pending termination") => Verdict::OldPending { old: *n },
        (line, [n]) if line.contains("to be ready") => Verdict::NotReady { missing: *n },
        (line, [n]) if line.contains("roll out complete") => Verdict::PartitionDone { updated: *n },
        _ => panic!("an unknown line of kubectl: {line}"),
    }
}

fn order(name: &str) -> Replay {
    Replay::new(name, Kind::Deployment, "order-service", f64::MAX)
}

#[test]
fn kubectl_and_rolltop_agree_on_every_line() {
    let recordings = [
        (order("rolling-update-succeeds"), 6),
        (order("restart"), 9),
        (order("scale-up-and-down"), 4),
        (order("crash-loop-deadline-then-undo"), 5),
        (order("image-pull-fails"), 5),
        (order("oom-killed-after-rollout"), 7),
        (order("readiness-never-true"), 4),
        (Replay::new("quota-blocks-surge", Kind::Deployment, "payment-service", f64::MAX), 5),
        (Replay::new("statefulset-update", Kind::StatefulSet, "kafka", f64::MAX), 7),
        (Replay::new("daemonset-update", Kind::DaemonSet, "log-shipper", f64::MAX), 10),
    ];
    for (replay, lines) in recordings {
        assert_eq!(replay.agrees_with_kubectl(), lines, "{}", replay.key);
    }
}

#[test]
fn states_follow_the_release() {
    let good = ["stable", "progressing", "stable"];
    assert_eq!(order("rolling-update-succeeds").states(), good);
    assert_eq!(order("restart").states(), good);
    assert_eq!(Replay::new("statefulset-update", Kind::StatefulSet, "kafka", f64::MAX).states(), good);
    let daemons = Replay::new("daemonset-update", Kind::DaemonSet, "log-shipper", f64::MAX);
    assert_eq!(daemons.states(), ["stable", "progressing"], "the recording ends before the rollout does");
    assert_eq!(
        order("scale-up-and-down").states(),
        ["stable", "progressing", "stable", "progressing", "stable", "scaled_down", "progressing", "stable"]
    );
}

/// Replays a release that gets stuck and is undone; checks when, and returns the gravest evidence and the advice.
fn stuck(replay: &Replay) -> (String, String, String) {
    assert_eq!(replay.states(), ["stable", "progressing", "stuck", "progressing", "stable"]);
    let frame = replay.first(State::Stuck);
    let deadline = frame.assessment.deadline.expect("a deadline runs");
    assert!(replay.at(frame.from) < deadline);
    if let Some(struck) = replay.first_verdict(Verdict::DeadlineExceeded) {
        assert!(frame.from < struck, "stuck at {}, kubectl knew at {struck}", frame.from);
        let late = deadline.duration_since(replay.at(struck)).as_secs_f64();
        assert!(late.abs() < 2.0, "the deadline was foretold {late} s wrong");
    }
    let evidence = &frame.assessment.evidence[0];
    let advice = &frame.assessment.advice.sentence;
    (evidence.reason.to_string(), evidence.message.clone(), advice.clone())
}

#[test]
fn a_crash_loop_is_stuck_before_the_deadline() {
    let replay = order("crash-loop-deadline-then-undo");
    let (reason, message, advice) = stuck(&replay);
    assert_eq!((&*reason, &*message, &*advice), ("Error", "Error exit 1", "new pods crash"));
    let looping = replay.frames.iter().any(|frame| frame.assessment.reason == "CrashLoopBackOff ×9");
    assert!(looping, "three runs of three pods");
}

#[test]
fn an_image_that_cannot_be_pulled_is_stuck_before_the_deadline() {
    let (reason, message, advice) = stuck(&order("image-pull-fails"));
    assert_eq!((&*reason, &*advice), ("ErrImagePull", "the new image cannot be pulled"));
    assert!(message.contains("mambogo/order-service:v1.4.0-pull"), "{message}");
}

#[test]
fn a_readiness_that_never_comes_is_stuck_before_the_deadline() {
    let (reason, message, advice) = stuck(&order("readiness-never-true"));
    assert_eq!((&*reason, &*advice), ("Unhealthy", "new pods do not get ready"));
    assert_eq!(message, "Readiness probe failed: HTTP probe failed with statuscode: 503");
}

#[test]
fn a_quota_is_stuck_before_the_deadline_and_no_reason_to_undo() {
    let replay = Replay::new("quota-blocks-surge", Kind::Deployment, "payment-service", f64::MAX);
    let (reason, message, advice) = stuck(&replay);
    assert_eq!((&*reason, &*advice), ("FailedCreate", "undo would not help: quota q: pods 11/11"));
    assert!(message.contains("exceeded quota: q, requested: pods=1, used: pods=11, limited: pods=11"), "{message}");
}

#[test]
fn memory_that_runs_out_after_the_rollout_is_degraded() {
    let replay = order("oom-killed-after-rollout");
    assert_eq!(replay.states(), ["stable", "progressing", "stable", "degraded", "progressing", "stable"]);
    let degraded = replay.first(State::Degraded);
    assert!(
        replay
            .frames
            .iter()
            .any(|frame| frame.verdict == Verdict::Done && frame.from < degraded.from && frame.from > 1.2)
    );
    let evidence = &degraded.assessment.evidence[0];
    assert_eq!((&*evidence.reason, &*evidence.message), ("OOMKilled", "OOMKilled exit 137"));
    assert_eq!(degraded.assessment.restarts.last_reason, "OOMKilled");
    assert_eq!(degraded.assessment.advice.sentence, "new pods run out of memory");
}

#[test]
fn the_time_left_is_right_within_half_at_half_way() {
    for name in ["rolling-update-succeeds", "restart"] {
        let whole = order(name);
        let begun = whole.first(State::Progressing).from;
        let done = whole.frames.iter().find(|frame| frame.from > begun && frame.verdict == Verdict::Done).unwrap().from;
        let half = f64::midpoint(begun, done);
        let so_far = Replay::new(name, Kind::Deployment, "order-service", half);
        let eta = assess(&so_far.world, &so_far.key, so_far.at(half)).eta.unwrap().as_secs_f64();
        let truth = done - half;
        assert!((eta - truth).abs() <= truth / 2.0, "{name}: {eta:.2} s said, {truth:.2} s were left");
    }
}

#[test]
fn versions_and_the_tool_are_told() {
    let replay = order("rolling-update-succeeds");
    let going = &replay.first(State::Progressing).assessment;
    assert_eq!((&*going.version.from, &*going.version.to), ("v1.0.0", "v1.1.0"));
    assert_eq!(going.started.as_ref().unwrap().source, "seen");
    assert_eq!(going.who, Who::Tool("kubectl-set".into()));
    let history = revisions(&replay.world, &replay.key, replay.at(10.0));
    let row =
        |revision: &Revision| (revision.revision, revision.version.clone(), revision.current, revision.undo_default);
    let rows: Vec<_> = history.iter().map(row).collect();
    assert_eq!(rows, [(2, "v1.1.0".to_owned(), true, false), (1, "v1.0.0".to_owned(), false, true)]);
    assert_eq!(history[0].change_cause.as_deref(), Some("release v1.1.0 (def456)"));
}
