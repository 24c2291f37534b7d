//! The panels that come with the program.

use crate::problem::Shelf;

/// The shipped panels by name, each also a file under `panels/` to start an own one from.
const SHIPPED: &[(&str, &str)] = &[
    ("request-rate", include_str!("../../panels/request-rate.toml")),
    ("error-share", include_str!("../../panels/error-share.toml")),
    ("latency", include_str!("../../panels/latency.toml")),
    ("cpu", include_str!("../../panels/cpu.toml")),
    ("memory", include_str!("../../panels/memory.toml")),
    ("restarts", include_str!("../../panels/restarts.toml")),
];

/// A shelf with the shipped panels.
pub fn shelf() -> Shelf {
    Shelf::new("panel", SHIPPED)
}
