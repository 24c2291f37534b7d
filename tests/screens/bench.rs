//! An app at a screen: keys go in as people write them, frames come out as text.

use std::sync::Arc;

use ratatui::{buffer::Buffer, layout::Rect};
use rolltop::{
    app::{App, Effect, Message},
    keymap,
    theme::{self, Depth, Styles},
    ui, view,
};

use super::shop::{Shop, setting};

pub struct Bench {
    pub shop: Shop,
    pub app: App,
    pub theme: &'static str,
    pub depth: Depth,
}

impl Bench {
    pub fn new(shop: Shop) -> Self {
        let (keymap, problems) = keymap::load(&keymap::shelf(), "default");
        assert!(problems.is_empty());
        Self { shop, app: App::new(Arc::new(keymap)), theme: "dark", depth: Depth::True }
    }

    pub fn send(&mut self, message: Message) -> Vec<Effect> {
        self.app.update(self.shop.sight(), message)
    }

    /// Presses keys, written with spaces between them; each after a frame, as a person would. Questions of
    /// permissions are left out of what is returned.
    pub fn press(&mut self, keys: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for key in keys.split_whitespace() {
            self.frame((120, 35));
            effects.extend(self.send(Message::Key(key.parse().unwrap())));
        }
        effects.retain(|effect| !matches!(effect, Effect::AskAccess(_)));
        effects
    }

    /// Types letters one by one.
    pub fn letters(&mut self, text: &str) -> Vec<Effect> {
        let keys: Vec<String> =
            text.chars().map(|c| if c == ' ' { "space".to_owned() } else { c.to_string() }).collect();
        self.press(&keys.join(" "))
    }

    /// Draws a frame, tells the app what was seen, and returns it as text.
    pub fn frame(&mut self, size: (u16, u16)) -> String {
        let buffer = self.buffer(size);
        let row = |y: u16| (0..size.0).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..size.1).map(|y| row(y).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }

    pub fn buffer(&mut self, size: (u16, u16)) -> Buffer {
        let (screen, _) = view::build(self.shop.sight(), &self.app, &setting(size));
        let (theme, _) = theme::load(&theme::shelf(), self.theme);
        let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
        let drawn = ui::draw(&screen, &Styles::new(&theme, self.depth), &mut buffer);
        self.send(Message::Seen { extents: drawn.extents, dialog: drawn.dialog });
        buffer
    }
}
