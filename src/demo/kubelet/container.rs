//! One container's life: pull, start, probes, death, back-off. Pure: time in, notes out.

mod running;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::behaviour::Behaviour;
use super::pace::{Surroundings, spelled};
use super::probe::Probes;
use crate::demo::controllers::object::{stamp, text};
use running::Run;

/// A container that ran this long, in seconds at speed 1, starts with a fresh back-off.
const FORGIVEN: f64 = 600.0;

/// Why a container waits while init containers run, as its status says.
pub(super) const INITIALIZING: &str = "PodInitializing";

/// Something to tell in an event: type, reason, message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note(pub &'static str, pub &'static str, pub String);

/// What a container is in its pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// One of `containers`.
    Main,
    /// One of `initContainers`: runs to its end before the next one starts.
    Init,
    /// One of `initContainers` with `restartPolicy: Always`: runs beside the others, from before them.
    Sidecar,
}

impl Role {
    /// Reads the role of one of `initContainers`.
    pub fn of_init(spec: &Value) -> Self {
        if text(spec, &["restartPolicy"]) == "Always" { Self::Sidecar } else { Self::Init }
    }
}

/// What a container is doing.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// Init containers are to be done first.
    Waiting,
    /// The image is on its way, until an instant.
    Pulling(Timestamp),
    /// The image could not be had; tried again at an instant. The flag says whether the wait has been announced.
    NoImage(Timestamp, bool),
    /// It runs.
    Running(Run),
    /// It ended (state as JSON) and waits for the kubelet's next look.
    Ended(Value, Timestamp),
    /// It waits out a crash back-off.
    BackOff(Timestamp, SignedDuration),
    /// An init container that ended well (state as JSON).
    Done(Value),
}

/// One container of a pod, as its kubelet knows it.
#[derive(Debug, Clone)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// What it is in its pod.
    pub role: Role,
    /// Why it waits while its image is pulled, as its status says.
    pub waits: &'static str,
    /// What it does.
    pub state: State,
    /// How it ended last, as `state` JSON.
    pub last: Option<Value>,
    /// How often it was restarted.
    pub restarts: u32,
    /// Whether it gets traffic.
    pub ready: bool,
    /// Whether it passed its startup probe.
    pub started: bool,
    probes: Probes,
    behaviour: Behaviour,
    crashes: u32,
    /// From when on its readiness probe is answered with 503.
    sour: Option<Timestamp>,
}

impl Container {
    /// A container that waits for its turn.
    pub fn new(spec: &Value, role: Role, behaviour: Behaviour) -> Self {
        Self {
            name: text(spec, &["name"]).to_owned(),
            image: text(spec, &["image"]).to_owned(),
            role,
            waits: if role == Role::Main { "ContainerCreating" } else { INITIALIZING },
            state: State::Waiting,
            last: None,
            restarts: 0,
            ready: false,
            started: false,
            probes: if role == Role::Init { Probes::default() } else { Probes::of(spec) },
            behaviour,
            crashes: 0,
            sour: None,
        }
    }

    /// It is its turn: its image is pulled from `now` on, or is `present` on the node already.
    pub fn begin(&mut self, present: bool, now: Timestamp, around: &Surroundings<'_>) -> Vec<Note> {
        self.state = State::Pulling(now + around.scaled(if present { 2.0 } else { self.behaviour.pull }));
        if present {
            return Vec::new();
        }
        vec![Note("Normal", "Pulling", format!("Pulling image \"{}\"", self.image))]
    }

    /// Says whether what comes after it may start.
    pub fn lets_others_start(&self) -> bool {
        match self.role {
            Role::Main => true,
            Role::Init => matches!(self.state, State::Done(_)),
            Role::Sidecar => self.started && self.running_since().is_some(),
        }
    }

    /// A container that has been running, ready, since long ago.
    pub fn settled(spec: &Value, behaviour: Behaviour, since: Timestamp) -> Self {
        Self {
            state: State::Running(Run::settled(since)),
            ready: true,
            started: true,
            ..Self::new(spec, Role::Main, behaviour)
        }
    }

    /// Returns when something happens next by itself.
    pub fn due(&self) -> Option<Timestamp> {
        match &self.state {
            State::Pulling(at) | State::NoImage(at, _) | State::Ended(_, at) | State::BackOff(at, _) => Some(*at),
            State::Running(run) => run.due(),
            State::Waiting | State::Done(_) => None,
        }
    }

    /// Lets one due thing happen.
    pub fn advance(&mut self, now: Timestamp, present: bool, around: &Surroundings<'_>) -> Vec<Note> {
        match self.state.clone() {
            State::Waiting | State::Done(_) => Vec::new(),
            State::Pulling(_) if !self.behaviour.exists => self.pull_failed(now, around),
            State::Pulling(_) => {
                let message = if present {
                    format!("Container image \"{}\" already present on machine", self.image)
                } else {
                    let took = around.scaled(self.behaviour.pull).as_millis();
                    format!(
                        "Successfully pulled image \"{}\" in {took}ms ({took}ms including waiting). Image size: 187412633 bytes.",
                        self.image
                    )
                };
                let mut notes = vec![Note("Normal", "Pulled", message)];
                notes.extend(self.start(now, around));
                notes
            }
            State::NoImage(_, false) => self.announce_no_image(now, around),
            State::NoImage(_, true) => {
                self.state = State::Pulling(now + around.scaled(8.0));
                vec![Note("Normal", "Pulling", format!("Pulling image \"{}\"", self.image))]
            }
            State::Running(run) => self.run_on(run, now, around),
            State::Ended(ended, _) => self.after_end(ended, now, around),
            State::BackOff(..) => {
                self.restarts += 1;
                let mut notes = vec![Note(
                    "Normal",
                    "Pulled",
                    format!("Container image \"{}\" already present on machine", self.image),
                )];
                notes.extend(self.start(now, around));
                notes
            }
        }
    }

