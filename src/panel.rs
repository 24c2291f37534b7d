//! Prometheus panels from TOML: title, unit, queries with variables, thresholds.
//!
//! ```text
//! template    Template: PromQL with `$namespace $workload $pods $container $interval`, filled in safely
//! variables   Variables: what they stand for, made from a workload
//! unit        Unit: how a value of the panel is written
//! file        TOML to Panel, with every fault of every file
//! evidence    the questions by which two versions are compared
//! shipped     the panels that come with the program
//! ```
//!
//! A panel asks its queries; where all of them answer nothing, it asks its fallback's and shows the note
//! of the fallback. A panel file that cannot be used costs that panel only.

mod evidence;
mod file;
mod shipped;
mod template;
mod unit;
mod variables;

#[cfg(test)]
mod tests;

pub use evidence::{Counts, Evidence, evidence};
pub use file::{Fallback, Level, Panel, Query, Threshold, load};
pub use shipped::shelf;
pub use template::{Template, TemplateError};
pub use unit::Unit;
pub use variables::Variables;
