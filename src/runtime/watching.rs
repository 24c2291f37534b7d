//! What is noticed while observations come in: rollouts that end or stick, a crashed container's last words.

use std::io;

use jiff::Timestamp;

use crate::{
    app::{Level, Message, Page, Rollout},
    domain::{Text, WorkloadKey},
    release::{Delivery, State, System},
    session::Turn,
    settings::Notifications,
};

use super::{desk::Desk, fetch, terminal::Call};

/// Lines read of a crashed container.
const WORDS: u32 = 5;

/// Whose last words are on screen: a restart makes them others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) key: WorkloadKey,
    pub(super) pod: Text,
    pub(super) container: Text,
    pub(super) restarts: i32,
}

impl Desk {
    /// Takes what a turn of the session brought.
    pub(super) fn observe(&mut self, turn: &Turn) -> io::Result<()> {
        if turn.is_empty() {
            return Ok(());
        }
        self.dirty = true;
        if turn.changed.link {
            self.rules()?;
        }
        for key in &turn.judged {
            self.announce(key)?;
        }
        self.open_wanted();
        self.read_words();
        self.update(Message::Tick)
    }

    /// Tells when a rollout that was seen going out has arrived, or sticks.
    fn announce(&mut self, key: &WorkloadKey) -> io::Result<()> {
        let judged = self.sight().assessments.get(key).map(|assessment| {
            // Flagger that rolled back stands at no step.
            let rolled_back = |delivery: &Delivery| delivery.system == System::Flagger && delivery.step.is_none();
            let gave_up = |delivery: &&Delivery| delivery.aborted.is_some() || rolled_back(delivery);
            let aborted = assessment.delivery.as_deref().as_ref().is_some_and(gave_up);
            (assessment.state, aborted)
        });
        let Some((state, aborted)) = judged else {
            self.states.remove(key);
            return Ok(());
        };
        let before = self.states.insert(key.clone(), state);
        let (level, word) = match (before, state) {
            (Some(State::Progressing | State::Stuck), State::Stable) => (Level::Good, "has arrived"),
            (Some(State::Progressing), State::Stuck) => (Level::Error, "is stuck"),
            (Some(State::Progressing), State::Waiting) => (Level::Warning, "waits for your decision"),
            (Some(_), State::Degraded) if aborted && before != Some(state) => (Level::Error, "was aborted"),
            (Some(State::Progressing), State::Degraded) => (Level::Error, "arrived and is unhealthy"),
            _ => return Ok(()),
        };
        let text = format!("{} {word}", crate::domain::text::clean(&key.to_string(), false));
        self.app.notices.say(level, text.clone(), Timestamp::now());
        let call = match self.settings.options.notifications.value {
            Notifications::Off => return Ok(()),
            Notifications::Bell => Call::Bell,
            Notifications::Osc9 => Call::Osc9,
        };
        self.terminal.call(call, &text)
    }

    /// Opens the workload named on the command line, as soon as it is seen.
    fn open_wanted(&mut self) {
        let Some((kind, name)) = &self.start.workload else { return };
        let mut found = self
            .sight()
            .world
            .workloads()
            .map(crate::domain::Workload::key)
            .filter(|key| *key.name == **name && kind.is_none_or(|kind| kind == key.kind));
        let Some(key) = found.next() else { return };
        drop(found);
        let key = self.sight().world.unit_of(&key);
        self.start.workload = None;
        self.app.fleet.cursor = Some(key.clone());
        let delivered = self.sight().delivers(&key);
        self.app.pages.push(Page::Rollout(Rollout::new(key, delivered)));
    }

    /// Reads the last words of the crashed container the page on screen is about.
    pub(super) fn read_words(&mut self) {
        let wanted = self.wanted_words();
        if wanted.is_none() || wanted == self.words {
            return;
        }
        self.words.clone_from(&wanted);
        let (Some(words), Some(live)) = (wanted, &self.live) else { return };
        tokio::spawn(fetch::words(live.session.clone(), words, WORDS, self.tell.clone()));
    }

    fn wanted_words(&self) -> Option<Words> {
        let Page::Rollout(page) = self.app.page() else { return None };
        let sight = self.sight();
        let evidence = &sight.assessments.get(&page.key)?.evidence;
        let crash = evidence.iter().find(|one| &*one.about.kind == "Pod" && one.container.is_some())?;
        let container = crash.container.clone()?;
        let pod = sight.world.pod(&crash.about.namespace, &crash.about.name)?;
        let status = pod.statuses.iter().find(|status| status.name == container)?;
        status.last.as_ref()?;
        Some(Words { key: page.key.clone(), pod: pod.meta.name.clone(), container, restarts: status.restarts })
    }
}
