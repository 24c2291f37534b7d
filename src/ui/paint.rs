//! Roles to styles, through the theme.

use ratatui::style::{Modifier, Style};

use crate::theme::{Role, Styles};

/// What widgets ask for a style.
#[derive(Clone, Copy, Debug)]
pub struct Paint<'a> {
    styles: &'a Styles,
}

impl<'a> Paint<'a> {
    /// Paints by a theme.
    pub fn new(styles: &'a Styles) -> Self {
        Self { styles }
    }

    /// The style of a role.
    pub fn role(self, role: Role) -> Style {
        self.styles.style(role)
    }

    /// The glyph of a state.
    pub fn glyph(self, role: Role) -> &'a str {
        self.styles.glyph(role)
    }

    /// The ground everything is drawn on.
    pub fn ground(self) -> Style {
        self.styles.base()
    }

    /// Rules and frames.
    pub fn rule(self, focused: bool) -> Style {
        self.role(if focused { Role::Focus } else { Role::Border })
    }

    /// What is laid over the row with the cursor.
    pub fn selection(self, focused: bool) -> Style {
        if focused { self.role(Role::Selection) } else { Style::default() }
    }

    /// The frame and title of a dialog.
    pub fn dialog(self, danger: bool) -> Style {
        self.role(if danger { Role::Protected } else { Role::Focus }).add_modifier(Modifier::BOLD)
    }
}
