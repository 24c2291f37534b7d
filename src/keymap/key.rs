//! One key press.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// A key press with its modifiers, in the one form terminals can tell apart: shift is part of a character,
/// a control character is lower case, and `ctrl-i`, `ctrl-m`, `ctrl-[` are the keys they are sent as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    code: Code,
    ctrl: bool,
    alt: bool,
    shift: bool,
}

/// The key itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// A printable character other than the space.
    Char(char),
    /// A function key, 1 to 24.
    Function(u8),
    /// A key with a name.
    Named(Name),
}

/// Writes the named keys, their first spelling being the one printed.
macro_rules! names {
    ($($name:ident $first:literal $($other:literal)*;)+) => {
        /// A key that has a name instead of a character.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Name {
            $(#[doc = concat!("The key written `", $first, "`.")] $name,)+
        }

        impl Name {
            /// Every spelling with its key.
            const SPELLINGS: &'static [(&'static str, Self)] = &[$(($first, Self::$name), $(($other, Self::$name),)*)+];

            fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $first,)+
                }
            }
        }
    };
}

names! {
    Enter "enter" "return";
    Esc "esc" "escape";
    Tab "tab";
    Space "space";
    Backspace "backspace";
    Delete "delete" "del";
    Insert "insert" "ins";
    Home "home";
    End "end";
    PageUp "page-up" "pageup" "pgup";
    PageDown "page-down" "pagedown" "pgdn";
    Up "up";
    Down "down";
    Left "left";
    Right "right";
}

/// Why a key could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no key")]
pub struct KeyError {
    /// What was written.
    pub text: String,
    /// What was probably meant.
    pub near: Option<String>,
}

impl Key {
    /// `ctrl-c`, which always quits.
    pub const INTERRUPT: Self = Self { code: Code::Char('c'), ctrl: true, alt: false, shift: false };

    /// A key in its one form.
    pub fn new(code: Code, ctrl: bool, alt: bool, shift: bool) -> Self {
        let (code, ctrl, shift) = match code {
            Code::Char(' ') => (Code::Named(Name::Space), ctrl, false),
            Code::Char('i' | 'I') if ctrl => (Code::Named(Name::Tab), false, shift),
            Code::Char('m' | 'M') if ctrl => (Code::Named(Name::Enter), false, false),
            Code::Char('[') if ctrl => (Code::Named(Name::Esc), false, false),
            Code::Char(character) if ctrl => (Code::Char(control(character)), true, false),
            Code::Char(character) if shift => (Code::Char(character.to_ascii_uppercase()), false, false),
            Code::Named(Name::Space) => (code, ctrl, false),
            other => (other, ctrl, shift),
        };
        Self { code, ctrl, alt, shift }
    }

    /// Reads a terminal event; only presses and repeats count, and only of keys a keymap can name.
    pub fn from_event(event: &KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let name = |name| Some(Code::Named(name));
        let code = match event.code {
            KeyCode::Char(character) if !character.is_control() => Some(Code::Char(character)),
            KeyCode::F(number @ 1..=24) => Some(Code::Function(number)),
            KeyCode::Enter => name(Name::Enter),
            KeyCode::Esc => name(Name::Esc),
            KeyCode::Tab | KeyCode::BackTab => name(Name::Tab),
            KeyCode::Backspace => name(Name::Backspace),
            KeyCode::Delete => name(Name::Delete),
            KeyCode::Insert => name(Name::Insert),
            KeyCode::Home => name(Name::Home),
            KeyCode::End => name(Name::End),
            KeyCode::PageUp => name(Name::PageUp),
            KeyCode::PageDown => name(Name::PageDown),
            KeyCode::Up => name(Name::Up),
            KeyCode::Down => name(Name::Down),
            KeyCode::Left => name(Name::Left),
            KeyCode::Right => name(Name::Right),
            _ => None,
        }?;
        let held = |modifier| event.modifiers.contains(modifier);
        let shift = held(KeyModifiers::SHIFT) || event.code == KeyCode::BackTab;
        Some(Self::new(code, held(KeyModifiers::CONTROL), held(KeyModifiers::ALT), shift))
    }

    /// The key without its modifiers.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The character the key types, if it types one.
    pub fn typed(&self) -> Option<char> {
        match (self.code, self.ctrl || self.alt) {
            (Code::Char(character), false) => Some(character),
            (Code::Named(Name::Space), false) => Some(' '),
            _ => None,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, prefix) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (self.shift, "shift-")] {
            if held {
                f.write_str(prefix)?;
            }
        }
        match self.code {
            Code::Char(character) => write!(f, "{character}"),
            Code::Function(number) => write!(f, "f{number}"),
            Code::Named(name) => f.write_str(name.as_str()),
        }
    }
}

/// Reads `g`, `G`, `enter`, `f5`, `ctrl-t`, `alt-x`, `shift-tab`; also the short `C-t`, `M-x`, `S-tab`.
impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (mut ctrl, mut alt, mut shift) = (false, false, false);
        let mut rest = text;
        while let Some((prefix, after)) = split_modifier(rest) {
            match prefix {
                'c' => ctrl = true,
                'a' => alt = true,
                _ => shift = true,
            }
            rest = after;
        }
        match code(rest) {
            Some(code) => Ok(Self::new(code, ctrl, alt, shift)),
            None => Err(KeyError { text: text.to_owned(), near: suggest(text, rest) }),
        }
    }
}

/// The one spelling of a control character. Terminals send `ctrl-_` and the like as single bytes, which
/// arrive here as `ctrl-4` to `ctrl-7`.
fn control(character: char) -> char {
    match character {
        '4' => '\\',
        '5' => ']',
        '6' => '^',
        '7' | '/' => '_',
        other => other.to_ascii_lowercase(),
    }
}

/// Takes one modifier off the front, as long as something follows it: `-` alone is the minus key.
fn split_modifier(text: &str) -> Option<(char, &str)> {
    let modifiers =
        [("ctrl-", 'c'), ("C-", 'c'), ("alt-", 'a'), ("M-", 'a'), ("A-", 'a'), ("shift-", 's'), ("S-", 's')];
    modifiers.iter().find_map(|(prefix, modifier)| {
        let rest = text.strip_prefix(prefix).filter(|rest| !rest.is_empty())?;
        Some((*modifier, rest))
    })
}

fn code(text: &str) -> Option<Code> {
    let mut characters = text.chars();
    if let (Some(character), None) = (characters.next(), characters.next()) {
        return (!character.is_control() && !character.is_whitespace()).then_some(Code::Char(character));
    }
    let lower = text.to_ascii_lowercase();
    if let Some(number) = lower.strip_prefix('f').and_then(|digits| digits.parse().ok()) {
        return (1..=24).contains(&number).then_some(Code::Function(number));
    }
    Name::SPELLINGS.iter().find(|(spelling, _)| *spelling == lower).map(|(_, name)| Code::Named(*name))
}

/// The key probably meant: the same modifiers with the nearest name, or a modifier spelt in another way.
fn suggest(text: &str, rest: &str) -> Option<String> {
    let modifiers = &text[..text.len() - rest.len()];
    let spelt = ["control-", "ctrl+", "control+", "^"].iter().find_map(|prefix| rest.strip_prefix(prefix));
    if let Some(key) = spelt.filter(|key| !key.is_empty()) {
        return Some(format!("{modifiers}ctrl-{key}"));
    }
    let near = crate::problem::nearest(rest, Name::SPELLINGS.iter().map(|(spelling, _)| *spelling))?;
    Some(format!("{modifiers}{near}"))
}