    /// Ends the running container with an exit code and a reason.
    pub fn end(&mut self, code: i64, reason: &str, now: Timestamp, around: &Surroundings<'_>) -> Vec<Note> {
        if let State::Running(run) = &self.state {
            if now.duration_since(run.since) >= around.scaled(FORGIVEN) {
                self.crashes = 0;
            }
            let ended = json!({"terminated": {
                "exitCode": code, "reason": reason, "startedAt": stamp(run.since), "finishedAt": stamp(now),
                "containerID": self.id(),
            }});
            self.started = false;
            self.ready = self.role == Role::Init && code == 0;
            self.state = if self.ready { State::Done(ended) } else { State::Ended(ended, now + around.scaled(10.0)) };
        }
        Vec::new()
    }

    /// The first end is followed by a restart at once; every further one by a wait that doubles.
    fn after_end(&mut self, ended: Value, now: Timestamp, around: &Surroundings<'_>) -> Vec<Note> {
        self.last = Some(ended);
        self.crashes += 1;
        if self.crashes == 1 {
            self.restarts += 1;
            let mut notes = vec![Note(
                "Normal",
                "Pulled",
                format!("Container image \"{}\" already present on machine", self.image),
            )];
            notes.extend(self.start(now, around));
            return notes;
        }
        let wait = around.backoff(self.crashes - 2);
        self.state = State::BackOff(now + wait, wait);
        let message = format!("Back-off restarting failed container {} in pod {}", self.name, around.pod);
        vec![Note("Warning", "BackOff", message)]
    }

    fn pull_failed(&mut self, now: Timestamp, around: &Surroundings<'_>) -> Vec<Note> {
        self.state = State::NoImage(now + around.scaled(10.0), false);
        let why = self.pull_error();
        vec![
            Note("Warning", "Failed", format!("Failed to pull image \"{}\": {why}", self.image)),
            Note("Warning", "Failed", "Error: ErrImagePull".to_owned()),
        ]
    }

    fn announce_no_image(&mut self, now: Timestamp, around: &Surroundings<'_>) -> Vec<Note> {
        let wait = around.backoff(self.crashes);
        self.crashes += 1;
        self.state = State::NoImage(now + wait, true);
        vec![
            Note("Normal", "BackOff", format!("Back-off pulling image \"{}\"", self.image)),
            Note("Warning", "Failed", "Error: ImagePullBackOff".to_owned()),
        ]
    }

    fn pull_error(&self) -> String {
        format!(
            "rpc error: code = NotFound desc = failed to pull and unpack image \"docker.io/{0}\": failed to resolve reference \
             \"docker.io/{0}\": docker.io/{0}: not found",
            self.image
        )
    }

    /// Returns the container's `state` as the API shows it.
    pub fn shown(&self, around: &Surroundings<'_>) -> Value {
        match &self.state {
            State::Waiting => json!({"waiting": {"reason": INITIALIZING}}),
            State::Pulling(_) if self.crashes > 0 => json!({"waiting": {
                "reason": "ImagePullBackOff", "message": format!("Back-off pulling image \"{}\"", self.image),
            }}),
            State::Pulling(_) => json!({"waiting": {"reason": self.waits}}),
            State::NoImage(_, false) => json!({"waiting": {"reason": "ErrImagePull", "message": self.pull_error()}}),
            State::NoImage(_, true) => json!({"waiting": {
                "reason": "ImagePullBackOff", "message": format!("Back-off pulling image \"{}\"", self.image),
            }}),
            State::Running(run) => json!({"running": {"startedAt": stamp(run.since)}}),
            State::Ended(ended, _) | State::Done(ended) => ended.clone(),
            State::BackOff(_, wait) => json!({"waiting": {
                "reason": "CrashLoopBackOff",
                "message": format!(
                    "back-off {} restarting failed container={} pod={}", spelled(*wait), self.name, around.pod
                ),
            }}),
        }
    }

    /// Returns the container's runtime id, another one after each restart.
    pub fn id(&self) -> String {
        let hash = crate::demo::controllers::hash::of(&json!([self.name, self.image, self.restarts]), 0);
        format!("containerd://{hash:0>64}")
    }

    /// Returns since when the container runs, where it does.
    pub fn running_since(&self) -> Option<Timestamp> {
        match &self.state {
            State::Running(run) => Some(run.since),
            _ => None,
        }
    }

    /// Returns the exit code and reason of a container that has just ended, or of its last run.
    pub fn ended(&self) -> Option<(i64, String)> {
        let state = match &self.state {
            State::Ended(ended, _) | State::Done(ended) => Some(ended),
            _ => self.last.as_ref(),
        }?;
        let ended = state.get("terminated")?;
        Some((ended.get("exitCode")?.as_i64()?, text(ended, &["reason"]).to_owned()))
    }

    /// Returns the seconds from start until it serves, at speed 1.
    pub fn startup_seconds(&self) -> f64 {
        self.behaviour.startup
    }

    /// Returns the seconds from SIGTERM to the end, at speed 1.
    pub fn stop_seconds(&self) -> f64 {
        self.behaviour.stop
    }
}
