//! One connection: watchers, owner loop, and the one path every write goes through.

pub mod operate;
