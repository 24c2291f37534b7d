//! Somebody who looks at one screen.

use std::sync::Arc;

use futures::StreamExt;
use jiff::{Timestamp, tz::TimeZone};
use ratatui::{buffer::Buffer, layout::Rect};
use regex::Regex;
use rolltop::{
    app::{App, Dialog, Effect, Message, Range},
    audit::Journal,
    demo::{
        company::PRODUCTION,
        scenario::{Screen, Sign},
    },
    domain::{Kind, WorkloadKey},
    keymap,
    operation::{Policy, Refusal},
    session::{Connected, operate, panel_answers},
    theme::{self, Depth, Styles},
    ui,
    view::{self, Setting},
};

use super::play::Play;

const SIZE: (u16, u16) = (200, 50);
/// Story seconds between two looks at the charts; a person's charts are not fetched at every frame either.
const CHARTS: f64 = 30.0;

/// Something that a screen may say.
pub struct Awaited {
    pub sign: Sign,
    /// Story second at which it was said first, and the line that said it.
    pub seen: Option<(f64, String)>,
    says: Regex,
}

/// One screen, and what is awaited on it.
pub struct Audience {
    pub awaited: Vec<Awaited>,
    screen: Screen,
    workload: String,
    app: App,
    setting: Setting,
    styles: Styles,
    fetched: Option<f64>,
}

impl Audience {
    /// Opens the screens that signs name, by keys.
    pub async fn all(play: &mut Play, signs: Vec<Sign>) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for sign in signs {
            let known = all.iter().position(|one| one.screen == sign.screen && one.workload == sign.workload);
            if known.is_none() {
                all.push(Self::open(play, sign.screen, &sign.workload).await);
            }
            let at = known.unwrap_or(all.len() - 1);
            all[at].awaited.push(Awaited { says: Regex::new(&sign.says).unwrap(), seen: None, sign });
        }
        all
    }

    async fn open(play: &mut Play, screen: Screen, workload: &str) -> Self {
        let (keymap, _) = keymap::load(&keymap::shelf(), "default");
        let (theme, _) = theme::load(&theme::shelf(), "dark");
        let setting = Setting {
            size: SIZE,
            zone: TimeZone::UTC,
            prometheus: Some(Ok("prometheus".into())),
            panels: rolltop::panel::load(&rolltop::panel::shelf()).0.into(),
            last_words: None,
        };
        let mut one = Self {
            awaited: Vec::new(),
            screen,
            workload: workload.to_owned(),
            app: App::new(Arc::new(keymap)),
            setting,
            styles: Styles::new(&theme, Depth::True),
            fetched: None,
        };
        one.app.fleet.cursor = Some(one.key());
        let key = match screen {
            Screen::Fleet => "",
            Screen::Rollout => "enter",
            Screen::Events => "e",
            Screen::Metrics => "m",
            Screen::History => "h",
        };
        one.press(play, key).await;
        one
    }

    fn key(&self) -> WorkloadKey {
        WorkloadKey::new(Kind::Deployment, PRODUCTION, self.workload.as_str())
    }

    /// What was not said so far.
    pub fn missing(&self) -> impl Iterator<Item = &Awaited> {
        self.awaited.iter().filter(|one| one.seen.is_none())
    }

    /// Draws the screen as it is now, and reads it.
    pub async fn look(&mut self, play: &mut Play) {
        let old = self.fetched.is_none_or(|at| play.story() >= at + CHARTS);
        if self.screen == Screen::Metrics && old {
            self.fetch_charts(play).await;
        }
        let frame = self.draw(play);
        // The fleet is about every workload; one of them is meant.
        let about = |line: &&str| self.screen != Screen::Fleet || line.contains(self.workload.as_str());
        for one in self.awaited.iter_mut().filter(|one| one.seen.is_none()) {
            let line = frame.lines().filter(about).find(|line| one.says.is_match(line));
            one.seen = line.map(|line| (play.story(), line.trim().to_owned()));
        }
    }

    /// The screen as text.
    pub fn frame(&self, play: &Play) -> String {
        let (screen, _) = view::build(play.sight(), &self.app, &self.setting);
        let mut buffer = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
        ui::draw(&screen, &self.styles, &mut buffer);
        text(&buffer)
    }

    fn draw(&mut self, play: &Play) -> String {
        let (screen, _) = view::build(play.sight(), &self.app, &self.setting);
        let mut buffer = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
        let drawn = ui::draw(&screen, &self.styles, &mut buffer);
        self.app.update(play.sight(), Message::Seen { extents: drawn.extents, dialog: drawn.dialog });
        text(&buffer)
    }

    async fn fetch_charts(&mut self, play: &Play) {
        self.fetched = Some(play.story());
        let (panels, key) = (self.setting.panels.clone(), self.key());
        let answers = panel_answers(&play.prometheus, &panels, &key, Range::default(), SIZE.0, play.now());
        for answer in answers.collect::<Vec<_>>().await {
            self.app.update(play.sight(), Message::Panel(Box::new(answer)));
        }
    }

    /// Presses keys, each after a frame; what they lead to is carried out.
    async fn press(&mut self, play: &mut Play, keys: &str) {
        for key in keys.split_whitespace() {
            self.draw(play);
            let effects = self.app.update(play.sight(), Message::Key(key.parse().unwrap()));
            for effect in effects {
                self.carry_out(play, effect).await;
            }
        }
    }

    async fn carry_out(&mut self, play: &mut Play, effect: Effect) {
        let message = match effect {
            Effect::Prepare { ticket, request } => {
                let Connected { client, link } = play.live.session.connected().unwrap();
                let planned = operate::prepare(&client, &link, &request, &Policy::default(), play.now()).await;
                let answer = planned.map(Box::new).map_err(|failure| Refusal::new(format!("{failure:?}")));
                Message::Prepared { ticket, answer }
            }
            Effect::Execute { ticket, plan } => {
                let Connected { client, link } = play.live.session.connected().unwrap();
                let journal = Journal::new(play.folder.path().join("audit.jsonl"), Timestamp::now);
                let outcome = operate::execute(&client, &link, &plan, &Policy::default(), &journal).await.unwrap();
                Message::Finished { ticket, outcome: Box::new(outcome) }
            }
            _ => return,
        };
        self.app.update(play.sight(), message);
    }

    /// Rolls the workload back to the revision before, as a person does in its history.
    pub async fn rolls_back(&mut self, play: &mut Play) {
        self.press(play, "j u").await;
        assert!(matches!(self.app.dialog, Some(Dialog::Confirm(_))), "{}", self.frame(play));
        self.press(play, "y").await;
        assert!(
            self.app.notices.all().any(|notice| notice.text.starts_with("undo deployment/")),
            "{}",
            self.frame(play)
        );
    }
}

fn text(buffer: &Buffer) -> String {
    let row = |y: u16| (0..SIZE.0).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..SIZE.1).map(|y| row(y).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}
