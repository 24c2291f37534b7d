//! rolltop: top for rollouts.
//!
//! One screen answers what is rolling out, whether it is healthy, what changed and who did it, and
//! what the safest next key is. This page is the map of the house; each room's own page is its guide.
//!
//! ```text
//!            nouns            what is known        judgement           what may be asked for
//!          ┌────────┐        ┌────────┐        ┌──────────┐        ┌────────────┐
//!          │ domain │ ─────▶ │ world  │ ─────▶ │ release  │ ─────▶ │ operation  │    pure: no I/O, `now` is an argument
//!          └────────┘        └────────┘        └──────────┘        └────────────┘
//!   files: problem · action · keymap · theme · panel · settings     person: app ─▶ view ─▶ ui (ratatui)
//!
//!   sources: cluster (Kubernetes) · prometheus · audit ─▶ session (one connection, the one operations path)
//!   edges:   runtime (terminal) · cli (subcommands)          demo (the simulated company, shares nothing with the client)
//! ```
//!
//! A datum: watch stream → [`domain::Observation`] → bounded channel → `World::apply` → `Assessments` →
//! dirty → `view` → `ui`. A key: terminal → `keymap` → `Action` → `App::update` → `Effect` → `session` →
//! plan → server dry-run → confirm → `Confirmed<Plan>` → audit intent → execute → audit outcome; the
//! screen changes only when the watch says so.
//!
//! Which room may use which is a table in `tests/architecture.rs`, and a test.

pub mod action;
pub mod app;
pub mod audit;
pub mod cli;
pub mod cluster;
pub mod demo;
pub mod domain;
pub mod keymap;
pub mod operation;
pub mod panel;
pub mod problem;
pub mod prometheus;
pub mod release;
pub mod runtime;
pub mod session;
pub mod settings;
pub mod theme;
pub mod ui;
pub mod view;
pub mod world;
