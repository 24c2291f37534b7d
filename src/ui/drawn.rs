//! What was drawn where: what a click means, and how much of a list is on screen.

use ratatui::layout::{Position, Rect};

pub use crate::view::{Area, Extent, Spot};

/// The places of one frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawn {
    spots: Vec<(Rect, Spot)>,
    /// How much of each list or text is on screen.
    pub extents: Vec<(Area, Extent)>,
    /// Whether a dialog was drawn.
    pub dialog: bool,
    /// Where the terminal's cursor belongs, when a line is being typed.
    pub cursor: Option<Position>,
}

impl Drawn {
    /// Notes what stands in a rectangle; what is noted later lies in front.
    pub fn note(&mut self, rect: Rect, spot: Spot) {
        if rect.area() > 0 {
            self.spots.push((rect, spot));
        }
    }

    /// Notes how much of a list is on screen.
    pub fn extent(&mut self, area: Area, extent: Extent) {
        self.extents.push((area, extent));
    }

    /// Forgets what lies behind a dialog: a click beside it must not reach through.
    pub fn cover(&mut self) {
        self.spots.clear();
        self.dialog = true;
    }

    /// Returns what stands at a place.
    pub fn at(&self, column: u16, row: u16) -> Option<Spot> {
        let place = Position::new(column, row);
        self.spots.iter().rev().find(|(rect, _)| rect.contains(place)).map(|(_, spot)| *spot)
    }
}
