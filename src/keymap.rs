//! Chords to actions, from TOML.
