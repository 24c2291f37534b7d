//! Parts of screens.

pub mod chart;
pub mod dialog;
pub mod pane;
pub mod strip;
pub mod table;
