//! The keymaps that come with the program.

use crate::problem::Shelf;

/// The shipped keymaps by name, each also a file under `keymaps/` to start an own one from.
const SHIPPED: &[(&str, &str)] = &[
    ("default", include_str!("../../keymaps/default.toml")),
    ("vim", include_str!("../../keymaps/vim.toml")),
    ("k9s", include_str!("../../keymaps/k9s.toml")),
    ("emacs", include_str!("../../keymaps/emacs.toml")),
];

/// A shelf with the shipped keymaps.
pub fn shelf() -> Shelf {
    Shelf::new("keymap", SHIPPED)
}
