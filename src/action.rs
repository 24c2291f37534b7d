//! The closed list of actions a person may ask for by key, palette or mouse.
