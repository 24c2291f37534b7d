//! One pod on a node: its containers, its address, its end.

use jiff::Timestamp;
use serde_json::Value;

use super::behaviour::Behaviour;
use super::container::{Container, INITIALIZING, Note, Role, State};
use super::pace::{Pace, Surroundings};
use crate::demo::controllers::object::{deleting, int, list, name, namespace, text, time, uid};

/// A pod as its kubelet runs it.
#[derive(Debug, Clone)]
pub(super) struct PodRun {
    /// In the order in which they run.
    pub(super) init: Vec<Container>,
    pub(super) containers: Vec<Container>,
    pub(super) node: String,
    pub(super) ip: String,
    pub(super) host_ip: String,
    /// When the containers of a deleted pod end.
    pub(super) stops: Option<Timestamp>,
    /// Whether they have ended.
    pub(super) stopped: bool,
    title: String,
    pace: Pace,
}

impl PodRun {
    /// Starts a pod's containers.
    pub(super) fn start(
        pod: &Value,
        addresses: (String, String),
        pace: Pace,
        behaviour: &dyn Fn(&str) -> Behaviour,
        present: &dyn Fn(&str) -> bool,
        now: Timestamp,
    ) -> (Self, Vec<Note>) {
        let mut run = Self::empty(pod, addresses, pace);
        let container = |spec, role| Container::new(spec, role, behaviour(text(spec, &["image"])));
        run.init =
            list(pod, &["spec", "initContainers"]).iter().map(|spec| container(spec, Role::of_init(spec))).collect();
        run.containers = list(pod, &["spec", "containers"]).iter().map(|spec| container(spec, Role::Main)).collect();
        if !run.init.is_empty() {
            run.containers.iter_mut().for_each(|each| each.waits = INITIALIZING);
        }
        let notes = run.begin_next(now, present);
        (run, notes)
    }

    /// Takes over a pod that has been running for long.
    pub(super) fn settled(pod: &Value, pace: Pace, behaviour: &dyn Fn(&str) -> Behaviour) -> Self {
        let address = |key| text(pod, &["status", key]).to_owned();
        let mut run = Self::empty(pod, (address("podIP"), address("hostIP")), pace);
        let statuses = list(pod, &["status", "containerStatuses"]);
        for spec in list(pod, &["spec", "containers"]) {
            let status = statuses.iter().find(|status| status["name"] == spec["name"]);
            let since = status.and_then(|status| time(status, &["state", "running", "startedAt"])).unwrap_or_default();
            let mut container = Container::settled(spec, behaviour(text(spec, &["image"])), since);
            if let Some(status) = status {
                container.restarts = u32::try_from(int(status, &["restartCount"])).unwrap_or(0);
                container.last =
                    status.get("lastState").filter(|last| last.as_object().is_some_and(|map| !map.is_empty())).cloned();
            }
            run.containers.push(container);
        }
        run
    }

    fn empty(pod: &Value, (ip, host_ip): (String, String), pace: Pace) -> Self {
        Self {
            init: Vec::new(),
            containers: Vec::new(),
            node: text(pod, &["spec", "nodeName"]).to_owned(),
            ip,
            host_ip,
            stops: None,
            stopped: false,
            title: format!("{}_{}({})", name(pod), namespace(pod), uid(pod)),
            pace,
        }
    }

    pub(super) fn speed(&self) -> f64 {
        self.pace.own()
    }

    /// All containers, those that run first before the others.
    pub(super) fn all(&self) -> impl Iterator<Item = &Container> {
        self.init.iter().chain(&self.containers)
    }

    /// Says whether the init containers are through.
    pub(super) fn initialized(&self) -> bool {
        self.init.iter().all(Container::lets_others_start)
            || self.containers.iter().any(|each| each.state != State::Waiting)
    }

    /// Starts whatever is next: the first init container whose turn has come, or all the others.
    fn begin_next(&mut self, now: Timestamp, present: &dyn Fn(&str) -> bool) -> Vec<Note> {
        let (title, ip) = (self.title.clone(), self.ip.clone());
        let around = Surroundings { pace: self.pace, ip: &ip, pod: &title };
        let busy = self.init.iter().position(|each| !each.lets_others_start());
        let next: &mut [Container] = match busy {
            Some(at) => &mut self.init[at..=at],
            None => &mut self.containers,
        };
        let waiting = next.iter_mut().filter(|each| each.state == State::Waiting);
        waiting.flat_map(|each| each.begin(present(&each.image), now, &around)).collect()
    }

    pub(super) fn around(&self) -> Surroundings<'_> {
        Surroundings { pace: self.pace, ip: &self.ip, pod: &self.title }
    }

    /// Returns when something happens next by itself.
    pub(super) fn due(&self) -> Option<Timestamp> {
        match (self.stopped, self.stops) {
            (true, _) => None,
            (false, Some(at)) => Some(at),
            (false, None) => self.all().filter_map(Container::due).min(),
        }
    }

    /// Lets everything happen that is due.
    pub(super) fn advance(&mut self, now: Timestamp, present: &dyn Fn(&str) -> bool) -> Vec<Note> {
        let mut notes = Vec::new();
        let (title, ip) = (self.title.clone(), self.ip.clone());
        let around = Surroundings { pace: self.pace, ip: &ip, pod: &title };
        for container in self.init.iter_mut().chain(&mut self.containers) {
            // Bounded: each turn moves the container to a state that is due later.
            for _ in 0..8 {
                if container.due().is_none_or(|at| at > now) {
                    break;
                }
                let here = present(&container.image) || container.restarts > 0;
                notes.extend(container.advance(now, here, &around));
            }
        }
        notes.extend(self.begin_next(now, present));
        notes
    }

    /// Sends SIGTERM where the pod is being deleted; the containers end within the grace period.
    pub(super) fn terminate(&mut self, pod: &Value, now: Timestamp) -> Vec<Note> {
        if !deleting(pod) || self.stops.is_some() {
            return Vec::new();
        }
        let running = self.all().filter(|each| each.running_since().is_some());
        let (names, times): (Vec<String>, Vec<f64>) =
            running.map(|each| (each.name.clone(), each.stop_seconds())).unzip();
        let seconds = times.into_iter().fold(0.0, f64::max) / self.pace.own();
        let grace = int(pod, &["metadata", "deletionGracePeriodSeconds"]);
        let stop = jiff::SignedDuration::try_from_secs_f64(seconds).unwrap_or_default();
        self.stops = Some(now + stop.min(jiff::SignedDuration::from_secs(grace)));
        names.iter().map(|name| Note("Normal", "Killing", format!("Stopping container {name}"))).collect()
    }

    /// Ends all containers: the exit code is that of a process that obeyed SIGTERM.
    pub(super) fn stop(&mut self, now: Timestamp) {
        let (title, ip) = (self.title.clone(), self.ip.clone());
        let around = Surroundings { pace: self.pace, ip: &ip, pod: &title };
        for container in self.init.iter_mut().chain(&mut self.containers) {
            container.end(143, "Error", now, &around);
        }
        self.stopped = true;
    }
}
