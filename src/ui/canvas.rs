//! What widgets draw on.

use ratatui::buffer::Buffer;

use super::{drawn::Drawn, paint::Paint};

/// The cells, the theme, and the notes of what was drawn where.
#[derive(Debug)]
pub struct Canvas<'a> {
    /// The cells.
    pub buf: &'a mut Buffer,
    /// The theme.
    pub paint: Paint<'a>,
    /// The notes.
    pub drawn: Drawn,
}
