//! Where a message goes.

use super::{App, Dialog, Effect, Message, Page, message::Sight};
use crate::{
    action::{Action, Context},
    keymap::{Key, Resolution},
};

impl App {
    /// Takes one message in and says what is to be done.
    pub fn update(&mut self, sight: Sight<'_>, message: Message) -> Vec<Effect> {
        self.follow_units(sight);
        let mut effects = match message {
            Message::Key(key) => self.key(sight, key),
            Message::Paste(text) => self.paste(&text),
            Message::Click(spot) => self.click(sight, spot),
            Message::Wheel(area, lines) => {
                self.wheel(sight, area, lines);
                Vec::new()
            }
            Message::Seen { extents, dialog } => {
                self.seen(extents, dialog);
                Vec::new()
            }
            Message::Tick => Vec::new(),
            other => self.answer(sight, other),
        };
        effects.extend(self.wanted(sight));
        effects
    }

    fn key(&mut self, sight: Sight<'_>, key: Key) -> Vec<Effect> {
        // What was typed before a question was on screen was meant for something else.
        if let Some(Dialog::Confirm(confirming)) = &self.dialog
            && !confirming.shown
            && key != Key::INTERRUPT
        {
            return Vec::new();
        }
        let context = self.context();
        match self.keymap.resolve(&self.pending, context, key) {
            Resolution::Action(action) => {
                self.pending.clear();
                self.act(sight, action)
            }
            Resolution::Pending(_) => {
                self.pending.push(key);
                Vec::new()
            }
            Resolution::Unbound if !self.pending.is_empty() => {
                self.pending.clear();
                Vec::new()
            }
            Resolution::Unbound if context == Context::Text => {
                if self.typed_line().is_some_and(|line| line.edit(key)) {
                    self.line_changed()
                } else {
                    Vec::new()
                }
            }
            Resolution::Unbound => Vec::new(),
        }
    }

    fn paste(&mut self, text: &str) -> Vec<Effect> {
        if self.context() != Context::Text {
            return Vec::new();
        }
        if let Some(line) = self.typed_line() {
            line.paste(text);
        }
        self.line_changed()
    }

    /// The line that takes typed letters.
    fn typed_line(&mut self) -> Option<&mut super::TypedLine> {
        if self.dialog.is_none() {
            return match self.page() {
                Page::Fleet => self.fleet.typing.as_mut(),
                _ => self.search_mut()?.typing.as_mut(),
            };
        }
        match self.dialog.as_mut()? {
            Dialog::Scale { line, .. } | Dialog::Weight { line, .. } | Dialog::Palette { line, .. } => Some(line),
            Dialog::Image(images) => Some(&mut images.line),
            Dialog::Confirm(confirming) => Some(&mut confirming.typed),
            Dialog::Pick(picker) => Some(&mut picker.line),
            _ => None,
        }
    }

    /// Follows what was typed.
    fn line_changed(&mut self) -> Vec<Effect> {
        match &mut self.dialog {
            Some(Dialog::Palette { cursor, .. }) => *cursor = 0,
            Some(Dialog::Pick(picker)) => {
                picker.cursor = 0;
                return self.show_theme();
            }
            Some(_) => {}
            None => {
                if let Some(line) = &self.fleet.typing {
                    self.fleet.filter = self.fleet.filter.retyped(line.text());
                }
            }
        }
        Vec::new()
    }

    /// Does what an action means where the person is: the dialog first, then the line being typed, then
    /// what holds everywhere, then the page.
    pub(super) fn act(&mut self, sight: Sight<'_>, action: Action) -> Vec<Effect> {
        match action {
            Action::Quit => return vec![Effect::Quit],
            Action::Suspend => return vec![Effect::Suspend],
            _ => {}
        }
        if self.dialog.is_some() {
            return self.act_in_dialog(sight, action);
        }
        if self.typing().is_some() {
            return self.act_while_typing(sight, action);
        }
        if let Some(effects) = self.act_anywhere(sight, action) {
            return effects;
        }
        let on_page = match self.page() {
            Page::Logs(_) => self.act_in_logs(action),
            Page::Text(_) => self.act_in_text(action),
            _ => None,
        };
        if let Some(effects) = on_page {
            return effects;
        }
        if self.act_in_search(action) || self.move_by(sight, action) {
            return Vec::new();
        }
        self.act_on_workload(sight, action)
    }

    fn act_anywhere(&mut self, sight: Sight<'_>, action: Action) -> Option<Vec<Effect>> {
        Some(match action {
            Action::Palette => {
                self.open_palette();
                Vec::new()
            }
            Action::Help => {
                self.dialog = Some(Dialog::Help { scroll: 0 });
                Vec::new()
            }
            Action::Messages => {
                self.dialog = Some(Dialog::Messages { scroll: 0 });
                Vec::new()
            }
            Action::Theme => self.pick_theme(),
            Action::Contexts if self.page_context() != Context::Logs => self.pick_context(sight),
            Action::Namespaces => self.pick_namespace(sight),
            Action::ToggleMouse => {
                self.mouse = !self.mouse;
                let text = if self.mouse { "mouse on" } else { "mouse off: the terminal selects text" };
                self.notices.say(super::Level::Info, text, sight.now);
                vec![Effect::SetMouse(self.mouse)]
            }
            Action::Refresh => vec![Effect::Reconnect, Effect::Redraw],
            Action::Back => self.back(sight),
            Action::BackOrQuit if self.pages.len() > 1 => self.close(),
            Action::BackOrQuit => vec![Effect::Quit],
            _ => return None,
        })
    }

    fn act_while_typing(&mut self, sight: Sight<'_>, action: Action) -> Vec<Effect> {
        let keep = match action {
            Action::Confirm => true,
            Action::Cancel => false,
            other => {
                self.move_by(sight, other);
                return Vec::new();
            }
        };
        if matches!(self.page(), Page::Fleet) {
            self.fleet.typing = None;
            if !keep {
                self.fleet.filter = self.fleet.filter.retyped("");
            }
        } else {
            self.end_search(keep);
        }
        Vec::new()
    }

    fn act_in_dialog(&mut self, sight: Sight<'_>, action: Action) -> Vec<Effect> {
        let rows = self.page_rows(super::Area::Dialog);
        match &mut self.dialog {
            Some(Dialog::Pick(_)) => self.act_in_picker(action),
            Some(Dialog::Palette { .. }) => self.act_in_palette(sight, action),
            Some(Dialog::Help { scroll } | Dialog::Messages { scroll }) => {
                match action {
                    Action::Back | Action::BackOrQuit | Action::Help | Action::Messages | Action::Open => {
                        self.dialog = None;
                    }
                    other => *scroll = super::navigate::scrolled(*scroll, other, rows),
                }
                Vec::new()
            }
            Some(Dialog::Remark { .. } | Dialog::Waiting { .. }) => {
                if matches!(action, Action::Back | Action::BackOrQuit | Action::Open) {
                    self.dialog = None;
                }
                Vec::new()
            }
            _ => self.act_in_question(sight, action),
        }
    }
}
