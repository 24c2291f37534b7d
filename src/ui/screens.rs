//! Screens: how the parts share the room.

pub mod charts;
pub mod history;
pub mod rollout;
