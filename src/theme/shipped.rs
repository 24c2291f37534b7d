//! The themes that come with the program.

use crate::problem::Shelf;

/// The shipped themes by name, each also a file under `themes/` to start an own one from.
const SHIPPED: &[(&str, &str)] = &[
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    ("high-contrast", include_str!("../../themes/high-contrast.toml")),
    ("colour-blind", include_str!("../../themes/colour-blind.toml")),
    ("monochrome", include_str!("../../themes/monochrome.toml")),
    ("gruvbox", include_str!("../../themes/gruvbox.toml")),
];

/// A shelf with the shipped themes.
pub fn shelf() -> Shelf {
    Shelf::new("theme", SHIPPED)
}
