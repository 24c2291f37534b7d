//! Roles to colours, from TOML, for 24-bit, 256, 16 and no colours.
//!
//! ```text
//! role      Role: what something on screen is for; each falls back on a more general one
//! colour    Colour: parsing, luminance, contrast, the nearest of 256 and of 16
//! file      TOML to Theme: palette, roles, inheritance, with every fault of every file
//! styles    Styles: a theme made ready for one terminal, what widgets ask while drawing
//! shipped   the themes that come with the program
//! ```

mod colour;
mod file;
mod role;
mod shipped;
mod styles;

#[cfg(test)]
mod tests;

pub use colour::Colour;
pub use file::{Appearance, Theme, load};
pub use role::Role;
pub use shipped::shelf;
pub use styles::{Depth, Styles};
