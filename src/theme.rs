//! Roles to colours, from TOML, for 24-bit, 256, 16 and no colours.
