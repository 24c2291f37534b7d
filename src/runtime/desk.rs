//! The loop: one owner of everything, many sources, one turn at a time.

use std::{
    collections::BTreeMap,
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{Timestamp, tz::TimeZone};
use tokio::{
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
    task::{AbortHandle, JoinSet},
};

use crate::{
    app::{App, Filter, Level, Message, Sight},
    domain::{LogLine, Text, WorkloadKey},
    release::{Assessments, State},
    session::{ConnectOptions, Live},
    settings::Settings,
    theme::Styles,
    ui::Drawn,
    view::Setting,
    world::World,
};

use super::{
    input::Input,
    reload::Reload,
    signals::{self, Signal, Signals},
    start::Start,
    terminal::Terminal,
    watching::Words,
};

/// How long a write under way may take to end once the person leaves.
const FAREWELL: Duration = Duration::from_secs(10);

/// The exit code after a panic, as the standard library has it.
const PANICKED: u8 = 101;

/// What tasks send back.
pub(super) enum Answer {
    /// Something for the app.
    App(Message),
    /// The last lines of a crashed container.
    Words(Words, Vec<LogLine>),
    /// Something the header shows is different.
    Wake,
}

/// Everything the screen owns.
pub(super) struct Desk {
    pub(super) start: Start,
    pub(super) settings: Settings,
    pub(super) styles: Styles,
    pub(super) terminal: Terminal,
    pub(super) app: App,
    pub(super) live: Option<Live>,
    pub(super) connect: ConnectOptions,
    pub(super) setting: Setting,
    pub(super) drawn: Drawn,
    pub(super) tell: UnboundedSender<Answer>,
    pub(super) logs: BTreeMap<u64, AbortHandle>,
    pub(super) panels: Option<AbortHandle>,
    pub(super) counting: Option<AbortHandle>,
    pub(super) prometheus: Option<AbortHandle>,
    pub(super) writes: JoinSet<()>,
    pub(super) states: BTreeMap<WorkloadKey, State>,
    pub(super) words: Option<Words>,
    pub(super) ruled: Option<Text>,
    /// The exit code, once the person leaves.
    pub(super) end: Option<u8>,
    /// Something on screen is no longer true.
    pub(super) dirty: bool,
    /// A person waits for the next frame.
    pub(super) urgent: bool,
    /// When the screen would look different by itself.
    pub(super) due: Option<Timestamp>,
    pub(super) last_frame: Option<Instant>,
    pub(super) input: Input,
    answers: UnboundedReceiver<Answer>,
    signals: Signals,
    reload: Reload,
    empty: (World, Assessments),
}

impl Desk {
    /// Takes the terminal and draws the first frame; the network is not touched.
    pub(super) fn open(start: Start, settings: Settings) -> io::Result<Self> {
        let signals = Signals::listen()?;
        let terminal = Terminal::enter(settings.options.mouse.value)?;
        let mut app = App::new(Arc::new(settings.keymap.clone()));
        app.mouse = settings.options.mouse.value;
        app.theme.clone_from(&settings.options.theme.value);
        app.themes = settings.theme_names().into_iter().map(ToOwned::to_owned).collect();
        app.read_only = settings.options.read_only.value;
        app.tail_lines = tail_lines(&settings);
        app.faults = super::inject::faults(&start);
        app.fleet.filter = Filter::default().within(start.selector.clone());
        let (tell, answers) = mpsc::unbounded_channel();
        let setting = Setting {
            size: crossterm::terminal::size()?,
            zone: TimeZone::system(),
            prometheus: None,
            panels: settings.panels.clone().into(),
            last_words: None,
        };
        let mut desk = Self {
            connect: start.connect.clone(),
            styles: settings.styles(),
            reload: Reload::watch(settings.watched()),
            start,
            settings,
            terminal,
            app,
            live: None,
            setting,
            drawn: Drawn::default(),
            tell,
            answers,
            logs: BTreeMap::new(),
            panels: None,
            counting: None,
            prometheus: None,
            writes: JoinSet::new(),
            states: BTreeMap::new(),
            words: None,
            ruled: None,
            end: None,
            dirty: true,
            urgent: true,
            due: None,
            last_frame: None,
            input: Input::default(),
            signals,
            empty: (World::new(), Assessments::new()),
        };
        let seen = desk.draw()?;
        desk.update(seen)?;
        Ok(desk)
    }

    /// What is known and judged, at this instant.
    pub(super) fn sight(&self) -> Sight<'_> {
        let (world, assessments) = match &self.live {
            Some(live) => (&live.world, &live.assessments),
            None => (&self.empty.0, &self.empty.1),
        };
        Sight { world, assessments, now: Timestamp::now() }
    }

    /// Says that something of the user's is wrong.
    pub(super) fn complain(&mut self, text: &str) {
        self.app.notices.say(Level::Error, text, Timestamp::now());
        self.dirty = true;
    }

    /// Gives the app a message and carries out what it asks for.
    pub(super) fn update(&mut self, message: Message) -> io::Result<()> {
        let (world, assessments) = match &self.live {
            Some(live) => (&live.world, &live.assessments),
            None => (&self.empty.0, &self.empty.1),
        };
        let sight = Sight { world, assessments, now: Timestamp::now() };
        let effects = self.app.update(sight, message);
        for effect in effects {
            self.carry_out(effect)?;
        }
        Ok(())
    }

    /// Connects, and goes on until the person leaves; returns the exit code.
    pub(super) async fn run(&mut self) -> io::Result<u8> {
        self.connect();
        loop {
            if let Some(code) = self.end {
                self.farewell().await;
                self.terminal.leave();
                return Ok(code);
            }
            self.draw_when_due().await?;
            self.turn().await?;
        }
    }

    async fn turn(&mut self) -> io::Result<()> {
        let wait = self.pause();
        let observed = async {
            match &mut self.live {
                Some(live) => live.next(Timestamp::now).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            signal = self.signals.next() => self.heed(signal)?,
            event = self.input.next() => match event {
                Some(Ok(event)) => {
                    self.take_event(event)?;
                    self.take_ready_events().await?;
                }
                // The terminal is gone: nobody is left to ask.
                Some(Err(_)) | None => self.end = Some(129),
            },
            Some(answer) = self.answers.recv() => {
                self.take_answer(answer)?;
                while let Ok(answer) = self.answers.try_recv() {
                    self.take_answer(answer)?;
                }
            }
            turn = observed => match turn {
                Some(turn) => self.observe(&turn)?,
                None => self.live = None,
            },
            () = self.reload.saved() => self.read_files()?,
            // Something panicked; the report stands on the person's own screen already.
            () = self.terminal.lost() => self.end = Some(PANICKED),
            () = sleep(wait) => {
                self.dirty |= self.due.is_some_and(|due| due <= Timestamp::now());
            }
        }
        Ok(())
    }

    fn heed(&mut self, signal: Signal) -> io::Result<()> {
        match signal {
            Signal::End { code } => self.end = Some(code),
            Signal::Stop => self.suspend()?,
            Signal::Continued => {
                self.terminal.resume()?;
                (self.dirty, self.urgent) = (true, true);
            }
        }
        Ok(())
    }

    /// Gives the terminal back, stops, and takes it again.
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        self.terminal.leave();
        signals::stop_self()?;
        self.terminal.resume()?;
        (self.dirty, self.urgent) = (true, true);
        Ok(())
    }

    fn take_answer(&mut self, answer: Answer) -> io::Result<()> {
        self.dirty = true;
        match answer {
            Answer::App(message) => {
                // A question is what a person waits for.
                self.urgent |= matches!(message, Message::Prepared { .. } | Message::Finished { .. });
                if matches!(message, Message::Finished { .. }) {
                    self.recall();
                }
                self.update(message)
            }
            Answer::Words(words, lines) => {
                if self.words.as_ref() == Some(&words) {
                    self.setting.last_words = Some((words.key, words.container, lines));
                }
                Ok(())
            }
            Answer::Wake => Ok(()),
        }
    }

    /// Waits for what was confirmed to come to its end, so that the audit says what became of it.
    async fn farewell(&mut self) {
        let rest = async { while self.writes.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(FAREWELL, rest).await;
    }
}

pub(super) fn tail_lines(settings: &Settings) -> u32 {
    u32::try_from(settings.options.tail_lines.value).unwrap_or(u32::MAX)
}

async fn sleep(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}
