//! The command line as typed: names, types, help. What it means is [`super::intent`]'s.

mod chosen;
mod command;
mod global;
mod value;

pub use chosen::Chosen;
pub use command::{Command, ConfigWhat, DemoArgs, Follow, GateState, Load, ScaleArgs, Simulation, WriteArgs};
pub use global::{Global, Output};
pub use value::{Pair, Range, Run, duration, image, pair, percent, range, run};

use clap::{Parser, builder::styling};

use super::target::Target;

/// How help looks; no colour of our own.
const STYLES: styling::Styles =
    styling::Styles::styled().header(styling::Style::new().bold()).literal(styling::Style::new().bold());

/// top for rollouts: watch a release go out on Kubernetes, and act on it.
///
/// Without a subcommand it shows the live screen. Exit codes: 0 good; 1 failed, refused or not found;
/// 2 usage or a bad file; 3 not decided in time, or unreachable.
#[derive(Debug, Parser)]
#[command(name = "rolltop", version, styles = STYLES, disable_help_subcommand = true)]
pub struct Args {
    /// Open this workload at once: kind/name (deploy/x, sts/x, ds/x, rollout/x, canary/x) or a name only one kind has.
    pub workload: Option<Target>,
    /// On the screen: go on when the audit file cannot be written.
    #[arg(long)]
    pub no_audit: bool,
    /// Options every subcommand takes, before it or after it.
    #[command(flatten)]
    pub global: Global,
    /// What to do instead of showing the screen.
    #[command(subcommand)]
    pub command: Option<Chosen>,
}
