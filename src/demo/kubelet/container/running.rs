//! A container that runs: how it starts, what its probes find, and how it comes to be killed.

use jiff::Timestamp;

use super::{Container, Note, Role, State};
use crate::demo::kubelet::behaviour::Fate;
use crate::demo::kubelet::pace::Surroundings;
use crate::demo::kubelet::probe::Probe;

/// A running container.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// When it started.
    pub since: Timestamp,
    serves: Option<Timestamp>,
    dies: Option<(Timestamp, i64, &'static str)>,
    readiness: Option<Asked>,
    liveness: Option<(Timestamp, i64)>,
    startup: Option<(Timestamp, i64)>,
}

/// A probe that goes on: when it asks next, and how often in a row it was answered so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    at: Timestamp,
    passed: i64,
    failed: i64,
}

impl Asked {
    fn at(at: Timestamp) -> Self {
        Self { at, passed: 0, failed: 0 }
    }
}

impl Run {
    /// A run that needs nobody to look at it.
    pub(super) fn settled(since: Timestamp) -> Self {
        Self { since, serves: Some(since), dies: None, readiness: None, liveness: None, startup: None }
    }

    /// Returns when something happens next by itself.
    pub(super) fn due(&self) -> Option<Timestamp> {
        let probes = [self.liveness, self.startup].into_iter().flatten().map(|(at, _)| at);
        probes.chain(self.readiness.map(|asked| asked.at)).chain(self.dies.map(|(at, ..)| at)).min()
    }
}

impl Container {
    /// Lets its readiness probe fail from now on, or pass again.
    pub fn set_unready(&mut self, unready: bool, now: Timestamp) {
        self.sour = unready.then_some(now);
        if let (State::Running(run), Some(probe)) = (&mut self.state, &self.probes.readiness)
            && self.started
            && run.readiness.is_none()
        {
            run.readiness = Some(Asked::at(probe.next(run.since, now)));
        }
    }

    pub(super) fn start(&mut self, now: Timestamp, around: &Surroundings<'_>) -> Vec<Note> {
        let dies = self.behaviour.fate.map(|fate| match fate {
            Fate::Crash { after, code } => (now + around.scaled(after), code, "Error"),
            Fate::OutOfMemory { after } => (now + around.scaled(after), 137, "OOMKilled"),
        });
        // What an init container does takes a third of what a service takes to start.
        let done = (now + around.scaled(self.behaviour.startup / 3.0), 0, "Completed");
        let dies = dies.or((self.role == Role::Init).then_some(done));
        self.sour = self.sour.or(self.behaviour.unready_after.map(|after| now + around.scaled(after)));
        let serves = (!self.behaviour.dies_early()).then(|| now + around.scaled(self.behaviour.startup));
        let first = |probe: &Option<Probe>| probe.as_ref().map(|probe| (probe.first(now), 0));
        let held = self.probes.startup.is_some();
        let run = Run {
            since: now,
            serves,
            dies,
            readiness: first(&self.probes.readiness).filter(|_| !held).map(|(at, _)| Asked::at(at)),
            liveness: first(&self.probes.liveness).filter(|_| !held),
            startup: first(&self.probes.startup),
        };
        self.started = !held;
        self.ready =
            !held && self.probes.readiness.is_none() && self.behaviour.becomes_ready && !self.behaviour.dies_early();
        self.state = State::Running(run);
        vec![
            Note("Normal", "Created", format!("Created container {}", self.name)),
            Note("Normal", "Started", format!("Started container {}", self.name)),
        ]
    }

    pub(super) fn run_on(&mut self, mut run: Run, now: Timestamp, around: &Surroundings<'_>) -> Vec<Note> {
        if let Some((_, code, reason)) = run.dies.filter(|(at, ..)| *at <= now) {
            return self.end(code, reason, now, around);
        }
        let serves = run.serves.is_some_and(|at| at <= now);
        let probes = self.probes.clone();
        let mut notes = Vec::new();
        if let (Some(probe), Some((at, failed))) = (&probes.startup, run.startup.filter(|(at, _)| *at <= now)) {
            if serves {
                run.startup = None;
                self.started = true;
                self.ready = probes.readiness.is_none() && self.behaviour.becomes_ready;
                run.readiness = probes.readiness.as_ref().map(|probe| Asked::at(probe.first(run.since).max(now)));
            } else {
                notes.push(Note("Warning", "Unhealthy", probe.failure("Startup", around.ip, false)));
                if failed + 1 >= probe.failures {
                    return self.kill(notes, "startup", now, around);
                }
                run.startup = Some((probe.after(at), failed + 1));
            }
        }
        if let (Some(probe), Some(asked)) = (&probes.readiness, run.readiness.filter(|asked| asked.at <= now)) {
            notes.extend(self.ask_readiness(probe, asked, &mut run, (now, serves), around));
        }
        if let (Some(probe), Some((at, failed))) = (&probes.liveness, run.liveness.filter(|(at, _)| *at <= now)) {
            if serves {
                // It answers from now on; nothing more can come of this probe.
                run.liveness = None;
            } else {
                notes.push(Note("Warning", "Unhealthy", probe.failure("Liveness", around.ip, false)));
                if failed + 1 >= probe.failures {
                    return self.kill(notes, "liveness", now, around);
                }
                run.liveness = Some((probe.after(at), failed + 1));
            }
        }
        self.state = State::Running(run);
        notes
    }

    fn ask_readiness(
        &mut self,
        probe: &Probe,
        asked: Asked,
        run: &mut Run,
        (now, serves): (Timestamp, bool),
        around: &Surroundings<'_>,
    ) -> Option<Note> {
        let next = probe.after(asked.at);
        if serves && self.behaviour.becomes_ready && self.sour.is_none_or(|at| at > now) {
            let passed = asked.passed + 1;
            self.ready |= passed >= probe.successes;
            run.readiness = match self.sour {
                // It will pass until then, and nobody needs to look.
                Some(at) if self.ready => Some(Asked::at(probe.next(run.since, at))),
                None if self.ready => None,
                _ => Some(Asked { at: next, passed, failed: 0 }),
            };
            return None;
        }
        let failed = asked.failed + 1;
        self.ready &= failed < probe.failures;
        run.readiness = Some(Asked { at: next, passed: 0, failed });
        Some(Note("Warning", "Unhealthy", probe.failure("Readiness", around.ip, serves)))
    }

    fn kill(&mut self, mut notes: Vec<Note>, probe: &str, now: Timestamp, around: &Surroundings<'_>) -> Vec<Note> {
        notes.push(Note(
            "Normal",
            "Killing",
            format!("Container {} failed {probe} probe, will be restarted", self.name),
        ));
        notes.extend(self.end(143, "Error", now, around));
        notes
    }
}
