//! Short messages to the person.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// How many messages are remembered.
const KEPT: usize = 200;

/// How grave a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Went well.
    Good,
    /// Needs a look.
    Warning,
    /// Failed.
    Error,
}

impl Level {
    /// How long it stays on screen: long enough to be read by someone who looks away.
    fn lasts(self) -> SignedDuration {
        SignedDuration::from_secs(match self {
            Self::Info | Self::Good => 6,
            Self::Warning => 12,
            Self::Error => 20,
        })
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How grave.
    pub level: Level,
    /// What is said; may have several lines.
    pub text: String,
    /// When it was said.
    pub at: Timestamp,
}

impl Notice {
    /// When it leaves the screen.
    pub fn until(&self) -> Timestamp {
        self.at.saturating_add(self.level.lasts()).unwrap_or(Timestamp::MAX)
    }
}

/// All messages, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    all: VecDeque<Notice>,
}

impl Notices {
    /// Says something; saying the same again only renews it.
    pub fn say(&mut self, level: Level, text: impl Into<String>, now: Timestamp) {
        let text = text.into();
        if let Some(last) = self.all.back_mut().filter(|last| last.text == text) {
            last.at = now;
            return;
        }
        self.all.push_back(Notice { level, text, at: now });
        if self.all.len() > KEPT {
            self.all.pop_front();
        }
    }

    /// Messages that belong on screen, oldest first.
    pub fn current(&self, now: Timestamp) -> impl Iterator<Item = &Notice> {
        self.all.iter().filter(move |notice| notice.until() > now)
    }

    /// All that are remembered, newest first.
    pub fn all(&self) -> impl Iterator<Item = &Notice> {
        self.all.iter().rev()
    }

    /// Takes all off the screen.
    pub fn dismiss(&mut self, now: Timestamp) {
        for notice in &mut self.all {
            if notice.until() > now {
                notice.at = now.saturating_sub(notice.level.lasts()).unwrap_or(Timestamp::MIN);
            }
        }
    }
}
