//! A line being typed.

use tui_input::{Input, InputRequest};

use crate::keymap::Key;

/// A line being typed, with its cursor.
#[derive(Clone, Debug, Default)]
pub struct TypedLine(Input);

impl TypedLine {
    /// A line with text in it, the cursor at its end.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Input::new(text.into()))
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        self.0.value()
    }

    /// Columns from the start of the text to the cursor.
    pub fn cursor(&self) -> usize {
        self.0.visual_cursor()
    }

    /// Edits by a key; tells whether the key meant something.
    pub fn edit(&mut self, key: Key) -> bool {
        let request = match key.to_string().as_str() {
            "backspace" | "ctrl-h" => InputRequest::DeletePrevChar,
            "delete" | "ctrl-d" => InputRequest::DeleteNextChar,
            "left" | "ctrl-b" => InputRequest::GoToPrevChar,
            "right" | "ctrl-f" => InputRequest::GoToNextChar,
            "alt-b" | "ctrl-left" => InputRequest::GoToPrevWord,
            "alt-f" | "ctrl-right" => InputRequest::GoToNextWord,
            "home" | "ctrl-a" => InputRequest::GoToStart,
            "end" | "ctrl-e" => InputRequest::GoToEnd,
            "ctrl-w" | "alt-backspace" => InputRequest::DeletePrevWord,
            "ctrl-u" => InputRequest::DeleteFromStart,
            "ctrl-k" => InputRequest::DeleteTillEnd,
            _ => match key.typed() {
                Some(typed) => InputRequest::InsertChar(typed),
                None => return false,
            },
        };
        self.0.handle(request);
        true
    }

    /// Inserts text, as a terminal pastes it; control characters are left out.
    pub fn paste(&mut self, text: &str) {
        for typed in text.chars().filter(|typed| !typed.is_control()) {
            self.0.handle(InputRequest::InsertChar(typed));
        }
    }
}
