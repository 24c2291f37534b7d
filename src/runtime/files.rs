//! The user's files, read again when they were saved.

use std::{io, sync::Arc};

use jiff::Timestamp;

use crate::{
    app::{Level, Message},
    settings,
    theme::Styles,
};

use super::desk::{Desk, tail_lines};

impl Desk {
    /// Reads the user's files again. While one of them is wrong everything stays as it was: half a configuration
    /// might lack the very line that protects a context.
    pub(super) fn read_files(&mut self) -> io::Result<()> {
        let (settings, problems) = settings::load(&self.start.overrides);
        (self.dirty, self.urgent) = (true, true);
        if !problems.is_empty() {
            for problem in problems {
                self.complain(&format!("{problem}\nuntil it is mended, what held before holds"));
            }
            return Ok(());
        }
        let before = std::mem::replace(&mut self.settings, settings);
        self.take_theme(&before.options.theme.value);
        self.app.themes = self.settings.theme_names().into_iter().map(ToOwned::to_owned).collect();
        self.app.tail_lines = tail_lines(&self.settings);
        self.app.notices.say(Level::Good, "your files were read again", Timestamp::now());
        let mouse = self.settings.options.mouse.value;
        if mouse != before.options.mouse.value {
            self.app.mouse = mouse;
            self.terminal.set_mouse(mouse)?;
        }
        self.ruled = None;
        self.rules()?;
        self.update(Message::Keymap(Arc::new(self.settings.keymap.clone())))?;
        if self.settings.panels != before.panels {
            self.setting.panels = self.settings.panels.clone().into();
            self.update(Message::OtherPanels)?;
        }
        Ok(())
    }

    /// Takes the theme the files name, unless they name the same as before: then the one a person chose on screen
    /// stays, in its newest form.
    fn take_theme(&mut self, before: &str) {
        let named = &self.settings.options.theme.value;
        if named != before || !self.settings.theme_names().contains(&self.app.theme.as_str()) {
            self.app.theme.clone_from(named);
        }
        let (theme, _) = self.settings.theme_named(&self.app.theme);
        self.styles = Styles::new(&theme, self.settings.options.colour.value);
    }
}
