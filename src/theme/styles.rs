//! A theme made ready for one terminal.

use ratatui::style::{Color, Modifier, Style};

use super::colour::{nearest_16, nearest_256};
use super::{Appearance, Colour, Role, Theme};

/// How many colours a terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Depth {
    /// None (`NO_COLOR`, dumb terminals): weight, underline and reversal only.
    None,
    /// Its own sixteen.
    Ansi16,
    /// The table of 256.
    Ansi256,
    /// 24 bits.
    True,
}

/// What widgets ask while drawing: the style and the glyph of every role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Styles {
    depth: Depth,
    base: Style,
    roles: Vec<(Style, Option<String>)>,
}

impl Styles {
    /// Prepares a theme for a terminal. Where colours are few, a role with a background of its own is
    /// reversed instead, since the nearest background might swallow the text on it.
    pub fn new(theme: &Theme, depth: Depth) -> Self {
        let prepared = Role::ALL.iter().map(|role| {
            let appearance = theme.appearance(*role);
            (style(&appearance, depth), appearance.glyph)
        });
        let mut base = style(&theme.appearance(Role::Text), depth);
        if let Some(background) = colour(theme.background(), depth) {
            base = base.bg(background);
        }
        Self { depth, base, roles: prepared.collect() }
    }

    /// The style of the whole screen: ordinary text on the theme's background. Everything is drawn over it.
    pub fn base(&self) -> Style {
        self.base
    }

    /// The style of a role, without the theme's background, so that it can be laid over a selected row.
    pub fn style(&self, role: Role) -> Style {
        self.roles.get(role as usize).map(|(style, _)| *style).unwrap_or_default()
    }

    /// The glyph of a state, pod state or severity, one cell wide; empty for other roles.
    pub fn glyph(&self, role: Role) -> &str {
        self.roles.get(role as usize).and_then(|(_, glyph)| glyph.as_deref()).unwrap_or_default()
    }

    /// How many colours are used.
    pub fn depth(&self) -> Depth {
        self.depth
    }
}

fn style(appearance: &Appearance, depth: Depth) -> Style {
    let mut style = Style::new().add_modifier(appearance.modifiers);
    if let Some(foreground) = appearance.foreground.and_then(|foreground| colour(foreground, depth)) {
        style = style.fg(foreground);
    }
    match appearance.background {
        Some(_) if depth <= Depth::Ansi16 => Style { fg: None, ..style }.add_modifier(Modifier::REVERSED),
        Some(background) => colour(background, depth).map_or(style, |background| style.bg(background)),
        None => style,
    }
}

fn colour(colour: Colour, depth: Depth) -> Option<Color> {
    match (colour, depth) {
        (_, Depth::None) => None,
        (Colour::Terminal, _) => Some(Color::Reset),
        (Colour::Ansi(number), _) => Some(named(number)),
        (Colour::Rgb(red, green, blue), Depth::Ansi16) => Some(named(nearest_16((red, green, blue)))),
        (Colour::Rgb(red, green, blue), Depth::Ansi256) => Some(Color::Indexed(nearest_256((red, green, blue)))),
        (Colour::Rgb(red, green, blue), Depth::True) => Some(Color::Rgb(red, green, blue)),
    }
}

/// ratatui's name of one of the terminal's sixteen, sent as the short codes every terminal knows.
fn named(number: u8) -> Color {
    match number {
        0 => Color::Black,
        1 => Color::Red,
        2 => Color::Green,
        3 => Color::Yellow,
        4 => Color::Blue,
        5 => Color::Magenta,
        6 => Color::Cyan,
        7 => Color::Gray,
        8 => Color::DarkGray,
        9 => Color::LightRed,
        10 => Color::LightGreen,
        11 => Color::LightYellow,
        12 => Color::LightBlue,
        13 => Color::LightMagenta,
        14 => Color::LightCyan,
        _ => Color::White,
    }
}
